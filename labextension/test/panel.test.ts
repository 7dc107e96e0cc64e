import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { host } from "../src/host";
import type {
  Head,
  HistoryFromKernel,
  Panel,
  PanelFromPage,
  PanelOp,
  PanelPatch,
  PanelSnapshot,
  PanelTurn,
  SignInFromKernel,
  Turn,
} from "../src/messages.generated";
import { askPanel } from "../src/panel/actions";
import { BYPASS } from "../src/panel/protocol";
import { PanelLine } from "../src/panel/line";
import { VirtualList } from "../src/panel/list";
import { Outbox } from "../src/panel/outbox";
import { mergePanelChanges, noPanelChanges } from "../src/panel/store";
import { PanelView } from "../src/panel/view";
import { HOLD_MS } from "../src/views/guard";
import { byRole, draw, permission, session, text as said, turn } from "./fixtures";

const SILENT_MS = 1_000;

/** jsdom has no layout: rows are 100 pixels high, and the list shows 300 pixels. */
let observed: (() => void)[] = [];
let heights = new WeakMap<Element, number>();
beforeEach(() => {
  localStorage.clear();
  observed = [];
  heights = new WeakMap();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        observed.push(callback);
      }
      observe = (): void => undefined;
      unobserve = (): void => undefined;
      disconnect = (): void => undefined;
    },
  );
  const layout = (name: string, get: (node: HTMLElement) => number): void => {
    vi.spyOn(HTMLElement.prototype, name as "offsetHeight", "get").mockImplementation(function (
      this: HTMLElement,
    ) {
      return get(this);
    });
  };
  layout("offsetHeight", (node) => heights.get(node) ?? 100);
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(300);
  vi.spyOn(Element.prototype, "scrollHeight", "get").mockImplementation(function (this: Element) {
    return [...this.children].reduce(
      (sum, child) =>
        sum +
        (Number.parseFloat((child as HTMLElement).style.height) || (heights.get(child) ?? 100)),
      0,
    );
  });
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const STATE = session({
  models: [{ value: "", label: "Default", description: "" }],
  modes: [
    { value: "default", label: "Ask", description: "" },
    { value: "plan", label: "Plan", description: "" },
  ],
  context: { tokens: 50_000, max: 200_000, percent: 25 },
});

type Sent<T> = Extract<PanelFromPage, { type: T }>;
type Message = PanelSnapshot | PanelTurn | PanelPatch | HistoryFromKernel | SignInFromKernel;

/** The kernel's end of a panel's connection, and views of the panel. */
class Kernel {
  readonly sent: PanelFromPage[] = [];
  line: PanelLine;
  #seq = 0;

  constructor(session = "kernel") {
    this.line = this.#open(session);
  }

  #open(session: string): PanelLine {
    return new PanelLine(
      (message) => {
        this.sent.push(message);
      },
      new Outbox(localStorage, "place", session),
    );
  }

  /** Reloads the page, perhaps with another kernel. */
  reload(session = "kernel"): void {
    document.body.replaceChildren();
    this.sent.length = 0;
    this.line = this.#open(session);
  }

  view(): HTMLElement {
    const view = new PanelView(this.line, () => undefined, new AbortController().signal);
    document.body.append(view.node);
    let changes = noPanelChanges();
    this.line.subscribe((more) => {
      changes = noPanelChanges();
      mergePanelChanges(changes, more);
      view.update(changes);
    });
    view.start();
    this.line.hello();
    return view.node;
  }

  send(message: Message): void {
    this.line.receive({ ...message, seq: ++this.#seq });
  }

  snapshot(heads: Head[] = [], fields: Partial<Panel> = {}): void {
    this.send({ type: "snapshot", panel: { state: STATE, draft: "", turns: heads, ...fields } });
  }

  patch(...ops: PanelOp[]): void {
    this.send({ type: "patch", ops });
  }

  lose(): void {
    this.#seq++;
  }

  of<T extends PanelFromPage["type"]>(type: T): Sent<T>[] {
    return this.sent.filter((message): message is Sent<T> => message.type === type);
  }

  one<T extends PanelFromPage["type"]>(type: T, index = 0): Sent<T> {
    const message = this.of(type).at(index);
    if (message === undefined) throw new Error(`no ${type}`);
    return message;
  }
}

const head = (number: number, fields: Partial<Head> = {}): Head => ({
  id: `turn-${String(number)}`,
  number,
  prompt: `question ${String(number)}`,
  state: "done",
  time: "",
  requests: 0,
  withdrawable: false,
  ...fields,
});
const text = (view: ParentNode): HTMLTextAreaElement => {
  const found = view.querySelector("textarea");
  if (found === null) throw new Error("no composer");
  return found;
};
function type(view: ParentNode, value: string): void {
  text(view).focus();
  text(view).value = value;
  text(view).dispatchEvent(new Event("input", { bubbles: true }));
}
function key(node: HTMLElement, name: string, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", {
    key: name,
    bubbles: true,
    cancelable: true,
    ...init,
  });
  node.dispatchEvent(event);
  return event;
}
const status = (view: ParentNode): string => {
  const node = view.querySelector<HTMLElement>("[role=status]");
  return node === null || node.hidden ? "" : node.textContent;
};

describe("a prompt", () => {
  // If it fails: a prompt is sent twice, or stays in the composer.
  test("is sent once, and shown until the kernel lists it", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "  hello  ");
    key(text(view), "Enter");
    key(text(view), "Enter");
    expect(kernel.of("ask")).toMatchObject([{ prompt: "hello" }]);
    expect(text(view).value).toBe("");
    expect(byRole(view, "article", "Prompt being sent").textContent).toContain("hello");
    const { id } = kernel.one("ask");
    kernel.patch(["head", head(1, { id, prompt: "hello" })], ["taken", id]);
    expect(view.querySelectorAll("article")).toHaveLength(1);
    expect(byRole(view, "article", "Claude turn 1").textContent).toContain("hello");
    expect(localStorage.length).toBe(1); // the empty draft, until the kernel confirms it
  });

  // If it fails: a cell's text replaces the question that the user has begun, or the answer does
  // not know its cell.
  test("continues after a host adds a cell's text, and gets the host's id", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "Why?");
    askPanel(view, "compose", { text: "About cell 3", id: "about-3" });
    expect(text(view).value).toBe("Why?\n\nAbout cell 3");
    expect(text(view).selectionStart).toBe(4);
    expect(document.activeElement).toBe(text(view));
    key(text(view), "Enter");
    expect(kernel.of("ask")).toMatchObject([{ id: "about-3", prompt: "Why?\n\nAbout cell 3" }]);
    type(view, "And now?");
    key(text(view), "Enter");
    expect(kernel.of("ask")[1]).not.toMatchObject({ id: "about-3" });
  });

  // If it fails: a second command adds the cell's text twice, or the user does not see where the
  // question goes.
  test("has a cell's text only once, and a hint where the question goes", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    const hint = view.querySelector<HTMLElement>(".jc-where");
    for (const id of ["one", "two"]) {
      askPanel(view, "compose", { text: "About cell 3", id });
      expect(text(view).value).toBe("\n\nAbout cell 3");
      expect(text(view).selectionStart).toBe(0);
      expect(hint?.hidden).toBe(false);
    }
    type(view, "Why?\n\nAbout cell 3");
    expect(hint?.hidden).toBe(true);
    askPanel(view, "compose", { text: "About cell 3", id: "three" });
    expect(text(view).value).toBe("Why?\n\nAbout cell 3");
    expect(text(view).selectionStart).toBe(4);
    key(text(view), "Enter");
    expect(kernel.of("ask")).toMatchObject([{ id: "three" }]);
  });

  // If it fails: a question about a cell is lost in the cell's text.
  test("shows its code as code, and none of it while it is long", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    const show = (prompt: string): Element => {
      kernel.snapshot([head(1)]);
      kernel.send({ type: "turn", turn: turn({ id: "turn-1", prompt }) });
      return byRole(view, "article", "Claude turn 1").querySelector(".jc-prompt") as Element;
    };
    const short = show("Why?\n\n````python\nx = 1\n```\n````\n\nThanks.");
    expect(short.querySelector("code")?.textContent).toBe("x = 1\n```");
    expect(short.firstChild?.textContent).toBe("Why?x = 1\n```Thanks.");
    const long = show(`Why?\n\n\`\`\`python\n${"x\n".repeat(20)}\`\`\`\n\nThanks.`);
    expect(long.firstChild?.textContent).toBe("Why?");
    long.querySelector("button")?.click();
    expect(long.firstChild?.textContent).toContain("Thanks.");
  });

  // If it fails: an input method's Enter sends half a word, or Shift+Enter sends the prompt.
  test.each([
    ["Shift+Enter", { shiftKey: true }],
    ["Enter of an input method", { isComposing: true }],
    ["Enter of an older browser's input method", { keyCode: 229 }],
  ])("is not sent by %s", (_name, init) => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "hello");
    expect(key(text(view), "Enter", init).defaultPrevented).toBe(false);
    expect(kernel.of("ask")).toEqual([]);
  });

  // If it fails: a user who writes while the kernel is busy must guess what happens to the prompt.
  test("waits visibly while the kernel is silent", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "hello");
    key(text(view), "Enter");
    vi.advanceTimersByTime(SILENT_MS);
    expect(status(view)).toContain("sent as soon as it is free");
    kernel.patch(["heard"]);
    expect(status(view)).toBe("");
  });

  // If it fails: a reload loses a prompt that was sent to a busy kernel, or sends it twice.
  test("survives a reload, and is sent again with its id", () => {
    const kernel = new Kernel();
    const before = kernel.view();
    kernel.snapshot();
    type(before, "hello");
    key(text(before), "Enter");
    const asked = kernel.of("ask");
    kernel.reload();
    const view = kernel.view();
    expect(byRole(view, "article", "Prompt being sent").textContent).toContain("hello");
    kernel.snapshot();
    expect(kernel.of("ask")).toEqual(asked);
    kernel.patch(["taken", (asked[0] as { id: string }).id]);
    kernel.reload();
    kernel.view();
    kernel.snapshot();
    expect(kernel.of("ask")).toEqual([]);
  });

  // If it fails: a restarted kernel runs a prompt that was meant for the old state, or the prompt
  // is lost.
  test("for a kernel that is gone becomes the draft for the next one", () => {
    const kernel = new Kernel();
    const before = kernel.view();
    kernel.snapshot();
    type(before, "hello");
    key(text(before), "Enter");
    type(before, "and then");
    kernel.reload("another kernel");
    const view = kernel.view();
    kernel.snapshot();
    expect(kernel.of("ask")).toEqual([]);
    expect(text(view).value).toBe("hello\n\nand then");
  });

  // If it fails: a restart loses the prompts that waited behind a long turn.
  test("that is only queued survives its kernel; one that ran does not come again", () => {
    const kernel = new Kernel();
    const before = kernel.view();
    kernel.snapshot();
    for (const prompt of ["runs", "waits"]) {
      type(before, prompt);
      key(text(before), "Enter");
    }
    const [first, second] = [kernel.one("ask").id, kernel.one("ask", 1).id];
    const heads = [head(1, { id: first }), head(2, { id: second, state: "queued" })];
    kernel.patch(["turns", heads], ["taken", first], ["taken", second]);
    kernel.reload();
    kernel.view();
    kernel.snapshot(heads);
    expect(kernel.of("ask")).toEqual([]);
    kernel.reload("another kernel");
    const view = kernel.view();
    kernel.snapshot();
    expect(text(view).value).toBe("waits");
  });

  // If it fails: the user cannot cancel a prompt, or its words are gone.
  test("that waits returns to the composer when the user cancels it", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot([head(1, { state: "queued", withdrawable: true })]);
    type(view, "draft");
    byRole(view, "button", "Cancel").click();
    expect(kernel.of("withdraw")).toEqual([{ type: "withdraw", turn: "turn-1" }]);
    kernel.patch(["withdrawn", "turn-1", "the whole question"], ["turns", []]);
    expect(text(view).value).toBe("the whole question\n\ndraft");
    expect(view.querySelectorAll("article")).toHaveLength(0);
  });

  // If it fails: the user must write a refused prompt once more, for example one over the budget.
  test("that never ran can be edited again", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    const ended = (fields: Partial<Turn>): HTMLElement | undefined => {
      kernel.snapshot([head(1)]);
      kernel.send({ type: "turn", turn: turn({ id: "turn-1", prompt: "all of it", ...fields }) });
      const button = byRole(view, "button", "Edit again");
      return button.hidden || button.closest("[hidden]") !== null ? undefined : button;
    };
    const item = said({ id: "t", text: "An answer" });
    expect(ended({ state: "running" })).toBeUndefined();
    expect(ended({ state: "done" })).toBeUndefined();
    expect(ended({ state: "failed", items: [item] })).toBeUndefined();
    expect(ended({ state: "failed", cost: "$0.01" })).toBeUndefined();
    type(view, "draft");
    ended({ state: "failed", error: "BudgetExceeded: spent" })?.click();
    expect(text(view).value).toBe("all of it\n\ndraft");
    expect(document.activeElement).toBe(text(view));
    expect(kernel.of("ask")).toEqual([]);
  });
});

describe("the draft", () => {
  // If it fails: the first prompt waits for Claude Code, or a page with an old draft starts it.
  test("tells the kernel at the first letter that the user writes, not when it comes back", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "W");
    expect(kernel.of("writing")).toHaveLength(1);
    expect(kernel.of("draft")).toHaveLength(0);
    type(view, "What");
    expect(kernel.of("writing")).toHaveLength(1);
    vi.advanceTimersByTime(6_000);
    type(view, "What is");
    expect(kernel.of("writing")).toHaveLength(2);
    expect(JSON.stringify(kernel.of("writing"))).not.toContain("What");
    kernel.reload();
    expect(text(kernel.view()).value).toBe("What is");
    kernel.snapshot();
    expect(kernel.of("writing")).toHaveLength(0);
  });

  // If it fails: a reload, or a busy kernel, loses what the user was writing.
  test("survives a reload before the kernel has it", () => {
    const kernel = new Kernel();
    const before = kernel.view();
    kernel.snapshot();
    type(before, "half a thought");
    kernel.reload();
    const view = kernel.view();
    expect(text(view).value).toBe("half a thought");
    kernel.snapshot([], { draft: "older" });
    expect(text(view).value).toBe("half a thought");
    expect(kernel.of("draft")).toMatchObject([{ text: "half a thought" }]);
  });

  // If it fails: sending from one tab deletes what the user writes in another.
  test("stays when another view sends something else, and goes when that sends this text", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "mine");
    vi.advanceTimersByTime(400);
    kernel.patch(["draft", { text: "theirs", from: "other" }]);
    kernel.patch(["draft", { text: "", from: "other" }]);
    expect(text(view).value).toBe("mine");
    vi.advanceTimersByTime(400);
    expect(kernel.of("draft").at(-1)).toMatchObject({ text: "mine" });
    kernel.patch(["draft", kernel.one("draft", -1)]);
    kernel.patch(["draft", { text: "", from: "other" }]);
    expect(text(view).value).toBe("");
  });

  // If it fails: after the undo of a rewind the draft still has its prompt, and Enter sends it a
  // second time.
  test("loses the prompt that a rewind put there, when the rewind is undone", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    for (const [written, left] of [
      ["Write a.txt", ""],
      ["Write a.txt\n\nand mine", "and mine"],
      ["Write b.txt", "Write b.txt"],
    ] as const) {
      type(view, written);
      kernel.patch(["undone", "Write a.txt"]);
      expect(text(view).value).toBe(left);
    }
  });

  // If it fails: sending from this tab deletes what the user writes in another.
  test("of another view stays when this one sends", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "mine");
    vi.advanceTimersByTime(400);
    kernel.patch(["draft", { text: "theirs", from: "other" }]);
    key(text(view), "Enter");
    vi.advanceTimersByTime(400);
    expect(kernel.of("ask")).toMatchObject([{ prompt: "mine" }]);
    expect(kernel.of("draft")).not.toContainEqual(expect.objectContaining({ text: "" }));
    expect(text(view).value).toBe("theirs");
  });

  // If it fails: a tab that the user has left shows its old draft for ever.
  test("is updated where the user typed nothing, even with the focus", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    text(view).focus();
    for (const words of ["second", "second thoughts"]) {
      kernel.patch(["draft", { text: words, from: "other" }]);
      expect(text(view).value).toBe(words);
    }
  });

  // If it fails: two tabs overwrite each other's text.
  test("is the same in all views, but never changes while the user types", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    kernel.patch(["draft", { text: "from the other tab", from: "other" }]);
    expect(text(view).value).toBe("from the other tab");
    type(view, "mine");
    kernel.patch(["draft", { text: "theirs", from: "other" }]);
    expect(text(view).value).toBe("mine");
    vi.advanceTimersByTime(400);
    const own = kernel.one("draft");
    expect(own.text).toBe("mine");
    // The kernel has the draft: from now on the kernel's draft counts, until that kernel is gone.
    kernel.patch(["draft", own]);
    kernel.reload();
    kernel.view();
    kernel.snapshot([], { draft: "sent meanwhile, and this is new" });
    expect(kernel.line.draft).toBe("sent meanwhile, and this is new");
    kernel.reload("another kernel");
    kernel.view();
    kernel.snapshot();
    expect(kernel.line.draft).toBe("sent meanwhile, and this is new");
  });
});

describe("turns", () => {
  // If it fails: after a lost message the panel stays wrong for ever.
  test("are requested again after a lost message", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot([head(1)]);
    kernel.send({ type: "turn", turn: turn({ id: "turn-1", prompt: "question 1" }) });
    kernel.lose();
    kernel.patch(["head", head(2)]);
    expect(kernel.of("hello")).toHaveLength(2);
    kernel.snapshot([head(1), head(2), head(3)]);
    expect(view.querySelectorAll("article")).toHaveLength(3);
  });

  // If it fails: opening a long conversation loads all of it, or a turn on screen stays empty.
  test("are loaded when they come on screen", async () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot(Array.from({ length: 1000 }, (_, index) => head(index + 1)));
    await Promise.resolve();
    const shown = view.querySelectorAll("article").length;
    expect(shown).toBeLessThan(30);
    const want = kernel.one("want");
    expect(want.turns).toContain("turn-1000");
    expect(want.turns).toHaveLength(shown);
    const items = [said({ id: "t", text: "The answer" })];
    kernel.send({ type: "turn", turn: turn({ id: "turn-1000", number: 1000, items }) });
    kernel.patch(["turn_op", "turn-1000", ["append", "t", " goes on."]]);
    expect(byRole(view, "article", "Claude turn 1000").textContent).toContain("The answer");
    expect(kernel.line.store.turn("turn-1000")?.item("t")).toMatchObject({
      text: "The answer goes on.",
    });
  });

  // If it fails: two open conversations have the same name, and a copy opens without a word.
  test("have a name, and say what they are a copy of", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    const title = (): string | null | undefined =>
      view.querySelector(".jc-panel-title")?.textContent;
    kernel.snapshot();
    expect(title()).toBe("Claude");
    // The kernel names it by its first prompt, without the marks of Markdown.
    kernel.snapshot([head(1, { prompt: "**a** question" })], {
      state: { ...STATE, title: "a question" },
    });
    expect(title()).toBe("a question");
    expect(status(view)).toBe("");
    kernel.snapshot([head(1)], { state: { ...STATE, title: "Prices", copy_of: "Pri\u202Eces" } });
    expect(title()).toBe("Prices");
    expect(status(view)).toMatch(/^Forked from “Pri⟨U\+202E⟩ces”\. Your next message/);
    kernel.patch(["state", { copy_of: "" }]);
    expect(status(view)).toBe("");
  });

  // If it fails: a message for the history makes the panel ask for everything.
  test("are not requested again after messages for other views", () => {
    const kernel = new Kernel();
    kernel.view();
    kernel.snapshot([head(1)]);
    const state = { version: 1, from: 0, stops: [], busy: "", undo: "", branches: [] };
    kernel.send({ type: "history", event: "state", ...state });
    kernel.patch(["head", head(2)]);
    expect(kernel.of("hello")).toHaveLength(1);
    expect(kernel.line.store.heads).toHaveLength(2);
  });
});

describe("a request", () => {
  // If it fails: the request of a turn that is not on screen waits for ever, or is answered twice.
  test("of any turn is shown and answered once, and its outcome is shown", async () => {
    const kernel = new Kernel();
    const view = kernel.view();
    const heads = Array.from({ length: 100 }, (_, index) => head(index + 1));
    kernel.snapshot([head(0, { requests: 1, state: "running" }), ...heads]);
    await Promise.resolve();
    const wanted = kernel.of("want").flatMap(({ turns }) => turns);
    expect(wanted).toContain("turn-0");
    const asked = turn({ id: "turn-0", number: 0, requests: [permission()] });
    kernel.send({ type: "turn", turn: asked });
    byRole(view, "alertdialog", "Permission request: Bash");
    draw();
    byRole(view, "button", "Approve").click();
    byRole(view, "button", "Approve").click();
    expect(kernel.of("answer")).toMatchObject([{ request: "ask", behavior: "allow" }]);
    kernel.patch(
      ["turn_op", "turn-0", ["request_done", "ask", "Approved"]],
      ["head", head(0, { state: "running" })],
    );
    expect(view.querySelector("[role=alertdialog]")).toBeNull();
    expect(view.querySelector(".jc-outcome")?.textContent).toBe("Run a command? Approved");
  });
});

describe("the focus", () => {
  const ask = (kernel: Kernel): void => {
    kernel.snapshot([head(1, { requests: 1, state: "running" })]);
    kernel.send({ type: "turn", turn: turn({ id: "turn-1", requests: [permission()] }) });
  };

  // If it fails: a user who pauses to think while writing approves a command with the next Enter.
  test("stays in a message that the user is writing", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    type(view, "a long message");
    vi.advanceTimersByTime(60_000);
    ask(kernel);
    expect(document.activeElement).toBe(text(view));
  });

  // If it fails: a keyboard user must tab through the page from a prompt to its request.
  test("moves from the empty composer to the request, and back", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    text(view).focus();
    ask(kernel);
    expect(document.activeElement).toBe(byRole(view, "alertdialog", "Permission request: Bash"));
    kernel.patch(["turn_op", "turn-1", ["request_done", "ask", "Approved"]], ["head", head(1)]);
    expect(document.activeElement).toBe(text(view));
  });

  // If it fails: the keyboard does not reach a request that comes at once after a prompt.
  test("moves to a request that comes right after Enter sent a prompt", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    for (const letter of ["g", "o"]) key(text(view), letter);
    type(view, "go");
    key(text(view), "Enter");
    expect(kernel.of("ask")).toHaveLength(1);
    ask(kernel);
    expect(document.activeElement).toBe(byRole(view, "alertdialog", "Permission request: Bash"));
  });

  // If it fails: a held Enter sends the prompt, and then approves its request.
  test.each<KeyboardEventInit>([{ repeat: true }, {}])(
    "stays while keys are pressed on: %o",
    (more) => {
      const kernel = new Kernel();
      const view = kernel.view();
      kernel.snapshot();
      type(view, "go");
      key(text(view), "Enter");
      key(text(view), "Enter", more);
      ask(kernel);
      expect(document.activeElement).toBe(text(view));
    },
  );
});

describe("the line below the text", () => {
  // If it fails: a choice does nothing, or the meter or the budget is wrong.
  test("chooses mode and model, and shows context and cost", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    const mode = view.querySelector<HTMLSelectElement>("[aria-label='Permission mode']");
    if (mode === null) throw new Error("no picker");
    mode.value = "plan";
    mode.dispatchEvent(new Event("change"));
    expect(kernel.of("mode")).toEqual([{ type: "mode", name: "plan" }]);
    // The kernel refused the choice: the panel shows the present state.
    kernel.patch(["state", STATE], ["problem", "ClaudeError: no"]);
    expect(mode.value).toBe("default");
    expect(view.querySelector("[role=alert]")?.textContent).toBe("ClaudeError: no");
    const meter = view.querySelector("[role=meter]");
    expect(meter?.getAttribute("aria-valuetext")).toBe("50k of 200k tokens, 25%");
    kernel.patch(["state", { budget_usd: 2, cost: "$1.90", cost_usd: 1.9 }]);
    expect(view.querySelector(".jc-panel-cost")?.textContent).toBe("$1.90 of $2.00");
    kernel.patch(["state", { budget_usd: 0.0025, cost: "$0.0012", cost_usd: 0.0012 }]);
    expect(view.querySelector(".jc-panel-cost")?.textContent).toBe("$0.0012 of $0.0025");
  });

  // If it fails: Run All costs what nobody was told before.
  test("says what a run replays and asks, where there is a recording", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    const line = view.querySelector<HTMLElement>(".jc-replay");
    expect(line?.hidden).toBe(true);
    const replay = { mode: "auto" as const, stale: 0, again: [], cells: {} };
    kernel.patch(["state", { replay: { ...replay, line: "12 replayed, 2 asked, about $0.14" } }]);
    expect(line?.hidden).toBe(false);
    expect(line?.textContent).toBe("Replay auto: 12 replayed, 2 asked, about $0.14");
    kernel.patch(["state", { replay: null }]);
    expect(line?.hidden).toBe(true);
  });

  describe("permission requests", () => {
    const modes = [...STATE.modes, { value: BYPASS, label: "Bypass permissions", description: "" }];
    const open = (kernel: Kernel): { view: HTMLElement; mode: HTMLSelectElement } => {
      const view = kernel.view();
      kernel.snapshot([], { state: { ...STATE, modes } });
      return {
        view,
        mode: view.querySelector<HTMLSelectElement>(".jc-picker") as HTMLSelectElement,
      };
    };
    const choose = (mode: HTMLSelectElement): void => {
      mode.focus();
      mode.value = BYPASS;
      mode.dispatchEvent(new Event("change"));
    };
    const dialog = (view: HTMLElement): HTMLElement =>
      byRole(view, "alertdialog", "Turn off permission requests?");
    const press = (view: HTMLElement, name: string): void => {
      [...view.querySelectorAll("button")].find(({ textContent }) => textContent === name)?.click();
    };

    // If it fails: a wrong choice in a list lets everything run.
    test("are turned off by a button that ignores the first moment", () => {
      vi.useFakeTimers();
      const kernel = new Kernel();
      const { view, mode } = open(kernel);
      choose(mode);
      expect(mode.value).toBe("default");
      expect(dialog(view).textContent).toContain("commands that delete files");
      expect(document.activeElement).toBe(dialog(view));
      vi.advanceTimersByTime(700);
      press(view, "Turn off requests");
      expect(kernel.of("mode")).toEqual([]);
      vi.advanceTimersByTime(HOLD_MS);
      press(view, "Turn off requests");
      expect(kernel.of("mode")).toEqual([{ type: "mode", name: BYPASS, confirmed: true }]);
      expect(view.querySelector("[role=alertdialog]")).toBeNull();
      expect(document.activeElement).toBe(mode);
      vi.useRealTimers();
    });

    // If it fails: a user who does not want it cannot cancel, or stops Claude by cancelling.
    test("stay on with Escape and Cancel", () => {
      const kernel = new Kernel();
      const { view, mode } = open(kernel);
      for (const leave of [
        () =>
          dialog(view).dispatchEvent(
            new KeyboardEvent("keydown", { key: "Escape", bubbles: true }),
          ),
        () => {
          press(view, "Cancel");
        },
      ]) {
        choose(mode);
        leave();
        expect(view.querySelector("[role=alertdialog]")).toBeNull();
        expect(document.activeElement).toBe(mode);
      }
      expect(kernel.of("mode")).toEqual([]);
      expect(kernel.of("interrupt")).toEqual([]);
    });

    // If it fails: the user forgets that everything runs, or cannot turn the requests on again.
    test("are shown as off at the panel's top, with a button to turn them on", () => {
      const kernel = new Kernel();
      const { view, mode } = open(kernel);
      const line = view.querySelector<HTMLElement>(".jc-bypass");
      expect(line?.hidden).toBe(true);
      choose(mode);
      kernel.patch(["state", { mode: BYPASS }]); // in another view
      expect(view.querySelector("[role=alertdialog]")).toBeNull();
      expect(line?.hidden).toBe(false);
      expect(line?.textContent).toContain("Bypass permissions");
      press(view, "Ask again");
      expect(kernel.of("mode")).toEqual([{ type: "mode", name: "default" }]);
      kernel.patch(["state", { mode: "default" }]);
      expect(line?.hidden).toBe(true);
    });
  });

  // If it fails: an empty panel promises to ask in a mode that does not ask, or it seems to have
  // only one model.
  test("says what the mode means, and that more models come later", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    const modes = [
      { value: "default", label: "Ask", description: "Asks before it edits" },
      { value: "acceptEdits", label: "Accept edits", description: "Edits without asking" },
    ];
    kernel.snapshot([], { state: { ...STATE, modes, version: "" } });
    const empty = view.querySelector(".jc-empty");
    expect(empty?.textContent).toContain("Permission mode “Ask”: Asks before it edits.");
    kernel.patch(["state", { mode: "acceptEdits" }]);
    expect(empty?.textContent).toContain("Permission mode “Accept edits”: Edits without asking.");
    expect(empty?.textContent).not.toContain("Asks");
    const last = (): HTMLOptionElement | null =>
      view.querySelector("[aria-label='Model'] option:last-child");
    expect(last()?.textContent).toBe("More models after the first message");
    expect(last()?.disabled).toBe(true);
    kernel.patch(["state", { version: "2.1.0" }]);
    expect(last()?.textContent).toBe("Default");
  });

  // If it fails: Escape does nothing while Claude works, or stops when nothing runs.
  test("Escape stops the turn", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    key(text(view), "Escape");
    expect(kernel.of("interrupt")).toEqual([]);
    kernel.patch(["state", { status: "working" }]);
    key(text(view), "Escape");
    expect(kernel.of("interrupt")).toHaveLength(1);
  });

  // If it fails: the user cannot cut off a turn that ignores the first Stop; the kernel does that
  // at the second one.
  test("Stop can be pressed again while the turn still runs", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    kernel.patch(["state", { status: "working" }]);
    const stop = byRole(view, "button", "Stop") as HTMLButtonElement;
    stop.focus();
    stop.click();
    expect(stop.disabled).toBe(false);
    stop.click();
    expect(kernel.of("interrupt")).toHaveLength(2);
    kernel.patch(["state", { status: "idle" }]);
    stop.click();
    expect(kernel.of("interrupt")).toHaveLength(2);
    expect(document.activeElement).toBe(text(view));
  });

  // If it fails: a dead panel looks alive, and what the user types is lost.
  test("says that the kernel is gone", () => {
    const kernel = new Kernel();
    const view = kernel.view();
    kernel.snapshot();
    kernel.line.lost();
    expect(status(view)).toContain("has ended");
    type(view, "kept");
    kernel.reload("new");
    expect(kernel.line.draft).toBe("kept");
  });
});

describe("a long list", () => {
  const keys = Array.from({ length: 500 }, (_, index) => `row ${String(index)}`);
  const rowsIn = (list: VirtualList): string[] =>
    [...list.node.children].flatMap((node) => (node as HTMLElement).dataset["key"] ?? []);
  function listOf(shown: readonly string[]): VirtualList {
    const list = new VirtualList(
      {
        create: (name) => {
          const node = document.createElement("div");
          node.dataset["key"] = name;
          return { node, remove: () => undefined };
        },
        drawn: () => undefined,
        followed: () => undefined,
      },
      new AbortController().signal,
    );
    document.body.append(list.node);
    list.update(shown);
    return list;
  }

  // If it fails: the end of an answer leaves the screen, or the list scrolls away from the reader.
  test("stays at its end, unless the user has scrolled up", () => {
    const list = listOf(keys);
    expect(rowsIn(list).at(-1)).toBe("row 499");
    const end = list.node.scrollTop;
    list.update([...keys, "row 500"]);
    expect(list.node.scrollTop).toBe(end + 100);
    list.node.scrollTop = 20_000;
    list.node.dispatchEvent(new Event("scroll"));
    const top = list.node.scrollTop;
    list.update([...keys, "row 500", "row 501"]);
    expect(list.atEnd).toBe(false);
    expect(list.node.scrollTop).toBe(top);
    expect(rowsIn(list).length).toBeLessThan(30);
    list.toEnd();
    expect(rowsIn(list).at(-1)).toBe("row 501");
  });

  // If it fails: the text that the user reads jumps when a row above it is drawn or grows.
  test("keeps the rows on screen in place when rows above change their height", () => {
    const list = listOf(keys);
    list.show("row 200");
    const place = (name: string): number => {
      const nodes = [...list.node.children] as HTMLElement[];
      let top = 0;
      for (const node of nodes) {
        if (node.dataset["key"] === name) return top - list.node.scrollTop;
        top += Number.parseFloat(node.style.height) || (heights.get(node) ?? 100);
      }
      throw new Error(`no ${name}`);
    };
    expect(place("row 200")).toBe(0);
    const above = list.rows.get("row 198")?.node;
    if (above === undefined) throw new Error("not drawn");
    heights.set(above, 730);
    for (const callback of observed) callback();
    expect(place("row 200")).toBe(0);
  });

  // If it fails: a reopened side bar shows the beginning of the conversation.
  test("keeps its position while it is out of sight", () => {
    const list = listOf(keys);
    list.show("row 200");
    const height = vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(0);
    const top = { configurable: true, get: () => 0, set: () => undefined }; // without a box
    Object.defineProperty(list.node, "scrollTop", top);
    for (const callback of observed) callback();
    list.update([...keys, "row 500"]);
    Reflect.deleteProperty(list.node, "scrollTop");
    list.node.scrollTop = 0;
    height.mockReturnValue(300);
    for (const callback of observed) callback();
    expect(rowsIn(list)).toContain("row 200");
    expect(rowsIn(list)).not.toContain("row 0");
  });

  // If it fails: a keyboard user loses their position in the page.
  test("keeps the focus when the row with the focus is removed", () => {
    const list = listOf(keys);
    const last = list.rows.get("row 499")?.node;
    last?.setAttribute("tabindex", "0");
    last?.focus();
    key(list.node, "Home");
    expect(rowsIn(list)[0]).toBe("row 0");
    expect(document.activeElement).toBe(list.node);
    key(list.node, "End");
    expect(rowsIn(list).at(-1)).toBe("row 499");
  });
});

// If it fails: a panel of the old kernel approves a request of the restarted one.
test("an answer never goes to another kernel than its own", () => {
  const kernel = new Kernel();
  const act = vi.fn();
  const closing = new AbortController();
  host({ answer: { can: () => true, act } }, closing.signal);
  const approve = (isGone: boolean): void => {
    kernel.line = new PanelLine(
      () => {
        if (isGone) throw new Error("The comm is closed");
      },
      new Outbox(localStorage, "place", "kernel"),
    );
    const view = kernel.view();
    kernel.snapshot([head(1, { state: "running", requests: 1 })]);
    kernel.send({ type: "turn", turn: turn({ id: "turn-1", requests: [permission()] }) });
    draw();
    byRole(view, "button", "Approve").click();
    view.remove();
  };
  approve(true);
  expect(act).not.toHaveBeenCalled();
  approve(false);
  closing.abort();
  expect(act).toHaveBeenCalledOnce();
});
