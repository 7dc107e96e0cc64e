/** What fills the model's context, and the button that makes room in it. */

import { element, setLine } from "../dom";
import type { ContextPart, ContextUse } from "../messages.generated";
import { each, isFields, oneOf, text, type Words } from "../protocol";
import { exactLine } from "../text";
import { trans } from "../trans";
import { button } from "../views/card";
import type { PanelLine } from "./line";
import { number, parseContext, type SessionState } from "./protocol";

type Use = Pick<ContextUse, "context" | "parts">;

const KINDS: Words<ContextPart["kind"]> = { used: true, reserved: true, free: true, later: true };

/** The message of the kernel; null if it is another message. */
export function parseContextUse(value: unknown): Use | null {
  if (!isFields(value) || value["type"] !== "context") return null;
  return {
    context: parseContext(value["context"]),
    parts: each(value["parts"], (part) => ({
      name: text(part["name"]),
      tokens: number(part["tokens"]),
      kind: oneOf(part["kind"], KINDS, "used"),
    })),
  };
}

/** A count of tokens, in few characters. */
export function tokens(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 999_500) return `${(count / 1_000).toFixed(count < 9_950 ? 1 : 0)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** How full the context is, in words. */
export function fullness(context: NonNullable<SessionState["context"]>): string {
  const percent = Math.round(context.percent);
  return trans.__("%1 of %2 tokens, %3%", tokens(context.tokens), tokens(context.max), percent);
}

export class ContextView {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #total = element("p", { class: "jc-context-total" });
  readonly #rows = element("tbody");
  readonly #table: HTMLElement;
  readonly #note = element("p", { class: "jc-quiet" });
  readonly #compact: HTMLElement;
  readonly #ends: (() => void)[];
  #asked = "";

  /** `compacted` is called after the user has asked for room. */
  constructor(line: PanelLine, compacted: () => void) {
    this.#line = line;
    this.#table = element(
      "table",
      { class: "jc-context-parts", "aria-label": trans.__("What fills the context") },
      this.#rows,
    );
    const compact = button(trans.__("Compact"), "plain", () => {
      line.ask("/compact");
      compacted();
    });
    this.#compact = element(
      "div",
      { class: "jc-context-compact" },
      compact,
      element(
        "p",
        { class: "jc-quiet" },
        trans.__(
          "Claude summarizes the conversation so far and continues with the summary. This costs one request.",
        ),
      ),
    );
    this.node = element(
      "section",
      { class: "jc-context mathjax_ignore", "aria-label": trans.__("Context") },
      this.#total,
      this.#table,
      this.#note,
      this.#compact,
    );
    this.#show(
      { context: null, parts: [] },
      trans.__("Asking Claude Code what fills the context…"),
    );
    this.#ends = [
      line.subscribe(({ state }) => {
        if (state) this.#ask();
      }),
      line.listen((message) => {
        const use = parseContextUse(message);
        if (use !== null) this.#show(use, this.#why(use));
      }),
    ];
    this.#ask();
  }

  dispose(): void {
    for (const end of this.#ends) end();
  }

  /** Asks when it is opened, and when a turn may have changed the answer. */
  #ask(): void {
    const { state } = this.#line.store;
    const now = JSON.stringify([state?.context, state?.status === "idle", state?.session_id]);
    if (now === this.#asked) return;
    this.#asked = now;
    this.#line.send({ type: "context" });
  }

  #why({ context, parts }: Use): string {
    if (parts.length > 0) return "";
    return context === null
      ? trans.__("Nothing is known yet. Claude Code counts the context with the first message.")
      : trans.__("Claude Code does not run now. The next message tells the parts.");
  }

  #show({ context, parts }: Use, note: string): void {
    const most = Math.max(
      1,
      ...parts.map(({ tokens: count, kind }) => (kind === "used" ? count : 0)),
    );
    setLine(this.#total, context === null ? "" : fullness(context));
    this.#rows.replaceChildren(...parts.map((part) => row(part, most)));
    this.#table.hidden = parts.length === 0;
    setLine(this.#note, note);
    this.#compact.hidden = this.#line.store.heads.length === 0 || context === null;
  }
}

/** Bars compare what is used; the free room would dwarf it. */
function row({ name, tokens: count, kind }: ContextPart, most: number): HTMLElement {
  const bar = element("span", { class: "jc-context-bar", "aria-hidden": "true" });
  if (kind === "used") bar.style.width = `${String(Math.max(1, (100 * count) / most))}%`;
  return element(
    "tr",
    { "data-kind": kind },
    element("th", { scope: "row" }, exactLine(name)),
    element("td", { class: "jc-context-track" }, bar),
    element("td", { class: "jc-context-count", title: count.toLocaleString() }, tokens(count)),
  );
}
