/** Shows the chat panel of one notebook's session, or says why there is none. */

import { SessionContextDialogs } from "@jupyterlab/apputils";

import { element, setLine } from "../../src/dom";
import loader from "../../src/loader";
import { exact } from "../../src/text";
import { trans } from "../../src/trans";
import type { ISession } from "../tokens";
import { absence, type Absence, type Offer } from "./words";

function labelOf(offer: Offer): string {
  if (offer === "resume") return trans.__("Resume conversation");
  return offer === "load" ? trans.__("Start a new conversation") : trans.__("Choose kernel…");
}

/** What the kernel of a session is doing. */
function kernelOf(session: ISession | null): Parameters<typeof absence>[1] {
  const context = session?.notebook.sessionContext;
  if (context === undefined) return "none";
  const kernel = context.session?.kernel;
  // A new notebook's kernel may not have started yet; Lab has no kernel object until then.
  if (kernel == null) return context.kernelDisplayStatus === "initializing" ? "connecting" : "none";
  return kernel.status === "unknown" ? "connecting" : kernel.status;
}

function choose(session: ISession): Promise<void> {
  return new SessionContextDialogs().selectKernel(session.notebook.sessionContext);
}

/** Says why there is no panel, with a button for each action that can help. */
export class Placeholder {
  readonly node: HTMLElement;
  readonly #title = element("h2", { class: "jp-ClaudeSide-title" });
  readonly #text = element("p");
  readonly #problem = element("p", { class: "jp-ClaudeSide-problem", role: "alert" });
  readonly #buttons = new Map<Offer, HTMLButtonElement>();
  #busy = false;
  readonly #session: ISession | null;

  constructor(session: ISession | null) {
    this.#session = session;
    for (const offer of ["resume", "load", "choose"] as const) {
      const button = element("button", { type: "button", class: "jp-mod-styled" }, labelOf(offer));
      button.addEventListener("click", () => void this.#press(offer));
      this.#buttons.set(offer, button);
    }
    this.node = element(
      "div",
      { class: "jp-ClaudeSide-placeholder" },
      this.#title,
      this.#text,
      ...this.#buttons.values(),
      this.#problem,
    );
    setLine(this.#problem, "");
  }

  update(shown: Absence): void {
    setLine(this.#title, shown.title);
    setLine(this.#text, shown.text);
    const { activeElement } = document;
    let lost = false;
    for (const [offer, button] of this.#buttons) {
      button.hidden = !shown.offers.includes(offer);
      button.classList.toggle("jp-mod-accept", shown.offers[0] === offer);
      lost ||= button.hidden && button === activeElement;
    }
    if (shown.offers.length === 0) setLine(this.#problem, "");
    if (lost) this.node.closest<HTMLElement>(".jp-ClaudeSide")?.focus();
  }

  focus(): boolean {
    const first = [...this.#buttons.values()].find((button) => !button.hidden);
    first?.focus();
    return first !== undefined;
  }

  async #press(offer: Offer): Promise<void> {
    const session = this.#session;
    if (this.#busy || session === null) return;
    setLine(this.#problem, "");
    this.#mark(offer, true);
    try {
      if (offer === "choose") await choose(session);
      else await session.load();
      if (offer === "resume") session.send({ type: "resume" });
    } catch (error) {
      setLine(this.#problem, exact(error instanceof Error ? error.message : String(error)));
    }
    this.#mark(offer, false);
  }

  #mark(offer: Offer, busy: boolean): void {
    this.#busy = busy;
    for (const [other, button] of this.#buttons) {
      button.setAttribute("aria-disabled", String(busy)); // keeps the focus
      const loads = busy && other === offer && offer !== "choose";
      button.textContent = loads ? trans.__("Loading…") : labelOf(other);
    }
  }
}

/**
 * The view of a session in the side panel; it stays in the page, with its scroll position and
 * draft.
 */
export class SessionView {
  readonly node = element("div", { class: "jp-ClaudeSide-session" });
  readonly #name = element("p", { class: "jp-ClaudeSide-notebook", dir: "auto" });
  readonly #body = element("div", { class: "jp-ClaudeSide-body" });
  readonly #session: ISession | null;
  readonly #placeholder: Placeholder;
  readonly #follow = (): void => {
    this.update();
  };
  #closePanel: (() => void) | null = null;
  #waiting: MutationObserver | undefined;

  constructor(session: ISession | null) {
    this.#session = session;
    this.#placeholder = new Placeholder(session);
    this.node.append(this.#name, this.#body);
    setLine(this.#name, "");
    if (session === null) return;
    session.notebook.title.changed.connect(this.#call, this);
    this.#call();
    session.changed.connect(this.#changed, this);
    const { sessionContext } = session.notebook;
    sessionContext.statusChanged.connect(this.#follow);
    sessionContext.connectionStatusChanged.connect(this.#follow);
    void sessionContext.ready.then(this.#follow);
  }

  /** Draws the panel or the placeholder, once the view is in the page. */
  update(): void {
    if (this.node.parentElement === null) return;
    const missing = absence(this.#session, kernelOf(this.#session));
    if (missing === null) {
      if (this.#closePanel === null) this.#open();
      return;
    }
    this.#close();
    this.#placeholder.update(missing);
    if (!this.#placeholder.node.isConnected) this.#body.replaceChildren(this.#placeholder.node);
  }

  /** Focuses the text field; until that is there, `stand` has the focus. */
  focus(stand: HTMLElement): void {
    this.#waiting?.disconnect();
    if (this.#take()) return;
    stand.focus();
    this.#waiting = new MutationObserver(() => {
      if (document.activeElement !== stand || this.#take()) this.#waiting?.disconnect();
    });
    this.#waiting.observe(this.node, { childList: true, subtree: true });
  }

  #take(): boolean {
    const input = this.node.querySelector<HTMLElement>(".jc-panel textarea");
    input?.focus();
    return input !== null || (this.#closePanel === null && this.#placeholder.focus());
  }

  dispose(): void {
    this.#session?.changed.disconnect(this.#changed, this);
    this.#session?.notebook.title.changed.disconnect(this.#call, this);
    const context = this.#session?.notebook.sessionContext;
    context?.statusChanged.disconnect(this.#follow);
    context?.connectionStatusChanged.disconnect(this.#follow);
    this.#waiting?.disconnect();
    this.#close();
    this.node.remove();
  }

  /** Shows the name of the session's notebook. */
  #call(): void {
    setLine(this.#name, exact(this.#session?.notebook.title.label ?? ""));
    this.#name.title = this.#name.textContent;
  }

  #changed(): void {
    // The kernel is another one, or has restarted, so it may have another panel.
    if (this.#session?.presence !== "present") this.#close();
    this.update();
  }

  #open(): void {
    const model = this.#session?.panel();
    if (model === undefined) return;
    const stand = this.node.closest<HTMLElement>(".jp-ClaudeSide");
    const active = document.activeElement;
    // When the button that loads disappears, the focus goes to the stand.
    const hadFocus = this.node.contains(active) || active === stand;
    this.#body.replaceChildren();
    const definition = loader();
    const close = definition.initialize({ model });
    const unrender = definition.render({ model, el: this.#body });
    this.#closePanel = () => {
      unrender();
      close();
      model.dispose();
      this.#body.replaceChildren();
    };
    if (hadFocus && stand !== null) this.focus(stand);
  }

  #close(): void {
    this.#closePanel?.();
    this.#closePanel = null;
  }
}
