/** trans.__("Explain error") and trans.__("Fix error") below the output of each failed cell. */

import type { Cell } from "@jupyterlab/cells";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import { trans } from "../../src/trans";
import { CellBars } from "../bars";
import { lastError, speaksPython } from "./cell_text";

/** The action of a button. */
export type ErrorAction = (notebook: NotebookPanel, cell: Cell) => void;

export class ErrorButtons {
  readonly #bars: CellBars;
  #shown = false;

  constructor(tracker: INotebookTracker, actions: { explain: ErrorAction; fix: ErrorAction }) {
    this.#bars = new CellBars(tracker, (notebook, cell) => {
      if (!this.#shown || !speaksPython(notebook) || lastError(cell) === null) return null;
      return {
        name: trans.__("Ask Claude about this error"),
        buttons: [
          {
            label: trans.__("Explain error"),
            title: trans.__("Ask Claude what went wrong"),
            press: () => {
              actions.explain(notebook, cell);
            },
          },
          {
            label: trans.__("Fix error"),
            title: trans.__("Ask Claude to fix this cell"),
            press: () => {
              actions.fix(notebook, cell);
            },
          },
        ],
      };
    });
  }

  /** Whether failed cells have buttons. */
  set shown(shown: boolean) {
    this.#shown = shown;
    this.#bars.update();
  }
}
