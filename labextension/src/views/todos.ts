/** Claude's to-do list as a checklist. */

import { element } from "../dom";
import type { Todo, ToolItem } from "../protocol";
import { exactText } from "../text";

const MARKS: Record<Todo["status"], string> = { done: "✓", "in progress": "▸", "to do": "" };

export class TodosView {
  readonly #count = element("span", { class: "jc-quiet" });
  // The role is explicit: some browsers do not treat a list without bullets as a list.
  readonly #list = element("ul", { role: "list" });
  readonly node = element(
    "div",
    { class: "jc-todos" },
    element("div", {}, element("span", { class: "jc-tool-name" }, "To do"), " ", this.#count),
    this.#list,
  );

  /** Shows the list; shows nothing if it is empty. */
  update({ todos, summary }: ToolItem): void {
    this.node.hidden = todos.length === 0;
    this.#count.textContent = summary;
    this.#list.replaceChildren(...todos.map(lineOf));
  }
}

function lineOf({ content, status }: Todo): HTMLLIElement {
  const mark = element("span", { class: "jc-check", "aria-hidden": "true" }, MARKS[status]);
  const text = element("span", { class: "jc-todo-text", dir: "auto" }, exactText(content));
  const state = element("span", { class: "jc-todo-status" }, status);
  return element("li", { "data-status": status }, mark, text, state);
}
