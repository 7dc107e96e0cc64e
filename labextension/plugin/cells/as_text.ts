/**
 * Puts Claude's Markdown into a cell, and leaves it as text until the user runs the cell.
 *
 * JupyterLab renders a new Markdown cell at once, and a rendered cell may load images from
 * anywhere. So the cell is first empty, then no longer rendered, and then gets its text.
 */

import type { Cell, MarkdownCell } from "@jupyterlab/cells";
import type { IBaseCell } from "@jupyterlab/nbformat";
import type { ISharedNotebook, SharedCell } from "@jupyter/ydoc";

import { oneStep } from "./undo";

/** The Markdown cell with this id; undefined if there is none. */
export function markdownCell(cells: readonly Cell[], id: string): MarkdownCell | undefined {
  return cells.find(
    (cell): cell is MarkdownCell => cell.model.id === id && cell.model.type === "markdown",
  );
}

/** What a new cell has. */
export type NewCell = SharedCell.Cell & Pick<IBaseCell, "source">;

/**
 * Inserts a cell in one undo step. `before` is done in the same step.
 *
 * @param keepAsText Stops rendering the Markdown cell with an id.
 */
export function insertAsText(
  shared: ISharedNotebook,
  index: number,
  cell: NewCell,
  keepAsText: (id: string) => void,
  before: () => void = () => undefined,
): void {
  const isMarkdown = cell.cell_type === "markdown";
  oneStep(
    shared,
    () => {
      before();
      shared.insertCell(index, isMarkdown ? { ...cell, source: "" } : cell);
    },
    () => {
      const made = shared.cells[index];
      if (!isMarkdown || made === undefined) return;
      keepAsText(made.getId());
      const { source } = cell;
      made.setSource(Array.isArray(source) ? source.join("") : source);
    },
  );
}
