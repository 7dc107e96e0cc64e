import { beforeEach, expect, test, vi } from "vitest";

/** The part of a signal that this test uses. */
class Signal {
  readonly #slots: ((sender: unknown, value: unknown) => void)[] = [];
  connect = (slot: (sender: unknown, value: unknown) => void): void => void this.#slots.push(slot);
  emit = (value?: unknown): void => {
    for (const slot of this.#slots) slot(null, value);
  };
}

const { runCells, warning, actions } = vi.hoisted(() => {
  const actions: { executionScheduled?: unknown } = {};
  return { runCells: vi.fn(), warning: vi.fn(), actions };
});
vi.mock("@jupyterlab/apputils", () => ({ Notification: { warning } }));
vi.mock("@jupyterlab/notebook", () => ({
  NotebookActions: {
    runCells,
    get executionScheduled() {
      return actions.executionScheduled;
    },
  },
}));

import { LoadAgain } from "../plugin/commands/load_again";

/** A notebook without Claude and with one cell: the parts that the code reads. */
class Page {
  readonly scheduled = new Signal();
  readonly changed = new Signal();
  readonly area = document.createElement("div");
  source = "%%claude Hello";
  hidden = false;
  readonly cell = {
    disposed: new Signal(),
    isDisposed: false,
    outputArea: { node: this.area },
    model: {
      type: "code",
      sharedModel: { getSource: () => this.source, changed: this.changed },
      outputs: {
        changed: new Signal(),
        length: 1,
        get: () => ({
          toJSON: () => ({ name: "stderr", text: "UsageError: Cell magic `%%claude` not found." }),
        }),
      },
    },
  };
  loaded: () => void = () => undefined;

  constructor() {
    actions.executionScheduled = this.scheduled;
    Object.defineProperty(this.cell, "inputHidden", { get: () => this.hidden });
    const model = { cells: { changed: new Signal() }, defaultKernelLanguage: "python" };
    const notebook = {
      content: { widgets: [this.cell], modelChanged: new Signal(), model },
      sessionContext: {},
    };
    const tracker = {
      forEach: (watch: (panel: unknown) => void) => {
        watch(notebook);
      },
      widgetAdded: new Signal(),
    };
    const sessions = { of: () => null, changed: new Signal() };
    new LoadAgain(
      tracker as never,
      sessions as never,
      () =>
        new Promise(
          (loaded) =>
            (this.loaded = () => {
              loaded({});
            }),
        ),
    );
  }

  run(): void {
    this.scheduled.emit({ cell: this.cell });
    this.draw();
  }

  draw(): void {
    this.changed.emit();
    vi.advanceTimersToNextFrame();
  }

  get button(): HTMLButtonElement | null {
    return this.area.querySelector("button");
  }

  /** Presses the button; calls `meanwhile` while Claude is being loaded. */
  async press(meanwhile: () => void = () => undefined): Promise<void> {
    this.button?.click();
    meanwhile();
    this.loaded();
    await Promise.resolve();
    await Promise.resolve();
  }
}

let page: Page;
beforeEach(() => {
  vi.clearAllMocks();
  page = new Page();
});

// If it fails: one click in a notebook that came by mail runs code that nobody has read.
test("only a cell that ran in this page, with its source in sight, has the button", () => {
  page.draw();
  expect(page.button).toBeNull();
  page.run();
  expect(page.button?.textContent).toBe("Load Claude and run again");
  page.source = "import os";
  page.draw();
  expect(page.button).toBeNull();
  page.source = "%claude status";
  page.hidden = true;
  page.draw();
  expect(page.button).toBeNull();
  page.hidden = false;
  page.draw();
  expect(page.button).not.toBeNull();
});

// If it fails: the button runs another source than the user sees, or nothing at all.
test("the button runs the source that was there when the user pressed it", async () => {
  page.run();
  await page.press();
  expect(runCells).toHaveBeenCalledTimes(1);
  for (const meanwhile of [
    () => (page.source = "import os"),
    () => (page.source = "%%claude Something else"),
    () => (page.hidden = true),
  ]) {
    page.source = "%%claude Hello";
    page.draw();
    await page.press(meanwhile);
  }
  expect(runCells).toHaveBeenCalledTimes(1);
  expect(warning).toHaveBeenCalledTimes(3);
  // Lab does not report that a source was hidden, so the press must look again.
  await page.press();
  expect(runCells).toHaveBeenCalledTimes(1);
  expect(warning).toHaveBeenCalledTimes(4);
});
