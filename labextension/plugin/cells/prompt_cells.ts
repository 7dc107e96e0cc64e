/**
 * Which cell a prompt was asked about, by the prompt's id, which is its turn's id too.
 *
 * Whoever asks about a cell remembers it here before sending `ask{id, prompt}`; "Replace cell…"
 * in the turn's answer then goes to that cell without a question. It outlives a reload of the
 * page. A `%%claude` cell is about no other cell that anybody could know: there the user chooses.
 */

import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";

import { list } from "../../src/protocol";

const KEY = "jupyter-claude:asked";
const MOST = 50;
/** The prompts' cells, the newest last. */
const cells = new Map(stored());

/** Remembers that the prompt with this id is about this cell. */
export function remember(prompt: string, cell: Cell): void {
  cells.set(prompt, cell.model.id);
  for (const old of [...cells.keys()].slice(0, -MOST)) cells.delete(old);
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...cells]));
  } catch {
    // Full, or closed to us: it is kept in this page.
  }
}

/** The cell that a prompt was about: undefined when nobody said so, null when it is gone. */
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
