/**
 * Computes the edits that turn one text into another: all of it, or one chunk of the difference.
 */

import type { Chunk } from "@codemirror/merge";
import { Text } from "@codemirror/state";

/** A range of a text, and its replacement. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const isHighSurrogate = (text: string, index: number): boolean =>
  /[\uD800-\uDBFF]/.test(text.charAt(index));

/** The smallest edit that turns `before` into `after`; null if they are equal. */
export function editBetween(before: string, after: string): Edit | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  // Collaborators would not receive half a character.
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
 * Taken from the chunk's changes. Its own range is empty in both texts if the change removes an
 * empty line between others (@codemirror/merge 6).
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

/** The text `a` with one chunk from `b`. */
export function withChunk(a: Text, b: Text, chunk: Chunk): string {
  const [inA, inB] = linesOf(a, b, chunk);
  return spliced(a, inA, b, inB);
}

/** The text `b` with one chunk from `a`. */
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

/** The edits that turn `a` into `b`; each applies to the result of the one before. */
export function editsOf(a: Text, b: Text, chunks: readonly Chunk[]): Edit[] {
  const edits: Edit[] = [];
  let text = a;
  // From the end, so that the positions of the remaining chunks stay valid.
  for (const chunk of [...chunks].reverse()) {
    const next = withChunk(text, b, chunk);
    const edit = editBetween(text.toString(), next);
    if (edit !== null) edits.push(edit);
    text = textOf(next);
  }
  // The result is the text that the user saw, even if the chunks are wrong.
  const rest = editBetween(text.toString(), b.toString());
  return rest === null ? edits : [...edits, rest];
}

/** A text for an editor; it keeps carriage returns. */
export const textOf = (source: string): Text => Text.of(source.split("\n"));
