/** The sheet over the conversation; one of several buttons fills it at a time. */

import { element, focused } from "../dom";
import { trans } from "../trans";
import { icon } from "./icons";

/** Fills the sheet; the returned function ends what fills it. */
export type FoldOut = (node: HTMLElement) => () => void;

export class Fold {
  readonly node: HTMLElement;
  readonly #title = element("div", { class: "jc-fold-title", "aria-hidden": "true" });
  readonly #body = element("div", { class: "jc-fold-body" });
  /** What the sheet covers. */
  readonly #behind: readonly HTMLElement[];
  readonly #signal: AbortSignal;
  #open: { button: HTMLButtonElement; end: () => void } | null = null;
  #listens = false;

  constructor(behind: readonly HTMLElement[], signal: AbortSignal) {
    this.#behind = behind;
    this.#signal = signal;
    const name = trans.__("Close");
    const close = element(
      "button",
      {
        type: "button",
        class: "jc-labelled",
        "aria-label": name,
        title: trans.__("Close (Escape)"),
      },
      icon("close"),
    );
    close.addEventListener("click", () => {
      this.close();
    });
    this.node = element(
      "div",
      { class: "jc-fold", role: "dialog", tabindex: "-1", hidden: "" },
      element("div", { class: "jc-fold-head mathjax_ignore" }, this.#title, close),
      this.#body,
    );
    signal.addEventListener("abort", () => {
      this.close();
    });
  }

  /** Lets a button open the sheet and close it again. */
  add(button: HTMLButtonElement, fill: FoldOut): void {
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const wasOpen = this.#open?.button === button;
      this.#empty();
      if (!wasOpen) this.#fill(button, fill);
    });
  }

  /** Opens what a button opens, and gives it the focus. */
  show(button: HTMLButtonElement): void {
    if (this.#open?.button !== button) button.click();
    this.node.focus({ preventScroll: true });
  }

  /** Closes the sheet. If it has the focus, its button gets that. */
  close(): void {
    const hadFocus = this.node.contains(focused());
    const button = this.#open?.button;
    this.#empty();
    if (hadFocus) button?.focus();
  }

  #fill(button: HTMLButtonElement, fill: FoldOut): void {
    this.#listen();
    const name = button.getAttribute("aria-label") ?? "";
    this.#title.textContent = name;
    this.node.setAttribute("aria-label", name);
    button.setAttribute("aria-expanded", "true");
    this.node.hidden = false;
    for (const node of this.#behind) node.toggleAttribute("inert", true);
    this.#open = { button, end: fill(this.#body) };
    this.node.focus({ preventScroll: true });
  }

  #empty(): void {
    if (this.#open === null) return;
    const { button, end } = this.#open;
    this.#open = null;
    button.setAttribute("aria-expanded", "false");
    this.node.hidden = true;
    for (const node of this.#behind) node.toggleAttribute("inert", false);
    end();
    this.#body.replaceChildren();
  }

  /** Escape closes the sheet from anywhere in the panel, unless it means something else there. */
  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    this.node.closest(".jc-panel")?.addEventListener(
      "keydown",
      (event) => {
        const { key, defaultPrevented, isComposing } = event as KeyboardEvent;
        if (key !== "Escape" || defaultPrevented || isComposing || this.#open === null) return;
        event.preventDefault();
        const { button } = this.#open;
        this.close();
        if (focused() === null) button.focus();
      },
      { signal: this.#signal },
    );
  }
}
