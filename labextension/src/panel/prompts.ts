/**
 * The prompts that the practice model knows, as buttons that fill in the text field.
 *
 * They come from the session's state, never from an answer, and none of them sends anything.
 */

import { element } from "../dom";
import { exact } from "../text";
import { trans } from "../trans";
import { button } from "../views/card";
import type { PanelLine } from "./line";

export class PromptsView {
  readonly node = element("details", { class: "jc-prompts mathjax_ignore" });
  readonly #line: PanelLine;
  readonly #bring: (prompt: string) => void;
  #shown: readonly string[] = [];
  #works = false;

  constructor(line: PanelLine, bring: (prompt: string) => void) {
    this.#line = line;
    this.#bring = bring;
    this.node.hidden = true;
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.node.open) return;
      event.stopPropagation(); // Escape must not stop a turn here
      this.node.open = false;
      this.node.querySelector("summary")?.focus();
    });
  }

  update(): void {
    const works = this.#line.store.state?.status !== "idle";
    if (works && !this.#works)
      this.node.open = false; // the answer needs the room
    else if (!works && this.#works && this.#areNamed()) this.node.open = true;
    this.#works = works;
    const prompts = this.#line.store.state?.prompts ?? [];
    if (prompts.join("\n") === this.#shown.join("\n")) return;
    this.#shown = prompts;
    this.node.hidden = prompts.length === 0;
    this.node.replaceChildren(
      element("summary", {}, trans.__("Prompts to try")),
      element("ul", {}, ...prompts.map((prompt) => element("li", {}, this.#button(prompt)))),
    );
  }

  /** Whether the newest answer names all of them: it is one to a prompt that is not known. */
  #areNamed(): boolean {
    const { heads } = this.#line.store;
    const items = this.#line.store.turn(heads.at(-1)?.id ?? "")?.turn?.items ?? [];
    return items.some(
      (item) =>
        item.kind === "text" &&
        this.#shown.length > 0 &&
        this.#shown.every((prompt) => item.text.includes(prompt)),
    );
  }

  #button(prompt: string): HTMLButtonElement {
    return button(exact(prompt), "plain", () => {
      this.node.open = false;
      // Another choice takes the place of the last one; the user's own words stay.
      if (this.#shown.includes(this.#line.draft.trim())) this.#line.type("");
      this.#bring(prompt);
    });
  }
}
