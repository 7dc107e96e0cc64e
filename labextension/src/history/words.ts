/** The words of the history. */

import { NO_TURNS, NOT_ASKED } from "../kernel_texts";
import { exact } from "../text";
import type { FileChange, Stop } from "./protocol";

const LONGEST = 100;
// Made once, because each step of the slider formats several numbers and times.
const NUMBER = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/** A number with commas between groups of three digits. */
export function grouped(count: number): string {
  return NUMBER.format(count);
}

/** "1 file", "2 files", "1,204 files". */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A prompt as one line of limited length. */
export function promptLine(prompt: string, longest = LONGEST): string {
  const line = exact(prompt.replace(/\s+/g, " ").trim());
  if (line === "") return NOT_ASKED;
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The time of day, after the date unless that is today; "" without a time. */
export function timeOf(iso: string, now = new Date()): string {
  const time = new Date(iso);
  if (iso === "" || Number.isNaN(time.getTime())) return "";
  const clock = CLOCK.format(time);
  if (time.toDateString() === now.toDateString()) return clock;
  const day = time.getFullYear() === now.getFullYear() ? DAY : DATE;
  return `${day.format(time)}, ${clock}`;
}

/** The name of a stop, such as "After turn 2 of 3". */
export function stopLabel(stop: number, total: number): string {
  if (total === 0) return NO_TURNS;
  const all = grouped(total);
  if (stop === 0) return `Before the first turn of ${all}`;
  return `After turn ${grouped(stop)} of ${all}`;
}

/** The time, files and cost of a turn, as far as they are known. */
export function detailsOf(turn: Stop): string[] {
  const files = turn.files_count === 0 ? "no files" : counted(turn.files_count, "file");
  return [timeOf(turn.time), files, turn.cost].filter((part) => part !== "");
}

/** The slider's text for a stop: "After turn 2 of 3: …". */
export function valueText(stop: number, stops: readonly Stop[]): string {
  const turn = stops[stop - 1];
  const label = stopLabel(stop, stops.length);
  if (turn === undefined) return label;
  const parts = [promptLine(turn.prompt), ...detailsOf(turn)];
  if (stop === stops.length) parts.push("now");
  return `${label}: ${parts.join(", ")}`;
}

/** Which turns are after a stop: "turn 3", "turns 3 to 5". */
export function turnsAfter(stop: number, total: number): string {
  const [first, last] = [grouped(stop + 1), grouped(total)];
  return stop + 1 === total ? `turn ${last}` : `turns ${first} to ${last}`;
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
  const verb = files.length === 1 ? "changes" : "change";
  return `${countedFiles(files)} ${verb}, ${countsOf(sum)}`;
}

/** Counts files and cells, such as "2 files and 1 cell". */
export function countedFiles(files: readonly FileChange[]): string {
  const cells = files.filter(({ cell }) => cell).length;
  return [
    files.length === cells && cells > 0 ? "" : counted(files.length - cells, "file"),
    cells === 0 ? "" : counted(cells, "cell"),
  ]
    .filter((part) => part !== "")
    .join(" and ");
}
