/**
 * Which cell a prompt was asked about, by the prompt's id, which is its turn's id too.
 *
 * Whoever asks about a cell remembers it here before sending `ask{id, prompt}`; "Replace cell…"
 * in the turn's answer then goes to that cell without a question. It outlives a reload of the
 * page. A `%%claude` cell is about no other cell that anybody could know: there the user chooses.
 */

import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";

const PREFIX = "jupyter-claude:asked:";
const cells = new Map<string, string>();

/** Remembers that the prompt with this id is about this cell. */
export function remember(prompt: string, cell: Cell): void {
  cells.set(prompt, cell.model.id);
  try {
    sessionStorage.setItem(PREFIX + prompt, cell.model.id);
  } catch {
    // Full, or closed to us: it is kept in this page.
  }
}

/** The cell that a prompt was about: undefined when nobody said so, null when it is gone. */
export function askedCell(prompt: string, notebook: Notebook): Cell | null | undefined {
  const id = cells.get(prompt) ?? stored(prompt);
  if (id === undefined) return undefined;
  return notebook.widgets.find(({ model }) => model.id === id) ?? null;
}

function stored(prompt: string): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + prompt) ?? undefined;
  } catch {
    return undefined;
  }
}
