/** Runs a cell of a notebook as its user does, and waits for the end. */

import type { Cell } from "@jupyterlab/cells";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";

import type { CellRan, CellsRefused, RunCell } from "../../src/messages.generated";
import { found, refused, type LiveNotebook } from "./operations";
import { imagesOf, shownCell } from "./reading";

/** The widget of a cell; undefined if the notebook has none. */
const widgetOf = ({ content }: NotebookPanel, id: string): Cell | undefined =>
  content.widgets.find(({ model }) => model.id === id);

/**
 * Runs a cell if its source is still the one that was read; a Markdown cell is rendered.
 *
 * It does not run behind another cell: that one may be a prompt that waits for this very run.
 */
export async function run(
  panel: NotebookPanel,
  notebook: LiveNotebook,
  ask: RunCell,
): Promise<CellRan | CellsRefused> {
  const at = found(notebook, ask.id);
  const cell = widgetOf(panel, ask.id);
  if (at === null || cell === undefined) return refused(notebook, "missing");
  if (at[0].getSource() !== ask.was) return refused(notebook, "differs", at);
  const { sessionContext } = panel;
  if (at[0].cell_type === "raw") return refused(notebook, "kind", at);
  if (at[0].cell_type === "code") {
    if (panel.content.widgets.some(({ model }) => notebook.isRunning(model.id)))
      return refused(notebook, "busy", at);
    if (sessionContext.session?.kernel == null) return refused(notebook, "kernel", at);
    if (sessionContext.isTerminating || sessionContext.pendingInput)
      return refused(notebook, "busy", at);
  }
  const ok = await undisturbed(panel, () =>
    NotebookActions.runCells(panel.content, [cell], sessionContext),
  );
  const [now, index] = found(notebook, ask.id) ?? at;
  return {
    result: "ran",
    ok,
    cell: shownCell(now, index, ask.longest, notebook.isRunning(ask.id)),
    images: imagesOf(now),
  };
}

/** Begins a run, and lets the user type on: running a cell ends the notebook's edit mode. */
function undisturbed(panel: NotebookPanel, begin: () => Promise<boolean>): Promise<boolean> {
  const { content } = panel;
  const { mode } = content;
  const focused = document.activeElement;
  const ended = begin();
  content.mode = mode;
  if (focused instanceof HTMLElement && document.activeElement !== focused)
    focused.focus({ preventScroll: true });
  return ended;
}

/** Interrupts the kernel if the cell still runs. */
export function stop(panel: NotebookPanel, notebook: LiveNotebook, id: string): void {
  if (notebook.isRunning(id))
    panel.sessionContext.session?.kernel?.interrupt().catch(() => undefined);
}
