/** Suggests what the user can type next on the line of a Claude magic. */

import { trans } from "../../src/trans";
import { MAGIC, OPTIONS, readMagic } from "./magic";

export interface Suggestion {
  readonly text: string;
  readonly does: string;
  /** It needs a value, so a blank is added. */
  readonly more?: boolean;
}

export interface Suggestions {
  /** The range that they replace. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly Suggestion[];
}

/** What the session offers; empty without a session. */
export interface Known {
  readonly models: readonly Suggestion[];
  readonly modes: readonly Suggestion[];
  readonly kernels: readonly Suggestion[];
}

/** The commands of `%claude`. */
const commands = (): readonly Suggestion[] => [
  { text: "status", does: trans.__("Show what is running, and the conversation's id") },
  { text: "panel", does: trans.__("The chat panel") },
  { text: "history", does: trans.__("The turns so far, with a slider to rewind") },
  { text: "rewind", does: trans.__("Preview a rewind; --now does it") },
  { text: "cost", does: trans.__("Show the costs, by turn and by model") },
  { text: "budget", does: trans.__("Show or change the limit of the session's cost") },
  { text: "model", does: trans.__("Show or change the model") },
  { text: "mode", does: trans.__("Show or change the permission mode") },
  { text: "kernel", does: trans.__("Show or change whether Claude may look into this kernel") },
  {
    text: "replay",
    does: trans.__("Show or choose whether prompts are answered from a recording"),
  },
  { text: "tools", does: trans.__("List the servers and tools that Claude has") },
  {
    text: "trust",
    does: trans.__("Show what this folder's settings would do, and whether they count"),
  },
  { text: "new", does: trans.__("Start a new conversation") },
  { text: "resume", does: trans.__("Continue an earlier conversation") },
  { text: "fork", does: trans.__("Continue in a copy of the conversation") },
  { text: "rename", does: trans.__("Give the conversation a title") },
  { text: "stop", does: trans.__("End the Claude Code process") },
  { text: "login", does: trans.__("Sign in to Claude") },
  { text: "install", does: trans.__("Install Claude Code") },
  { text: "doctor", does: trans.__("Check the installation") },
  { text: "help", does: trans.__("How to use the magics") },
];

const kernels = (): readonly Suggestion[] => [
  { text: "off", does: trans.__("Claude cannot look into this kernel") },
  { text: "ask", does: trans.__("Each look and each run asks you") },
  { text: "look", does: trans.__("Only runs ask you") },
];
const replays = (): readonly Suggestion[] => [
  { text: "off", does: trans.__("All prompts are asked, and nothing is recorded") },
  { text: "auto", does: trans.__("Recorded answers are replayed; new prompts are asked") },
  { text: "only", does: trans.__("Recorded answers are replayed; nothing is asked") },
  { text: "record", does: trans.__("All prompts are asked and recorded anew") },
];
const trusts = (): readonly Suggestion[] => [
  { text: "yes", does: trans.__("Use the folder's settings") },
  { text: "no", does: trans.__("Do not use them in this session") },
  { text: "forget", does: trans.__("Ask again with the next prompt") },
];
const rewinds = (): readonly Suggestion[] => [
  { text: "--now", does: trans.__("Do it") },
  { text: "--files", does: trans.__("Only the files") },
  { text: "--conversation", does: trans.__("Only the conversation") },
  { text: "--include", does: trans.__("Also restore a file that you changed"), more: true },
  { text: "undo", does: trans.__("Undo the last rewind") },
];

const LINE_MAGIC = /^[ \t]*%claude[ \t]/;

/** Whether the cell, or its line at `at`, is for Claude, so that Python's names do not fit. */
export function isClaudes(text: string, at: number): boolean {
  return readMagic(text.split("\n")) !== null || LINE_MAGIC.test(lineUpTo(text, at).line);
}

/** Whether the text before `at` is the beginning of a name after an `@`, as in `@df`. */
export function isMention(text: string, at: number): boolean {
  const { line } = lineUpTo(text, at);
  return (
    readMagic(text.split("\n")) !== null && /(?<![\w@\\`./+-])@(?:"[^"]*|[^\s@"`]*)$/.test(line)
  );
}

/** The suggestions at a position in a cell; null if there are none, as in prose. */
export function suggest(text: string, at: number, known: Known): Suggestions | null {
  const { line, start } = lineUpTo(text, at);
  const magic = readMagic(text.split("\n"));
  let items: readonly Suggestion[];
  const words = line.trimStart().split(/[ \t]+/);
  const last = words.pop() ?? "";
  if (magic !== null) {
    if (start !== magic.start || at <= magic.nameEnd || !MAGIC.test(line)) return null;
    if (at > magic.prompt) return null;
    const [option, value] = split(last);
    if (value !== undefined && option === "--model") return fitting(known.models, value, at);
    const before = words.at(-1) ?? "";
    if (before === "--model") items = known.models;
    else if (OPTIONS.some(({ name, value }) => name === before && value !== "")) return null;
    else
      items = OPTIONS.filter(
        ({ name }) => name === "--attach" || !words.some((word) => split(word)[0] === name),
      ).map(({ name, value, does }) => ({ text: name, does: does(), more: value !== "" }));
  } else if (LINE_MAGIC.test(line)) {
    const command = words[1];
    if (command === undefined) items = commands();
    else if (command === "rewind") items = rewinds().filter(({ text }) => !words.includes(text));
    else if (words.length > 2) return null;
    else if (command === "model") items = known.models;
    else if (command === "mode") items = known.modes;
    else if (command === "budget") items = [{ text: "off", does: trans.__("No limit") }];
    else if (command === "kernel") items = known.kernels.length > 0 ? known.kernels : kernels();
    else if (command === "replay") items = replays();
    else if (command === "trust") items = trusts();
    else return null;
  } else return null;
  return fitting(items, last, at);
}

function fitting(items: readonly Suggestion[], typed: string, at: number): Suggestions | null {
  const found = items.filter(({ text }) => text.startsWith(typed) && text !== typed);
  return found.length > 0 ? { from: at - typed.length, to: at, items: found } : null;
}

function split(word: string): [string, string?] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function lineUpTo(text: string, at: number): { line: string; start: number } {
  const start = text.slice(0, at).lastIndexOf("\n") + 1;
  return { line: text.slice(start, at), start };
}
