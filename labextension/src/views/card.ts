/** The frame of a request: a dialog with its title, its body, its state line and its keys. */

import { element, setLine } from "../dom";
import type { Request } from "../protocol";
import type { Sent } from "../answers";
import { trans } from "../trans";

const early = (): string => trans.__("You answered too soon. Read this, then answer.");
const late = (): string => trans.__("Not received yet. The kernel is busy, or has ended.");
const taken = (): string => trans.__("Received. Claude continues when the cell allows it.");

/** A request on screen. */
export interface RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  /** Holds the buttons that answer. */
  readonly buttons: HTMLElement;
  /** Shows the request's state (it waits, or an answer is on its way), and its `count`. */
  update(request: Request, sent: Sent | undefined, count: string): void;
  /** Approves it together with others; missing where it must be answered alone. */
  approve?(by: Waited): void;
  /** The request is settled: it sends no more answers. */
  end?(): void;
}

/** Says for how many milliseconds the user could read; null if an answer does not count yet. */
export interface Waited {
  waited(): number | null;
}

/** A button of a request. */
export function button(
  label: string,
  kind: "primary" | "plain",
  press: () => void,
): HTMLButtonElement {
  const node = element("button", { type: "button", class: `jc-button jc-button-${kind}` }, label);
  node.addEventListener("click", (event) => {
    // The second half of a double click was meant for the request that was here before.
    if (event.detail <= 1) press();
  });
  return node;
}

/** The dialog around every kind of request. */
export class Card {
  readonly node: HTMLElement;
  readonly body = element("div", { class: "jc-request-body" });
  readonly buttons = element("div", { class: "jc-buttons" });
  /** The buttons, and what stands beside them. */
  readonly row = element("div", { class: "jc-answer-row" }, this.buttons);
  readonly #said = element("span");
  readonly #state = element("p", { class: "jc-request-state" }, this.#said);
  readonly #count = element("span", { class: "jc-request-count" });
  /** What it says in place of the waiting sentence. */
  #instead: string | null = null;

  /** `title` is the dialog's name, `heading` its first line; `deny` is called with Escape. */
  constructor(title: string, deny: () => void, heading = title) {
    this.node = element(
      "div",
      {
        class: "jc-card jc-request mathjax_ignore",
        role: "alertdialog",
        "aria-label": title,
        tabindex: "-1",
      },
      element("div", { class: "jc-request-title" }, heading, this.#count),
      this.body,
      this.#state,
      this.row,
    );
    setLine(this.#count, "");
    this.node.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Tab" && !event.shiftKey && event.target === this.node) this.#enter(event);
      // A key that the user held down before the request came is no answer.
      const writes = event.target instanceof HTMLTextAreaElement;
      if (event.repeat && !writes && (event.key === "Enter" || event.key === " "))
        event.preventDefault();
      if (event.key !== "Escape" || event.repeat) return;
      event.preventDefault();
      if (this.node.getAttribute("aria-busy") !== "true") deny();
    });
  }

  /** Tab on the dialog skips long text: it goes to the first field, else to the first button. */
  #enter(event: KeyboardEvent): void {
    const field = this.body.querySelector<HTMLElement>("input, textarea");
    const button = this.buttons.querySelector<HTMLElement>("button");
    event.preventDefault();
    (field ?? button)?.focus();
  }

  /** Says something in place of the waiting sentence; null for that sentence. */
  say(instead: string | null, waiting: string): void {
    this.#instead = instead;
    setLine(this.#said, instead ?? waiting);
  }

  /**
   * Shows the waiting sentence or the state of the answer, and which of several requests this is.
   */
  update(waiting: string, sent: Sent | undefined, sending: string, count: string): void {
    const busy = sent !== undefined && sent.state !== "early";
    setLine(this.#count, count);
    // The line has room for its longest text from the beginning, so nothing below ever moves.
    const texts = [waiting, sending, early(), late(), taken()];
    this.#state.dataset["room"] = texts.reduce((a, b) => (b.length > a.length ? b : a));
    // A disabled button loses the focus to the page's body. Keep the focus in the dialog.
    if (busy && this.node.contains(document.activeElement)) this.node.focus();
    this.node.setAttribute("aria-busy", String(busy));
    for (const control of this.node.querySelectorAll<
      HTMLButtonElement | HTMLInputElement | HTMLTextAreaElement
    >("button, input, textarea"))
      control.disabled = busy;
    if (sent === undefined) setLine(this.#said, this.#instead ?? waiting);
    else if (sent.state === "early") setLine(this.#said, early());
    else if (sent.state === "sent") setLine(this.#said, sending);
    else setLine(this.#said, sent.state === "late" ? late() : taken());
  }
}
