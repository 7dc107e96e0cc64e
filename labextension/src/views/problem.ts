/** The error that ended a turn: one sentence, and one button for what the user can do about it. */

import { element, focused, setLine } from "../dom";
import type { OtherModel, Turn, TurnAction, TurnProblem } from "../protocol";
import { exact, visibleText } from "../text";
import { trans } from "../trans";
import { button } from "./card";

export class ProblemView {
  // A view may be made for a turn that failed long ago: only the text is an alert.
  readonly #text = element("p", { class: "jc-error mathjax_ignore", role: "alert" });
  readonly #buttons = element("div", { class: "jc-buttons jc-problem-buttons" });
  readonly node = element("div", { class: "jc-turn-problem" }, this.#text, this.#buttons);
  readonly #act: (action: TurnAction) => void;
  #shown = "";

  constructor(act: (action: TurnAction) => void) {
    this.#act = act;
    this.#buttons.hidden = true;
  }

  update({ state, error, problem }: Turn): void {
    // A turn that the user stopped is no error. A cell also shows the exception.
    const text = state === "interrupted" ? "" : (problem?.text ?? error);
    setLine(this.#text, visibleText(text));
    const now = JSON.stringify([problem?.remedy, problem?.models]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.node.dataset["remedy"] = problem?.remedy ?? "";
    const isLeft = this.#buttons.contains(focused());
    const buttons = problem === null ? [] : this.#buttonsOf(problem);
    if (isLeft && buttons.length === 0) this.#leave();
    this.#buttons.replaceChildren(...buttons);
    this.#buttons.hidden = buttons.length === 0;
    if (isLeft) buttons[0]?.focus();
  }

  #buttonsOf({ remedy, models }: TurnProblem): HTMLButtonElement[] {
    switch (remedy) {
      case "sign_in":
        return [this.#button(trans.__("Sign in"), { action: "sign_in" }, false)];
      case "compact":
        return [this.#button(trans.__("Compact the conversation"), { action: "compact" })];
      case "again":
        return [this.#button(trans.__("Send again"), { action: "again" })];
      case "model":
        return this.#modelButtons(models);
      case "":
        return [];
    }
  }

  /** The user can press a button `once`, until the kernel has more to offer. */
  #button(label: string, action: TurnAction, once = true): HTMLButtonElement {
    const node = button(label, "primary", () => {
      if (node.getAttribute("aria-disabled") === "true") return;
      if (once) node.setAttribute("aria-disabled", "true");
      this.#act(action);
    });
    return node;
  }

  #modelButtons(models: readonly OtherModel[]): HTMLButtonElement[] {
    if (models.length === 0) return [];
    const choose = button(trans.__("Choose another model"), "primary", () => {
      const buttons = models.map(({ value, label }) =>
        this.#button(exact(label || value), { action: "model", model: value }),
      );
      this.#buttons.replaceChildren(...buttons);
      buttons[0]?.focus();
    });
    return [choose];
  }

  /** The focused button is about to disappear: in the panel, go on in the text field. */
  #leave(): void {
    this.node.closest(".jc-panel")?.querySelector<HTMLElement>("textarea.jc-input")?.focus();
  }
}
