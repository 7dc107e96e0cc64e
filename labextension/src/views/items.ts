/** The views of a turn's items: text, thinking, notices. */

import { element } from "../dom";
import { NO_FORMULAS } from "../formulas";
import { MarkdownStream } from "../markdown";
import type { Item, NoticeItem, TextItem, TurnAction } from "../protocol";
import { visibleText } from "../text";
import { trans } from "../trans";
import { AttachedView } from "./attached";
import { RetryView } from "./retry";
import { ToolView } from "./tool";

/** A view of one item of a turn. */
export interface ItemView<T extends Item = Item> {
  readonly node: HTMLElement;
  /** Shows the item; `growing` says whether more text may come. */
  update(item: T, growing: boolean): void;
}

export class TextView implements ItemView<TextItem> {
  readonly node = element("div", { class: `jc-text ${NO_FORMULAS}`, dir: "auto" });
  readonly #stream: MarkdownStream;

  constructor(say: (sentence: string) => void) {
    this.#stream = new MarkdownStream(this.node, say);
  }

  update(item: TextItem, growing: boolean): void {
    this.#stream.set(item.text, !growing);
  }
}

export class ThinkingView implements ItemView<TextItem> {
  readonly #summary = element("summary", {}, trans.__("Thinking"));
  readonly #text = document.createTextNode("");
  #source = "";
  readonly #body = element("div", { class: "jc-thinking-text", dir: "auto" }, this.#text);
  readonly node = element(
    "details",
    { class: "jc-thinking mathjax_ignore" },
    this.#summary,
    this.#body,
  );

  update(item: TextItem, growing: boolean): void {
    this.#summary.textContent = growing ? trans.__("Thinking…") : trans.__("Thinking");
    // Some models do not show their thinking.
    this.node.hidden = item.text === "" && !growing;
    if (item.text.startsWith(this.#source))
      this.#text.appendData(visibleText(item.text.slice(this.#source.length)));
    else this.#text.data = visibleText(item.text);
    this.#source = item.text;
  }
}

export class NoticeView implements ItemView<NoticeItem> {
  readonly node = element("div", { class: "jc-notice mathjax_ignore" });
  readonly #retry: () => RetryView;
  #waiting: RetryView | null = null;

  constructor(say: (sentence: string) => void, act: (action: TurnAction) => void) {
    this.#retry = () => new RetryView(act, say);
  }

  update(item: NoticeItem): void {
    this.node.dataset["level"] = item.level;
    if (item.wait === undefined) {
      this.#waiting?.end();
      this.#waiting = null;
      this.node.textContent = visibleText(item.text);
      return;
    }
    if (this.#waiting === null) this.node.replaceChildren((this.#waiting = this.#retry()).node);
    this.#waiting.update(item.wait);
  }
}

/** Makes the view for an item. */
export function viewFor(
  item: Item,
  say: (sentence: string) => void,
  act: (action: TurnAction) => void,
): ItemView {
  switch (item.kind) {
    case "text":
      return new TextView(say);
    case "thinking":
      return new ThinkingView();
    case "notice":
      return new NoticeView(say, act);
    case "tool":
      return new ToolView(say, act);
    case "attached":
      return new AttachedView();
  }
}
