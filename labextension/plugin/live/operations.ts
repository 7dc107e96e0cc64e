/**
 * Changes a notebook's cells in its live document, each time in one undo step.
 *
 * A change that replaces a text names the text that it replaces. If the cell has another text by
 * now, nothing changes. The check and the change are one step, so nobody can type in between.
 */

import type { ISharedCell, ISharedNotebook } from "@jupyter/ydoc";

import type {
  CellChanged,
  CellsRefused,
  CellsRead,
  DeleteCell,
  EditCell,
  InsertCell,
  MoveCell,
  PutOutputs,
  ReadCells,
  ShownCell,
} from "../../src/messages.generated";
import { insertAsText } from "../cells/as_text";
import { editBetween } from "../cells/edits";
import { oneStep } from "../cells/undo";
import { readCells, shownCell } from "./reading";

export type Change = EditCell | InsertCell | DeleteCell | MoveCell | PutOutputs;
export type Why = CellsRefused["why"];

/** A notebook that a page has open. */
export interface LiveNotebook {
  readonly shared: ISharedNotebook;
  readonly readOnly: boolean;
  /** Whether a cell runs or waits to run. */
  isRunning(id: string): boolean;
  /** Whether a cell is Markdown that is shown as text. */
  isText(id: string): boolean;
  /** Shows Markdown as text, until the user runs the cell. */
  keepAsText(id: string): void;
}

/** The key of our entry in a cell's metadata. */
export const MARK = "jupyter-claude";
/** The entry of a cell whose outputs come from Claude's run of it. */
export const RAN = { ran: "claude" } as const;

const LONGEST = 200_000; // characters of a text in an answer to a change

/** A cell and its index. */
type Found = [cell: ISharedCell, index: number];

export function found({ shared }: LiveNotebook, id: string): Found | null {
  const index = shared.cells.findIndex((cell) => cell.getId() === id);
  const cell = shared.cells[index];
  return cell === undefined ? null : [cell, index];
}

function shown(notebook: LiveNotebook, [cell, index]: Found): ShownCell {
  return shownCell(cell, index, LONGEST, notebook.isRunning(cell.getId()));
}

/** A refusal, with the cell as it is now. */
export function refused(notebook: LiveNotebook, why: Why, cell: Found | null = null): CellsRefused {
  return { result: "refused", why, cell: cell === null ? null : shown(notebook, cell) };
}

const forbids = (cell: ISharedCell, key: "editable" | "deletable"): boolean =>
  cell.getMetadata(key) === false;

export function read(notebook: LiveNotebook, ask: ReadCells): CellsRead {
  return readCells(notebook.shared, ask, (id) => notebook.isRunning(id));
}

/** Makes a change, or says why not. */
export function change(notebook: LiveNotebook, ask: Change): CellChanged | CellsRefused {
  if (notebook.readOnly) return refused(notebook, "read-only");
  return ask.op === "insert" ? insert(notebook, ask) : changeOne(notebook, ask);
}

function changeOne(
  notebook: LiveNotebook,
  ask: Exclude<Change, InsertCell>,
): CellChanged | CellsRefused {
  const at = found(notebook, ask.id);
  if (at === null) return refused(notebook, "missing");
  const [cell] = at;
  if (ask.op !== "move" && cell.getSource() !== ask.was) return refused(notebook, "differs", at);
  switch (ask.op) {
    case "edit":
      return edit(notebook, at, ask.source);
    case "delete":
      return remove(notebook, at);
    case "move":
      return move(notebook, at, ask.index);
    case "outputs":
      return putOutputs(notebook, at, ask.outputs);
  }
}

function edit(notebook: LiveNotebook, at: Found, source: string): CellChanged | CellsRefused {
  const [cell] = at;
  if (forbids(cell, "editable")) return refused(notebook, "protected", at);
  const part = editBetween(cell.getSource(), source);
  if (part !== null)
    oneStep(cell, () => {
      cell.updateSource(part.start, part.end, part.value);
    });
  // JupyterLab renders it again a second later.
  notebook.keepAsText(cell.getId());
  return { result: "changed", cell: shown(notebook, at) };
}

function insert(
  notebook: LiveNotebook,
  { id, after, index, kind, source }: InsertCell,
): CellChanged | CellsRefused {
  const { shared } = notebook;
  const count = shared.cells.length;
  if (id !== "" && found(notebook, id) !== null) return refused(notebook, "place");
  const above = after === "" ? null : found(notebook, after);
  if (after !== "" && above === null) return refused(notebook, "missing");
  const place = above === null ? (index === -1 ? count : index) : above[1] + 1;
  if (place < 0 || place > count) return refused(notebook, "place");
  const given = id === "" ? {} : { id };
  const cell = { cell_type: kind, source, metadata: {}, ...given };
  insertAsText(shared, place, cell, (made) => {
    notebook.keepAsText(made);
  });
  const made = shared.cells[place];
  if (made === undefined) return refused(notebook, "missing");
  return { result: "changed", cell: shown(notebook, [made, place]) };
}

function remove(notebook: LiveNotebook, at: Found): CellChanged | CellsRefused {
  const [cell, index] = at;
  if (forbids(cell, "deletable")) return refused(notebook, "protected", at);
  if (notebook.isRunning(cell.getId())) return refused(notebook, "running", at);
  const before = shown(notebook, at);
  oneStep(notebook.shared, () => {
    notebook.shared.deleteCell(index);
  });
  return { result: "changed", cell: before };
}

function move(notebook: LiveNotebook, at: Found, index: number): CellChanged | CellsRefused {
  const [cell, from] = at;
  const { shared } = notebook;
  const id = cell.getId();
  if (index < 0 || index >= shared.cells.length) return refused(notebook, "place", at);
  // A moved cell is a copy; the output of a running cell would be lost.
  if (notebook.isRunning(id)) return refused(notebook, "running", at);
  // A moved cell is a copy, which JupyterLab would render.
  if (index !== from && notebook.isText(id))
    insertAsText(
      shared,
      index,
      cell.toJSON(),
      (made) => {
        notebook.keepAsText(made);
      },
      () => {
        shared.deleteCell(from);
      },
    );
  else if (index !== from)
    oneStep(shared, () => {
      shared.moveCell(from, index);
    });
  const moved = found(notebook, id) ?? at;
  return { result: "changed", cell: shown(notebook, moved) };
}

/** The part of a shared code cell that its interface lacks. */
interface WithOutputs {
  execution_count: number | null;
  setOutputs?(outputs: unknown[]): void;
}

/** Puts outputs into a cell, as running it does; an undo does not take them back either. */
function putOutputs(
  notebook: LiveNotebook,
  at: Found,
  outputs: unknown[],
): CellChanged | CellsRefused {
  const [cell] = at;
  const code = cell as unknown as WithOutputs;
  if (code.setOutputs === undefined) return refused(notebook, "kind", at);
  if (notebook.isRunning(cell.getId())) return refused(notebook, "running", at);
  cell.transact(() => {
    code.execution_count = null;
    code.setOutputs?.(outputs);
    cell.setMetadata(MARK, RAN);
  }, false);
  return { result: "changed", cell: shown(notebook, at) };
}
