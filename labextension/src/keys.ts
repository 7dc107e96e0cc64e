/** Which keys the notebook gets when the user presses them in the widget. */

import { hostCan } from "./host";

/** Lumino's attribute: keys that are pressed inside trigger no shortcut. */
const SUPPRESS = "data-lm-suppress-shortcuts";

// With Ctrl or Meta, Lab would take these keys to run the cell again, to merge cells, or to cut,
// copy and paste cells instead of text. With Shift, letters other than z stay Lab's, for example
// for the command palette.
const OWN = /^(?:Enter|Backspace|Delete|Arrow\w+|[acvxyz])$/i;
const OWN_WITH_SHIFT = /^(?:Enter|Backspace|Delete|Arrow\w+|z)$/i;
const MODIFIER = /^(?:Control|Shift|Alt|AltGraph|Meta)$/;
/** For so long Lumino waits for the next key of a shortcut. */
const CHORD_MS = 1_000;
/** The further keys of shortcuts, such as the Y of Ctrl+K Y. */
const further = new WeakSet<KeyboardEvent>();

/** Whether a key continues a shortcut, so that it was not typed for what has the focus. */
export const continuesShortcut = (event: KeyboardEvent): boolean => further.has(event);

/** Whether a key belongs to the notebook, such as Ctrl+S. Plain keys never do. */
function isForNotebook(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.isComposing) return false;
  if (event.getModifierState("AltGraph")) return false; // it types a character
  return !(event.shiftKey ? OWN_WITH_SHIFT : OWN).test(event.key);
}

/**
 * Keeps keys that are pressed in `root` from the notebook's shortcuts, except Ctrl+S and the like,
 * and except the further keys of a shortcut such as Ctrl+K Y.
 */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(SUPPRESS, "true");
  let last: EventTarget | undefined;
  /** Until when the next key belongs to a shortcut that has begun. */
  let chord = -Infinity;
  let passed: KeyboardEvent | undefined;
  // Lab's shortcuts listen on the document, in either phase. Only the window hears a key earlier.
  window.addEventListener(
    "keydown",
    (event) => {
      const path = event.composedPath();
      if (!path.includes(root)) {
        chord = -Infinity;
        return;
      }
      const isModifier = MODIFIER.test(event.key);
      const continues = event.timeStamp < chord;
      if (continues) further.add(event);
      const passes = continues || isForNotebook(event);
      passed = passes ? event : undefined;
      if (!isModifier) {
        const begins = passes && event.isTrusted && hostCan(root, "chord", { event });
        chord = begins ? event.timeStamp + CHORD_MS : -Infinity;
      }
      // The element of the key before may contain the element of this one.
      if (last instanceof Element && last !== path[0]) last.removeAttribute(SUPPRESS);
      last = path[0];
      // Lumino looks at the focused element before it looks at the parents.
      for (const node of [root, path[0]])
        if (node instanceof Element) node.toggleAttribute(SUPPRESS, !passes);
    },
    { capture: true, signal },
  );
  root.addEventListener("keydown", (event) => {
    if (passed !== event) event.stopPropagation();
  });
}
