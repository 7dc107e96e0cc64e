/**
 * The card of a tool call: one line that opens to input and output.
 *
 * The card of the call that started a subagent holds the subagent's items. The one call with
 * Claude's to-do list shows the list instead.
 */

import { element, setLine } from "../dom";
import type { InputKind, ToolItem, TurnAction } from "../protocol";
import { frameRanCode } from "../code";
import { exact, exactLine, exactText } from "../text";
import { trans, translatedName } from "../trans";
import { diffView } from "./diff";
import { Elapsed } from "./elapsed";
import { codeView, pythonView } from "./exact_code";
import { imageView, sameImages } from "./images";
import { OutputView } from "./output";
import { planView } from "./plan";
import { stateText } from "./states";
import { TodosView } from "./todos";

export { codeView, pythonView };

/** The heading of the input. */
const TITLES: Record<InputKind, () => string> = {
  command: () => trans.__("Command"),
  diff: () => trans.__("Change"),
  text: () => trans.__("Prompt"),
  json: () => trans.__("Input"),
  plan: () => "",
  python: () => trans.__("Code"),
  questions: () => "",
  todos: () => trans.__("To do"),
};

export class ToolView {
  readonly #name = element("span", { class: "jc-tool-name" });
  readonly #summary = element("span", { class: "jc-tool-summary", dir: "ltr" });
  readonly #counts = element("span", { class: "jc-counts" });
  readonly #state = element("span", { class: "jc-tool-state" });
  readonly #progress = element("span", { class: "jc-tool-progress" });
  readonly #input = element("div", { class: "jc-tool-part" });
  readonly #elapsed = new Elapsed();
  readonly #output: OutputView;
  /** The items of this call's subagent. */
  readonly nested = element("div", { class: "jc-nested" });
  readonly #details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { class: "jc-dot", "aria-hidden": "true" }),
      this.#name,
      this.#summary,
      this.#counts,
      this.#elapsed.node,
      this.#state,
      this.#progress,
    ),
    this.#input,
    this.nested,
  );
  readonly #todos = new TodosView();
  readonly #images = element("div", { class: "jc-images" });
  readonly #note = element("p", { class: "jc-tool-note" });
  readonly node = element(
    "div",
    { class: "jc-tool mathjax_ignore", role: "group" },
    this.#details,
    this.#todos.node,
    this.#images,
    this.#note,
  );
  readonly #say: (sentence: string) => void;
  #shown: ToolItem | null = null;

  constructor(say: (sentence: string) => void, act: (action: TurnAction) => void) {
    this.#say = say;
    this.#output = new OutputView(say, act);
    this.#details.append(this.#output.node);
  }

  update(item: ToolItem): void {
    const before = this.#shown;
    const name = exactLine(item.name);
    const title = exactLine(translatedName(item.title) || item.name);
    const list = item.todos.length > 0;
    this.node.setAttribute("aria-label", trans.__("Tool: %1", name));
    this.node.dataset["state"] = item.state;
    this.#name.textContent = title;
    this.#name.title = name;
    // A plan is what its card is about: it is open, but while its request shows it.
    if (item.input_kind === "plan") {
      const waits = item.state === "waiting";
      if (before?.input_kind !== "plan" || waits !== (before.state === "waiting"))
        this.#details.open = !waits;
    }
    this.#summary.textContent = exactLine(item.summary);
    this.#summary.classList.toggle("jc-whole", item.input_kind === "questions");
    setLine(this.#counts, item.counts);
    setLine(this.#progress, exact(item.progress));
    this.#state.textContent = stateText(item.state);
    // Before its input is known, a call does not run yet.
    const runs = item.state === "running" && item.input !== "" && item.input !== "{}";
    this.#elapsed.update(item.seconds, runs);
    setLine(this.#note, exact(item.note));
    this.#details.hidden = list;
    this.#todos.update(item);
    if (
      before?.input !== item.input ||
      before.input_kind !== item.input_kind ||
      before.cut !== item.cut ||
      hasRun(before) !== hasRun(item)
    )
      this.#setInput(item);
    // What the user's own kernel shows is open to view; the code above it is folded.
    if (item.input_kind === "python" && this.#output.node.parentElement === this.#details)
      this.#details.after(this.#output.node);
    this.#output.update(item);
    if (before === null || !sameImages(before.images, item.images))
      this.#images.replaceChildren(...item.images.map(imageView));
    if (list && before?.summary !== item.summary) this.#say(trans.__("To do: %1", item.summary));
    // A call that waits says nothing: its request is read out.
    else if (!list && before?.state !== item.state && item.state !== "waiting")
      this.#say(`${title} ${stateText(item.state)}${item.note && `: ${exact(item.note)}`}`);
    this.#shown = { ...item };
  }

  #setInput(item: ToolItem): void {
    if (item.input !== "" && hasRun(item)) {
      const { input } = item;
      this.#setPart(this.#input, "", frameRanCode(pythonView(input), input, this.#say));
    } else this.#setPart(this.#input, TITLES[item.input_kind](), item.input && inputView(item));
  }

  #setPart(part: HTMLElement, title: string, content: Node | ""): void {
    if (content === "") part.replaceChildren();
    else if (title === "") part.replaceChildren(content);
    else part.replaceChildren(element("div", { class: "jc-label" }, title), content);
  }
}

/** Whether all of its input is code that ran to its end: code that failed may not have begun. */
const hasRun = (item: ToolItem): boolean =>
  item.input_kind === "python" && item.state === "done" && !item.cut;

function inputView(item: ToolItem): HTMLElement {
  if (item.input_kind === "plan") return planView(item.input);
  if (item.input_kind === "diff") return diffView(item.input);
  return item.input_kind === "python" ? pythonView(item.input) : codeView(exactText(item.input));
}
