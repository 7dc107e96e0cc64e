/** Messages of the kernel, and a fake of anywidget's model, for the tests. */

import { vi } from "vitest";

import type {
  PermissionRequest,
  QuestionRequest,
  SessionState,
  TextItem,
  ToolItem,
  Turn,
  TurnOp,
  TurnPatch,
  TurnSnapshot,
  TurnStatus,
  Verdict,
  WidgetKind,
} from "../src/messages.generated";
import { HOLD_MS } from "../src/views/guard";
import type { Model } from "../src/model";
import widget from "../src/widget";

export function turn(fields: Partial<Turn> = {}): Turn {
  return {
    ...status(),
    id: "turn",
    prompt: "",
    practice: false,
    items: [],
    requests: [],
    ...fields,
  };
}

export function status(fields: Partial<TurnStatus> = {}): TurnStatus {
  return {
    number: 1,
    state: "running",
    status: "",
    cost: "",
    error: "",
    problem: null,
    left: "",
    stale: "",
    ...fields,
  };
}

export function text(fields: Partial<TextItem> = {}): TextItem {
  return { id: "text", kind: "text", parent: "", text: "", ...fields };
}

export function tool(fields: Partial<ToolItem> = {}): ToolItem {
  return {
    id: "tool",
    kind: "tool",
    name: "Bash",
    title: "",
    step: "",
    seconds: 0,
    task: false,
    summary: "ls",
    state: "running",
    parent: "",
    input: "ls",
    input_kind: "command",
    cut: false,
    counts: "",
    output: "",
    left_out: 0,
    output_end: "",
    images: [],
    todos: [],
    progress: "",
    note: "",
    ...fields,
  };
}

export function permission(fields: Partial<PermissionRequest> = {}): PermissionRequest {
  return {
    id: "ask",
    kind: "permission",
    tool: "Bash",
    reason: "",
    command: "ls -l",
    path: null,
    new_file: false,
    diff: null,
    fields: [],
    says: "List the files",
    suggestions: [{ index: 3, label: "Always allow ls commands" }],
    code: null,
    effects: [],
    title: "Run a command?",
    danger: "",
    plan: null,
    editable: true,
    waiting: "Waiting for your answer. Nothing runs until then.",
    ...fields,
  };
}

export function question(fields: Partial<QuestionRequest> = {}): QuestionRequest {
  const options = [
    { label: "HTML", description: "One page" },
    { label: "Markdown", description: "" },
  ];
  return {
    id: "ask",
    kind: "question",
    questions: [
      { question: "Which format?", header: "Format", options, multiSelect: false },
      { question: "Which parts?", header: "Parts", options, multiSelect: true },
    ],
    waiting: "Waiting for your answer.",
    ...fields,
  };
}

export function session(fields: Partial<SessionState> = {}): SessionState {
  return {
    status: "idle",
    queued: 0,
    model: "",
    models: [],
    mode: "default",
    modes: [],
    kernel: "ask",
    kernels: [],
    context: null,
    cost: "$0.0123",
    cost_usd: 0.0123,
    budget_usd: null,
    subscription: false,
    limits: "",
    session_id: null,
    title: "",
    copy_of: "",
    practice: false,
    prompts: [],
    version: "",
    tasks: [],
    taken_back: {},
    ways_back: {},
    replay: null,
    ...fields,
  };
}

// Longer than any wait of the drawing; the time is that of vitest's fake clock.
const DRAWN_MS = 300;

/** Lets the views draw, and lets enough time pass for a new request to take an answer. */
export function draw(): void {
  vi.advanceTimersByTime(DRAWN_MS);
  if (document.querySelector(".jc-buttons > [aria-disabled=true]") !== null)
    vi.advanceTimersByTime(HOLD_MS);
}

/** The kernel's end of a connection, with views of one model in the page. Needs fake timers. */
export class Bench {
  readonly sent: Parameters<Model["send"]>[0][] = [];
  readonly views: HTMLElement[] = [];
  #receive: (content: unknown) => void = () => undefined;
  #seq = 0;
  readonly #cleanups: (() => void)[] = [];
  readonly #ends = new Map<HTMLElement, () => void>();
  readonly #definition = widget();
  readonly #model: Model;

  constructor(kind: WidgetKind = "turn") {
    this.#model = {
      get: (name) => (name === "kind" ? kind : undefined),
      send: (content) => this.sent.push(content),
      on: (name, callback) => {
        if (name === "msg:custom") this.#receive = callback;
      },
      off: () => undefined,
    };
    this.#cleanups.push(this.#definition.initialize({ model: this.#model }));
  }

  /** Adds a view of the model, by default right in the page. */
  view(parent: HTMLElement = document.body): HTMLElement {
    const el = parent.appendChild(document.createElement("div"));
    const end = this.#definition.render({ model: this.#model, el });
    this.#cleanups.push(end);
    this.#ends.set(el, end);
    this.views.push(el);
    return el;
  }

  /** Removes a view, as JupyterLab does when it replaces an output. */
  replace(el: HTMLElement): void {
    el.remove();
    this.#ends.get(el)?.();
  }

  /** Sends a snapshot, and lets the views draw. */
  snapshot(fields: Partial<Turn> = {}): void {
    this.#send({ type: "snapshot", turn: turn(fields) });
    draw();
  }

  /** Sends a patch, and lets the views draw. */
  patch(...ops: TurnOp[]): void {
    this.patchNow(...ops);
    draw();
  }

  /** Sends a patch, and lets no time pass. */
  patchNow(...ops: TurnOp[]): void {
    this.#send({ type: "patch", ops });
  }

  #send(message: TurnSnapshot | TurnPatch): void {
    this.#receive(structuredClone({ ...message, seq: ++this.#seq }));
  }

  /** Sends a message without a number, and lets the views draw. */
  tell(message: Verdict): void {
    this.tellNow(message);
    draw();
  }

  /** Sends a message without a number, and lets no time pass. */
  tellNow(message: Verdict): void {
    this.#receive(message);
  }

  /** Loses a message on the way. */
  lose(): void {
    this.#seq++;
  }

  close(): void {
    for (const cleanup of this.#cleanups.reverse()) cleanup();
    document.body.replaceChildren();
  }
}

/** The element with this role and accessible name. */
export function byRole(root: ParentNode, role: string, name: string): HTMLElement {
  const elements: Record<string, string> = {
    article: "article",
    button: "button",
    textbox: "textarea, input[type=text]",
  };
  const all = root.querySelectorAll<HTMLElement>(elements[role] ?? `[role=${role}]`);
  const named = [...all].filter(
    (node) => (node.getAttribute("aria-label") ?? node.textContent) === name,
  );
  if (named[0] === undefined) throw new Error(`no ${role} "${name}"`);
  return named[0];
}

/** Presses a key on the element that has the focus. */
export function press(key: string, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event;
}
