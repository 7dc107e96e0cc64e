/**
 * Shows a sample panel with a fake kernel; `?panel=empty`, `turns`, `approval`, `question`,
 * `refused`, `tasks`, `streaming`, `many`, `busy` or `gone` chooses, `?width=280` how wide it is, `?mode=…`
 * the mode; `?tools` and `?context` open a sheet, `?practice` is the practice model. `?list=40` opens
 * a list of 40 conversations, `?find=…` searches it, `?edit` edits the first prompt,
 * `?attached` shows what is attached, and `?at=/` types. `?panel=approval&requests=r1,r5` asks for
 * other samples, `?fork` is a new copy, `?panel=problem&remedy=model` shows an error, and `?panel=retry` a retry.
 */

import type {
  CommandList,
  CompletionItem,
  Completions,
  ContextUse,
  ConversationsFromKernel,
  Given,
  Head,
  HistoryFromKernel,
  Item,
  PanelPatch,
  PanelSnapshot,
  PanelTurn,
  SessionState,
  ToolList,
  ToolServer,
  Turn,
  TurnProblem,
  TurnStatus,
} from "../src/messages.generated";
import type { Model } from "../src/model";
import { askPanel } from "../src/panel/actions";
import widget from "../src/widget";
import { conversationsAnswer, historyAnswer } from "./conversations";
import { cards, problem, tasks } from "./cards";
import { turns as samples } from "./samples";

const PROMPTS = [
  "What is in prices.csv, and which of its columns would you clean up first?",
  "Add types and a docstring to total(), then run the tests.\n\nKeep the public names as they are.",
  "Now plot the mean by month",
  "Make the file made.txt",
];
const PRACTICE_PROMPTS = [
  "What is in this folder?",
  "Explain what this notebook does, step by step.",
  "Find out why the last test failed, and propose a fix.",
  "Make a to-do list for a short report, and work through it.",
  "Count to five in the background.",
  "Ask me which colour I like.",
  "Run the command ls -l",
];
const MODELS = [
  { value: "", label: "Default", description: "Claude Code's own choice" },
  { value: "opus", label: "Opus 4.5", description: "For the hardest work" },
  { value: "haiku", label: "Haiku 4.5", description: "The fastest" },
];
const MODES = [
  { value: "default", label: "Ask", description: "Asks before it edits or runs something" },
  { value: "acceptEdits", label: "Accept edits", description: "Edits files without asking" },
  { value: "plan", label: "Plan", description: "Reads and plans, changes nothing" },
  { value: "dontAsk", label: "Don't ask", description: "Denies what no permission rule allows" },
  { value: "auto", label: "Auto", description: "A model decides what is safe to run" },
  { value: "bypassPermissions", label: "Bypass permissions", description: "Runs everything" },
];

const KERNELS = [
  {
    value: "off",
    label: "not look",
    description: "Claude can neither look into this kernel nor run code in it",
  },
  {
    value: "ask",
    label: "ask each time",
    description: "each look into this kernel, and each run of code in it, asks you",
  },
  {
    value: "look",
    label: "look without asking",
    description: "Claude looks into this kernel without asking; each run of code asks you",
  },
];
const server = (fields: Partial<ToolServer> & { name: string }): ToolServer => ({
  state: "connected",
  problem: false,
  tools: [],
  actions: [],
  sign_in: "",
  ...fields,
});
const SERVERS: ToolServer[] = [
  server({ name: "kernel", tools: ["variables", "inspect", "outputs", "recent", "run_code"] }),
  server({
    name: "notebook",
    tools: ["read_cells", "edit_cell", "insert_cell", "delete_cell", "move_cell", "run_cell"],
  }),
  server({
    name: "mail",
    state: "needs a sign-in",
    problem: true,
    actions: ["sign in", "turn off"],
  }),
  server({
    name: "calendar",
    state: "needs a sign-in",
    problem: true,
    actions: ["sign in", "turn off"],
    sign_in: "https://accounts.example.org/authorize?client_id=c1",
  }),
  server({
    name: "prices",
    state: "failed: ENOENT: no such file or directory, posix_spawn 'stdio'",
    problem: true,
    actions: ["reconnect", "turn off"],
  }),
  server({
    name: "github",
    tools: Array.from({ length: 40 }, (_, index) => `tool_number_${String(index)}`),
    actions: ["turn off"],
  }),
  server({ name: "archive", state: "turned off", actions: ["turn on"] }),
  server({ name: "weather", state: "starts with the next prompt" }),
];
const CONTEXT: ContextUse = {
  type: "context",
  context: { tokens: 84_300, max: 200_000, percent: 42.2 },
  parts: [
    { name: "System tools", tokens: 15_600, kind: "used" },
    { name: "System tools (deferred)", tokens: 3_961, kind: "later" },
    { name: "Memory files", tokens: 2_300, kind: "used" },
    { name: "Custom agents", tokens: 27, kind: "used" },
    { name: "Skills", tokens: 2_074, kind: "used" },
    { name: "Messages", tokens: 64_299, kind: "used" },
    { name: "Autocompact buffer", tokens: 33_000, kind: "reserved" },
    { name: "Free space", tokens: 82_700, kind: "free" },
  ],
};
const COMMANDS = [
  { name: "context", hint: "", description: "Show current context usage" },
  { name: "init", hint: "", description: "Initialize a new CLAUDE.md file with documentation" },
  { name: "code-review", hint: "[target]", description: "Review the current diff for bugs" },
  { name: "rename", hint: "[name]", description: "Rename the current conversation" },
];
const OFFERED: Omit<CompletionItem, "start">[] = [
  { text: "@df", kind: "variable", detail: "DataFrame, 1,460 rows × 81 columns" },
  { text: "@dfs", kind: "variable", detail: "dict, 4 items" },
  { text: "@delivery_times_by_region_and_month", kind: "variable", detail: "Series, 48 rows" },
  { text: "@draw", kind: "variable", detail: "function (frame, column, *, by='month')" },
  { text: "@d", kind: "variable", detail: "int: 5" },
  { text: "@depth", kind: "variable", detail: "ndarray, float64, 40 × 40" },
  { text: "@dates", kind: "variable", detail: "DatetimeIndex, 365 values" },
  { text: "@data.csv", kind: "file", detail: "file" },
  { text: "@data", kind: "folder", detail: "folder" },
  { text: '@"a folder/with spaces/delivery notes.txt"', kind: "file", detail: "file" },
  { text: "@In[12]", kind: "cell", detail: "df.groupby('month').mean().plot()" },
  { text: "@error", kind: "error", detail: "KeyError: 'mnoth'" },
];

const problemOf = (remedy: string | null): TurnProblem => {
  const all: Record<string, TurnProblem> = {
    sign_in: { text: "You are not signed in to Claude.", remedy: "sign_in", models: [] },
    model: {
      text: "The model opus is not available to you.",
      remedy: "model",
      models: MODELS.slice(1),
    },
    again: { text: "The connection was lost during the answer.", remedy: "again", models: [] },
  };
  return all[remedy ?? ""] ?? problem;
};
const WAIT: Item = {
  id: "wait",
  kind: "notice",
  level: "warning",
  text: "The model is overloaded; trying again in 38 s (2 of 10).",
  wait: {
    ms: 38_000,
    before: "The model is overloaded; trying again",
    after: " (2 of 10).",
    models: MODELS.slice(1),
  },
};

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
    ...(isLast ? { state: "done", status: "" } : { requests: [] }),
  };
}

export function showPanel(parent: HTMLElement, query: URLSearchParams): void {
  const kind = query.get("panel") ?? "";
  const count = kind === "empty" ? 0 : kind === "many" ? 1000 : 4;
  const turns = Array.from({ length: count }, (_, index) => turnOf(index, count));
  const last = turns.at(-1);
  const isAsking = kind === "approval" || kind === "question";
  const isLive = isAsking || kind === "streaming" || kind === "busy" || kind === "retry";
  if (last !== undefined && isLive) last.state = "running";
  if (last !== undefined && isAsking) last.status = "Waiting for your answer";
  if (last !== undefined && !isAsking) last.requests = [];
  if (last !== undefined && kind === "question")
    last.requests = samples.flatMap(({ requests }) =>
      requests.filter((request) => "questions" in request),
    );
  const wanted = query.get("requests")?.split(",") ?? [];
  if (last !== undefined && isAsking && wanted.length > 0)
    last.requests = samples.flatMap(({ requests }) =>
      requests.filter(({ id }) => wanted.includes(id)),
    );
  if (last !== undefined && kind === "problem")
    Object.assign(last, { state: "failed", items: [], problem: problemOf(query.get("remedy")) });
  if (last !== undefined && kind === "replay")
    Object.assign(last, {
      stale: "Stale: the prompt changed; an earlier turn (2) changed",
      cost: "Replayed · recorded on 3 Nov 2026 · $0.00 (was $0.0421)",
    });
  if (last !== undefined && kind === "retry") Object.assign(last, { items: [WAIT] });
  if (last !== undefined && kind === "tasks")
    Object.assign(last, { ...cards, id: last.id, number: last.number, problem });
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
  const answer = (
    message:
      | PanelSnapshot
      | PanelTurn
      | PanelPatch
      | ToolList
      | CommandList
      | ContextUse
      | Completions
      | ConversationsFromKernel
      | HistoryFromKernel,
  ): void => {
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
    kernel: "ask",
    kernels: KERNELS,
    context: kind === "empty" ? null : { tokens: 84_300, max: 200_000, percent: 42.2 },
    cost: kind === "empty" ? "$0.0000" : "$0.2731",
    cost_usd: kind === "empty" ? 0 : 0.2731,
    budget_usd: kind === "approval" ? 0.3 : null,
    subscription: false,
    limits: "",
    session_id: kind === "empty" ? null : "conversation",
    title: kind === "empty" || query.has("fork") ? "" : "Clean the prices, then plot them by month",
    copy_of: query.has("fork") ? (PROMPTS[0] ?? "") : "",
    practice: query.has("practice"),
    prompts: query.has("practice") ? PRACTICE_PROMPTS : [],
    version: "",
    tasks: kind === "tasks" ? tasks : [],
    taken_back: {},
    ways_back: {},
    replay:
      kind === "replay"
        ? {
            mode: "auto",
            line: "10 replayed, 2 stale, 2 asked, about $0.14",
            stale: 2,
            again: [],
            cells: {},
          }
        : null,
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
      else if (message.type === "kernel")
        answer({ type: "patch", ops: [["state", { kernel: message.name }]] });
      else if (message.type === "tools")
        answer({
          type: "tools",
          servers: SERVERS,
          own: "Claude Code's own tools (Bash, Read, Edit, …) come on top.",
          skills: [{ name: "tidy", description: "Tidies a table" }],
          agents: [
            { name: "checker", description: "Checks numbers" },
            { name: "Explore", description: "Reads code, quickly and without changing it" },
          ],
        });
      else if (message.type === "context")
        answer(kind === "empty" ? { type: "context", context: null, parts: [] } : CONTEXT);
      else if (message.type === "conversations")
        answer(conversationsAnswer(message, Number(query.get("list") ?? "0")));
      else if (message.type === "history") {
        const plan = historyAnswer(message);
        if (plan !== null) answer(plan);
      } else if (message.type === "complete") {
        const at = message.text.lastIndexOf("@");
        const items = OFFERED.map((item) => ({
          ...item,
          start: Array.from(message.text.slice(0, at)).length,
        }));
        answer({ type: "completions", id: message.id, items });
      } else if (message.type === "commands")
        answer({ type: "commands", known: kind !== "empty", commands: COMMANDS });
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
          problem: null,
          left: "",
          stale: "",
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
  const find = (selector: string): HTMLElement | null => el.querySelector(selector);
  if (query.has("tools")) find("[aria-label='Tools']")?.click();
  if (query.has("list")) find("[aria-label='Conversations']")?.click();
  const words = query.get("find");
  const search = el.querySelector<HTMLInputElement>("input[type=search]");
  if (words !== null && search !== null) {
    search.value = words;
    search.dispatchEvent(new InputEvent("input"));
  }
  if (query.has("edit"))
    setTimeout(() => {
      find("[aria-label='Edit and resend']")?.click();
    }, 500);
  if (query.has("context")) find(".jc-meter-open")?.click();
  if (query.has("attached")) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 120, height: 90 });
    const context = canvas.getContext("2d");
    context?.fillRect(20, 20, 60, 40);
    const data = canvas.toDataURL("image/png").split(",")[1] ?? "";
    const given: Given[] = [
      { name: "screenshot.png", kind: "picture", data },
      { name: "In [3] (cell 4 of 12 in analysis.ipynb)", kind: "text", data: "x = 1" },
      { name: "a paper with a long name, second edition.pdf", kind: "file", data },
      { name: "chart.png", kind: "picture", data },
      { name: "notes.txt", kind: "text", data: "A note" },
    ];
    setTimeout(() => {
      const problem = query.has("problem")
        ? "data.bin was not attached: it is no picture, PDF or text. Put it into the notebook's folder and name it with @."
        : "";
      askPanel(el, "attach", { given, problem });
    }, 200);
  }
  const at = query.get("at");
  const field = el.querySelector("textarea");
  if (at !== null && field !== null) {
    field.focus();
    setTimeout(() => {
      field.setRangeText(at, 0, 0, "end");
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, 200);
  }
}
