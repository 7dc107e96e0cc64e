/** The `@` before the cursor, and what the kernel offers to follow it. Without elements. */

import type { CompletionItem } from "../messages.generated";
import { each, isFields, oneOf, text, type Words } from "../protocol";

/** Code units before the cursor that the kernel gets. */
const SENT = 1_000;
const MOST_ITEMS = 50;
const TYPED = /@("[^"\n]*|[^\s@"`]*)$/;

const KINDS: Words<CompletionItem["kind"]> = {
  variable: true,
  cell: true,
  output: true,
  error: true,
  file: true,
  folder: true,
};

/** An `@` and what was typed after it. */
export interface Typed {
  /** Where the `@` is. */
  start: number;
  /** What follows it, up to the cursor. */
  name: string;
}

/** One completion; it replaces the text from the `@` to the cursor. */
export type Offered = Omit<CompletionItem, "start">;

/** What the user is typing at the cursor; null if it is no name after an `@`. */
export function typedAt(value: string, cursor: number): Typed | null {
  const found = TYPED.exec(value.slice(Math.max(0, cursor - SENT), cursor));
  const name = found?.[1];
  return name === undefined ? null : { start: cursor - name.length - 1, name };
}

/** The question for the kernel, which counts code points where the page counts code units. */
export function questionAt(value: string, cursor: number): { text: string; cursor: number } {
  // The first half of a pair of code units stays outside.
  const before = value.slice(Math.max(0, cursor - SENT), cursor).replace(/^[\uDC00-\uDFFF]/, "");
  return { text: before, cursor: points(before) };
}

/** The completions in an answer to `question`, for what was typed; of others none. */
export function parseOffered(items: unknown, question: string, typed: Typed): Offered[] {
  const start = points(question) - points(typed.name) - 1;
  return each(items, (item) => {
    const offered = {
      text: text(item["text"]),
      kind: oneOf(item["kind"], KINDS, "variable"),
      detail: text(item["detail"]),
    };
    return item["start"] === start && offered.text.startsWith("@") ? offered : null;
  }).slice(0, MOST_ITEMS);
}

/** The id and the items of an answer; null if it is another message. */
export function parseAnswer(value: unknown): { id: string; items: unknown } | null {
  if (!isFields(value) || value["type"] !== "completions") return null;
  return { id: text(value["id"]), items: value["items"] };
}

/** Whether a completion still fits after more was typed. Of a path, its last part counts too. */
export function stillFits({ text: offered }: Offered, name: string): boolean {
  const wanted = plain(name);
  const all = plain(offered.slice(1));
  return all.startsWith(wanted) || all.slice(all.lastIndexOf("/") + 1).startsWith(wanted);
}

const plain = (name: string): string => name.replace(/^"/, "").toLowerCase();
const points = (value: string): number => Array.from(value).length;
