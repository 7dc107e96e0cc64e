/** Parses the line of a `%%claude` magic, like `jupyter_claude/_ipython/cell_line.py`. */

import { trans } from "../../src/trans";
import { nearest } from "./nearest";

/** A part of the line, with its position in the cell. */
export interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly kind: "option" | "value";
  /** What is wrong with it; "" if nothing is. */
  readonly problem: string;
}

export interface MagicLine {
  /** The beginning of its line, and of `%%claude`. */
  readonly start: number;
  readonly from: number;
  /** The end of `%%claude`, and of its line. */
  readonly nameEnd: number;
  readonly to: number;
  readonly words: readonly Word[];
  /** Where the prompt after the words begins; the end of the line if there is none. */
  readonly prompt: number;
}

export const MAGIC = /^[ \t]*%%claude(?=[ \t]|$)/;

/** All options of the line; `value` names the option's value. */
export const OPTIONS = [
  { name: "--as", value: "NAME", does: () => trans.__("Keep the turn in a variable") },
  { name: "--model", value: "M", does: () => trans.__("Another model, for this turn") },
  { name: "--new", value: "", does: () => trans.__("Start a new conversation first") },
  { name: "--schema", value: "NAME", does: () => trans.__("Ask for a value of this type") },
  { name: "--max-turns", value: "N", does: () => trans.__("Stop after N model calls") },
  { name: "--budget", value: "USD", does: () => trans.__("Stop once this turn has cost more") },
  {
    name: "--attach",
    value: "NAME",
    does: () => trans.__("Attach a variable or a file; can be repeated"),
  },
  { name: "--quiet", value: "", does: () => trans.__("Show only permission requests and errors") },
] as const;

/** The magic at the beginning of a cell; null if it is no `%%claude` cell. */
export function readMagic(lines: Iterable<string>): MagicLine | null {
  let start = 0;
  for (const line of lines) {
    // Blank lines before a magic, and its indentation, do not count.
    if (line.trim() === "") {
      start += line.length + 1;
      continue;
    }
    const found = MAGIC.exec(line)?.[0];
    if (found === undefined) return null;
    const nameEnd = start + found.length;
    const to = start + line.length;
    const words: Word[] = [];
    const prompt = readWords(line, found.length, start, words) ?? to;
    return { start, from: nameEnd - "%%claude".length, nameEnd, to, words, prompt };
  }
  return null;
}

/** Splits words like a shell. */
const WORD = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+|\S+/g;
// For each quotation mark without its pair, the pattern scans all of the rest.
const LONGEST = 1_000;

/** Adds the options and their values to `words`; returns where a prompt after them begins. */
function readWords(line: string, after: number, start: number, words: Word[]): number | null {
  let awaiting = "";
  for (const { 0: text, index } of line.slice(after, after + LONGEST).matchAll(WORD)) {
    const from = start + after + index;
    const to = from + text.length;
    if (awaiting !== "") {
      words.push({ text, from, to, kind: "value", problem: wrongValue(awaiting, unquoted(text)) });
      awaiting = "";
      continue;
    }
    if (!text.startsWith("--")) return from;
    if (text === "--") return to;
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const option = OPTIONS.find((known) => known.name === name);
    if (option === undefined || (option.value === "" && equals >= 0)) {
      words.push({ text, from, to, kind: "value", problem: notAnOption(text, name) });
      return null; // the rest has no known meaning
    }
    words.push({ text: name, from, to: from + name.length, kind: "option", problem: "" });
    if (equals >= 0) {
      const value = text.slice(equals + 1);
      const problem = wrongValue(name, unquoted(value));
      words.push({ text: value, from: from + equals + 1, to, kind: "value", problem });
    } else if (option.value !== "") awaiting = name;
  }
  return null;
}

function notAnOption(text: string, name: string): string {
  const names = OPTIONS.map((option) => option.name);
  if (names.some((known) => known === name)) return trans.__("%1 takes no value", name);
  const meant = nearest(name, names);
  if (meant !== undefined) return trans.__("%1 is not an option; did you mean %2?", text, meant);
  return trans.__(
    "%1 is not an option; to begin the prompt with it, put -- before it, or write the prompt on the next line",
    text,
  );
}

const unquoted = (text: string): string => text.replace(/\\(.)|["']/g, "$1");

function wrongValue(option: string, value: string): string {
  if (option === "--as" && !/^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u.test(value))
    return trans.__("--as needs a variable's name");
  if (option === "--max-turns" && !(/^\d+$/.test(value) && Number(value) >= 1))
    return trans.__("--max-turns needs a whole number of at least 1");
  if (option === "--budget" && !/^\$?\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value))
    return trans.__("--budget needs an amount of US dollars such as 0.50");
  if (value === "") return trans.__("%1 needs a value", option);
  return "";
}
