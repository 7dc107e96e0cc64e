/**
 * Parses the messages between the kernel and a view.
 *
 * `jupyter_claude/_protocol` defines them for both sides. Parsing is lenient: it drops what a newer
 * kernel adds, and a missing text is empty, so that a view shows what it can.
 */

import type {
  Answer as AnswerMessage,
  AttachedItem,
  Field,
  NoticeItem as SentNotice,
  Numbered,
  Question,
  Request,
  SessionState,
  TextItem,
  Todo,
  ToolImage,
  ToolItem as SentTool,
  Turn as SentTurn,
  TurnFromPage,
  TurnOp,
  TurnPatch,
  TurnSnapshot,
  TurnProblem,
  TurnStatus,
  Wait as SentWait,
  AskOtherModel,
  Recover,
  ShowOutput,
  StopTask,
  StopThisTurn,
} from "./messages.generated";

export type {
  AlwaysAllow as Suggestion,
  AttachedItem,
  Field as InputField,
  FoundSetting as Finding,
  OtherModel,
  PermissionRequest,
  Question,
  QuestionRequest,
  Request,
  TextItem,
  Todo,
  ToolImage,
  TrustRequest,
  TurnProblem,
} from "./messages.generated";

/** The type with other types for some fields. */
export type With<T, Changed> = Omit<T, keyof Changed> & Changed;
/** Each member of a union without some fields. */
export type Without<T, Names extends PropertyKey> = T extends unknown ? Omit<T, Names> : never;

export type TurnState = TurnStatus["state"];
/** "unknown": a state that only another version knows, from a notebook's file or a newer kernel. */
export type ToolState = SentTool["state"] | "unknown";
export type InputKind = SentTool["input_kind"];

/**
 * The API refused; Claude Code asks again at `until` on this page's clock (`performance.now()`).
 */
export type Wait = With<Omit<SentWait, "ms">, { until: number }>;
export type NoticeItem = Omit<SentNotice, "wait"> & { wait?: Wait };
/** `whole` is all of a long output, once the user asked for it. */
export type ToolItem = With<SentTool, { state: ToolState }> & { whole?: string };
export type Item = TextItem | NoticeItem | ToolItem | AttachedItem;
export type Turn = With<SentTurn, { items: Item[] }>;
/** How a turn that has left the conversation can come back. */
export type WayBack = SessionState["ways_back"][string];
export type TurnFields = Partial<Omit<Turn, "items" | "requests">>;

export type Op =
  ["put", Item] | ["turn", TurnFields] | Exclude<TurnOp, ["put", unknown] | ["turn", unknown]>;

export type KernelMessage = Numbered &
  (With<TurnSnapshot, { turn: Turn }> | With<TurnPatch, { ops: Op[] }>);

/** An answer as the view sends it; `views/guard.ts` defines `waited`. */
export type GivenAnswer = Omit<AnswerMessage, "type" | "request">;
/** The user's answer to a request. */
export type Answer = Omit<GivenAnswer, "waited">;

/** What a view of a turn may ask of the session. */
export type TurnAction = Without<
  StopThisTurn | AskOtherModel | StopTask | Recover | ShowOutput,
  "type"
>;

export type ViewMessage = TurnFromPage;

/**
 * All words of a type: tsc reports a word that is missing here, and one that the kernel does not
 * have.
 */
export type Words<T extends string> = Readonly<Record<T, true>>;

const TURN_STATES: Words<TurnState> = {
  queued: true,
  running: true,
  done: true,
  failed: true,
  interrupted: true,
};
const TOOL_STATES: Words<ToolState> = {
  waiting: true,
  running: true,
  done: true,
  failed: true,
  denied: true,
  stopped: true,
  unknown: true,
};
const INPUT_KINDS: Words<InputKind> = {
  command: true,
  diff: true,
  json: true,
  plan: true,
  python: true,
  questions: true,
  text: true,
  todos: true,
};
const STEPS: Words<ToolItem["step"]> = { "": true, file: true, search: true };
const REMEDIES: Words<TurnProblem["remedy"]> = {
  "": true,
  again: true,
  compact: true,
  model: true,
  sign_in: true,
};
const LEVELS: Words<NoticeItem["level"]> = { info: true, warning: true, error: true };
const TODO_STATES: Words<Todo["status"]> = { "to do": true, "in progress": true, done: true };

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const count = (value: unknown): number =>
  typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The value if it is one of these words, else `otherwise`. */
export function oneOf<T extends string>(value: unknown, words: Words<T>, otherwise: T): T {
  return typeof value === "string" && Object.hasOwn(words, value) ? (value as T) : otherwise;
}

/** Parses each entry of a list; drops invalid ones. */
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
        level: oneOf(value["level"], LEVELS, "info"),
        text: text(value["text"]),
        ...(isFields(value["wait"]) ? { wait: parseWait(value["wait"]) } : {}),
      };
    case "tool":
      return {
        id,
        kind: "tool",
        name: text(value["name"]),
        title: text(value["title"]),
        step: oneOf(value["step"], STEPS, ""),
        seconds: count(value["seconds"]),
        task: value["task"] === true,
        summary: text(value["summary"]),
        state: oneOf(value["state"], TOOL_STATES, "unknown"),
        input: text(value["input"]),
        parent: text(value["parent"]),
        input_kind: oneOf(value["input_kind"], INPUT_KINDS, "text"),
        cut: value["cut"] === true,
        counts: text(value["counts"]),
        output: text(value["output"]),
        left_out: count(value["left_out"]),
        output_end: text(value["output_end"]),
        images: each(value["images"], parseImage),
        todos: each(value["todos"], (todo) => ({
          content: text(todo["content"]),
          status: oneOf(todo["status"], TODO_STATES, "to do"),
        })),
        progress: text(value["progress"]),
        note: text(value["note"]),
      };
    case "attached":
      return {
        id,
        kind: "attached",
        name: text(value["name"]),
        title: text(value["title"]),
        text: text(value["text"]),
        images: each(value["images"], parseImage),
        note: text(value["note"]),
      };
    default:
      return null;
  }
}

/** The id of the call whose subagent made an item; "" for all others. */
export const parentOf = (item: Item): string =>
  item.kind === "notice" || item.kind === "attached" ? "" : item.parent;

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

/** An image of a type that can only be a picture; never SVG. */
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

function parseField({ name, value, form }: Fields): Field {
  return {
    name: text(name),
    value: text(value),
    ...(form === "python" || form === "diff" ? { form } : {}),
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
        fields: each(value["fields"], parseField),
        says: text(value["says"]),
        suggestions: each(value["suggestions"], ({ index, label }) =>
          typeof index === "number" ? { index, label: text(label) } : null,
        ),
        code: textOrNull(value["code"]),
        effects: list(value["effects"]).map(text),
        title: text(value["title"]),
        danger: text(value["danger"]),
        plan: textOrNull(value["plan"]),
        editable: value["editable"] === true,
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

function parseProblem(value: unknown): TurnProblem | null {
  if (!isFields(value)) return null;
  return {
    text: text(value["text"]),
    remedy: oneOf(value["remedy"], REMEDIES, ""),
    models: each(value["models"], ({ value: name, label }) => ({
      value: text(name),
      label: text(label),
    })),
  };
}

export const parseState = (value: unknown): TurnState => oneOf(value, TURN_STATES, "running");

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
    problem: parseProblem(value["problem"]),
    left: text(value["left"]),
    stale: text(value["stale"]),
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
  if (name === "output" && typeof first === "string") return ["output", first, text(second)];
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

/** The kernel's verdict on an answer: it has the answer, or the answer came too early to count. */
export interface Verdict {
  request: string;
  verdict: Answer["behavior"] | "early";
}

/** Parses what the kernel says as soon as it gets an answer: without a number, in any order. */
export function parseVerdict(value: unknown): Verdict | null {
  if (!isFields(value)) return null;
  const { type } = value;
  const request = text(value["request"]);
  if (request === "") return null;
  if (type === "early") return { request, verdict: "early" };
  if (type !== "taken") return null;
  return { request, verdict: value["behavior"] === "allow" ? "allow" : "deny" };
}

/** The message in typed form; null if it is not one of ours. */
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
