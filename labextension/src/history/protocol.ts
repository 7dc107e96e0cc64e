/**
 * Parses the messages between the kernel and a history view.
 *
 * `jupyter_claude/_protocol/history.py` defines them. All have the type "history", so that they can
 * share a connection with others. Parsing is lenient, as in `../protocol`.
 */

import type { FileChange, HistoryAsk, HistoryFromKernel, Plan, Stop } from "../messages.generated";
import {
  each,
  isFields,
  list,
  oneOf,
  text,
  type Fields,
  type Without,
  type Words,
} from "../protocol";

export type {
  FileChange,
  HistoryAnswer,
  HistoryFromKernel,
  Plan,
  RewindChoice,
  Situation,
  Stop,
} from "../messages.generated";

/** What a view asks for; the store adds an id. */
export type Ask = Without<HistoryAsk, "type" | "ask">;

const ACTIONS: Words<FileChange["action"]> = { restore: true, create: true, delete: true };

const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const texts = (value: unknown): string[] => list(value).map(text);

function parseStop(value: Fields): Stop {
  const files = texts(value["files"]);
  return {
    prompt: text(value["prompt"]),
    time: text(value["time"]),
    files,
    files_count: Math.max(files.length, count(value["files_count"])),
    cost: text(value["cost"]),
  };
}

function parseFile(value: Fields): FileChange {
  return {
    path: text(value["path"]),
    name: text(value["name"]) || text(value["path"]),
    action: oneOf(value["action"], ACTIONS, "restore"),
    insertions: count(value["insertions"]),
    deletions: count(value["deletions"]),
    diff: text(value["diff"]),
    changed_by_you: value["changed_by_you"] === null ? null : value["changed_by_you"] === true,
    chosen: value["chosen"] === true,
    cell: value["cell"] === true,
  };
}

function parsePlan(value: Fields): Plan {
  return {
    key: text(value["key"]),
    can_rewind: value["can_rewind"] === true,
    reason: text(value["reason"]),
    files: each(value["files"], parseFile),
    turns: texts(value["turns"]),
    irreversible: texts(value["irreversible"]),
  };
}

/** The message in typed form; null if it is not one of the history's. */
export function parseMessage(value: unknown): HistoryFromKernel | null {
  if (!isFields(value) || value["type"] !== "history") return null;
  const { type, event } = value;
  const ask = text(value["ask"]);
  switch (event) {
    case "state":
      return {
        type,
        event,
        version: count(value["version"]),
        from: count(value["from"]),
        stops: each(value["stops"], parseStop),
        busy: text(value["busy"]),
        undo: text(value["undo"]),
        branches: each(value["branches"], ({ id, label, turns, time }) => ({
          id: text(id),
          label: text(label),
          turns: count(turns),
          time: text(time),
        })),
      };
    case "plan":
      if (!isFields(value["plan"])) return null;
      return {
        type,
        event,
        ask,
        plan: parsePlan(value["plan"]),
        changed: value["changed"] === true,
      };
    case "done":
      return { type, event, ask, text: text(value["text"]), prompt: text(value["prompt"]) };
    case "error":
      return { type, event, ask, text: text(value["text"]) };
    default:
      return null;
  }
}
