import { YNotebook } from "@jupyter/ydoc";
import { beforeEach, describe, expect, test, vi } from "vitest";

const { runCells } = vi.hoisted(() => ({ runCells: vi.fn() }));
vi.mock("@jupyterlab/notebook", () => ({
  INotebookTracker: Symbol("tracker"),
  NotebookActions: { runCells, executionScheduled: { connect: vi.fn() } },
}));

import { LiveCells } from "../plugin/live_cells";
import { parseAsked } from "../plugin/live/asked";
import { change, read, type Change, type LiveNotebook } from "../plugin/live/operations";
import { imagesOf } from "../plugin/live/reading";
import type { CellsResult, LabFromPage, ReadCells } from "../src/messages.generated";

const TURN = "application/vnd.jupyter-claude.turn+json";
const SOURCES = ["import pandas", "df = 1", "# Title", "df"];

/** A notebook as JupyterLab has it: JupyterLab undoes in one cell, or in the whole document. */
function notebook(
  wide = false,
  more: Partial<Omit<LiveNotebook, "shared">> = {},
): LiveNotebook & { shared: YNotebook } {
  const shared = YNotebook.create({ disableDocumentWideUndoRedo: !wide });
  shared.insertCells(
    0,
    SOURCES.map((source, index) => ({
      cell_type: index === 2 ? "markdown" : "code",
      source,
      id: `cell-${String(index)}`,
      metadata: {},
      ...(index === 2 ? {} : { outputs: [], execution_count: index }),
    })),
  );
  shared.undoManager.clear();
  const isText = (): boolean => false;
  return {
    shared,
    readOnly: false,
    isRunning: () => false,
    isText,
    keepAsText: () => undefined,
    ...more,
  };
}

const sources = ({ shared }: LiveNotebook): string[] => shared.cells.map((cell) => cell.source);

/** The cell at an index. */
function cellAt({ shared }: LiveNotebook, index: number): YNotebook["cells"][number] {
  const cell = shared.cells[index];
  if (cell === undefined) throw new Error("no such cell");
  return cell as YNotebook["cells"][number];
}

const CHANGES: [name: string, ask: Change, after: string[]][] = [
  [
    "edit",
    { op: "edit", id: "cell-1", was: "df = 1", source: "df = 12" },
    ["import pandas", "df = 12", "# Title", "df"],
  ],
  [
    "insert",
    { op: "insert", id: "", after: "cell-1", index: -1, kind: "code", source: "new" },
    ["import pandas", "df = 1", "new", "# Title", "df"],
  ],
  [
    "insert first",
    { op: "insert", id: "", after: "", index: 0, kind: "markdown", source: "new" },
    ["new", ...SOURCES],
  ],
  [
    "insert last",
    { op: "insert", id: "", after: "", index: -1, kind: "raw", source: "new" },
    [...SOURCES, "new"],
  ],
  ["delete", { op: "delete", id: "cell-1", was: "df = 1" }, ["import pandas", "# Title", "df"]],
  [
    "move down",
    { op: "move", id: "cell-0", index: 2 },
    [...SOURCES.slice(1, 3), "import pandas", "df"],
  ],
  ["move up", { op: "move", id: "cell-3", index: 0 }, ["df", ...SOURCES.slice(0, 3)]],
];

describe.each([false, true])("changes of cells, with document-wide undo: %j", (wide) => {
  // If it fails: one Ctrl+Z takes back half of a change, or what the user typed before it, too.
  test.each(CHANGES)("%s is one undo step", (_name, ask, after) => {
    const live = notebook(wide);
    const { shared } = live;
    // The user types right before.
    const typed = cellAt(live, 3);
    typed.updateSource(2, 2, ".x");
    const expected = after.map((source) => (source === "df" ? "df.x" : source));
    expect(change(live, ask)).toMatchObject({ result: "changed" });
    expect(sources(live)).toEqual(expected);
    // The undo of the place where the user sees the change: its cell, or the list of cells.
    const edited = ask.op === "edit" ? cellAt(live, 1) : shared;
    edited.undo();
    expect(sources(live)).toEqual([...SOURCES.slice(0, 3), "df.x"]);
    expect(shared.cells.map((cell) => cell.getId())).toEqual(SOURCES.map((_, i) => `cell-${i}`));
  });

  // If it fails: outputs that Claude made go away when the user undoes typing, or typing stays.
  test("outputs are no undo step", () => {
    const live = notebook(wide);
    const cell = cellAt(live, 1);
    cell.updateSource(6, 6, "0");
    const outputs = [{ output_type: "stream", name: "stdout", text: "hi" }];
    const ask: Change = { op: "outputs", id: "cell-1", was: "df = 10", outputs };
    expect(change(live, ask)).toMatchObject({ result: "changed", cell: { number: null } });
    expect(cell.getMetadata("jupyter-claude")).toEqual({ ran: "claude" });
    cell.undo();
    expect(cell.source).toBe("df = 1");
    expect(cell.toJSON()["outputs"]).toEqual(outputs);
  });
});

// If it fails: an image in Claude's Markdown tells a server what Claude has read.
test.each([false, true])("Markdown gets its text only as text, wide undo: %j", (wide) => {
  const seen: string[] = [];
  const live = notebook(wide, {
    isText: (id) => id === "cell-2",
    keepAsText: (id) =>
      seen.push(live.shared.cells.find((cell) => cell.getId() === id)?.source ?? "gone"),
  });
  const source = "![](http://203.0.113.7)";
  change(live, { op: "insert", id: "", after: "", index: 0, kind: "markdown", source });
  change(live, { op: "move", id: "cell-2", index: 0 });
  expect(seen).toEqual(["", ""]);
  expect(sources(live)).toEqual(["# Title", source, "import pandas", "df = 1", "df"]);
  live.shared.undo();
  expect(sources(live)).toEqual([source, ...SOURCES]);
  live.shared.undo();
  expect(sources(live)).toEqual(SOURCES);
});

describe("what has changed meanwhile", () => {
  const stale: Change[] = [
    { op: "edit", id: "cell-1", was: "df = 1", source: "gone" },
    { op: "delete", id: "cell-1", was: "df = 1" },
    { op: "outputs", id: "cell-1", was: "df = 1", outputs: [] },
  ];

  // If it fails: what the user typed while Claude was thinking is overwritten.
  test.each(stale)("is not changed: $op", (ask) => {
    const live = notebook();
    cellAt(live, 1).updateSource(6, 6, "5");
    const result = change(live, ask);
    expect(result).toMatchObject({
      result: "refused",
      why: "differs",
      cell: { source: "df = 15" },
    });
    expect(sources(live)[1]).toBe("df = 15");
  });

  // If it fails: Claude changes another cell than the one that the user read in the request.
  test("is found by its id, wherever it is", () => {
    const live = notebook();
    live.shared.insertCell(0, { cell_type: "code", source: "above" });
    change(live, { op: "edit", id: "cell-1", was: "df = 1", source: "df = 2" });
    expect(sources(live)).toEqual(["above", "import pandas", "df = 2", "# Title", "df"]);
    const gone = change(live, { op: "edit", id: "cell-9", was: "", source: "x" });
    expect(gone).toEqual({ result: "refused", why: "missing", cell: null });
  });
});

// If it fails: protected cells change, a read-only notebook does, or a running cell's output is lost.
test("what must not change stays", () => {
  const why = (live: LiveNotebook, ask: Change): unknown => {
    const before = JSON.stringify(live.shared.toJSON());
    const result = change(live, ask);
    expect(JSON.stringify(live.shared.toJSON())).toBe(before);
    return result.result === "refused" && result.why;
  };
  for (const [, ask] of CHANGES)
    expect(why(notebook(false, { readOnly: true }), ask)).toBe("read-only");
  const kept = notebook();
  cellAt(kept, 1).setMetadata("editable", false);
  cellAt(kept, 1).setMetadata("deletable", false);
  expect(why(kept, { op: "edit", id: "cell-1", was: "df = 1", source: "x" })).toBe("protected");
  expect(why(kept, { op: "delete", id: "cell-1", was: "df = 1" })).toBe("protected");
  const busy = notebook(false, { isRunning: (id) => id === "cell-1" });
  expect(why(busy, { op: "delete", id: "cell-1", was: "df = 1" })).toBe("running");
  expect(why(busy, { op: "move", id: "cell-1", index: 0 })).toBe("running");
  expect(why(notebook(), { op: "move", id: "cell-1", index: 4 })).toBe("place");
  expect(
    why(notebook(), { op: "insert", id: "", after: "", index: 5, kind: "code", source: "" }),
  ).toBe("place");
  expect(why(notebook(), { op: "outputs", id: "cell-2", was: "# Title", outputs: [] })).toBe(
    "kind",
  );
});

describe("what the kernel reads", () => {
  const ALL: ReadCells = { op: "read", start: 0, ids: [], most: 10_000, longest: 1_000 };

  // If it fails: a notebook with large outputs stops the page, or floods the kernel.
  test("is limited in each text and in all", () => {
    const live = notebook();
    const text = `${"x".repeat(999)}😀 and more`;
    const cell = cellAt(live, 1);
    cell.setSource(text);
    const result = read(live, ALL);
    expect(result.cells[1]).toMatchObject({ source: "x".repeat(999), left: text.length - 999 });
    expect(result).toMatchObject({ total: 4, more: false });
    const few = read(live, { ...ALL, most: 20 });
    expect(few).toMatchObject({ total: 4, more: true });
    expect(few.cells.map(({ id }) => id)).toEqual(["cell-0"]);
    expect(read(live, { ...ALL, start: 1, most: 0 }).cells).toHaveLength(1);
    expect(read(live, { ...ALL, ids: ["cell-3"] }).cells.map(({ index }) => index)).toEqual([3]);
  });

  // If it fails: Claude reads Base64 of a plot, HTML, or its own answer once more.
  test("is the text of outputs", () => {
    const live = notebook();
    const png = { "image/png": "aGk=", "text/plain": ["<Figure ", "1>"] };
    const outputs = [
      { output_type: "stream", name: "stdout", text: ["a\n", "b"] },
      { output_type: "display_data", data: png, metadata: {} },
      {
        output_type: "execute_result",
        data: { "text/html": "<b>", "text/plain": "5" },
        metadata: {},
      },
      { output_type: "error", ename: "E", evalue: "v", traceback: ["line 1", "line 2"] },
      { output_type: "display_data", data: { [TURN]: {}, "text/plain": "answer" }, metadata: {} },
    ];
    change(live, { op: "outputs", id: "cell-1", was: "df = 1", outputs });
    const [cell] = read(live, { ...ALL, ids: ["cell-1"] }).cells;
    expect(cell?.outputs).toEqual([
      { kind: "stream", text: "a\nb", left: 0, images: 0 },
      { kind: "result", text: "<Figure 1>", left: 0, images: 1 },
      { kind: "result", text: "5", left: 0, images: 0 },
      { kind: "error", text: "line 1\nline 2", left: 0, images: 0 },
      { kind: "claude", text: "", left: 0, images: 0 },
    ]);
    expect(imagesOf(cellAt(live, 1))).toEqual([{ mime: "image/png", data: "aGk=" }]);
  });
});

/** The part of a signal that these tests use. */
class Signal {
  readonly #slots: [(sender: unknown, value: unknown) => void, unknown][] = [];
  connect = (slot: (sender: unknown, value: unknown) => void, self?: unknown): void =>
    void this.#slots.push([slot, self]);
  emit = (value?: unknown): void => {
    for (const [slot, self] of this.#slots) slot.call(self, null, value);
  };
  disconnect = (slot: (sender: unknown, value: unknown) => void): void => {
    const at = this.#slots.findIndex(([one]) => one === slot);
    if (at >= 0) this.#slots.splice(at, 1);
  };
}

class Page {
  readonly live = notebook();
  readonly sent: LabFromPage[] = [];
  readonly changed = new Signal();
  readonly currentChanged = new Signal();
  readonly disposed = new Signal();
  readonly pathChanged = new Signal();
  readonly contentChanged = new Signal();
  readonly widgets = SOURCES.map((_, index) => ({
    model: { id: `cell-${String(index)}`, type: index === 2 ? "markdown" : "code" },
    runs: false,
    rendered: index === 2,
    outputArea: { future: { msg: { header: { msg_id: `run-${String(index)}` } } } },
  }));
  readonly content = {
    model: { sharedModel: this.live.shared, readOnly: false },
    widgets: this.widgets,
    disposed: this.disposed,
    mode: "edit",
  };
  readonly kernel = {
    interrupt: vi.fn(() => Promise.resolve()),
    iopubMessage: new Signal(),
  };
  readonly session = {
    process: "",
    connection: "here",
    asked: new Signal(),
    state: null as { replay: object | null } | null,
    send: (message: LabFromPage) => this.sent.push(message),
    notebook: {
      isDisposed: false,
      content: this.content,
      context: {
        localPath: "a/b.ipynb",
        pathChanged: this.pathChanged,
        model: { contentChanged: this.contentChanged },
      },
      sessionContext: {
        session: { kernel: this.kernel },
        isTerminating: false,
        pendingInput: false,
      },
    },
  };
  readonly all = [this.session];

  constructor() {
    const { all, changed, currentChanged, session: current } = this;
    const isRunning = (cell: unknown): boolean => (cell as { runs: boolean }).runs;
    new LiveCells({ all, changed, currentChanged, current } as never, isRunning);
  }

  /** Lets a cell run, or end. */
  setRuns(index: number, runs: boolean): void {
    const cell = this.widgets[index];
    if (cell !== undefined) cell.runs = runs;
  }

  /** Asks as the kernel does, and returns the answer. */
  async ask(ask: object, notebook = "here"): Promise<CellsResult | undefined> {
    const asked = parseAsked({ type: "cells", request: "r1", notebook, ask });
    const before = this.sent.length;
    if (asked !== null) this.session.asked.emit(asked);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    const answer = this.sent[before];
    return answer?.type === "cells" && answer.request === "r1" ? answer.answer : undefined;
  }
}

describe("a page", () => {
  let page: Page;
  beforeEach(() => {
    runCells.mockReset();
    page = new Page();
  });

  // If it fails: the forecast of a run is old, or the kernel is told of each key press.
  test("says that cells were edited, a moment later, where there is a recording", () => {
    vi.useFakeTimers();
    page.session.process = "p1";
    page.changed.emit();
    page.contentChanged.emit();
    vi.runAllTimers();
    expect(page.sent).toHaveLength(1);
    page.session.state = { replay: {} };
    for (let key = 0; key < 5; key++) page.contentChanged.emit();
    expect(page.sent).toHaveLength(1);
    vi.runAllTimers();
    expect(page.sent.slice(1)).toMatchObject([{ type: "notebook", state: "edited" }]);
    vi.useRealTimers();
  });

  // If it fails: after a reload or a restart Claude is told that no notebook is open.
  test("tells each new session what it shows, once", () => {
    expect(page.sent).toEqual([]);
    page.session.process = "p1";
    page.changed.emit();
    page.changed.emit();
    const told = { type: "notebook", notebook: "here", path: "a/b.ipynb" };
    const used = { ...told, state: "used" };
    expect(page.sent).toMatchObject([told]);
    page.session.process = "p2";
    page.changed.emit();
    expect(page.sent).toHaveLength(2);
    page.currentChanged.emit(page.session);
    window.dispatchEvent(new Event("focus"));
    expect(page.sent.slice(2)).toMatchObject([used, used]);
    page.session.notebook.context.localPath = "a/c.ipynb";
    page.pathChanged.emit();
    expect(page.sent.at(-1)).toMatchObject({ path: "a/c.ipynb" });
    page.disposed.emit();
    expect(page.sent.at(-1)).toMatchObject({ ...told, path: "a/c.ipynb", state: "closed" });
  });

  // If it fails: two pages make the same change, so a cell is inserted twice.
  test("answers only for its own notebook", async () => {
    const ask = { op: "insert", id: "", after: "", index: 0, kind: "code", source: "x" };
    expect(await page.ask(ask, "there")).toBeUndefined();
    expect(sources(page.live)).toEqual(SOURCES);
    expect(await page.ask({ op: "format the disk" })).toBeUndefined();
    expect(await page.ask({ op: "ping" })).toEqual({ result: "here" });
    expect(await page.ask(ask)).toMatchObject({ result: "changed", cell: { index: 0 } });
  });

  // If it fails: an image in Claude's Markdown tells a server what Claude has read.
  test("leaves Claude's Markdown as text", async () => {
    const [, , markdown] = page.widgets;
    const edit = { op: "edit", id: "cell-2", was: "# Title", source: "![](http://203.0.113.7)" };
    await page.ask({ ...edit, was: "other" });
    await page.ask({ op: "move", id: "cell-2", index: 0 });
    expect(markdown?.rendered).toBe(true);
    expect(await page.ask(edit)).toMatchObject({ result: "changed" });
    expect(markdown?.rendered).toBe(false);
  });

  // If it fails: another source runs than the user approved, or a run waits for itself for ever.
  test("runs only what was approved, and not behind another cell", async () => {
    const ask = { op: "run", id: "cell-1", was: "df = 1", longest: 100 };
    runCells.mockResolvedValue(true);
    expect(await page.ask({ ...ask, was: "other" })).toMatchObject({ why: "differs" });
    page.setRuns(3, true);
    expect(await page.ask(ask)).toMatchObject({ why: "busy" });
    page.setRuns(3, false);
    expect(runCells).not.toHaveBeenCalled();
    expect(await page.ask(ask)).toMatchObject({ result: "ran", ok: true, cell: { id: "cell-1" } });
    expect(runCells.mock.calls[0]?.[1]).toEqual([page.widgets[1]]);
  });

  // If it fails: a user who types while Claude runs a cell finds the rest in JupyterLab's shortcuts.
  test("lets the user type on while a cell begins to run", async () => {
    const editor = document.body.appendChild(document.createElement("textarea"));
    editor.focus();
    runCells.mockImplementation(() => {
      page.content.mode = "command";
      editor.blur();
      return Promise.resolve(true);
    });
    await page.ask({ op: "run", id: "cell-1", was: "df = 1", longest: 100 });
    expect(page.content.mode).toBe("edit");
    expect(document.activeElement).toBe(editor);
    editor.remove();
  });

  // If it fails: stopping Claude interrupts what the user runs by now.
  test("interrupts only the cell that it was asked to run", async () => {
    await page.ask({ op: "stop", id: "cell-1" });
    expect(page.kernel.interrupt).not.toHaveBeenCalled();
    page.setRuns(1, true);
    await page.ask({ op: "stop", id: "cell-1" });
    expect(page.kernel.interrupt).toHaveBeenCalledTimes(1);
  });

  // If it fails: the user stops the turn early, and its cell runs on for ever.
  test("interrupts a cell that the kernel has not begun as soon as it begins it", async () => {
    const begins = (id: string): void => {
      const [header, parent_header] = [{ msg_type: "execute_input" }, { msg_id: id }];
      page.kernel.iopubMessage.emit({ header, parent_header });
    };
    for (const isEarly of [true, false]) {
      page.kernel.interrupt.mockClear();
      let end = (): void => undefined;
      const ended = new Promise<boolean>((resolve) => {
        end = () => {
          resolve(false);
        };
      });
      runCells.mockReturnValue(ended);
      await page.ask({ op: "run", id: "cell-1", was: "df = 1", longest: 100 });
      page.setRuns(1, true);
      if (!isEarly) begins("run-1");
      await page.ask({ op: "stop", id: "cell-1" });
      expect(page.kernel.interrupt).toHaveBeenCalledTimes(isEarly ? 0 : 1);
      begins("run-3"); // another cell
      expect(page.kernel.interrupt).toHaveBeenCalledTimes(isEarly ? 0 : 1);
      begins("run-1");
      begins("run-1");
      expect(page.kernel.interrupt).toHaveBeenCalledTimes(1);
      page.setRuns(1, false);
      end();
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    begins("run-1"); // the user runs it again
    expect(page.kernel.interrupt).toHaveBeenCalledTimes(1);
  });
});
