/** Changes the text of a field so that the browser's undo takes it back. */

/** Puts text in place of the field's selection, as if the user typed it. */
export function insertTyped(field: HTMLTextAreaElement, text: string): void {
  field.focus();
  // No other way keeps the field's history of changes.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if ("execCommand" in document && document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
