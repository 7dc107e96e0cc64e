/** Brings earlier prompts into the text field: arrow-up goes back, arrow-down forward. */

import type { PanelLine } from "./line";

export class Recall {
  readonly #line: PanelLine;
  readonly #field: HTMLTextAreaElement;
  readonly #show: (text: string) => void;
  /** The turn whose prompt the field has. */
  #at: string | null = null;
  /** The turn whose prompt the kernel is asked for. */
  #wanted: string | null = null;
  /** The prompt as it was brought. */
  #brought = "";
  /** What the user had written before. */
  #own = "";

  /** `show` puts a text into the field, with the cursor at its end. */
  constructor(line: PanelLine, field: HTMLTextAreaElement, show: (text: string) => void) {
    this.#line = line;
    this.#field = field;
    this.#show = show;
  }

  /** Takes an arrow key; returns whether it did. */
  press({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (shiftKey || ctrlKey || metaKey || altKey) return false;
    if (key !== "ArrowUp" && key !== "ArrowDown") return false;
    const { value, selectionStart: start, selectionEnd: end } = this.#field;
    const isBrought = this.#at !== null && value === this.#brought && start === value.length;
    if (!isBrought) {
      if (key === "ArrowDown" || start !== 0 || end !== 0) return false;
      this.#at = null;
      this.#own = value;
    }
    const turns = this.#line.store.heads.filter(({ prompt }) => prompt !== "");
    const now = turns.findIndex(({ id }) => id === this.#at);
    const next = key === "ArrowUp" ? (now < 0 ? turns.length : now) - 1 : now + 1;
    if (next < 0) return isBrought;
    const id = turns[next]?.id;
    if (id === undefined) {
      const own = this.#own;
      this.forget();
      this.#show(own);
    } else {
      this.#wanted = id;
      this.update();
    }
    return true;
  }

  /** Shows the prompt once it is known as a whole: a head has only its beginning. */
  update(): void {
    const id = this.#wanted;
    if (id === null) return;
    const turn = this.#line.store.turn(id)?.turn;
    if (turn == null) {
      this.#line.want([id]);
      return;
    }
    this.#wanted = null;
    this.#at = id;
    this.#brought = turn.prompt;
    this.#show(turn.prompt);
  }

  /** The user types: the prompt that is on its way comes too late. */
  cancel(): void {
    this.#wanted = null;
  }

  /** The field has been sent, or changed from elsewhere. Returns what the user had written. */
  forget(): string {
    const own = this.#at === null ? "" : this.#own;
    this.#at = this.#wanted = null;
    this.#own = "";
    return own;
  }
}
