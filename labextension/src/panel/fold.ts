/** The part that opens below the header; one of several buttons fills it at a time. */

import { element } from "../dom";

/** Fills the part; the returned function ends what fills it. */
export type FoldOut = (node: HTMLElement) => () => void;

export class Fold {
  readonly node = element("div", { class: "jc-fold", hidden: "" });
  #open: { button: HTMLButtonElement; end: () => void } | null = null;

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => {
      this.#close();
    });
  }

  /** Lets a button open the part and close it again. */
  add(button: HTMLButtonElement, fill: FoldOut): void {
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const wasOpen = this.#open?.button === button;
      this.#close();
      if (wasOpen) return;
      button.setAttribute("aria-expanded", "true");
      this.node.hidden = false;
      this.#open = { button, end: fill(this.node) };
    });
  }

  #close(): void {
    if (this.#open === null) return;
    const { button, end } = this.#open;
    this.#open = null;
    button.setAttribute("aria-expanded", "false");
    this.node.hidden = true;
    end();
    this.node.replaceChildren();
  }
}
