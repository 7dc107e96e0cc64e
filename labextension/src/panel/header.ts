/** The panel's first line: the conversation's title, its cost, and buttons. */

import { element, setLine } from "../dom";
import { askHost, hostCan } from "../host";
import { exact } from "../text";
import { trans } from "../trans";
import { icon, type Icon } from "./icons";
import type { PanelLine } from "./line";
import { PracticeNote } from "./practice";

/** Also "working" has no text: the end of the conversation shows that Claude works. */
const statusText = (status: string): string =>
  status === "waiting" ? trans.__("Waiting for you") : "";

export class Header {
  readonly node: HTMLElement;
  readonly history: HTMLButtonElement;
  readonly tools: HTMLButtonElement;
  readonly conversations: HTMLButtonElement;
  readonly #line: PanelLine;
  readonly #practice = new PracticeNote();
  readonly #toMain = labelled(trans.__("Open in main area"), "expand");
  readonly #toSide = labelled(trans.__("Move back to the side bar"), "dock");
  readonly #title = element("span", { class: "jc-panel-title", dir: "auto" });
  readonly #status = element("span", { class: "jc-panel-status" });
  readonly #cost = element("span", { class: "jc-panel-cost" });

  constructor(line: PanelLine, begun: () => void) {
    this.#line = line;
    this.tools = labelled(trans.__("Tools"), "tools");
    this.conversations = labelled(trans.__("Conversations"), "clock");
    this.history = labelled(trans.__("History"), "rewind");
    const begin = labelled(trans.__("New conversation"), "add", trans.__("New"));
    begin.addEventListener("click", () => {
      line.newConversation();
      begun();
    });
    this.#toMain.addEventListener("click", () => askHost(this.node, "to-main", null));
    this.#toSide.addEventListener("click", () => askHost(this.node, "to-side", null));
    const moves = [this.#toMain, this.#toSide];
    for (const button of moves) button.classList.add("jc-icon-only");
    this.node = element(
      "div",
      { class: "jc-panel-header mathjax_ignore" },
      element("div", { class: "jc-panel-heading" }, this.#title, this.#status),
      this.#practice.node,
      this.#cost,
      element(
        "div",
        { class: "jc-panel-buttons" },
        this.tools,
        this.conversations,
        this.history,
        begin,
        ...moves,
      ),
    );
  }

  update(): void {
    const { heads, state } = this.#line.store;
    this.#practice.update(state?.practice === true, heads.length === 0);
    this.#toMain.hidden = !hostCan(this.node, "to-main", null);
    this.#toSide.hidden = !hostCan(this.node, "to-side", null);
    this.#title.textContent = exact(state?.title ?? "") || "Claude";
    this.#title.title = this.#title.textContent;
    setLine(this.#status, state === null ? "" : statusText(state.status));
    this.#status.dataset["status"] = state?.status ?? "idle";
    if (state === null) {
      setLine(this.#cost, "");
      return;
    }
    const { budget_usd: budget, cost, cost_usd: spent, limits } = state;
    const hasBudget = budget !== null && !state.subscription;
    const isWorthSaying = hasBudget || spent > 0 || state.subscription;
    const spentOf = hasBudget ? trans.__("%1 of %2", cost, dollars(budget)) : cost;
    setLine(this.#cost, isWorthSaying ? spentOf : "");
    this.#cost.dataset["level"] = hasBudget && spent >= 0.8 * budget ? "high" : "low";
    this.#cost.title = exact(
      [
        hasBudget ? trans.__("Spent of the session's budget") : trans.__("Spent in this session"),
        limits,
        state.practice
          ? trans.__("The practice model costs nothing: its dollars are only an example")
          : "",
      ]
        .filter(Boolean)
        .join(". "),
    );
  }
}

/** A button with an icon, and with its name if there is room, or with a `short` one. */
function labelled(name: string, picture: Icon, short = name): HTMLButtonElement {
  return element(
    "button",
    { type: "button", class: "jc-labelled", "aria-label": name, title: name },
    icon(picture),
    element("span", { class: "jc-labelled-text", "aria-hidden": "true" }, short),
  );
}

/** A budget in dollars, with fractions of a cent if it has any. */
function dollars(budget: number): string {
  const whole = budget.toFixed(2);
  return `$${Math.abs(Number(whole) - budget) < 1e-6 ? whole : budget.toFixed(4)}`;
}
