/** Turning permission requests off: the question before that, and the notice while they are off. */

import { element, focused } from "../dom";
import { bypassLabel, bypassMeans } from "../kernel_texts";
import { trans } from "../trans";
import { button } from "../views/card";
import { Guard } from "../views/guard";
import type { PanelLine } from "./line";
import { BYPASS } from "./protocol";

/** Asks the user to confirm that permission requests go off. */
export class BypassQuestion {
  /** Holds the dialog while the question is open. */
  readonly node = element("div", { class: "jc-bypass-question mathjax_ignore" });
  readonly #line: PanelLine;
  readonly #signal: AbortSignal;
  #guard: Guard | null = null;
  /** The element that gets the focus back. */
  #from: HTMLElement | null = null;

  constructor(line: PanelLine, signal: AbortSignal) {
    this.#line = line;
    this.#signal = signal;
  }

  /** Opens the dialog and focuses it; the focus returns to `from` later. */
  ask(from: HTMLElement): void {
    this.#from = from;
    const title = trans.__("Turn off permission requests?");
    const confirm = button(trans.__("Turn off requests"), "plain", () => {
      if (this.#guard?.waited() == null) return;
      this.#line.choose("mode", BYPASS, true);
      this.#close();
    });
    const cancel = button(trans.__("Cancel"), "plain", () => {
      this.#close();
    });
    const buttons = element("div", { class: "jc-buttons" }, confirm, cancel);
    const dialog = element(
      "div",
      { class: "jc-card jc-request", role: "alertdialog", "aria-label": title, tabindex: "-1" },
      element("div", { class: "jc-request-title" }, title),
      element("p", {}, bypassMeans()),
      buttons,
    );
    dialog.ariaDescription = bypassMeans();
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation(); // Escape must not stop a turn here
      this.#close();
    });
    this.node.replaceChildren(dialog);
    this.#guard?.end();
    this.#guard = new Guard(dialog, buttons, this.#signal);
    dialog.focus();
  }

  /** Closes the dialog if another view, or the kernel, has chosen this mode meanwhile. */
  update(): void {
    if (this.#line.store.state?.mode === BYPASS) this.#close();
  }

  #close(): void {
    this.#guard?.end();
    if (!this.node.hasChildNodes()) return;
    const hadFocus = this.node.contains(focused());
    this.node.replaceChildren();
    if (hadFocus) this.#from?.focus();
    this.#from = null;
  }
}

/** Says that permission requests are off, while they are. */
export class BypassNotice {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #say: (sentence: string) => void;

  constructor(line: PanelLine, say: (sentence: string) => void) {
    this.#line = line;
    this.#say = say;
    this.node = element(
      "p",
      { class: "jc-bypass mathjax_ignore", hidden: "" },
      element("strong", {}, bypassLabel()),
      element("span", {}, trans.__("Everything runs without asking.")),
      button(trans.__("Ask again"), "plain", () => {
        line.choose("mode", "default");
      }),
    );
  }

  update(): void {
    const isOn = this.#line.store.state?.mode === BYPASS;
    if (isOn === !this.node.hidden) return;
    this.node.hidden = !isOn;
    this.#say(
      isOn ? trans.__("Permission requests are off.") : trans.__("Permission requests are on."),
    );
  }
}
