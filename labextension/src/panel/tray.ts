/** What the user attached to the draft: thumbnails and chips, each with a button to remove it. */

import { element, focused } from "../dom";
import type { Given } from "../messages.generated";
import { exactLine } from "../text";
import { trans } from "../trans";
import { icon } from "./icons";

export class Tray {
  readonly node = element("ul", { class: "jc-tray mathjax_ignore", hidden: "" });
  readonly #remove: (item: Given) => void;
  readonly #field: HTMLElement;
  #shown: readonly Given[] = [];

  /** `field` gets the focus when nothing is left. */
  constructor(field: HTMLElement, remove: (item: Given) => void) {
    this.#field = field;
    this.#remove = remove;
  }

  update(items: readonly Given[]): void {
    if (items === this.#shown) return;
    const at = [...this.node.children].findIndex((chip) => chip.contains(focused()));
    this.#shown = items;
    this.node.setAttribute("aria-label", trans.__("Attached"));
    this.node.hidden = items.length === 0;
    const grows = items.length > this.node.childElementCount;
    this.node.replaceChildren(...items.map((item) => this.#chip(item)));
    if (grows) this.node.scrollTop = this.node.scrollHeight; // the newest one is in sight
    if (at < 0) return;
    const next = this.node.children[Math.min(at, items.length - 1)]?.querySelector("button");
    (next ?? this.#field).focus();
  }

  #chip(item: Given): HTMLElement {
    const name = exactLine(item.name);
    const remove = element(
      "button",
      { type: "button", class: "jc-tray-remove", "aria-label": trans.__("Remove %1", name) },
      icon("remove"),
    );
    remove.title = trans.__("Remove %1", name);
    remove.addEventListener("click", () => {
      this.#remove(item);
    });
    const isPicture = item.kind === "picture";
    const sign = isPicture
      ? // The browser looks at the bytes for the true type.
        element("img", { src: `data:image/png;base64,${item.data}`, alt: "" })
      : icon("file");
    const chip = element(
      "li",
      { class: isPicture ? "jc-tray-item jc-tray-picture" : "jc-tray-item" },
      sign,
      element("span", { class: "jc-tray-name", dir: "ltr" }, name),
      remove,
    );
    chip.title = name;
    return chip;
  }
}
