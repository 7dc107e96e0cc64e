/** The code of a request, which the user may edit before it runs. */

import { element, setLine } from "../dom";
import { exact, exactLine } from "../text";
import { button } from "./card";
import { pythonView } from "./tool";

const MOST_ROWS = 24;
const EDIT = "Edit";
const UNDO = "Undo edit";
const EMPTY = "There is no code to run. Write some, undo your edit, or deny the request.";

export class CodeRequest {
  /** The code and what it seems to do. */
  readonly nodes: readonly HTMLElement[];
  /** Opens the editor, or closes it again without the edit. */
  readonly button: HTMLButtonElement;
  readonly #code: string;
  readonly #shown = element("div", { class: "jc-request-code" });
  readonly #effects = element("div", { class: "jc-effects" });
  readonly #problem = element("p", { class: "jc-problem", role: "alert" });
  #editor: HTMLTextAreaElement | null = null;

  constructor(code: string, effects: readonly string[]) {
    this.#code = code;
    this.#shown.append(pythonView(code));
    this.#effects.append(...effects.map((line) => element("p", {}, exactLine(line))));
    this.nodes = [this.#shown, this.#effects, this.#problem];
    setLine(this.#problem, "");
    this.button = button(EDIT, "plain", () => {
      if (this.#editor === null) this.#open();
      else this.#close();
    });
  }

  /**
   * The code as the user edited it; null without an edit. It is undefined if it cannot run: then
   * the user is told why.
   */
  edited(): string | null | undefined {
    const edited = this.#editor?.value ?? this.#code;
    const empty = this.#editor !== null && edited.trim() === "";
    setLine(this.#problem, empty ? EMPTY : "");
    if (empty) {
      this.#editor?.focus();
      return undefined;
    }
    return edited === this.#code ? null : edited;
  }

  #open(): void {
    // Hidden characters are in the editor as marks: what the user sees is what runs.
    const code = exact(this.#code);
    this.#editor = element("textarea", {
      class: "jc-code jc-code-editor",
      "aria-label": "Code to run",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      dir: "ltr",
    });
    this.#editor.value = code;
    this.#editor.rows = Math.min(code.split("\n").length + 1, MOST_ROWS);
    this.#editor.addEventListener("keydown", (event) => {
      // Escape denies a request. In the editor it leaves the editor, and loses nothing.
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      event.preventDefault();
      this.button.focus();
    });
    this.#shown.replaceChildren(this.#editor);
    this.#effects.dataset["stale"] = "true";
    this.button.textContent = UNDO;
    this.#editor.focus();
  }

  #close(): void {
    this.#editor = null;
    this.#shown.replaceChildren(pythonView(this.#code));
    delete this.#effects.dataset["stale"];
    setLine(this.#problem, "");
    this.button.textContent = EDIT;
  }
}
