/**
 * When a request may take the focus by itself.
 *
 * A request that takes the focus while somebody types turns their next Enter into an approval.
 * So it moves only
 *
 * - when nothing in particular has the focus (the page's body) and no other cell is the active one, or
 * - from the panel that this view stands in, unless a message is being written there: the Enter
 *   that sends one ends the writing; or
 * - from the running cell, which is the cell that this view stands in (the view itself where
 *   there are no cells): from its output, from the cell in command mode, or from its editor
 *   unless a key typed text there in the last seconds; or
 * - from the notebook as a whole in command mode, if the running cell is the active one.
 *
 * It stays where it is when the focus is in any other cell, in its editor or in command mode:
 * Shift+Enter leaves it there, and Enter would then begin to edit that cell. It stays as well
 * in another request, in a sidebar, a dialog, a menu or a frame.
 */

import { focused } from "./dom";

/** JupyterLab's name for it. */
export const ACTIVE = "jp-mod-active";

const TYPING_MS = 3_000;
const NOT_TEXT = "[type=button],[type=checkbox],[type=radio],[type=range],[type=submit]";
const TEXT_ENTRY = `input:not(${NOT_TEXT}),textarea,[contenteditable]:not([contenteditable=false])`;

/** Whether a request of `view` may take the focus; `typed` says how long ago a key typed text. */
export function mayTakeFocus(view: HTMLElement, typed: number): boolean {
  const active = focused();
  if (active === null) return activeCell(view)?.contains(view) ?? true; // it may be on its way there
  if (active.closest("[role=alertdialog]") !== null) return false;
  if (isWriting(active)) return false;
  const cell = view.closest(".jc-panel") ?? view.closest(".jp-Cell") ?? view;
  const isTextEntry = active.closest(TEXT_ENTRY) !== null;
  if (cell.contains(active)) return !isTextEntry || typed >= TYPING_MS;
  return active.contains(cell) && !isTextEntry && cell.classList.contains(ACTIVE);
}

/** The active cell of the notebook that `view` stands in; null where there are no cells. */
export function activeCell(view: Element): HTMLElement | null {
  return view.closest(".jp-Notebook")?.querySelector<HTMLElement>(`.jp-Cell.${ACTIVE}`) ?? null;
}

/** Whether a message is being written there, perhaps with a pause to think. */
function isWriting(active: Element): boolean {
  return active instanceof HTMLTextAreaElement && active.value !== "";
}

/** Whether the key sends what is written in a chat panel; held down, it does so once. */
function sendsMessage(event: KeyboardEvent): boolean {
  const [box] = event.composedPath();
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  if (event.repeat || event.isComposing) return false;
  return box instanceof HTMLTextAreaElement && box.matches(".jc-input") && box.value.trim() !== "";
}

/** Watches for typed text in the page; the returned function says how many ms ago it was. */
export function watchTyping(signal: AbortSignal): () => number {
  let last = -Infinity;
  const listen = (event: KeyboardEvent): void => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const edits = ["Backspace", "Delete"].includes(event.key);
    const enter = event.key === "Enter" && !event.shiftKey;
    if (sendsMessage(event)) last = -Infinity;
    else if (plain && (event.key.length === 1 || edits || enter)) last = performance.now();
  };
  // In the capture phase: editors and this widget stop their keys.
  document.addEventListener("keydown", listen, { capture: true, signal });
  return () => performance.now() - last;
}
