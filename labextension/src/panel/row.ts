/** A row of the panel's list: a prompt, and below it its turn. */

import { wholeTimeOf } from "../dates";
import { element, setLine } from "../dom";
import type { Turn } from "../protocol";
import { noChanges, type Changes } from "../store";
import { exactLine, exactText } from "../text";
import { trans } from "../trans";
import { button } from "../views/card";
import { TurnView } from "../views/turn";
import type { PanelLine } from "./line";
import type { Row } from "./list";
import { TurnActions, type TurnCommands } from "./turn_actions";

const LONG_CHARACTERS = 1_200;
const LONG_LINES = 14;

/** The opening line of a code block, as in prompts from the commands of our JupyterLab plugin. */
const FENCE = /^(`{3,})[^`]*$/;

/** The prompt with its code blocks as code. */
export function promptText(prompt: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const lines = prompt.split("\n");
  const ticks = lines.map((line) => (/^`{3,}$/.test(line) ? line.length : 0));
  // The longest closing fence from each line on. It shows at once whether a block has an end.
  const longest = ticks.slice();
  for (let at = longest.length - 2; at >= 0; at--)
    longest[at] = Math.max(longest[at] ?? 0, longest[at + 1] ?? 0);
  let done = 0;
  for (let first = 0; first < lines.length; first++) {
    const size = FENCE.exec(lines[first] ?? "")?.[1]?.length ?? Infinity;
    if ((longest[first + 1] ?? 0) < size) continue;
    let end = first + 1;
    while ((ticks[end] ?? 0) < size) end++;
    fragment.append(
      exactText(withoutEmpty(lines.slice(done, first)).join("\n")),
      element(
        "code",
        { class: "jc-prompt-code" },
        exactText(lines.slice(first + 1, end).join("\n")),
      ),
    );
    done = end + 1;
    first = end;
  }
  const rest = lines.slice(done);
  fragment.append(exactText((done === 0 ? rest : withoutEmpty(rest)).join("\n")));
  return fragment;
}

/** Removes empty lines at the beginning and the end. */
function withoutEmpty(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== "") + 1);
}

/** The text before the first code block; a longer text is cut and ends in "…". */
function beginning(lines: readonly string[]): string {
  const code = lines.findIndex((line) => line.startsWith("```"));
  const before = lines.slice(0, Math.max(0, code)).join("\n").trim();
  if (before !== "" && code <= LONG_LINES && before.length <= LONG_CHARACTERS) return before;
  return `${lines.slice(0, LONG_LINES).join("\n").slice(0, LONG_CHARACTERS)}…`;
}

/** The user's prompt in a bubble; of a long prompt only the beginning, without its code. */
class PromptView {
  readonly node = element("div", { class: "jc-prompt mathjax_ignore", dir: "auto" });
  readonly #text = element("div", { class: "jc-prompt-text" });
  readonly #more = button(trans.__("Show all"), "plain", () => {
    this.#whole = !this.#whole;
    this.#draw();
  });
  #shown = "";
  #whole = false;

  constructor() {
    this.#more.classList.add("jc-link");
    this.node.append(this.#text, this.#more);
  }

  update(prompt: string): void {
    this.node.hidden = prompt === "";
    if (prompt === this.#shown) return;
    this.#shown = prompt;
    this.#draw();
  }

  #draw(): void {
    const lines = this.#shown.split("\n");
    const isLong = this.#shown.length > LONG_CHARACTERS || lines.length > LONG_LINES;
    this.#text.replaceChildren(promptText(isLong && !this.#whole ? beginning(lines) : this.#shown));
    this.#more.hidden = !isLong;
    this.#more.textContent = this.#whole ? trans.__("Show less") : trans.__("Show all");
    this.#more.setAttribute("aria-expanded", String(this.#whole));
  }
}

/** Whether a turn ended before it ran, for example because the budget was spent. */
function isNothing({ state, prompt, items, cost }: Turn): boolean {
  const isOver = state === "failed" || state === "interrupted";
  return isOver && prompt !== "" && items.length === 0 && cost === "";
}

export class TurnRow implements Row {
  readonly node = element("div", { class: "jc-entry" });
  readonly #id: string;
  readonly #line: PanelLine;
  readonly #say: (sentence: string) => void;
  readonly #closing = new AbortController();
  readonly #prompt = new PromptView();
  readonly #waiting = element("div", { class: "jc-waiting mathjax_ignore" });
  readonly #waits = element("span", {});
  readonly #withdraw: HTMLButtonElement;
  readonly #again: HTMLButtonElement;
  readonly #blank = element("article", { class: "jc-turn jc-blank", "aria-busy": "true" });
  readonly #actions: TurnActions;
  #view: TurnView | null = null;
  #of: unknown = null;

  /** `withdraw` cancels the prompt and returns it to the composer; `bring` copies it there. */
  constructor(
    id: string,
    line: PanelLine,
    say: (sentence: string) => void,
    withdraw: (id: string) => void,
    bring: (prompt: string) => void,
    commands: TurnCommands,
  ) {
    this.#id = id;
    this.#actions = new TurnActions(id, commands, say);
    this.#line = line;
    this.#say = say;
    this.#withdraw = button(trans.__("Cancel"), "plain", () => {
      withdraw(id);
    });
    this.#again = button(trans.__("Edit again"), "plain", () => {
      bring(line.store.turn(id)?.turn?.prompt ?? "");
      line.attachAgain(id);
    });
    for (const link of [this.#withdraw, this.#again]) link.classList.add("jc-link");
    this.#waiting.append(this.#waits, this.#withdraw, this.#again);
    this.update(null);
  }

  remove(): void {
    this.#closing.abort();
  }

  /** Draws the changes; with null, the turn's fields. */
  update(changes: Changes | null): void {
    const line = this.#line.turnLine(this.#id);
    if (line === undefined) {
      this.#view = null;
      this.#show(this.#blank);
    } else if (this.#view === null || this.#of !== line) {
      this.#of = line;
      this.#view = new TurnView(line, this.#say, this.#closing.signal, { requests: false });
      this.#view.update({ ...noChanges(), all: true });
      this.#view.node.append(this.#actions.node);
      this.#show(this.#view.node);
    } else {
      this.#view.update(changes ?? { ...noChanges(), turn: true });
    }
    this.updateHead();
  }

  /** Draws what the head says of the turn. */
  updateHead(): void {
    const head = this.#line.store.head(this.#id);
    const unsent = head ? undefined : this.#line.unsent.find(({ id }) => id === this.#id);
    const turn = this.#line.store.turn(this.#id)?.turn;
    this.#prompt.update(turn?.prompt ?? head?.prompt ?? unsent?.prompt ?? "");
    const when = wholeTimeOf(head?.time ?? "");
    if (when !== "") this.#prompt.node.title = when;
    const name = head ? trans.__("Claude turn %1", head.number) : trans.__("Prompt being sent");
    this.#blank.setAttribute("aria-label", name);
    // The view of a queued turn says what it waits for.
    const attached = unsent?.attached.map(({ name }) => exactLine(name)).join(", ") ?? "";
    const sending = trans.__("Sending…");
    setLine(this.#waits, head ? "" : [sending, attached].filter(Boolean).join(" "));
    this.#withdraw.hidden = head ? !head.withdrawable : unsent === undefined;
    this.#actions.update(turn, this.#line.store.heads.at(-1)?.id === this.#id);
    this.#again.hidden = turn == null || !isNothing(turn);
    this.#waiting.hidden = this.#waits.hidden && this.#withdraw.hidden && this.#again.hidden;
    const state = head?.state ?? "queued";
    this.node.dataset["state"] = state;
    this.#blank.classList.toggle("jc-skeleton", state !== "queued");
  }

  /** Shows the article, with the prompt at its top. */
  #show(article: HTMLElement): void {
    if (article.firstChild !== this.#prompt.node) article.prepend(this.#prompt.node, this.#waiting);
    if (this.node.firstChild !== article) this.node.replaceChildren(article);
  }
}
