/** The subagents and background commands that run: what each does now, and a button to stop it. */

import type { RunningTask } from "../messages.generated";
import { arrange, element, focused, setLine } from "../dom";
import { exactLine } from "../text";
import { trans, translatedName } from "../trans";
import { button } from "./card";
import { Elapsed } from "./elapsed";

export type Task = Omit<RunningTask, "turn">;

class TaskRow {
  readonly #title = element("span", { class: "jc-tool-name" });
  readonly #about = element("span", { dir: "auto" });
  readonly #doing = element("span", { dir: "auto" });
  readonly #elapsed = new Elapsed();
  readonly #stop: HTMLButtonElement;
  readonly node: HTMLElement;

  constructor(stop: () => void) {
    this.#stop = button(trans.__("Stop"), "plain", () => {
      if (this.#stop.getAttribute("aria-disabled") === "true") return;
      // A button with `disabled` loses the focus, so we only mark it.
      this.#stop.setAttribute("aria-disabled", "true");
      this.#stop.textContent = trans.__("Stopping…");
      stop();
    });
    const words = element("div", { class: "jc-task-line" }, this.#title, this.#about);
    const now = element("div", { class: "jc-task-line" }, this.#elapsed.node, this.#doing);
    this.node = element("li", {}, element("div", {}, words, now), this.#stop);
  }

  get hasFocus(): boolean {
    return this.#stop === focused();
  }

  update({ title, about, doing, seconds }: Task): void {
    setLine(this.#title, exactLine(translatedName(title)));
    setLine(this.#about, exactLine(about));
    setLine(this.#doing, exactLine(doing));
    this.#elapsed.update(seconds, true);
    if (this.#stop.getAttribute("aria-disabled") !== "true")
      this.#stop.setAttribute(
        "aria-label",
        trans.__("Stop %1", exactLine(about || translatedName(title))),
      );
  }
}

export class TasksView {
  readonly #count = element("div", { class: "jc-label" });
  readonly #list = element("ul", { role: "list" });
  readonly node = element(
    "div",
    { class: "jc-tasks mathjax_ignore", role: "group", hidden: "" },
    this.#count,
    this.#list,
  );
  readonly #rows = new Map<string, TaskRow>();
  readonly #say: (sentence: string) => void;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /** Shows these tasks; `stop` stops one of them, `leave` takes the focus of one that is gone. */
  update<T extends Task>(
    tasks: readonly T[],
    stop: (task: T) => void,
    leave: () => void = () => undefined,
  ): void {
    const ids = new Set(tasks.map(({ call }) => call));
    let lost = false;
    for (const [id, row] of this.#rows)
      if (!ids.has(id)) {
        lost ||= row.hasFocus;
        this.#rows.delete(id);
      }
    const before = this.#count.textContent;
    const count = trans._n("%1 task running", "%1 tasks running", tasks.length);
    setLine(this.#count, count);
    this.node.setAttribute("aria-label", count);
    if (tasks.length > 0 && before !== count) this.#say(count);
    const nodes = tasks.map((task) => {
      let row = this.#rows.get(task.call);
      if (row === undefined) {
        row = new TaskRow(() => {
          stop(task);
        });
        this.#rows.set(task.call, row);
      }
      row.update(task);
      return row.node;
    });
    arrange(this.#list, nodes);
    this.node.hidden = tasks.length === 0;
    if (tasks.length === 0) this.#count.textContent = "";
    if (lost) leave();
  }
}
