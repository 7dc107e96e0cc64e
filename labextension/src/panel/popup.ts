/** A list above the text field, to choose from. The focus stays in the field. */

import { element } from "../dom";
import { exactLine } from "../text";
import { trans } from "../trans";
import { uuid } from "../uuid";
import type { PanelLine } from "./line";

const GAP = 8;
const LEAST = 64; // pixels: two rows

/** One row of the list. */
export interface PopupItem {
  text: string;
  detail: string;
  kind: string;
}

/** What a list is for. */
export interface PopupUse<Item> {
  /** The text field. */
  readonly field: HTMLTextAreaElement;
  readonly line: PanelLine;
  readonly name: string;
  /** Called with the item that the user clicks. */
  choose(item: Item): void;
  /** Called with each message of the kernel, until the signal ends it. */
  receive(message: unknown): void;
  say(sentence: string): void;
  readonly signal: AbortSignal;
}

export class Popup<Item extends PopupItem> {
  readonly node: HTMLElement;
  readonly #field: HTMLTextAreaElement;
  readonly #use: PopupUse<Item>;
  #items: readonly Item[] = [];
  #active = 0;

  constructor(use: PopupUse<Item>) {
    const { field, line, name, signal } = use;
    this.#field = field;
    this.#use = use;
    this.node = element("div", {
      class: "jc-mentions mathjax_ignore",
      role: "listbox",
      id: `jc-mentions-${uuid()}`,
      "aria-label": name,
      hidden: "",
    });
    field.setAttribute("aria-autocomplete", "list");
    // The field keeps its focus and its selection.
    this.node.addEventListener("mousedown", (event) => {
      event.preventDefault();
    });
    field.addEventListener("blur", () => {
      this.close();
    });
    signal.addEventListener(
      "abort",
      line.listen((message) => {
        use.receive(message);
      }),
    );
  }

  /** Whether the focus is in the field, so that a list is welcome. */
  get isAtHand(): boolean {
    return (this.#field.getRootNode() as Document | ShadowRoot).activeElement === this.#field;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  /** The item that Enter chooses; undefined while the list is closed. */
  get active(): Item | undefined {
    return this.#items[this.#active];
  }

  /**
   * Shows these items, and chooses the first one or that which was chosen; closes without any.
   * `note` is a last line.
   */
  show(items: readonly Item[], note = ""): void {
    const before = this.active?.text;
    this.#items = items;
    if (items.length === 0) {
      this.close();
      return;
    }
    this.#active = Math.max(
      0,
      items.findIndex(({ text }) => text === before),
    );
    this.node.replaceChildren(...items.map((item, index) => this.#row(item, index)));
    if (note !== "")
      this.node.append(
        element("div", { class: "jc-mention-note", role: "option", "aria-disabled": "true" }, note),
      );
    this.node.hidden = false;
    for (const [name, value] of Object.entries({
      // A text field is a combobox only while it has a list.
      role: "combobox",
      "aria-expanded": "true",
      "aria-haspopup": "listbox",
      "aria-controls": this.node.id,
    }))
      this.#field.setAttribute(name, value);
    this.#limit();
    this.#mark();
    if (before === undefined)
      this.#use.say(trans._n("%1 completion", "%1 completions", items.length));
  }

  /** Takes a key that is meant for the list; returns whether it did. */
  press(event: KeyboardEvent, choose: (item: Item) => void): boolean {
    const { active } = this;
    if (active === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.shiftKey) return false;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") this.#move(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" || key === "Tab") {
      if (!event.repeat) choose(active);
    } else if (key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation(); // Escape must not stop a turn here
    return true;
  }

  /** Goes to the next item, or with -1 to the one before; after the last comes the first. */
  #move(by: 1 | -1): void {
    const { length } = this.#items;
    this.#active = (this.#active + by + length) % length;
    this.#mark();
  }

  close(): void {
    this.#items = [];
    this.#active = 0;
    if (this.node.hidden) return;
    this.node.hidden = true;
    this.node.replaceChildren();
    for (const name of [
      "role",
      "aria-expanded",
      "aria-haspopup",
      "aria-controls",
      "aria-activedescendant",
    ])
      this.#field.removeAttribute(name);
  }

  #row(item: Item, index: number): HTMLElement {
    const { text, kind, detail } = item;
    const row = element(
      "div",
      { class: "jc-mention", role: "option", id: `${this.node.id}-${String(index)}` },
      element("span", { class: "jc-mention-name" }, exactLine(text)),
      " ",
      element("span", { class: "jc-mention-detail" }, detail === kind ? "" : exactLine(detail)),
      " ",
      element("span", { class: "jc-mention-kind" }, kind),
    );
    row.title = exactLine(detail === kind ? text : `${text}: ${detail}`);
    row.addEventListener("click", () => {
      this.#use.choose(item);
    });
    return row;
  }

  /** Keeps the list inside the panel, which cuts what is outside. */
  #limit(): void {
    const top = this.node.closest(".jc-panel")?.getBoundingClientRect().top ?? 0;
    const room = (this.node.parentElement?.getBoundingClientRect().top ?? 0) - top - GAP;
    this.node.style.setProperty("--jc-room", `${String(Math.max(LEAST, Math.round(room)))}px`);
  }

  #mark(): void {
    for (const [index, row] of [...this.node.children].entries())
      row.setAttribute("aria-selected", String(index === this.#active));
    const row = this.node.children[this.#active] as HTMLElement;
    this.#field.setAttribute("aria-activedescendant", row.id);
    // `scrollIntoView` would scroll the notebook too.
    const { offsetTop: top, offsetHeight: height } = row;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + height > this.node.scrollTop + this.node.clientHeight)
      this.node.scrollTop = top + height - this.node.clientHeight;
  }
}
