/**
 * Shows a sample panel with a fake kernel; `?panel=empty`, `turns`, `approval`, `question`,
 * `refused`, `streaming`, `many`, `busy` or `gone` chooses, `?width=280` how wide it is, `?mode=…`
 * the mode.
 */

import type {
  Head,
  PanelPatch,
  PanelSnapshot,
  PanelTurn,
  SessionState,
  Turn,
  TurnStatus,
} from "../src/messages.generated";
import type { Model } from "../src/model";
import widget from "../src/widget";
import { turns as samples } from "./samples";

const PROMPTS = [
  "What is in prices.csv, and which of its columns would you clean up first?",
  "Add types and a docstring to total(), then run the tests.\n\nKeep the public names as they are.",
  "Now plot the mean by month",
  "Make the file made.txt",
];
const MODELS = [
  { value: "", label: "Default (Sonnet 4.5)", description: "Claude Code's own choice" },
  { value: "opus", label: "Opus 4.5", description: "For the hardest work" },
  { value: "haiku", label: "Haiku 4.5", description: "The fastest" },
];
const MODES = [
  { value: "default", label: "Ask", description: "Asks before it edits or runs something" },
  { value: "acceptEdits", label: "Accept edits", description: "Edits files without asking" },
  { value: "plan", label: "Plan", description: "Reads and plans, changes nothing" },
  { value: "bypassPermissions", label: "Bypass permissions", description: "Runs everything" },
];

/** The last turn asks for approval; the turns before it are done. */
function turnOf(index: number, count: number): Turn {
  const isLast = index === count - 1;
  const like = isLast ? samples[1] : samples[index % 2 === 0 ? 0 : 4];
  if (like === undefined) throw new Error("no such sample");
  return {
    ...structuredClone(like),
    id: `turn-${String(index)}`,
    number: index + 1,
    prompt: PROMPTS[index % PROMPTS.length] ?? "",
    ...(isLast ? { state: "done", status: "" } : {}),
  };
}

export function showPanel(parent: HTMLElement, query: URLSearchParams): void {
  const kind = query.get("panel") ?? "";
  const count = kind === "empty" ? 0 : kind === "many" ? 1000 : 4;
  const turns = Array.from({ length: count }, (_, index) => turnOf(index, count));
  const last = turns.at(-1);
  const isAsking = kind === "approval" || kind === "question";
  const isLive = isAsking || kind === "streaming" || kind === "busy";
  if (last !== undefined && isLive) last.state = "running";
  if (last !== undefined && isAsking) last.status = "Waiting for your answer";
  if (last !== undefined && !isAsking) last.requests = [];
  if (last !== undefined && kind === "question")
    last.requests = samples.flatMap(({ requests }) =>
      requests.filter((request) => "questions" in request),
    );
  if (last !== undefined && kind === "refused")
    Object.assign(last, {
      state: "failed",
      items: [],
      cost: "",
      error: "BudgetExceeded: The budget of $0.05 is spent ($0.0993), so the prompt was not sent",
    });
  let receive: (content: unknown) => void = () => undefined;
  let lose: () => void = () => undefined;
  let seq = 0;
  const answer = (message: PanelSnapshot | PanelTurn | PanelPatch): void => {
    queueMicrotask(() => {
      receive({ ...message, seq: ++seq });
    });
  };
  const head = ({ requests, ...turn }: Turn): Head => ({
    id: turn.id,
    number: turn.number,
    prompt: turn.prompt,
    state: turn.state,
    time: "2026-11-21T16:00:00+00:00",
    requests: requests.length,
    withdrawable: false,
  });
  const state: SessionState = {
    status: isAsking ? "waiting" : isLive ? "working" : "idle",
    queued: 0,
    model: "",
    models: MODELS,
    mode: query.get("mode") ?? "default",
    modes: MODES,
    context: kind === "empty" ? null : { tokens: 84_300, max: 200_000, percent: 42.2 },
    cost: kind === "empty" ? "$0.0000" : "$0.2731",
    cost_usd: kind === "empty" ? 0 : 0.2731,
    budget_usd: kind === "approval" ? 0.3 : null,
    subscription: false,
    limits: "",
    session_id: kind === "empty" ? null : "conversation",
    title: kind === "empty" ? "" : "Clean the prices, then plot them by month",
    practice: query.has("practice"),
    version: "",
    taken_back: {},
  };
  const model: Model = {
    get: (name) => (name === "kind" ? "panel" : `dev-${kind}`),
    send(message) {
      if (message.type === "hello")
        answer({
          type: "snapshot",
          panel: { state, draft: "", turns: turns.map(head) },
        });
      else if (message.type === "mode")
        answer({ type: "patch", ops: [["state", { mode: message.name }]] });
      else if (message.type === "want")
        for (const turn of turns.filter(({ id }) => message.turns.includes(id)))
          answer({ type: "turn", turn });
      else if (message.type === "ask" && kind !== "busy") {
        const number = turns.length + 1;
        const turn: Turn = {
          ...turnOf(0, 1),
          id: message.id,
          prompt: message.prompt,
          number,
          items: [],
          requests: [],
          state: "running",
        };
        turns.push(turn);
        answer({ type: "patch", ops: [["head", head(turn)]] });
        write(turn.id, number);
      }
    },
    on(name, callback) {
      if (name === "msg:custom") receive = callback;
      else
        lose = () => {
          callback(undefined);
        };
    },
    off: () => undefined,
  };
  /** Streams an answer. */
  function write(id: string, number: number): void {
    answer({
      type: "patch",
      ops: [["turn_op", id, ["put", { id: "answer", kind: "text", parent: "", text: "" }]]],
    });
    let words = 0;
    const timer = setInterval(() => {
      const text = words % 40 === 39 ? "\n\n" : `word${String(words)} `;
      answer({ type: "patch", ops: [["turn_op", id, ["append", "answer", text]]] });
      if (++words > 200) {
        clearInterval(timer);
        const done: TurnStatus = {
          number,
          state: "done",
          status: "",
          cost: "",
          error: "",
          left: "",
        };
        answer({ type: "patch", ops: [["turn_op", id, ["turn", done]]] });
      }
    }, 30);
  }
  const { initialize, render } = widget();
  initialize({ model });
  const el = parent.appendChild(document.createElement("div"));
  el.style.width = `${query.get("width") ?? "760"}px`;
  render({ model, el });
  if (kind === "gone") setTimeout(lose, 300);
}
