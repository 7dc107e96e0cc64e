/** Messages of the kernel for the tests, and a model that anywidget would pass. */

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
  return { number: 1, state: "running", status: "", cost: "", error: "", left: "", ...fields };
}

export function text(fields: Partial<TextItem> = {}): TextItem {
  return { id: "text", kind: "text", parent: "", text: "", ...fields };
}

export function tool(fields: Partial<ToolItem> = {}): ToolItem {
  return {
    id: "tool",
    kind: "tool",
    name: "Bash",
    summary: "ls",
    state: "running",
    parent: "",
    input: "ls",
    input_kind: "command",
    counts: "",
    output: "",
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
    context: null,
    cost: "$0.0123",
    cost_usd: 0.0123,
    budget_usd: null,
    subscription: false,
    limits: "",
    session_id: null,
    title: "",
    folder: "",
    practice: false,
    version: "",
    taken_back: {},
    ...fields,
  };
}

// More than any wait of the drawing; the tests' clocks are vitest's.
const DRAWN_MS = 300;

/** Lets what came be drawn, and lets a request that came be read: then it takes an answer. */
export function draw(): void {
  vi.advanceTimersByTime(DRAWN_MS);
  if (document.querySelector(".jc-buttons > [aria-disabled=true]") !== null)
    vi.advanceTimersByTime(HOLD_MS);
}

/** A kernel's end of the line, with views of one model in the page. Needs vitest's fake timers. */
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

  /** Takes a view away, as JupyterLab does when something else is put in its place. */
  replace(el: HTMLElement): void {
    el.remove();
    this.#ends.get(el)?.();
  }

  /** Sends a snapshot and lets it be drawn. */
  snapshot(fields: Partial<Turn> = {}): void {
    this.#send({ type: "snapshot", turn: turn(fields) });
    draw();
  }

  /** Sends a patch and lets it be drawn. */
  patch(...ops: TurnOp[]): void {
    this.patchNow(...ops);
    draw();
  }

  /** Sends a patch; no time passes. */
  patchNow(...ops: TurnOp[]): void {
    this.#send({ type: "patch", ops });
  }

  #send(message: TurnSnapshot | TurnPatch): void {
    this.#receive(structuredClone({ ...message, seq: ++this.#seq }));
  }

  /** Sends a message without a number, and lets it be drawn. */
  tell(message: Verdict): void {
    this.tellNow(message);
    draw();
  }

  /** Sends a message without a number; no time passes. */
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

/** The element with this role and accessible name, as this widget sets names. */
export function byRole(root: ParentNode, role: string, name: string): HTMLElement {
  const all = root.querySelectorAll<HTMLElement>(
    ["article", "button"].includes(role) ? role : `[role=${role}]`,
  );
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
