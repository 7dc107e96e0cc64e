/**
 * The messages between the kernel and a history view, and their parsing.
 *
 * The kernel's side of them is `jupyter_claude/_views/history.py`. They all have the type
 * "history", so that they can share a line with others. Parsing is lenient, as everywhere.
 */

/** A turn as a place to stop at: the slider's stop k is after the k-th of them. */
export interface Stop {
  prompt: string;
  /** When it began, in ISO 8601; "" where that is not known. */
  time: string;
  /** The first of the files that it touched. */
  files: string[];
  filesCount: number;
  cost: string;
}

export interface Branch {
  id: string;
  /** The first prompt that only it has. */
  label: string;
  turns: number;
  /** When it was left, in ISO 8601. */
  time: string;
}

/** What a view shows besides the stops. */
export interface Situation {
  /** Why nothing can be done just now; "" if it can. */
  busy: string;
  /** What "Undo rewind" would undo; "" if nothing. */
  undo: string;
  branches: Branch[];
}

export interface FileChange {
  /** The file, absolute; and as people write it in Claude's folder. */
  path: string;
  name: string;
  action: "restore" | "create" | "delete";
  insertions: number;
  deletions: number;
  diff: string;
  /** Whether the user changed it since Claude last wrote it; null where that is not known. */
  changedByYou: boolean | null;
  /** Whether it is rewound unasked. */
  chosen: boolean;
}

export interface Plan {
  /** Names exactly this plan: what is acted on is what was shown. */
  key: string;
  canRewind: boolean;
  reason: string;
  files: FileChange[];
  /** The turns that would leave the conversation, one line each. */
  turns: string[];
  irreversible: string[];
}

export type KernelMessage =
  | { event: "state"; version: number; from: number; stops: Stop[]; situation: Situation }
  /** `changed`: the plan was to be acted on, and is no longer what was shown. */
  | { event: "plan"; ask: string; plan: Plan; changed: boolean }
  | { event: "done"; ask: string; text: string; prompt: string }
  | { event: "error"; ask: string; text: string };

/** What is to be taken back: the files, the turns, or both, to how they were after a stop. */
export interface Choice {
  stop: number;
  files: boolean;
  conversation: boolean;
}

export type Ask =
  | ({ action: "preview" } & Choice)
  | ({ action: "rewind"; include: string[]; key: string } & Choice)
  | { action: "undo" }
  | { action: "branch"; branch: string };

/** The line to the kernel that a history view uses. */
export interface Line {
  send: (message: object) => void;
  /** Calls `listener` with each message that comes, until the returned function is called. */
  subscribe: (listener: (message: unknown) => void) => () => void;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] => list(value).map(text);
const each = <T>(value: unknown, parse: (entry: Fields) => T): T[] =>
  list(value).filter(isFields).map(parse);

function parseStop(value: Fields): Stop {
  const files = texts(value["files"]);
  return {
    prompt: text(value["prompt"]),
    time: text(value["time"]),
    files,
    filesCount: Math.max(files.length, count(value["files_count"])),
    cost: text(value["cost"]),
  };
}

function parseFile(value: Fields): FileChange {
  const { action } = value;
  return {
    path: text(value["path"]),
    name: text(value["name"]) || text(value["path"]),
    action: action === "create" || action === "delete" ? action : "restore",
    insertions: count(value["insertions"]),
    deletions: count(value["deletions"]),
    diff: text(value["diff"]),
    changedByYou: value["changed_by_you"] === null ? null : value["changed_by_you"] === true,
    chosen: value["chosen"] === true,
  };
}

function parsePlan(value: Fields): Plan {
  return {
    key: text(value["key"]),
    canRewind: value["can_rewind"] === true,
    reason: text(value["reason"]),
    files: each(value["files"], parseFile),
    turns: texts(value["turns"]),
    irreversible: texts(value["irreversible"]),
  };
}

/** The message in typed form, or null when it is not one of the history's. */
export function parseMessage(value: unknown): KernelMessage | null {
  if (!isFields(value) || value["type"] !== "history") return null;
  const ask = text(value["ask"]);
  switch (value["event"]) {
    case "state":
      return {
        event: "state",
        version: count(value["version"]),
        from: count(value["from"]),
        stops: each(value["stops"], parseStop),
        situation: {
          busy: text(value["busy"]),
          undo: text(value["undo"]),
          branches: each(value["branches"], ({ id, label, turns, time }) => ({
            id: text(id),
            label: text(label),
            turns: count(turns),
            time: text(time),
          })),
        },
      };
    case "plan":
      if (!isFields(value["plan"])) return null;
      return {
        event: "plan",
        ask,
        plan: parsePlan(value["plan"]),
        changed: value["changed"] === true,
      };
    case "done":
      return { event: "done", ask, text: text(value["text"]), prompt: text(value["prompt"]) };
    case "error":
      return { event: "error", ask, text: text(value["text"]) };
    default:
      return null;
  }
}
