/** A text of a request that the user may edit before it counts: a command, code or a plan. */

import { element, setLine } from "../dom";
import { exact } from "../text";
import { trans } from "../trans";
import { button } from "./card";

const MOST_ROWS = 24;

const nothing = (): string =>
  trans.__("There is nothing here to run. Write something, undo your edit, or deny the request.");

/** What is edited, and how it looks. */
export interface Editable {
  readonly text: string;
  /** The editor's name. */
  readonly label: string;
  /** Draws the text while it is not edited. */
  draw(): readonly HTMLElement[];
  /** Called when the editor opens or closes, and when the text in it changes. */
  changed(isEdited: boolean, isOpen: boolean): void;
}

export class EditRequest {
  /** Shows the text, or the editor, and what is wrong with an edit. */
  readonly nodes: readonly HTMLElement[];
  /** Opens the editor, or closes it again without the edit. */
  readonly button: HTMLButtonElement;
  readonly #what: Editable;
  readonly #shown = element("div", { class: "jc-request-code" });
  readonly #problem = element("p", { class: "jc-problem", role: "alert" });
  #editor: HTMLTextAreaElement | null = null;

  constructor(what: Editable) {
    this.#what = what;
    this.#shown.append(...what.draw());
    this.nodes = [this.#shown, this.#problem];
    setLine(this.#problem, "");
    this.button = button(trans.__("Edit"), "plain", () => {
      if (this.#editor === null) this.#open();
      else this.#close();
    });
  }

  /**
   * The text as the user edited it; null without an edit. It is undefined if it cannot count: then
   * the user is told why.
   */
  edited(): string | null | undefined {
    const edited = this.#editor?.value ?? this.#what.text;
    const empty = this.#editor !== null && edited.trim() === "";
    setLine(this.#problem, empty ? nothing() : "");
    if (empty) {
      this.#editor?.focus();
      return undefined;
    }
    return edited === this.#what.text ? null : edited;
  }

  #open(): void {
    // Hidden characters are in the editor as marks: what the user sees is what runs.
    const text = exact(this.#what.text);
    const editor = element("textarea", {
      class: "jc-code jc-code-editor",
      "aria-label": this.#what.label,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      dir: "ltr",
    });
    this.#editor = editor;
    editor.value = text;
    editor.rows = Math.min(text.split("\n").length + 1, MOST_ROWS);
    editor.addEventListener("input", () => {
      this.#what.changed(editor.value !== this.#what.text, true);
    });
    editor.addEventListener("keydown", (event) => {
      // Escape denies a request. In the editor it leaves the editor, and loses nothing.
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      event.preventDefault();
      this.button.focus();
    });
    this.#shown.replaceChildren(editor);
    this.button.textContent = trans.__("Undo edit");
    this.#what.changed(text !== this.#what.text, true);
    editor.focus();
  }

  #close(): void {
    this.#editor = null;
    this.#shown.replaceChildren(...this.#what.draw());
    setLine(this.#problem, "");
    this.button.textContent = trans.__("Edit");
    this.#what.changed(false, false);
  }
}
