/** A call's output: its number of lines, a button to copy it, and both ends of a long one. */

import { copyButton } from "../code";
import { element } from "../dom";
import type { ToolItem, TurnAction } from "../protocol";
import { outputText } from "../text";
import { trans } from "../trans";
import { button } from "./card";
import { codeView } from "./exact_code";

const MANY = 40; // lines from which only both ends are shown
const END = 15; // lines of each end
const COUNTED = 8; // lines from which the number of lines is worth a word

export class OutputView {
  readonly node = element("div", { class: "jc-tool-part" });
  readonly #say: (sentence: string) => void;
  readonly #act: (action: TurnAction) => void;
  #item: ToolItem | null = null;
  #shown = "";
  #isOpen = false;
  /** All of an output of which the kernel first sent only both ends. */
  #whole = "";

  constructor(say: (sentence: string) => void, act: (action: TurnAction) => void) {
    this.#say = say;
    this.#act = act;
  }

  update(item: ToolItem): void {
    const before = this.#item;
    this.#item = item;
    if (before?.output !== item.output || before.output_end !== item.output_end) this.#whole = "";
    this.#whole = item.whole ?? this.#whole;
    const now = JSON.stringify([item.output, item.output_end, this.#whole]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#draw();
  }

  #draw(): void {
    const item = this.#item;
    if (item === null || item.output === "") {
      this.node.replaceChildren();
      return;
    }
    const text = this.#whole || item.output;
    const left = this.#whole === "" ? item.left_out : 0;
    const lines = linesOf(text);
    const last = left > 0 ? linesOf(item.output_end) : [];
    const count = lines.length + left + last.length;
    const isLong = count > MANY;
    const code = item.input_kind === "python";
    this.node.replaceChildren(...(code && !isLong ? [] : [this.#bar(count, code)]));
    if (!isLong || (this.#isOpen && left === 0)) {
      this.node.append(outputView(text));
      return;
    }
    const ends = left > 0 ? last : lines;
    const first = this.#isOpen ? lines : lines.slice(0, END);
    const end = this.#isOpen ? last : ends.slice(-END);
    const between = count - first.length - end.length;
    this.node.append(outputView(first.join("\n")), this.#more(between), outputView(end.join("\n")));
  }

  #bar(count: number, code: boolean): HTMLElement {
    const words = code ? "" : trans.__("Output");
    const number = count > COUNTED ? trans._n("%1 line", "%1 lines", count) : "";
    return element(
      "div",
      { class: "jc-label jc-output-bar", "aria-live": "off" },
      element("span", {}, [words, number].filter(Boolean).join(" · ")),
      copyButton(() => this.#text, this.#say),
    );
  }

  get #text(): string {
    const item = this.#item;
    if (item === null || this.#whole !== "" || item.left_out === 0)
      return this.#whole || (item?.output ?? "");
    return [item.output, moreText(item.left_out), item.output_end].join("\n");
  }

  #more(count: number): HTMLElement {
    // Once opened, the rest comes from the kernel. A saved turn has none.
    if (this.#isOpen) return element("div", { class: "jc-more" }, moreText(count));
    const more = button(moreText(count), "plain", () => {
      this.#isOpen = true;
      const { id = "", left_out = 0 } = this.#item ?? {};
      if (left_out > 0 && this.#whole === "") this.#act({ action: "output", call: id });
      this.#draw();
      const [first] = this.node.getElementsByTagName("pre");
      if (first === undefined) return;
      first.tabIndex = 0; // the button is gone, so the focus goes to what it opened
      first.focus({ preventScroll: true });
    });
    more.classList.add("jc-link", "jc-more");
    return more;
  }
}

const moreText = (count: number): string =>
  trans._n("… %1 more line …", "… %1 more lines …", count);

/** The lines of a text; the end of the last line begins no other one. */
const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

function outputView(output: string): HTMLPreElement {
  const node = codeView(outputText(output));
  node.classList.add("jc-output");
  return node;
}
