/**
 * Parses the messages between the kernel and the views of a panel.
 *
 * `jupyter_claude/_protocol/panel.py` defines them. `../protocol` parses the turns.
 */

import type {
  Choice,
  Head,
  Numbered,
  PanelOp as SentOp,
  PanelPatch,
  PanelSnapshot,
  PanelTurn,
  ReplayAhead,
  RunningTask,
  SessionState,
} from "../messages.generated";
import {
  each,
  isFields,
  list,
  oneOf,
  parseOp,
  parseState,
  parseTurn,
  text,
  type Fields,
  type Op,
  type Turn,
  type WayBack,
  type With,
  type Words,
} from "../protocol";

export type { Choice, Head, PanelFromPage, SessionState } from "../messages.generated";

/** The mode without permission requests. */
export const BYPASS = "bypassPermissions";

export type PanelOp =
  ["turn_op", string, Op] | Exclude<SentOp, ["turn_op", string, unknown] | ["heard"]>;

export type PanelMessage = Numbered &
  (
    | PanelSnapshot
    | With<PanelTurn, { turn: Turn }>
    | With<PanelPatch, { ops: PanelOp[] }>
    /** A message for another view on the same connection. */
    | { type: "other" }
  );

const WAYS: Words<WayBack> = { undo: true, branch: true, resume: true };

const MODES: Words<ReplayAhead["mode"]> = { off: true, auto: true, only: true, record: true };

const STATUSES: Words<SessionState["status"]> = { idle: true, working: true, waiting: true };

export const number = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;

export function parseContext(context: unknown): SessionState["context"] {
  if (!isFields(context)) return null;
  return {
    tokens: number(context["tokens"]),
    max: number(context["max"]),
    percent: Math.min(100, Math.max(0, number(context["percent"]))),
  };
}

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

function parseTask(value: Fields): RunningTask | null {
  const call = text(value["call"]);
  if (call === "") return null;
  return {
    call,
    turn: text(value["turn"]),
    title: text(value["title"]),
    about: text(value["about"]),
    doing: text(value["doing"]),
    seconds: number(value["seconds"]),
  };
}

function parseReplay(value: unknown): SessionState["replay"] {
  if (!isFields(value)) return null;
  const cells = isFields(value["cells"]) ? Object.entries(value["cells"]) : [];
  return {
    mode: oneOf(value["mode"], MODES, "off"),
    line: text(value["line"]),
    stale: number(value["stale"]),
    again: list(value["again"]).map(text),
    cells: Object.fromEntries(cells.map(([id, says]) => [id, text(says)])),
  };
}

export function parseSession(value: Fields): SessionState {
  const { budget_usd: budget } = value;
  return {
    status: oneOf(value["status"], STATUSES, "idle"),
    queued: number(value["queued"]),
    model: text(value["model"]),
    models: parseChoices(value["models"]),
    mode: text(value["mode"]),
    modes: parseChoices(value["modes"]),
    kernel: text(value["kernel"]),
    kernels: parseChoices(value["kernels"]),
    context: parseContext(value["context"]),
    cost: text(value["cost"]),
    cost_usd: number(value["cost_usd"]),
    budget_usd: typeof budget === "number" ? budget : null,
    subscription: value["subscription"] === true,
    limits: text(value["limits"]),
    session_id: text(value["session_id"]) || null,
    title: text(value["title"]),
    copy_of: text(value["copy_of"]),
    practice: value["practice"] === true,
    prompts: list(value["prompts"]).map(text),
    version: text(value["version"]),
    tasks: each(value["tasks"], parseTask),
    taken_back: isFields(value["taken_back"])
      ? Object.fromEntries(
          Object.entries(value["taken_back"]).map(([id, says]) => [id, text(says)]),
        )
      : {},
    ways_back: isFields(value["ways_back"])
      ? Object.fromEntries(
          Object.entries(value["ways_back"]).flatMap(([id, way]) =>
            typeof way === "string" && Object.hasOwn(WAYS, way) ? [[id, way as WayBack]] : [],
          ),
        )
      : {},
    replay: parseReplay(value["replay"]),
  };
}

function parsePanelOp(value: unknown): PanelOp | null {
  const [op, first, second] = list(value);
  if (op === "turn_op" && typeof first === "string") {
    const change = parseOp(second);
    return change && [op, first, change];
  }
  if (op === "turns") return [op, each(first, parseHead)];
  if (op === "taken" || op === "undone" || op === "problem") return [op, text(first)];
  if (op === "withdrawn") return [op, text(first), text(second)];
  if (!isFields(first)) return null;
  if (op === "head") {
    const head = parseHead(first);
    return head && [op, head];
  }
  if (op === "draft") return [op, { text: text(first["text"]), from: text(first["from"]) }];
  if (op === "state") {
    const whole = Object.entries(parseSession(first));
    return [op, Object.fromEntries(whole.filter(([name]) => name in first))];
  }
  return null;
}

/** The message in typed form; null if it has no number. */
export function parsePanelMessage(value: unknown): PanelMessage | null {
  if (!isFields(value) || typeof value["seq"] !== "number") return null;
  const { type, seq, panel, turn } = value;
  if (type === "snapshot" && isFields(panel))
    return {
      type,
      seq,
      panel: {
        state: parseSession(isFields(panel["state"]) ? panel["state"] : {}),
        draft: text(panel["draft"]),
        turns: each(panel["turns"], parseHead),
      },
    };
  if (type === "turn" && isFields(turn)) return { type, seq, turn: parseTurn(turn) };
  if (type === "patch")
    return {
      type,
      seq,
      ops: list(value["ops"]).flatMap((entry) => {
        const op = parsePanelOp(entry);
        return op === null ? [] : [op];
      }),
    };
  return { type: "other", seq };
}
