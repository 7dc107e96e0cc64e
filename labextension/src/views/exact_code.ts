/** Blocks of text and code, exactly as they are. */

import { element } from "../dom";
import { highlighted } from "../highlight";
import { focusWhenScrolling } from "../scroll";
import { exact, exactText } from "../text";

/** A block of text, exactly as it is. */
export function codeView(text: DocumentFragment): HTMLPreElement {
  const node = element("pre", { class: "jc-code mathjax_ignore", dir: "ltr" }, text);
  focusWhenScrolling(node);
  return node;
}

/** Python code in colours, exactly as it is. */
export function pythonView(code: string): HTMLPreElement {
  // Marks of hidden characters must stand out, so such code has no other colours.
  const parts = exact(code) === code ? highlighted(code, "python") : null;
  return codeView(parts ?? exactText(code));
}
