/** The chat panel of one notebook's session, or why there is none. */

import { element, setLine } from "../../src/dom";
import loader from "../../src/loader";
import { exactLine } from "../../src/text";
import type { ISession } from "../tokens";
import { absence, type Absence } from "./words";

const LOAD = "Load Claude";

/** What the kernel of a session is doing. */
function kernelOf(session: ISession | null): Parameters<typeof absence>[1] {
  const context = session?.notebook.sessionContext;
  if (context === undefined) return "none";
  const kernel = context.session?.kernel;
  // A new notebook's kernel has not started yet: Lab says "No Kernel" until then.
  if (kernel == null) return context.kernelDisplayStatus === "initializing" ? "connecting" : "none";
  return kernel.status === "unknown" ? "connecting" : kernel.status;
}

/** Says why there is no panel, with one button where something can be done. */
export class Placeholder {
  readonly node: HTMLElement;
  readonly #title = element("h2", { class: "jp-ClaudeSide-title" });
  readonly #text = element("p");
  readonly #problem = element("p", { class: "jp-ClaudeSide-problem", role: "alert" });
  readonly #load = element(
    "button",
    { type: "button", class: "jp-mod-styled jp-mod-accept" },
    LOAD,
  );
  readonly #session: ISession | null;

  constructor(session: ISession | null) {
    this.#session = session;
    this.#load.addEventListener("click", () => void this.#press());
    this.node = element(
      "div",
      { class: "jp-ClaudeSide-placeholder" },
      this.#title,
      this.#text,
      this.#load,
      this.#problem,
    );
    setLine(this.#problem, "");
  }

  update(shown: Absence): void {
    setLine(this.#title, shown.title);
    setLine(this.#text, shown.text);
    const hadFocus = document.activeElement === this.#load;
    this.#load.hidden = !shown.canLoad;
    if (!shown.canLoad) setLine(this.#problem, "");
    if (hadFocus && !shown.canLoad) this.node.closest<HTMLElement>(".jp-ClaudeSide")?.focus();
  }

  focus(): boolean {
    if (this.#load.hidden) return false;
    this.#load.focus();
    return true;
  }

  async #press(): Promise<void> {
    if (this.#load.getAttribute("aria-disabled") === "true") return;
    setLine(this.#problem, "");
    this.#mark(true);
    try {
      await this.#session?.load();
    } catch (error) {
      setLine(this.#problem, exactLine(error instanceof Error ? error.message : String(error)));
    }
    this.#mark(false);
  }

  #mark(loading: boolean): void {
    this.#load.setAttribute("aria-disabled", String(loading)); // keeps the focus
    this.#load.textContent = loading ? "Loading…" : LOAD;
  }
}

/** A session's place in the side panel; what was drawn stays, with its scroll and its draft. */
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

  /** Draws what there is, once it is in sight. */
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

  /** Gives the focus to where one writes; `stand` has it until that is there. */
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

  /** Says whose session this is. */
  #call(): void {
    setLine(this.#name, exactLine(this.#session?.notebook.title.label ?? ""));
    this.#name.title = this.#name.textContent;
  }

  #changed(): void {
    // Another kernel, or this one anew: it may have another panel.
    if (this.#session?.presence !== "present") this.#close();
    this.update();
  }

  #open(): void {
    const model = this.#session?.panel();
    if (model === undefined) return;
    const stand = this.node.closest<HTMLElement>(".jp-ClaudeSide");
    const active = document.activeElement;
    // The button that loads gives it to the stand as it goes.
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
