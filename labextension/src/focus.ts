/**
 * When a request may take the focus by itself.
 *
 * If a request took the focus while the user types, their next Enter would answer it. So a
 * request takes the focus only
 *
 * - when only the page's body has it and no other cell is the active one, or
 * - from the panel that holds this view, unless the user is writing a message there (the Enter that
 *   sends the message ends the writing), or
 * - from the running cell, which holds this view (from the view itself where there are no cells):
 *   from its output, from the cell in command mode, or from its editor if the user has typed no
 *   text in the last seconds, or
 * - from the notebook as a whole in command mode, if the running cell is the active one.
 *
 * The focus stays in any other cell, in its editor or in command mode: Shift+Enter leaves it there,
 * and the user's next Enter begins to edit that cell. It also stays in another request, a sidebar,
 * a dialog, a menu or a frame.
 */

import { focused } from "./dom";

/** JupyterLab's class of the active cell. */
export const ACTIVE = "jp-mod-active";

const TYPING_MS = 3_000;
const NOT_TEXT = "[type=button],[type=checkbox],[type=radio],[type=range],[type=submit]";
const TEXT_ENTRY = `input:not(${NOT_TEXT}),textarea,[contenteditable]:not([contenteditable=false])`;

/** Whether a request of `view` may take the focus; a key typed text `typed` milliseconds ago. */
export function mayTakeFocus(view: HTMLElement, typed: number): boolean {
  const active = focused();
  if (active === null) return activeCell(view)?.contains(view) ?? true; // it may be moving to that cell
  if (active.closest("[role=alertdialog]") !== null) return false;
  if (isWriting(active)) return false;
  const cell = view.closest(".jc-panel") ?? view.closest(".jp-Cell") ?? view;
  const isTextEntry = active.closest(TEXT_ENTRY) !== null;
  if (cell.contains(active)) return !isTextEntry || typed >= TYPING_MS;
  return active.contains(cell) && !isTextEntry && cell.classList.contains(ACTIVE);
}

/** The active cell of the notebook that holds `view`; null where there are no cells. */
export function activeCell(view: Element): HTMLElement | null {
  return view.closest(".jp-Notebook")?.querySelector<HTMLElement>(`.jp-Cell.${ACTIVE}`) ?? null;
}

/** Whether it holds a message that the user has begun, perhaps with a pause to think. */
function isWriting(active: Element): boolean {
  return active instanceof HTMLTextAreaElement && active.value !== "";
}

/** Whether the key sends the message of a chat panel; the repeats of a held key do not. */
function sendsMessage(event: KeyboardEvent): boolean {
  const [box] = event.composedPath();
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  if (event.repeat || event.isComposing) return false;
  return box instanceof HTMLTextAreaElement && box.matches(".jc-input") && box.value.trim() !== "";
}

/** Watches the page for typed text; the returned function gives the milliseconds since then. */
export function watchTyping(signal: AbortSignal): () => number {
  let last = -Infinity;
  const listen = (event: KeyboardEvent): void => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const edits = ["Backspace", "Delete"].includes(event.key);
    const enter = event.key === "Enter" && !event.shiftKey;
    if (sendsMessage(event)) last = -Infinity;
    else if (plain && (event.key.length === 1 || edits || enter)) last = performance.now();
  };
  // In the capture phase, because editors and this widget stop the propagation of keys.
  document.addEventListener("keydown", listen, { capture: true, signal });
  return () => performance.now() - last;
}
