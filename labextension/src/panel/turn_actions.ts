/** What the user can do with a turn: copy its answer, change or repeat its prompt, go back to it. */

import { copy } from "../clipboard";
import { element } from "../dom";
import type { Turn } from "../protocol";
import { trans } from "../trans";
import { icon, type Icon } from "./icons";

/** What the panel does with a turn, by its id. */
export interface TurnCommands {
  /** Lets the user change the prompt, and sends it in place of this turn and the later ones. */
  edit(id: string): void;
  /** Sends the prompt again in place of this turn and the later ones. */
  retry(id: string): void;
  /** Shows what a rewind to this turn's end would do. */
  back(id: string): void;
}

const DONE_MS = 2_000;

/** The answer as Claude wrote it. */
export function answerOf({ items }: Turn): string {
  return items
    .flatMap((item) => (item.kind === "text" && item.parent === "" ? [item.text.trim()] : []))
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The answer as it is on screen, without Markdown's marks and the bars of code blocks. */
function shownAnswer(article: Element): string {
  const parts = article.querySelectorAll<HTMLElement>(":scope > .jc-items > .jc-text");
  article.classList.add("jc-copying");
  try {
    return Array.from(parts, (part) => part.innerText.trim()).join("\n\n");
  } finally {
    article.classList.remove("jc-copying");
  }
}

/** A toolbar: one stop of the Tab key, and the arrow keys move between its buttons. */
export class TurnActions {
  readonly node = element("div", { class: "jc-turn-actions mathjax_ignore", role: "toolbar" });
  readonly #say: (sentence: string) => void;
  readonly #copying: readonly HTMLButtonElement[];
  readonly #asking: readonly HTMLButtonElement[];
  readonly #back: HTMLButtonElement;
  #turn: Turn | null = null;

  constructor(id: string, commands: TurnCommands, say: (sentence: string) => void) {
    this.#say = say;
    this.#copying = [
      this.#button("copy", trans.__("Copy"), (node) => {
        if (this.#turn !== null) this.#copy(node, answerOf(this.#turn));
      }),
      this.#button("text", trans.__("Copy as text"), (node) => {
        this.#copy(node, shownAnswer(this.node.closest("article") ?? this.node));
      }),
    ];
    this.#asking = [
      this.#button("edit", trans.__("Edit and resend"), () => {
        commands.edit(id);
      }),
      this.#button("retry", trans.__("Retry"), () => {
        commands.retry(id);
      }),
    ];
    this.#back = this.#button("rewind", trans.__("Back to here"), () => {
      commands.back(id);
    });
    this.node.append(...this.#copying, ...this.#asking, this.#back);
    this.node.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    this.node.addEventListener("focusin", ({ target }) => {
      this.#stopAt(target);
    });
  }

  /** Offers what is possible with the turn. */
  update(turn: Turn | null | undefined, isLast: boolean): void {
    this.#turn = turn ?? null;
    const over = turn != null && turn.state !== "queued" && turn.state !== "running";
    this.node.hidden = !over;
    if (!over) return;
    this.node.dataset["last"] = String(isLast);
    this.node.setAttribute("aria-label", trans.__("Actions for turn %1", turn.number));
    for (const node of this.#copying) node.hidden = answerOf(turn) === "";
    for (const node of this.#asking) node.hidden = turn.prompt === "";
    this.#back.hidden = isLast;
    const shown = this.#shown;
    if (!shown.some(({ tabIndex }) => tabIndex === 0)) this.#stopAt(shown[0]);
  }

  get #shown(): HTMLButtonElement[] {
    return [...this.#copying, ...this.#asking, this.#back].filter(({ hidden }) => !hidden);
  }

  #stopAt(stop: unknown): void {
    for (const node of [...this.#copying, ...this.#asking, this.#back])
      node.tabIndex = node === stop ? 0 : -1;
  }

  #press(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const shown = this.#shown;
    const at = shown.findIndex((node) => node === event.target);
    event.preventDefault();
    shown[(at + step + shown.length) % shown.length]?.focus();
  }

  #button(picture: Icon, name: string, press: (node: HTMLButtonElement) => void) {
    const node = element(
      "button",
      { type: "button", class: "jc-mini", "aria-label": name, title: name, tabindex: "-1" },
      icon(picture),
    );
    node.addEventListener("click", () => {
      press(node);
    });
    return node;
  }

  #copy(node: HTMLButtonElement, text: string): void {
    copy(text).then(
      () => {
        this.#say(trans.__("Copied"));
        node.classList.add("jc-copied");
        setTimeout(() => {
          node.classList.remove("jc-copied");
        }, DONE_MS);
      },
      () => {
        this.#say(trans.__("Could not copy"));
        node.title = trans.__("Could not copy");
      },
    );
  }
}
