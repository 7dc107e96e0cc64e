/**
 * Remembers which cell a prompt is about, by the prompt's id, which is also its turn's id.
 *
 * A command that asks about a cell calls `remember` before it sends `ask{id, prompt}`. Then
 * "Replace cell…" in the answer goes to that cell without a question, even after a reload of the
 * page. For a `%%claude` cell nobody knows the cell, so the user chooses.
 */

import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";

import { list } from "../../src/protocol";

const KEY = "jupyter-claude:asked";
const MOST = 50;
/** The cells of the prompts, the newest last. */
const cells = new Map(stored());

/** Remembers that the prompt with this id is about this cell. */
export function remember(prompt: string, cell: Cell): void {
  cells.set(prompt, cell.model.id);
  for (const old of [...cells.keys()].slice(0, -MOST)) cells.delete(old);
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...cells]));
  } catch {
    // The storage is full or closed to us. This page keeps the entry.
  }
}

/** The cell that a prompt is about: undefined if unknown, null if the cell is gone. */
export function askedCell(prompt: string, notebook: Notebook): Cell | null | undefined {
  const id = cells.get(prompt);
  if (id === undefined) return undefined;
  return notebook.widgets.find(({ model }) => model.id === id) ?? null;
}

function stored(): [prompt: string, cell: string][] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return list(value).flatMap((pair) => {
      const [prompt, cell] = list(pair);
      return typeof prompt === "string" && typeof cell === "string" ? [[prompt, cell]] : [];
    });
  } catch {
    return [];
  }
}
