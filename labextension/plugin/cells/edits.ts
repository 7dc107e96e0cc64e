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

/** Lines by their numbers; `end` is the first one after them. */
type Lines = [first: number, end: number];

/**
 * The lines that a chunk changes, in both texts.
 *
 * By its changes, not by its own range: that is empty in both texts when an empty line goes from
 * between others (@codemirror/merge 6).
 */
function linesOf(a: Text, b: Text, { changes, fromA, fromB }: Chunk): [inA: Lines, inB: Lines] {
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined)
    return [
      [1, 1],
      [1, 1],
    ];
  const [endA, endB] = [a.lineAt(fromA + last.toA), b.lineAt(fromB + last.toB)];
  const isWhole = endA.from === fromA + last.toA && endB.from === fromB + last.toB;
  const past = isWhole ? 0 : 1;
  return [
    [a.lineAt(fromA + first.fromA).number, endA.number + past],
    [b.lineAt(fromB + first.fromB).number, endB.number + past],
  ];
}

/** The text `a` in which one chunk is as it is in `b`. */
export function withChunk(a: Text, b: Text, chunk: Chunk): string {
  const [inA, inB] = linesOf(a, b, chunk);
  return spliced(a, inA, b, inB);
}

/** The text `b` in which one chunk is as it is in `a`. */
export function withoutChunk(a: Text, b: Text, chunk: Chunk): string {
  const [inA, inB] = linesOf(a, b, chunk);
  return spliced(b, inB, a, inA);
}

function spliced(
  text: Text,
  [first, end]: Lines,
  other: Text,
  [otherFirst, otherEnd]: Lines,
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
  // Whatever the chunks are worth: what was shown is what comes of it.
  const rest = editBetween(text.toString(), b.toString());
  return rest === null ? edits : [...edits, rest];
}

/** A text as editors have it; it keeps carriage returns. */
export const textOf = (source: string): Text => Text.of(source.split("\n"));
