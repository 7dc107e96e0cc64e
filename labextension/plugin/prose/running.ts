/** Tracks which cells run, wait for other cells, or wait for the user. */

import type { ICellModel, ICodeCellModel } from "@jupyterlab/cells";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import { NotebookActions, type INotebookTracker, type Notebook } from "@jupyterlab/notebook";
import { Signal } from "@lumino/signaling";

import type { ISessions } from "../tokens";
import type { Running, Watch } from "./editor";

/** The cells of one notebook that have started and not ended, in order. */
type Started = Set<ICellModel>;

export class RunningCells {
  private readonly started = new Map<Notebook, Started>();
  private readonly connected = new WeakSet();
  private readonly signal = new Signal<this, void>(this);

  constructor(
    tracker: INotebookTracker,
    private readonly sessions: ISessions | null,
  ) {
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      const started = this.started.get(notebook) ?? new Set();
      started.delete(cell.model);
      this.started.set(notebook, started.add(cell.model));
      const { model } = cell; // a disposed cell has no model
      this.once(cell, () => {
        cell.disposed.connect(() => {
          this.end(notebook, model);
        });
      });
      this.signal.emit();
    });
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      this.end(notebook, cell.model);
    });
    tracker.widgetAdded.connect((_, { content, sessionContext, disposed }) => {
      const endAll = (): void => {
        if (this.started.delete(content)) this.signal.emit();
      };
      disposed.connect(endAll);
      // A kernel that is gone does not report the end of its cells.
      sessionContext.kernelChanged.connect(endAll);
      sessionContext.statusChanged.connect((_, status) => {
        if (/restarting|dead|terminating/.test(status)) endAll();
      });
    });
    sessions?.changed.connect(() => {
      this.signal.emit();
    });
  }

  /** What one cell is doing. */
  watch(model: CodeEditor.IModel): Watch {
    const cell = model as ICodeCellModel;
    const running = (): Running => this.of(cell);
    this.once(cell, () => {
      cell.stateChanged.connect((_, { name }) => {
        if (name === "executionState") this.signal.emit();
      });
    });
    return {
      get running() {
        return running();
      },
      changed: this.signal,
    };
  }

  private of(cell: ICodeCellModel): Running {
    for (const [notebook, started] of this.started) {
      if (!started.has(cell)) continue;
      const [first] = started;
      return first === cell ? this.working(notebook) : "queued";
    }
    // A collaborator started the cell, or an undo restored it.
    const { executionState } = cell as { readonly executionState?: unknown }; // since Lab 4.3
    return executionState === "running" ? "working" : "";
  }

  private working(notebook: Notebook): Running {
    const session = this.sessions?.all.find((one) => one.notebook.content === notebook);
    return session !== undefined && session.waiting.length > 0 ? "waiting" : "working";
  }

  /**
   * Connects once for each cell: a cell may run many times, and gets an editor whenever it comes
   * into sight.
   */
  private once(cell: object, connect: () => void): void {
    if (this.connected.has(cell)) return;
    this.connected.add(cell);
    connect();
  }

  private end(notebook: Notebook, cell: ICellModel): void {
    const started = this.started.get(notebook);
    if (started?.delete(cell) !== true) return;
    if (started.size === 0) this.started.delete(notebook);
    this.signal.emit();
  }
}
