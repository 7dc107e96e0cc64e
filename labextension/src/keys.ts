/** Which keys pressed in the widget the notebook gets. */

/** Lumino's name for it: no shortcut for keys pressed inside. */
const SUPPRESS = "data-lm-suppress-shortcuts";

// With Ctrl or Meta, Lab would run the cell again, merge cells, or cut, copy and paste cells
// instead of text. Others of these with Shift are Lab's, such as its command palette.
const OWN = /^(?:Enter|Backspace|Delete|Arrow\w+|[acvxyz])$/i;
const OWN_WITH_SHIFT = /^(?:Enter|Backspace|Delete|Arrow\w+|z)$/i;

/** Whether a key belongs to the notebook, such as Ctrl+S; plain keys never do. */
function isForNotebook(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.isComposing) return false;
  if (event.getModifierState("AltGraph")) return false; // types a character
  return !(event.shiftKey ? OWN_WITH_SHIFT : OWN).test(event.key);
}

/** Keeps the keys pressed in `root` from the notebook's shortcuts, but for Ctrl+S and the like. */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(SUPPRESS, "true");
  let last: EventTarget | undefined;
  // Lab's shortcuts listen on the document, in either phase: only the window is asked before.
  window.addEventListener(
    "keydown",
    (event) => {
      const path = event.composedPath();
      if (!path.includes(root)) return;
      // What had the focus before may stand around what has it now.
      if (last instanceof Element && last !== path[0]) last.removeAttribute(SUPPRESS);
      last = path[0];
      // Shortcuts of whatever has the focus are looked up there before its parents are.
      for (const node of [root, path[0]])
        if (node instanceof Element) node.toggleAttribute(SUPPRESS, !isForNotebook(event));
    },
    { capture: true, signal },
  );
  root.addEventListener("keydown", (event) => {
    if (!isForNotebook(event)) event.stopPropagation();
  });
}
