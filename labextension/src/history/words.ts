/** The words of the history. */

import { timeOf } from "../dates";
import { noTurns, notAsked } from "../kernel_texts";
import { exact } from "../text";
import { trans } from "../trans";
import type { FileChange, Stop } from "./protocol";

const LONGEST = 100;
// Made once, because each step of the slider formats several numbers. The kernel writes numbers in
// the same way.
const NUMBER = new Intl.NumberFormat("en");

/** A number with commas between groups of three digits. */
export function grouped(count: number): string {
  return NUMBER.format(count);
}

/** "1 file", "2 files", "1,204 files". */
const filesText = (count: number): string => trans._n("%2 file", "%2 files", count, grouped(count));

/** A prompt as one line of limited length. */
export function promptLine(prompt: string, longest = LONGEST): string {
  const line = exact(prompt.replace(/\s+/g, " ").trim());
  if (line === "") return notAsked();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The name of a stop, such as "After turn 2 of 3". */
export function stopLabel(stop: number, total: number): string {
  if (total === 0) return noTurns();
  const all = grouped(total);
  if (stop === 0) return trans.__("Before the first turn of %1", all);
  return trans.__("After turn %1 of %2", grouped(stop), all);
}

/** The time, files and cost of a turn, as far as they are known. */
export function detailsOf(turn: Stop): string[] {
  const files = turn.files_count === 0 ? trans.__("no files") : filesText(turn.files_count);
  return [timeOf(turn.time), files, turn.cost].filter((part) => part !== "");
}

/** The slider's text for a stop: "After turn 2 of 3: …". */
export function valueText(stop: number, stops: readonly Stop[]): string {
  const turn = stops[stop - 1];
  const label = stopLabel(stop, stops.length);
  if (turn === undefined) return label;
  const parts = [promptLine(turn.prompt), ...detailsOf(turn)];
  if (stop === stops.length) parts.push(trans.__("now"));
  return `${label}: ${parts.join(", ")}`;
}

/** Which turns a rewind to a stop removes, and the prompt of the first. */
export function removedText(stop: number, total: number, prompt: string): string {
  const [first, last] = [grouped(stop + 1), grouped(total)];
  return stop + 1 === total
    ? trans.__("A rewind removes turn %1: %2", last, prompt)
    : trans.__("A rewind removes turns %1 to %2: %3", first, last, prompt);
}

export function countsOf({ insertions, deletions }: { insertions: number; deletions: number }) {
  return `+${grouped(insertions)} −${grouped(deletions)}`;
}

/** A summary of files that change: "2 files change, +3 −1". */
export function filesLine(files: readonly FileChange[]): string {
  const sum = { insertions: 0, deletions: 0 };
  for (const file of files) {
    sum.insertions += file.insertions;
    sum.deletions += file.deletions;
  }
  return trans._n(
    "%2 changes, %3",
    "%2 change, %3",
    files.length,
    countedFiles(files),
    countsOf(sum),
  );
}

/** Counts files and cells, such as "2 files and 1 cell". */
export function countedFiles(files: readonly FileChange[]): string {
  const cells = files.filter(({ cell }) => cell).length;
  const ofFiles = filesText(files.length - cells);
  if (cells === 0) return ofFiles;
  const ofCells = trans._n("%2 cell", "%2 cells", cells, grouped(cells));
  return files.length === cells ? ofCells : trans.__("%1 and %2", ofFiles, ofCells);
}
