/** How a text becomes another one: whole, or by a chunk of their difference. */

import type { Chunk } from "@codemirror/merge";
import { Text } from "@codemirror/state";

/** A range of a text and what takes its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const isHighSurrogate = (text: string, index: number): boolean =>
  /[\uD800-\uDBFF]/.test(text.charAt(index));

/** The smallest edit that makes `after` of `before`; null when they are the same. */
export function editBetween(before: string, after: string): Edit | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  // Half a character would be lost on its way to others.
  if (isHighSurrogate(before, start - 1)) start--;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end])
    end++;
  if (isHighSurrogate(before, before.length - 1 - end) && end > 0) end--;
  return {
    start,
    end: before.length - end,
    value: after.slice(start, after.length - end),
  };
}

/** The lines of a range of whole lines, as a chunk has them: it may end past the text. */
function linesOf(text: Text, from: number, to: number): [first: number, end: number] {
  const lineAt = (at: number): number =>
    at > text.length ? text.lines + 1 : text.lineAt(at).number;
  return [lineAt(from), lineAt(to)];
}

/** The text `a` in which one chunk is as it is in `b`. */
export function withChunk(a: Text, b: Text, chunk: Chunk): string {
  return spliced(a, linesOf(a, chunk.fromA, chunk.toA), b, linesOf(b, chunk.fromB, chunk.toB));
}

/** The text `b` in which one chunk is as it is in `a`. */
export function withoutChunk(a: Text, b: Text, chunk: Chunk): string {
  return spliced(b, linesOf(b, chunk.fromB, chunk.toB), a, linesOf(a, chunk.fromA, chunk.toA));
}

function spliced(
  text: Text,
  [first, end]: [number, number],
  other: Text,
  [otherFirst, otherEnd]: [number, number],
): string {
  const lines = text.toJSON();
  lines.splice(first - 1, end - first, ...other.toJSON().slice(otherFirst - 1, otherEnd - 1));
  return lines.join("\n");
}

/** The edits that make `b` of `a`, each to be done to the result of those before it. */
export function editsOf(a: Text, b: Text, chunks: readonly Chunk[]): Edit[] {
  const edits: Edit[] = [];
  let text = a;
  // From the end: so the places of the chunks that are still to come stay as they are.
  for (const chunk of [...chunks].reverse()) {
    const next = withChunk(text, b, chunk);
    const edit = editBetween(text.toString(), next);
    if (edit !== null) edits.push(edit);
    text = textOf(next);
  }
  return edits;
}

/** A text as editors have it; it keeps carriage returns. */
export const textOf = (source: string): Text => Text.of(source.split("\n"));
