import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { host } from "../src/host";
import type { PanelFromPage } from "../src/messages.generated";
import { PanelLine } from "../src/panel/line";
import { Outbox } from "../src/panel/outbox";
import { PanelView } from "../src/panel/view";
import { Bench, byRole, session, tool } from "./fixtures";

let closing: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  closing = new AbortController();
  const ignore = (): void => undefined;
  class Observer {
    observe = ignore;
    unobserve = ignore;
    disconnect = ignore;
  }
  vi.stubGlobal("ResizeObserver", Observer); // jsdom has no layout
});
afterEach(() => {
  closing.abort();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const KERNELS = [
  { value: "off", label: "not look", description: "neither" },
  { value: "ask", label: "ask each time", description: "each look asks" },
  { value: "look", label: "look without asking", description: "runs ask" },
];

/** A panel in the page. */
class Shown {
  readonly sent: PanelFromPage[] = [];
  readonly line: PanelLine;
  readonly node: HTMLElement;
  #seq = 0;

  constructor() {
    const send = (message: PanelFromPage): void => {
      this.sent.push(message);
    };
    this.line = new PanelLine(send, new Outbox(localStorage, "place", "kernel"));
    const history = (node: HTMLElement) => {
      node.append("the history");
      return () => undefined;
    };
    const view = new PanelView(this.line, () => undefined, closing.signal, history);
    this.line.subscribe((changes) => {
      view.update(changes);
    });
    this.node = view.node;
    document.body.append(view.node);
    view.start();
    const state = session({ kernel: "ask", kernels: KERNELS });
    this.tell({ type: "snapshot", panel: { state, draft: "", turns: [] } });
  }

  tell(message: object): void {
    this.line.receive({ ...message, seq: ++this.#seq });
  }

  get asked(): number {
    return this.sent.filter(({ type }) => type === "tools").length;
  }

  button(name: string): HTMLButtonElement {
    return byRole(this.node, "button", name) as HTMLButtonElement;
  }

  get fold(): string {
    return this.node.querySelector(".jc-fold:not([hidden]) > .jc-fold-body")?.textContent ?? "";
  }

  get picker(): HTMLSelectElement {
    const found = this.node.querySelector<HTMLSelectElement>(".jc-tools select");
    if (found === null) throw new Error("no picker");
    return found;
  }
}

describe("the list of tools", () => {
  // If it fails: the user does not see what Claude has, or each message costs a question.
  test("is asked for when it is opened", () => {
    const panel = new Shown();
    expect(panel.asked).toBe(0);
    panel.button("Tools").click();
    expect(panel.asked).toBe(1);
    expect(panel.button("Tools").getAttribute("aria-expanded")).toBe("true");
    expect(panel.fold).toContain("Asking Claude Code");
    panel.tell({
      type: "tools",
      servers: [
        { name: "kernel", state: "connected", problem: false, tools: ["inspect", "run_code"] },
        { name: "ma\u202Eil<b>", state: "needs a sign-in", problem: true, tools: [] },
        { name: "many", state: "connected", problem: false, tools: Array(40).fill("t") },
        "nonsense",
      ],
      own: "Bash and others come on top.",
    });
    const rows = [...panel.node.querySelectorAll(".jc-server")].map((row) => row.textContent);
    expect(rows.slice(0, 2)).toEqual([
      "kernel connectedinspect, run_code",
      "ma⟨U+202E⟩il<b> needs a sign-in",
    ]);
    expect(rows[2]).toContain("40 tools");
    expect(rows).toHaveLength(3);
    expect(panel.fold).toContain("Bash and others come on top.");
    panel.button("Tools").click();
    expect(panel.fold).toBe("");
    panel.tell({ type: "patch", ops: [["state", { kernel: "off" }]] });
    expect(panel.asked).toBe(1); // it is closed
  });

  // If it fails: the list shows the state of before a turn, or of another choice.
  test("is asked for again when something may have changed", () => {
    const panel = new Shown();
    panel.button("Tools").click();
    panel.tell({ type: "patch", ops: [["state", { cost: "$1" }]] });
    expect(panel.asked).toBe(1);
    panel.tell({ type: "patch", ops: [["state", { kernel: "off" }]] });
    expect(panel.asked).toBe(2);
    panel.tell({ type: "patch", ops: [["state", { version: "2.0" }]] });
    expect(panel.asked).toBe(3);
  });

  // If it fails: two lists lie on top of each other, or a button says that its list is open.
  test("and the history take each other's place", () => {
    const panel = new Shown();
    panel.button("Tools").click();
    panel.button("History").click();
    expect(panel.fold).toBe("the history");
    expect(panel.button("Tools").getAttribute("aria-expanded")).toBe("false");
    panel.button("Tools").click();
    expect(panel.fold).not.toContain("the history");
    expect(panel.button("History").getAttribute("aria-expanded")).toBe("false");
  });

  // If it fails: the user chooses what Claude may do, and something else counts.
  test("has the choice of what Claude may do in the kernel", () => {
    const panel = new Shown();
    panel.button("Tools").click();
    expect([...panel.picker.options].map(({ label }) => label)).toEqual([
      "not look",
      "ask each time",
      "look without asking",
    ]);
    expect(panel.picker.value).toBe("ask");
    expect(panel.fold).toContain("Each look asks.");
    panel.picker.value = "look";
    panel.picker.dispatchEvent(new Event("change"));
    expect(panel.sent).toContainEqual({ type: "kernel", name: "look" });
    panel.tell({ type: "patch", ops: [["state", { kernel: "off" }]] }); // another view chose
    expect(panel.picker.value).toBe("off");
    expect(panel.fold).toContain("Neither.");
  });
});

describe("code that ran in the kernel", () => {
  const CODE = "x = 1\u200b\nprint(x)\n";
  const card = (fields: Parameters<typeof tool>[0]): { bench: Bench; view: HTMLElement } => {
    const bench = new Bench();
    closing.signal.addEventListener("abort", () => {
      bench.close();
    });
    const view = bench.view();
    bench.snapshot({
      items: [tool({ input_kind: "python", input: CODE, state: "done", ...fields })],
    });
    vi.advanceTimersByTime(2_000);
    return { bench, view };
  };
  const button = (view: HTMLElement, name: string): HTMLElement | undefined =>
    [...view.querySelectorAll<HTMLElement>(".jc-action")].find(
      ({ textContent }) => textContent === name,
    );

  // If it fails: a notebook cannot be run again without Claude; or a cell has marks in its code.
  test("becomes a cell with one click, exactly as it ran", () => {
    const inserted: unknown[] = [];
    const act = (detail: unknown): void => {
      inserted.push(detail);
    };
    host(
      { "insert-cell": { can: () => true, act }, "replace-cell": { can: () => true, act } },
      closing.signal,
    );
    const { view } = card({});
    expect(view.querySelector(".jc-codeblock pre")?.textContent).toContain("x = 1⟨U+200B⟩\n");
    button(view, "Insert as cell below")?.click();
    expect(inserted).toEqual([{ text: CODE, language: "python" }]);
    expect(button(view, "Replace cell…")).toBeUndefined(); // it is no change of this cell
  });

  // If it fails: the clipboard has marks in the code, which Python does not read.
  test("is copied exactly as it ran", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    const { view } = card({});
    button(view, "Copy")?.click();
    await Promise.resolve();
    expect(writeText).toHaveBeenCalledWith(CODE);
  });

  // If it fails: a click makes a cell of code that the user denied, or of half of a program.
  test.each([
    ["waits", { state: "waiting" }],
    ["runs", { state: "running" }],
    ["was denied", { state: "denied" }],
    ["was stopped", { state: "stopped" }],
    ["failed", { state: "failed" }],
    ["is cut", { cut: true }],
    ["is no code of the kernel", { input_kind: "command" }],
  ] as const)("has no buttons if it %s", (_, fields) => {
    const { view } = card(fields);
    expect(view.querySelector(".jc-codeblock")).toBeNull();
    expect(view.querySelector(".jc-code")).not.toBeNull();
  });

  // If it fails: the buttons come only after a reload of the page.
  test("gets its buttons when it has run", () => {
    const { bench, view } = card({ state: "running" });
    bench.patch(["put", tool({ input_kind: "python", input: CODE, state: "done" })]);
    vi.advanceTimersByTime(2_000);
    expect(button(view, "Copy")).toBeDefined();
  });
});
