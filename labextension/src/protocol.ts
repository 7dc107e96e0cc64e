/**
 * The messages between the kernel and a view, and their parsing.
 *
 * The kernel's side of them is `jupyter_claude/_views`. Parsing is lenient: what a newer kernel
 * adds is left out, and a missing text is empty, so that a view shows what it can.
 */

export type TurnState = "queued" | "running" | "done" | "failed" | "interrupted";
/** "unknown": a word of another version, in a notebook's file or from a newer kernel. */
export type ToolState =
  "waiting" | "running" | "done" | "failed" | "denied" | "stopped" | "unknown";
export type InputKind = "command" | "diff" | "json" | "text" | "todos";

export interface TextItem {
  id: string;
  kind: "text" | "thinking";
  /** The call whose subagent wrote it; "" or none for Claude's own. */
  parent?: string;
  text: string;
}

/** Something that can be chosen. */
export interface Choice {
  value: string;
  label: string;
}

/** The API refused, and will be asked again. */
export interface Wait {
  /** When, by this page's clock (`performance.now()`). */
  until: number;
  /** What stands around the time that is left. */
  before: string;
  after: string;
  /** The models that could be asked instead. */
  models: Choice[];
}

export interface NoticeItem {
  id: string;
  kind: "notice";
  level: "info" | "warning" | "error";
  text: string;
  wait?: Wait;
}

/** An image that a tool gave back, in base64. */
export interface ToolImage {
  media_type: string;
  data: string;
  alt: string;
}

export interface Todo {
  content: string;
  status: "to do" | "in progress" | "done";
}

export interface ToolItem {
  id: string;
  kind: "tool";
  /** The call whose subagent made it; "" for Claude's own. */
  parent: string;
  name: string;
  summary: string;
  state: ToolState;
  input: string;
  input_kind: InputKind;
  /** How many lines a diff adds and removes, such as "+3 −1". */
  counts: string;
  output: string;
  images: ToolImage[];
  /** The to-do list, on the one call of a turn that shows it. */
  todos: Todo[];
  /** What a subagent has done so far. */
  progress: string;
  note: string;
}

export type Item = TextItem | NoticeItem | ToolItem;

export interface Suggestion {
  index: number;
  label: string;
}

/** A part of a call's input that is shown by its name. */
export interface InputField {
  name: string;
  value: string;
}

export interface PermissionRequest {
  id: string;
  kind: "permission";
  tool: string;
  /** Why the CLI asks, in its own words. */
  reason: string;
  command: string | null;
  path: string | null;
  /** Whether there is no file at the path yet. */
  new_file: boolean;
  diff: string | null;
  /** All of the input that neither command nor diff shows. */
  fields: InputField[];
  /** What Claude says of its command. */
  says: string;
  suggestions: Suggestion[];
  waiting: string;
}

export interface Question {
  question: string;
  header: string;
  options: { label: string; description: string }[];
  multiSelect: boolean;
}

export interface QuestionRequest {
  id: string;
  kind: "question";
  questions: Question[];
  waiting: string;
}

/** One thing that a folder's settings would do. */
export interface Finding {
  title: string;
  file: string;
  /** What it runs or sets, exactly as it stands in the file. */
  text: string;
}

/** Whether a folder's settings for Claude Code count. */
export interface TrustRequest {
  id: string;
  kind: "trust";
  /** The title, in a tool's place. */
  tool: string;
  path: string;
  description: string;
  summary: string;
  findings: Finding[];
  /** Whether it can be answered with yes. */
  trustable: boolean;
  waiting: string;
}

export type Request = PermissionRequest | QuestionRequest | TrustRequest;

export interface Turn {
  number: number;
  id: string;
  prompt: string;
  state: TurnState;
  practice: boolean;
  status: string;
  items: Item[];
  requests: Request[];
  cost: string;
  error: string;
  /** That it is no part of the conversation any more; "" while it is. */
  left: string;
}

export type TurnFields = Partial<Omit<Turn, "items" | "requests">>;

export type Op =
  | ["put", Item]
  | ["append", string, string]
  | ["turn", TurnFields]
  | ["request", Request]
  | ["request_done", string, string];

export type KernelMessage =
  { type: "snapshot"; seq: number; turn: Turn } | { type: "patch"; seq: number; ops: Op[] };

/** What the user said to a request. */
export interface Answer {
  behavior: "allow" | "deny";
  /** The index of the "Always allow …" suggestion that was chosen. */
  suggestion: number | null;
  /** For a question: the answer of each, several joined by ", ". */
  answers: Record<string, string> | null;
}

/** An answer as it goes out. */
export interface GivenAnswer extends Answer {
  /** For how many milliseconds the request could be read and answered; see `views/guard.ts`. */
  waited: number;
}

/** What a view of a turn may want of the session. */
export type Wish = { wish: "stop" } | { wish: "model"; model: string };

export type ViewMessage =
  | { type: "hello" }
  | ({ type: "answer"; request: string } & GivenAnswer)
  | ({ type: "wish" } & Wish);

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function oneOf<T extends string>(value: unknown, first: T, ...others: T[]): T {
  return others.find((other) => other === value) ?? first;
}

/** Parses each entry of a list, leaving out those that make no sense. */
export function each<T>(value: unknown, parse: (entry: Fields) => T | null): T[] {
  return list(value).flatMap((entry) => {
    const parsed = isFields(entry) ? parse(entry) : null;
    return parsed === null ? [] : [parsed];
  });
}

function parseItem(value: Fields): Item | null {
  const id = text(value["id"]);
  if (id === "") return null;
  switch (value["kind"]) {
    case "text":
    case "thinking":
      return {
        id,
        kind: value["kind"],
        parent: text(value["parent"]),
        text: text(value["text"]),
      };
    case "notice":
      return {
        id,
        kind: "notice",
        level: oneOf(value["level"], "info", "warning", "error"),
        text: text(value["text"]),
        ...(isFields(value["wait"]) ? { wait: parseWait(value["wait"]) } : {}),
      };
    case "tool":
      return {
        id,
        kind: "tool",
        name: text(value["name"]),
        summary: text(value["summary"]),
        state: oneOf(
          value["state"],
          "unknown",
          "waiting",
          "running",
          "done",
          "failed",
          "denied",
          "stopped",
        ),
        input: text(value["input"]),
        parent: text(value["parent"]),
        input_kind: oneOf(value["input_kind"], "text", "command", "diff", "json", "todos"),
        counts: text(value["counts"]),
        output: text(value["output"]),
        images: each(value["images"], parseImage),
        todos: each(value["todos"], (todo) => ({
          content: text(todo["content"]),
          status: oneOf(todo["status"], "to do", "in progress", "done"),
        })),
        progress: text(value["progress"]),
        note: text(value["note"]),
      };
    default:
      return null;
  }
}

function parseWait(value: Fields): Wait {
  const { ms } = value;
  return {
    until: performance.now() + (typeof ms === "number" ? ms : 0),
    before: text(value["before"]),
    after: text(value["after"]),
    models: each(value["models"], ({ value, label }) => ({
      value: text(value),
      label: text(label),
    })),
  };
}

/** An image of a kind that can only be a picture, whatever it says it is; never SVG. */
function parseImage(value: Fields): ToolImage | null {
  const image = {
    media_type: text(value["media_type"]),
    data: text(value["data"]),
    alt: text(value["alt"]),
  };
  const isPicture = /^image\/(?:png|jpeg|gif|webp)$/.test(image.media_type);
  return isPicture && /^[A-Za-z0-9+/]+={0,2}$/.test(image.data) ? image : null;
}

function parseQuestion(value: Fields): Question {
  return {
    question: text(value["question"]),
    header: text(value["header"]),
    options: each(value["options"], (option) => ({
      label: text(option["label"]),
      description: text(option["description"]),
    })),
    multiSelect: value["multiSelect"] === true,
  };
}

function parseRequest(value: Fields): Request | null {
  const id = text(value["id"]);
  const waiting = text(value["waiting"]);
  if (id === "") return null;
  switch (value["kind"]) {
    case "permission":
      return {
        id,
        kind: "permission",
        tool: text(value["tool"]),
        reason: text(value["reason"]),
        command: textOrNull(value["command"]),
        path: textOrNull(value["path"]),
        new_file: value["new_file"] === true,
        diff: textOrNull(value["diff"]),
        fields: each(value["fields"], (field) => ({
          name: text(field["name"]),
          value: text(field["value"]),
        })),
        says: text(value["says"]),
        suggestions: each(value["suggestions"], ({ index, label }) =>
          typeof index === "number" ? { index, label: text(label) } : null,
        ),
        waiting,
      };
    case "question":
      return { id, kind: "question", questions: each(value["questions"], parseQuestion), waiting };
    case "trust":
      return {
        id,
        kind: "trust",
        tool: text(value["tool"]),
        path: text(value["path"]),
        description: text(value["description"]),
        summary: text(value["summary"]),
        findings: each(value["findings"], (finding) => ({
          title: text(finding["title"]),
          file: text(finding["file"]),
          text: text(finding["text"]),
        })),
        trustable: value["trustable"] === true,
        waiting,
      };
    default:
      return null;
  }
}

export const parseState = (value: unknown): TurnState =>
  oneOf(value, "running", "queued", "done", "failed", "interrupted");

export function parseTurn(value: Fields): Turn {
  return {
    number: typeof value["number"] === "number" ? value["number"] : 0,
    id: text(value["id"]),
    prompt: text(value["prompt"]),
    state: parseState(value["state"]),
    practice: value["practice"] === true,
    status: text(value["status"]),
    items: each(value["items"], parseItem),
    requests: each(value["requests"], parseRequest),
    cost: text(value["cost"]),
    error: text(value["error"]),
    left: text(value["left"]),
  };
}

function parseTurnFields(value: Fields): TurnFields {
  const whole = parseTurn(value);
  const named = Object.entries(whole).filter(
    ([key]) => key in value && key !== "items" && key !== "requests",
  );
  return Object.fromEntries(named);
}

export function parseOp(value: unknown): Op | null {
  const [name, first, second] = list(value);
  if (name === "append" && typeof first === "string") return ["append", first, text(second)];
  if (name === "request_done" && typeof first === "string")
    return ["request_done", first, text(second)];
  if (!isFields(first)) return null;
  if (name === "turn") return ["turn", parseTurnFields(first)];
  if (name === "put") {
    const item = parseItem(first);
    return item && ["put", item];
  }
  if (name === "request") {
    const request = parseRequest(first);
    return request && ["request", request];
  }
  return null;
}

/** What became of an answer: the kernel has it, or it came too early and does not count. */
export interface Verdict {
  request: string;
  verdict: Answer["behavior"] | "early";
}

/** What the kernel says as soon as it gets an answer; it has no number, and comes in any order. */
export function parseVerdict(value: unknown): Verdict | null {
  if (!isFields(value)) return null;
  const { type } = value;
  const request = text(value["request"]);
  if (request === "") return null;
  if (type === "early") return { request, verdict: "early" };
  if (type !== "taken") return null;
  return { request, verdict: oneOf(value["behavior"], "deny", "allow") };
}

/** The message in typed form, or null when it is not one of ours. */
export function parseMessage(value: unknown): KernelMessage | null {
  if (!isFields(value) || typeof value["seq"] !== "number") return null;
  const seq = value["seq"];
  if (value["type"] === "snapshot" && isFields(value["turn"]))
    return { type: "snapshot", seq, turn: parseTurn(value["turn"]) };
  if (value["type"] === "patch")
    return {
      type: "patch",
      seq,
      ops: list(value["ops"]).flatMap((entry) => {
        const op = parseOp(entry);
        return op === null ? [] : [op];
      }),
    };
  return null;
}
