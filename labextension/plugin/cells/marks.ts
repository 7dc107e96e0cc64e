/** Hidden characters in a suggested cell, shown as marks, as in requests. */

import { highlightSpecialChars } from "@codemirror/view";

import { element } from "../../src/dom";
import { exact } from "../../src/text";
import { trans } from "../../src/trans";

/** Characters that hide, reverse text, or end a line elsewhere; not the joiners inside emoji. */
const HIDDEN =
  /(?![\n\t]|(?<=\p{Extended_Pictographic}\uFE0F?)\u200D)[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** An editor extension that shows each hidden character as a mark such as ⟨U+000C⟩. */
export const marks = highlightSpecialChars({
  specialChars: HIDDEN,
  render: (code) =>
    element(
      "span",
      { class: "cm-specialChar", title: trans.__("A hidden character") },
      exact(String.fromCodePoint(code)),
    ),
});
