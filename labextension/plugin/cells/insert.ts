/** Puts a code block of an answer into a new cell below. It never runs the cell. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";

import { insertAsText, markdownCell } from "./as_text";
import type { CellText } from "./block";
import type { CellLocation } from "./cell_location";

/** The cells that were inserted below a cell, by the ids of their models. */
const inserted = new WeakMap<Cell, Set<string>>();

/** The index of the next cell: after the cells that were inserted below the same cell before. */
function indexBelow(notebook: Notebook, cell: Cell): number {
  const before = inserted.get(cell);
  let index = notebook.widgets.indexOf(cell) + 1;
  while (before?.has(notebook.widgets[index]?.model.id ?? "")) index++;
  return index;
}

/** Inserts a cell below the view's cell, or below the active one; selects it and scrolls to it. */
export function insertBelow(
  app: JupyterFrontEnd,
  { panel, cell }: CellLocation,
  text: CellText,
): void {
  const notebook = panel.content;
  const shared = notebook.model?.sharedModel;
  if (shared === undefined) return;
  const above = cell ?? notebook.activeCell;
  const index = above === null ? 0 : indexBelow(notebook, above);
  insertAsText(shared, index, { ...text, metadata: {} }, (id) => {
    const markdown = markdownCell(notebook.widgets, id);
    if (markdown !== undefined) markdown.rendered = false;
  });
  const made = notebook.widgets[index];
  if (made === undefined) return;
  if (above !== null) inserted.set(above, (inserted.get(above) ?? new Set()).add(made.model.id));
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  notebook.mode = "command";
  app.shell.activateById(panel.id);
  void notebook.scrollToItem(index);
}
