/**
 * Says that the practice model answers.
 *
 * The whole note stands in a row while the conversation is empty. Later it is a pill in the
 * header, which a click opens. The whole text is in the page in both forms.
 */

import { element } from "../dom";
import { PRACTICE } from "../kernel_texts";

/** What the pill shows of the note: its first word. */
const SHORT = /^\S+/.exec(PRACTICE)?.[0] ?? "";

export class PracticeNote {
  readonly node = element(
    "button",
    { type: "button", class: "jc-practice mathjax_ignore", title: PRACTICE, hidden: "" },
    SHORT,
    element("span", {}, PRACTICE.slice(SHORT.length)),
  );
  #isOpen = false;
  #isEmpty = true;

  constructor() {
    this.node.addEventListener("click", () => {
      this.#isOpen = !this.#isOpen;
      this.#draw();
    });
  }

  /** `isEmpty` says whether the conversation has no turn. */
  update(practices: boolean, isEmpty: boolean): void {
    this.node.hidden = !practices;
    this.#isEmpty = isEmpty;
    this.#draw();
  }

  #draw(): void {
    this.node.setAttribute("aria-expanded", String(this.#isOpen || this.#isEmpty));
  }
}
