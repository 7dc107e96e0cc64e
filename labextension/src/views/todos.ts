/** Claude's to-do list as a checklist. */

import { element } from "../dom";
import type { Todo, ToolItem } from "../protocol";
import { exactText } from "../text";
import { trans } from "../trans";

const MARKS: Record<Todo["status"], string> = { done: "✓", "in progress": "▸", "to do": "" };
const STATUSES: Record<Todo["status"], () => string> = {
  done: () => trans.__("done"),
  "in progress": () => trans.__("in progress"),
  "to do": () => trans.__("to do"),
};

export class TodosView {
  readonly #count = element("span", { class: "jc-quiet" });
  // The role is explicit: some browsers do not treat a list without bullets as a list.
  readonly #list = element("ul", { role: "list" });
  readonly node = element(
    "div",
    { class: "jc-todos" },
    element(
      "div",
      {},
      element("span", { class: "jc-tool-name" }, trans.__("To do")),
      " ",
      this.#count,
    ),
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
  const state = element("span", { class: "jc-todo-status" }, STATUSES[status]());
  return element("li", { "data-status": status }, mark, text, state);
}
