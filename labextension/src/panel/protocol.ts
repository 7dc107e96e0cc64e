/**
 * The messages between the kernel and the views of a panel, and their parsing.
 *
 * The kernel's side of them is `jupyter_claude/_views/panel.py`. A turn on its own is as in
 * `../protocol`.
 */

import {
  each,
  isFields,
  list,
  parseOp,
  parseState,
  parseTurn,
  text,
  type GivenAnswer,
  type Fields,
  type Op,
  type Turn,
  type TurnState,
} from "../protocol";

/** The mode without permission requests. */
export const BYPASS = "bypassPermissions";

/** What the list of turns says of one of them. */
export interface Head {
  id: string;
  number: number;
  /** The beginning of the prompt; "" for what Claude did unasked. */
  prompt: string;
  state: TurnState;
  time: string;
  /** How many requests wait for an answer. */
  requests: number;
  withdrawable: boolean;
}

/** Something to choose of: a model, a permission mode. */
export interface Choice {
  value: string;
  label: string;
  description: string;
}

export interface SessionState {
  status: "idle" | "working" | "waiting";
  queued: number;
  model: string;
  models: Choice[];
  mode: string;
  modes: Choice[];
  context: { tokens: number; max: number; percent: number } | null;
  cost: string;
  cost_usd: number;
  budget_usd: number | null;
  subscription: boolean;
  limits: string;
  /** The conversation; "" before anything was asked in it. */
  session_id: string;
  title: string;
  folder: string;
  practice: boolean;
  /** Claude Code's, once it has been started. */
  version: string;
  /** What is to be said of turns that a rewind took back, by their ids; "" if they came back. */
  taken_back: Readonly<Record<string, string>>;
}

export type PanelOp =
  | { op: "turn_op"; turn: string; change: Op }
  | { op: "head"; head: Head }
  | { op: "turns"; heads: Head[] }
  | { op: "state"; state: Partial<SessionState> }
  | { op: "draft"; text: string; from: string }
  | { op: "taken"; prompt: string }
  | { op: "withdrawn"; turn: string; prompt: string }
  | { op: "undone"; prompt: string }
  | { op: "problem"; text: string };

export type PanelMessage =
  | { type: "snapshot"; seq: number; state: SessionState; draft: string; heads: Head[] }
  | { type: "turn"; seq: number; turn: Turn }
  | { type: "patch"; seq: number; ops: PanelOp[] }
  /** One that is for another view on the same line. */
  | { type: "other"; seq: number };

export type ViewMessage =
  | { type: "hello" }
  | { type: "want"; turns: string[] }
  | { type: "ask"; id: string; prompt: string }
  | { type: "withdraw"; turn: string }
  | { type: "interrupt" }
  | { type: "new" }
  | { type: "model" | "mode"; name: string; confirmed?: boolean }
  | { type: "draft"; text: string; from: string }
  | ({ type: "answer"; request: string } & GivenAnswer);

const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;

function parseHead(value: Fields): Head | null {
  const id = text(value["id"]);
  if (id === "") return null;
  return {
    id,
    number: number(value["number"]),
    prompt: text(value["prompt"]),
    state: parseState(value["state"]),
    time: text(value["time"]),
    requests: number(value["requests"]),
    withdrawable: value["withdrawable"] === true,
  };
}

const parseChoices = (value: unknown): Choice[] =>
  each(value, (choice) => ({
    value: text(choice["value"]),
    label: text(choice["label"]),
    description: text(choice["description"]),
  }));

export function parseSession(value: Fields): SessionState {
  const { context, budget_usd: budget, status } = value;
  return {
    status: status === "working" || status === "waiting" ? status : "idle",
    queued: number(value["queued"]),
    model: text(value["model"]),
    models: parseChoices(value["models"]),
    mode: text(value["mode"]),
    modes: parseChoices(value["modes"]),
    context: isFields(context)
      ? {
          tokens: number(context["tokens"]),
          max: number(context["max"]),
          percent: Math.min(100, Math.max(0, number(context["percent"]))),
        }
      : null,
    cost: text(value["cost"]),
    cost_usd: number(value["cost_usd"]),
    budget_usd: typeof budget === "number" ? budget : null,
    subscription: value["subscription"] === true,
    limits: text(value["limits"]),
    session_id: text(value["session_id"]),
    title: text(value["title"]),
    folder: text(value["folder"]),
    practice: value["practice"] === true,
    version: text(value["version"]),
    taken_back: isFields(value["taken_back"])
      ? Object.fromEntries(
          Object.entries(value["taken_back"]).map(([id, says]) => [id, text(says)]),
        )
      : {},
  };
}

function parsePanelOp(value: unknown): PanelOp | null {
  const [op, first, second] = list(value);
  if (op === "turn_op" && typeof first === "string") {
    const change = parseOp(second);
    return change && { op, turn: first, change };
  }
  if (op === "turns") return { op, heads: each(first, parseHead) };
  if (op === "taken") return { op, prompt: text(first) };
  if (op === "withdrawn") return { op, turn: text(first), prompt: text(second) };
  if (op === "undone") return { op, prompt: text(first) };
  if (op === "problem") return { op, text: text(first) };
  if (!isFields(first)) return null;
  if (op === "head") {
    const head = parseHead(first);
    return head && { op, head };
  }
  if (op === "draft") return { op, text: text(first["text"]), from: text(first["from"]) };
  if (op === "state") {
    const whole = Object.entries(parseSession(first));
    return { op, state: Object.fromEntries(whole.filter(([name]) => name in first)) };
  }
  return null;
}

/** The message in typed form, or null when it has no number. */
export function parsePanelMessage(value: unknown): PanelMessage | null {
  if (!isFields(value) || typeof value["seq"] !== "number") return null;
  const { type, seq, panel, turn } = value;
  if (type === "snapshot" && isFields(panel))
    return {
      type,
      seq,
      state: parseSession(isFields(panel["state"]) ? panel["state"] : {}),
      draft: text(panel["draft"]),
      heads: each(panel["turns"], parseHead),
    };
  if (type === "turn" && isFields(turn)) return { type, seq, turn: parseTurn(turn) };
  if (type === "patch")
    return {
      type,
      seq,
      ops: list(value["ops"]).flatMap((entry) => parsePanelOp(entry) ?? []),
    };
  return { type: "other", seq };
}
