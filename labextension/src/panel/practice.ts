/**
 * Says that the practice model answers.
 *
 * The whole note stands in a row while the conversation is empty. Later it is a pill in the
 * header, which a click opens. The whole text is in the page in both forms.
 */

import { element } from "../dom";
import { practiceNote } from "../kernel_texts";

export class PracticeNote {
  readonly node: HTMLButtonElement;
  #isOpen = false;
  #isEmpty = true;

  constructor() {
    const note = practiceNote();
    const short = /^\S+/.exec(note)?.[0] ?? ""; // the pill shows the first word
    this.node = element(
      "button",
      { type: "button", class: "jc-practice mathjax_ignore", title: note, hidden: "" },
      short,
      element("span", {}, note.slice(short.length)),
    );
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
