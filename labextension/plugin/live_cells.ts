/**
 * Lets the kernel's session read, change and run the cells of the open notebooks.
 *
 * The kernel asks only what its user has approved. It names one notebook, so of several open pages
 * exactly one answers.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { Cell } from "@jupyterlab/cells";
import { INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";

import type { CellsAsked, CellsOp, CellsResult, NotebookShown } from "../src/messages.generated";
import { isFields } from "../src/protocol";
import { exactLine } from "../src/text";
import { trans } from "../src/trans";
import { CellBars, isCode } from "./bars";
import { markdownCell } from "./cells/as_text";
import { change, MARK, read, type LiveNotebook } from "./live/operations";
import { run, stop } from "./live/running";
import { RunningCells } from "./prose/running";
import { ISessions, type ISession } from "./tokens";

/** How long nothing is edited before the kernel hears of it, in milliseconds. */
const EDITED = 1500;

/** Whether a cell runs or waits to run. */
type IsRunning = (cell: Cell) => boolean;

/** The notebook's live document; null while it has none. */
function liveNotebook({ content }: NotebookPanel, isRunning: IsRunning): LiveNotebook | null {
  const { model } = content;
  if (model === null) return null;
  return {
    shared: model.sharedModel,
    readOnly: model.readOnly,
    isRunning: (id) => content.widgets.some((cell) => cell.model.id === id && isRunning(cell)),
    isText: (id) => markdownCell(content.widgets, id)?.rendered === false,
    keepAsText: (id) => {
      const cell = markdownCell(content.widgets, id);
      if (cell !== undefined) cell.rendered = false;
    },
  };
}

/** Does what the kernel asks; null if there is nothing to say. */
async function answer(
  panel: NotebookPanel,
  isRunning: IsRunning,
  ask: CellsOp,
): Promise<CellsResult | null> {
  const notebook = liveNotebook(panel, isRunning);
  if (notebook === null) return null;
  switch (ask.op) {
    case "ping":
      return { result: "here" };
    case "read":
      return read(notebook, ask);
    case "run":
      return run(panel, notebook, ask);
    case "stop":
      stop(panel, notebook, ask.id);
      return null;
    case "outputs": {
      const result = change(notebook, ask);
      // As running a cell does: these are outputs of this kernel.
      const cell = panel.content.widgets.find(({ model }) => model.id === ask.id);
      if (result.result === "changed" && cell !== undefined && isCode(cell))
        cell.model.trusted = true;
      return result;
    }
    default:
      return change(notebook, ask);
  }
}

/** Tells the kernels which notebooks this page shows, and answers for them. */
export class LiveCells {
  readonly #sessions: ISessions;
  readonly #isRunning: IsRunning;
  /** What the kernel of each session was told last. */
  readonly #told = new Map<ISession, string>();

  constructor(sessions: ISessions, isRunning: IsRunning) {
    this.#sessions = sessions;
    this.#isRunning = isRunning;
    sessions.changed.connect(this.#update, this);
    sessions.currentChanged.connect((_, current) => {
      this.#used(current);
    });
    window.addEventListener("focus", () => {
      this.#used(sessions.current);
    });
    this.#update();
  }

  #update(): void {
    const { all, current } = this.#sessions;
    for (const session of this.#told.keys()) if (!all.includes(session)) this.#told.delete(session);
    for (const session of all) {
      if (!this.#told.has(session)) this.#watch(session);
      const { localPath: path } = session.notebook.context;
      const key = session.process === "" ? "" : [session.process, session.connection, path].join();
      if (this.#told.get(session) === key) continue;
      this.#told.set(session, key);
      this.#tell(session, session === current && document.hasFocus() ? "used" : "open");
    }
  }

  #watch(session: ISession): void {
    this.#told.set(session, "");
    session.asked.connect((_, asked) => {
      void this.#answer(session, asked);
    });
    session.notebook.context.pathChanged.connect(this.#update, this);
    let edited = 0;
    session.notebook.context.model.contentChanged.connect(() => {
      // Only a kernel with a recording wants to know, and not of each key.
      if (session.state?.replay == null) return;
      window.clearTimeout(edited);
      edited = window.setTimeout(() => {
        if (!session.notebook.isDisposed) this.#tell(session, "edited");
      }, EDITED);
    });
    session.notebook.content.disposed.connect(() => {
      this.#tell(session, "closed");
    });
  }

  #used(session: ISession | null): void {
    if (session !== null) this.#tell(session, "used");
  }

  #tell(session: ISession, state: NotebookShown["state"]): void {
    const { connection: notebook } = session;
    if (session.process === "" || notebook === "") return;
    session.send({ type: "notebook", notebook, path: session.notebook.context.localPath, state });
  }

  async #answer(session: ISession, { request, notebook, ask }: CellsAsked): Promise<void> {
    if (notebook !== session.connection || session.notebook.isDisposed) return;
    const result = await answer(session.notebook, this.#isRunning, ask);
    if (result !== null) session.send({ type: "cells", request, notebook, answer: result });
  }
}

/** Says at the cells whose prompt will be asked, or has a stale answer, what a run will do. */
function markReplay(tracker: INotebookTracker, sessions: ISessions): void {
  const bars = new CellBars(tracker, (notebook, { model }) => {
    const text = sessions.of(notebook)?.state?.replay?.cells[model.id];
    return text === undefined
      ? null
      : { name: exactLine(text), text: exactLine(text), buttons: [] };
  });
  sessions.changed.connect(() => {
    bars.update();
  });
}

/** Marks the cells that Claude ran during its turn, until somebody runs them again. */
function markRuns(tracker: INotebookTracker): void {
  new CellBars(tracker, (_, { model }) => {
    const entry: unknown = model.sharedModel.getMetadata(MARK);
    const ran = isFields(entry) && entry["ran"] === "claude" && model.executionCount === null;
    if (!ran) return null;
    const text = trans.__("Run by Claude, during its turn");
    return { name: trans.__("Run by Claude"), text, buttons: [] };
  });
  NotebookActions.executionScheduled.connect((_, { cell }) => {
    if (cell.model.sharedModel.getMetadata(MARK) !== undefined)
      cell.model.sharedModel.deleteMetadata(MARK);
  });
}

export const liveCells: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:live-cells",
  description: "Lets Claude read, change and run cells of the open notebook, with your approval.",
  autoStart: true,
  requires: [INotebookTracker, ISessions],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker, sessions: ISessions) => {
    const running = new RunningCells(tracker, sessions);
    new LiveCells(
      sessions,
      ({ model }) => model.type === "code" && running.watch(model).running !== "",
    );
    markRuns(tracker);
    markReplay(tracker, sessions);
  },
};
