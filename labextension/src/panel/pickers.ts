/** The pickers for permission mode and model, and the meter of the context. */

import { element } from "../dom";
import { exact } from "../text";
import { trans, translatedName } from "../trans";
import { fullness } from "./context";
import type { PanelLine } from "./line";
import { BYPASS, type Choice, type SessionState } from "./protocol";

/** A list to choose from. The style sheet shows each choice's title as its description. */
export class Picker {
  readonly node: HTMLSelectElement;
  #shown = "";

  constructor(name: string, choose: (value: string) => void) {
    this.node = element("select", { class: "jc-picker", "aria-label": name });
    this.node.addEventListener("change", () => {
      choose(this.node.value);
    });
  }

  /** `later` is a disabled last option: it says that more choices will come. */
  update(choices: readonly Choice[], value: string, later = ""): void {
    const now = JSON.stringify([choices, later]);
    if (now !== this.#shown) {
      this.#shown = now;
      this.node.replaceChildren(
        ...choices.map((choice) => {
          const option = element("option", {}, exact(translatedName(choice.label || choice.value)));
          option.value = choice.value;
          option.title = exact(translatedName(choice.description));
          return option;
        }),
      );
      if (later !== "") {
        const option = element("option", { disabled: "" }, later);
        option.value = later;
        this.node.append(option);
      }
    }
    this.node.value = value;
    const chosen = choices.find((choice) => choice.value === value);
    const name = this.node.getAttribute("aria-label") ?? "";
    this.node.title = [name, exact(translatedName(chosen?.description ?? ""))]
      .filter(Boolean)
      .join(": ");
  }
}

export class Pickers {
  readonly node = element("div", { class: "jc-pickers" });
  /** Opens what fills the context; it lies over the meter. */
  readonly context: HTMLButtonElement;
  readonly #model: Picker;
  readonly #mode: Picker;
  readonly #bar = element("span", { class: "jc-meter-bar" });
  readonly #percent = element("span", { class: "jc-meter-text", "aria-hidden": "true" });
  readonly #meter = element(
    "div",
    {
      class: "jc-meter",
      role: "meter",
      "aria-label": trans.__("Context"),
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    },
    element("span", { class: "jc-meter-track", "aria-hidden": "true" }, this.#bar),
    this.#percent,
  );
  readonly #unknown = element("span", { class: "jc-meter", "aria-hidden": "true" });

  /** `askBypass` asks the user to confirm, and gives the focus back to its argument. */
  constructor(line: PanelLine, askBypass: (from: HTMLElement) => void) {
    this.#mode = new Picker(trans.__("Permission mode"), (name) => {
      const present = line.store.state?.mode ?? "";
      if (name !== BYPASS || present === BYPASS) {
        line.choose("mode", name);
        return;
      }
      this.#mode.node.value = present; // until the user confirms
      askBypass(this.#mode.node);
    });
    this.#model = new Picker(trans.__("Model"), (name) => {
      line.choose("model", name);
    });
    this.#unknown.textContent = trans.__("Context");
    this.context = element("button", {
      type: "button",
      class: "jc-meter-open",
      "aria-label": trans.__("What fills the context"),
    });
    this.node.append(
      this.#mode.node,
      this.#model.node,
      element("div", { class: "jc-meter-box" }, this.#meter, this.#unknown, this.context),
    );
  }

  /** Lets the user choose the model. */
  openModels(): void {
    this.#model.node.focus();
    try {
      this.#model.node.showPicker();
    } catch {
      // Without a press of a key or the mouse the browser does not open it.
    }
  }

  update(state: SessionState | null): void {
    this.node.hidden = state === null;
    if (state === null) return;
    this.#mode.update(state.modes, state.mode);
    this.#model.update(
      state.models,
      state.model,
      state.version === "" ? trans.__("More models after the first message") : "",
    );
    this.#mode.node.dataset["mode"] = state.mode;
    this.#mode.node.title += `\n${trans.__("Shift+Tab in the text field changes it.")}`;
    const { context } = state;
    this.#meter.hidden = context === null;
    this.#unknown.hidden = context !== null;
    this.context.title = trans.__("Show what fills the context");
    if (context === null) return;
    const percent = Math.round(context.percent);
    const says = fullness(context);
    this.#meter.setAttribute("aria-valuenow", String(percent));
    this.#meter.setAttribute("aria-valuetext", says);
    this.context.title = trans.__("Context: %1. Click to see what fills it.", says);
    this.#meter.dataset["level"] = percent >= 90 ? "full" : percent >= 75 ? "high" : "low";
    this.#bar.style.width = `${String(percent)}%`;
    this.#percent.textContent = `${String(percent)}%`;
  }
}
