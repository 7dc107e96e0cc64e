/**
 * A button that opens a menu with more answers to a request.
 *
 * An entry is somewhere else on the screen than what the user has read, so the menu has a guard of
 * its own: an entry counts only once the open menu can have been read.
 */

import { element } from "../dom";
import { trans } from "../trans";
import { button } from "./card";
import { Guard } from "./guard";

export interface Entry {
  readonly label: string;
  /** `by` says for how long the entry could be read. */
  press(by: Guard): void;
}

export class Menu {
  readonly button: HTMLButtonElement;
  /** Where the menu opens. */
  readonly node = element("div", { class: "jc-menu-place" });
  readonly #entries: readonly Entry[];
  readonly #signal: AbortSignal;
  #open: { node: HTMLElement; guard: Guard } | null = null;

  constructor(label: string, entries: readonly Entry[], signal: AbortSignal) {
    this.#entries = entries;
    this.#signal = signal;
    this.button = button(label, "plain", () => {
      if (this.button.getAttribute("aria-disabled") === "true") return;
      if (this.#open === null) this.open();
      else this.close();
    });
    this.button.setAttribute("aria-haspopup", "menu");
    this.button.setAttribute("aria-expanded", "false");
    this.button.classList.add("jc-menu-button");
    this.button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || event.repeat || this.#open !== null) return;
      event.preventDefault();
      this.button.click();
    });
  }

  open(): void {
    const node = element("div", {
      class: "jc-menu",
      role: "menu",
      "aria-label": this.button.textContent,
    });
    const guard = new Guard(node, node, this.#signal);
    node.append(
      ...this.#entries.map((entry) => {
        const item = button("", "plain", () => {
          entry.press(guard);
        });
        item.setAttribute("role", "menuitem");
        item.tabIndex = -1;
        item.append(...inTwoParts(entry.label));
        return item;
      }),
    );
    node.addEventListener("keydown", (event) => {
      this.#handle(event, node);
    });
    node.addEventListener("focusout", ({ relatedTarget }) => {
      const there = relatedTarget instanceof Node ? relatedTarget : null;
      if (there !== null && !node.contains(there) && there !== this.button) this.close();
    });
    this.#open = { node, guard };
    this.node.replaceChildren(node);
    this.button.setAttribute("aria-expanded", "true");
    guard.restart();
    node.querySelector("button")?.focus();
  }

  close(): void {
    if (this.#open === null) return;
    const { node, guard } = this.#open;
    this.#open = null;
    guard.end();
    this.button.setAttribute("aria-expanded", "false");
    node.remove();
  }

  #handle(event: KeyboardEvent, node: HTMLElement): void {
    const items = [...node.querySelectorAll("button")];
    const at = items.findIndex((item) => item === event.target);
    const to: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const next = to[event.key];
    if (next !== undefined) items[next]?.focus();
    else if (event.key === "Escape") {
      // First the focus: if it left the page, nobody would know where it came from.
      this.button.focus();
      this.close(); // and denies nothing
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** A label with what it allows, and below it where: "…, in this project (.claude/settings.json)". */
function inTwoParts(label: string): Node[] {
  const cut = label.lastIndexOf(", in ");
  if (cut < 0) return [document.createTextNode(label)];
  return [
    document.createTextNode(label.slice(0, cut + 2)),
    element("span", { class: "jc-hint" }, label.slice(cut + 2)),
  ];
}

/** The label of the button above several entries that begin with these words. */
export const always = (): string => trans.__("Always allow");
