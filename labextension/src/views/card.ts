/** The frame of a request: a dialog with its title, its body, its state line and its keys. */

import { element, setLine } from "../dom";
import type { Answer, Request } from "../protocol";
import type { Sent } from "../answers";

export const DENY: Answer = { behavior: "deny", suggestion: null, answers: null };

const LATE = "The kernel has not taken the answer yet; it may be busy or gone.";
const TAKEN = "Your answer counts; Claude goes on as soon as the running cell lets it.";

/** A request on screen. */
export interface RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  /** Shows the request's state: still asked, or with an answer on its way. */
  update(request: Request, sent: Sent | undefined): void;
  /** Gives the focus to what a user most likely presses. */
  focus(): void;
}

type Send = (answer: Answer) => void;

/** A button of a request. */
export function button(
  label: string,
  kind: "primary" | "plain",
  press: () => void,
): HTMLButtonElement {
  const node = element("button", { type: "button", class: `jc-button jc-button-${kind}` }, label);
  node.addEventListener("click", (event) => {
    // The second half of a double click was meant for the request that stood here before.
    if (event.detail <= 1) press();
  });
  return node;
}

/** The dialog that every kind of request stands in. */
export class Card {
  readonly node: HTMLElement;
  readonly body = element("div", { class: "jc-request-body" });
  readonly buttons = element("div", { class: "jc-buttons" });
  readonly #state = element("p", { class: "jc-request-state" });

  constructor(title: string, send: Send) {
    this.node = element(
      "div",
      {
        class: "jc-request mathjax_ignore",
        role: "alertdialog",
        "aria-label": title,
        tabindex: "-1",
      },
      element("div", { class: "jc-request-title" }, title),
      this.body,
      this.#state,
      this.buttons,
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      // A key held down since before the request came is no answer.
      if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
      if (event.key !== "Escape" || event.repeat) return;
      event.preventDefault();
      if (this.node.getAttribute("aria-busy") !== "true") send(DENY);
    });
  }

  /** Shows the waiting sentence, or what is being sent. */
  update(waiting: string, sent: Sent | undefined, sending: string): void {
    const busy = sent !== undefined;
    // Disabled buttons lose the focus to the page's body: keep it in the dialog.
    if (busy && this.node.contains(document.activeElement)) this.node.focus();
    this.node.setAttribute("aria-busy", String(busy));
    for (const control of this.node.querySelectorAll<HTMLButtonElement | HTMLInputElement>(
      "button, input",
    ))
      control.disabled = busy;
    if (!busy) setLine(this.#state, waiting);
    else if (sent.state === "sent") setLine(this.#state, sending);
    else setLine(this.#state, sent.state === "late" ? LATE : TAKEN);
  }
}
