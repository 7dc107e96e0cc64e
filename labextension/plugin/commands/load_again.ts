/**
 * Offers a button below a cell that ran before Claude was loaded: it loads Claude and runs the
 * cell.
 */

import { Notification } from "@jupyterlab/apputils";
import type { CodeCell, ICellModel } from "@jupyterlab/cells";
import { NotebookActions, type INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";

import { trans } from "../../src/trans";
import type { ISessions } from "../tokens";
import { CellBars } from "../bars";
import { speaksPython } from "./cell_text";
import { isForClaude } from "./for_claude";

/** IPython's message for a magic that it does not know. */
const UNKNOWN = /UsageError: (?:Cell|Line) magic (?:function )?`%%?claude` not found/;

/** Whether a cell's output says that IPython does not know Claude's magics. */
export function lacksClaude(cell: CodeCell): boolean {
  const { outputs } = cell.model;
  for (let index = 0; index < outputs.length; index++) {
    const output = outputs.get(index).toJSON();
    const text = output["text"];
    const said = Array.isArray(text) ? text.join("") : text;
    if (output["name"] === "stderr" && typeof said === "string" && UNKNOWN.test(said)) return true;
  }
  return false;
}

function warnUnread(): void {
  const line = trans.__(
    "The cell was not run, because it has changed or its source is hidden. Run it yourself.",
  );
  Notification.warning(line, { autoClose: false });
}

/** Whether the user sees the cell's source, and it is for Claude alone. */
function isReadable(cell: CodeCell): boolean {
  return !cell.isDisposed && !cell.inputHidden && isForClaude(cell.model.sharedModel.getSource());
}

/**
 * The button runs a cell, so it is only shown where the user knows what will run.
 *
 * A notebook's file may hold any output below any source. So the user must have run the cell in
 * this page, its source must be in sight, and it must be only a prompt or a command for Claude.
 */
export class LoadAgain {
  readonly #load: (notebook: NotebookPanel) => Promise<unknown>;

  /**
   * `load` loads Claude into the notebook's kernel; it returns null after a notification of
   * failure.
   */
  constructor(
    tracker: INotebookTracker,
    sessions: ISessions,
    load: (notebook: NotebookPanel) => Promise<unknown>,
  ) {
    this.#load = load;
    const run = new WeakSet<ICellModel>();
    NotebookActions.executionScheduled.connect((_, { cell }) => {
      run.add(cell.model);
    });
    const bars = new CellBars(tracker, (notebook, cell) => {
      if (!run.has(cell.model) || !speaksPython(notebook)) return null;
      if (!isReadable(cell) || !lacksClaude(cell)) return null;
      const isLoaded = sessions.of(notebook)?.presence === "present";
      return {
        name: trans.__("Load Claude"),
        text: isLoaded
          ? trans.__("Claude is loaded now.")
          : trans.__("Claude is not loaded in this kernel."),
        buttons: [
          {
            label: isLoaded ? trans.__("Run again") : trans.__("Load Claude and run again"),
            title: trans.__("Load jupyter_claude into this kernel, and run this cell again"),
            press: () => {
              void this.#run(notebook, cell);
            },
          },
        ],
      };
    });
    sessions.changed.connect(() => {
      bars.update();
    });
  }

  async #run(notebook: NotebookPanel, cell: CodeCell): Promise<void> {
    if (!isReadable(cell)) {
      warnUnread();
      return;
    }
    const source = cell.model.sharedModel.getSource();
    if ((await this.#load(notebook)) === null || cell.isDisposed) return;
    // Another page, or an extension, may have changed it while Claude was loaded.
    if (isReadable(cell) && cell.model.sharedModel.getSource() === source)
      await NotebookActions.runCells(notebook.content, [cell], notebook.sessionContext);
    else warnUnread();
  }
}
