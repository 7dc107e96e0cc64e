/** The card of a tool call: one line that unfolds to input and output. */

import { element, setLine } from "../dom";
import type { ToolItem } from "../protocol";
import { exactLine, exactText, outputText } from "../text";
import { diffView } from "./diff";

export class ToolView {
  readonly #name = element("span", { class: "jc-tool-name" });
  readonly #summary = element("span", { class: "jc-tool-summary", dir: "ltr" });
  readonly #state = element("span", { class: "jc-tool-state" });
  readonly #input = element("div", { class: "jc-tool-part" });
  readonly #output = element("div", { class: "jc-tool-part" });
  readonly #note = element("p", { class: "jc-tool-note" });
  readonly node = element(
    "div",
    { class: "jc-tool mathjax_ignore", role: "group" },
    element(
      "details",
      {},
      element(
        "summary",
        {},
        element("span", { class: "jc-dot", "aria-hidden": "true" }),
        this.#name,
        this.#summary,
        this.#state,
      ),
      this.#input,
      this.#output,
    ),
    this.#note,
  );
  readonly #say: (sentence: string) => void;
  #shown: ToolItem | null = null;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  update(item: ToolItem): void {
    const before = this.#shown;
    const name = exactLine(item.name);
    this.node.setAttribute("aria-label", `Tool: ${name}`);
    this.node.dataset["state"] = item.state;
    this.#name.textContent = name;
    this.#summary.textContent = exactLine(item.summary);
    this.#state.textContent = item.state;
    setLine(this.#note, exactLine(item.note));
    if (before?.input !== item.input || before.input_kind !== item.input_kind)
      this.#setPart(this.#input, "Input", item.input && inputView(item));
    if (before?.output !== item.output)
      this.#setPart(this.#output, "Output", item.output && codeView(outputText(item.output)));
    if (before?.state !== item.state)
      this.#say(`${name} ${item.state}${item.note && `: ${exactLine(item.note)}`}`);
    this.#shown = { ...item };
  }

  #setPart(part: HTMLElement, title: string, content: Node | ""): void {
    if (content === "") part.replaceChildren();
    else part.replaceChildren(element("div", { class: "jc-label" }, title), content);
  }
}

/** A block of text that is read exactly as it is. */
export function codeView(text: DocumentFragment): HTMLPreElement {
  return element("pre", { class: "jc-code mathjax_ignore", dir: "ltr" }, text);
}

function inputView(item: ToolItem): HTMLPreElement {
  return item.input_kind === "diff" ? diffView(item.input) : codeView(exactText(item.input));
}
