/**
 * Completes what follows an `@` in the text field: the kernel knows the names.
 *
 * One question at a time is under way. While the kernel is busy, no list comes, and the user types
 * on.
 */

import { isFields } from "../protocol";
import { trans } from "../trans";
import { uuid } from "../uuid";
import type { PanelLine } from "./line";
import { insertTyped } from "./insert";
import {
  parseAnswer,
  parseOffered,
  questionAt,
  stillFits,
  typedAt,
  type Offered,
  type Typed,
} from "./mentions";
import { Popup } from "./popup";

/** An answer that has not come after this time got lost, unless the kernel is busy. */
const LOST_MS = 5_000;
const MOVES = /^(?:Arrow(?:Left|Right)|Home|End|Page(?:Up|Down))$/;

interface Question {
  id: string;
  value: string;
  cursor: number;
  at: number;
}

export class Completer {
  /** The list; it belongs above the field. */
  readonly node: HTMLElement;
  readonly #field: HTMLTextAreaElement;
  readonly #line: PanelLine;
  readonly #popup: Popup<Offered>;
  #asked: Question | null = null;
  /** Whether the user typed on since then. */
  #again = false;
  /** Where the `@` is whose list the user closed. */
  #dismissed = -1;
  #choosing = false;

  constructor(
    field: HTMLTextAreaElement,
    line: PanelLine,
    say: (sentence: string) => void,
    signal: AbortSignal,
  ) {
    this.#field = field;
    this.#line = line;
    this.#popup = new Popup({
      ...{ field, line, say, signal },
      name: trans.__("Completions"),
      choose: (item) => {
        this.#choose(item);
      },
      receive: (message) => {
        this.#receive(message);
      },
    });
    this.node = this.#popup.node;
    const close = (): void => {
      this.close();
    };
    field.addEventListener("click", close);
    field.addEventListener("keyup", ({ key }) => {
      if (MOVES.test(key)) close();
    });
    field.addEventListener("compositionend", () => {
      this.typed();
    });
  }

  /** Call it when the user has changed the text. */
  typed(): void {
    if (this.#choosing) return;
    const typed = this.#typed();
    if (typed === null || typed.start !== this.#dismissed) this.#dismissed = -1;
    if (typed === null || typed.start === this.#dismissed) {
      this.close();
      return;
    }
    if (this.#popup.items.length > 0) this.#offer(this.#popup.items, typed);
    this.#ask();
  }

  /** Closes the list, until the user types. */
  close(): void {
    this.#again = false;
    this.#popup.close();
  }

  /** Takes a key that is meant for the list; returns whether it did. */
  press(event: KeyboardEvent): boolean {
    const taken = this.#popup.press(event, (item) => {
      this.#choose(item);
    });
    if (taken && event.key === "Escape") {
      this.#dismissed = this.#typed()?.start ?? -1;
      this.close();
    }
    return taken;
  }

  /** What is typed at the cursor; null while text is selected. */
  #typed(): Typed | null {
    const { value, selectionStart: cursor, selectionEnd } = this.#field;
    return cursor === selectionEnd ? typedAt(value, cursor) : null;
  }

  #ask(): void {
    const now = performance.now();
    if (this.#asked !== null && (this.#line.silent || now - this.#asked.at < LOST_MS)) {
      this.#again = true;
      return;
    }
    this.#again = false;
    const { value, selectionStart: cursor } = this.#field;
    this.#asked = { id: uuid(), value, cursor, at: now };
    this.#line.send({ type: "complete", id: this.#asked.id, ...questionAt(value, cursor) });
  }

  #receive(message: unknown): void {
    // After a snapshot, the kernel may be another one.
    if (isFields(message) && message["type"] === "snapshot") this.#asked = null;
    const answer = parseAnswer(message);
    const asked = this.#asked;
    if (answer === null || asked?.id !== answer.id) return;
    this.#asked = null;
    const typed = this.#typed();
    if (typed === null || typed.start === this.#dismissed || !this.#popup.isAtHand) return;
    const { value, selectionStart: cursor } = this.#field;
    if (this.#again) this.#ask();
    else if (value === asked.value && cursor === asked.cursor)
      this.#offer(parseOffered(answer.items, questionAt(value, cursor).text, typed), typed);
  }

  #offer(items: readonly Offered[], { name }: Typed): void {
    const fitting = items.filter((item) => stillFits(item, name));
    const isWhole = fitting.length === 1 && fitting[0]?.text === `@${name}`;
    this.#popup.show(isWhole ? [] : fitting);
  }

  /** Puts the completion into the text, in one step of undo. */
  #choose({ text }: Offered): void {
    const typed = this.#typed();
    this.close();
    this.#asked = null;
    if (typed === null) return;
    const field = this.#field;
    const end = field.selectionStart;
    this.#choosing = true;
    try {
      field.setSelectionRange(typed.start, end);
      insertTyped(field, text);
    } finally {
      this.#choosing = false;
    }
  }
}
