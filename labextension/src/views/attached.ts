/** What a prompt attached: a chip that opens to what Claude got. */

import { element, setLine } from "../dom";
import type { AttachedItem } from "../protocol";
import { exactLine, exactText } from "../text";
import { trans } from "../trans";
import { imageView, picture } from "./images";
import { codeView } from "./tool";

export class AttachedView {
  readonly #name = element("span", { class: "jc-chip-name", dir: "ltr" });
  readonly #title = element("span", { class: "jc-chip-title" });
  readonly #note = element("span", { class: "jc-chip-note" });
  readonly #summary = element("summary", {}, this.#name, this.#title, this.#note);
  readonly #sent = element("div", { class: "jc-chip-sent" });
  readonly node = element(
    "details",
    { class: "jc-chip mathjax_ignore" },
    this.#summary,
    this.#sent,
  );

  update({ name, title, text, images, note }: AttachedItem): void {
    this.#name.textContent = exactLine(name);
    this.#title.textContent = exactLine(title);
    setLine(this.#note, exactLine(note));
    // A screen reader has the name beside it, and the picture itself in the opened chip.
    const small = images.slice(0, 1).map((image) => picture({ ...image, alt: "" }));
    this.#summary.replaceChildren(...small, this.#name, this.#title, this.#note);
    this.#sent.replaceChildren(
      element("div", { class: "jc-label" }, trans.__("Sent to Claude")),
      ...(text === "" ? [] : [codeView(exactText(text))]),
      ...images.map(imageView),
    );
  }
}
