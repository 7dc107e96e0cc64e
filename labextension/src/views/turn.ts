/** The view of a turn: Claude's words and tool calls, its requests, and the cost. */

import type { TurnLine } from "../connection";
import { arrange, element, focused, setLine } from "../dom";
import { activeCell } from "../focus";
import { practiceNote } from "../kernel_texts";
import { parentOf, type Item, type Turn, type WayBack } from "../protocol";
import type { Changes } from "../store";
import { visibleText } from "../text";
import { trans } from "../trans";
import { keepInSight } from "./in_sight";
import { viewFor, type ItemView } from "./items";
import { ProblemView } from "./problem";
import { RequestsView } from "./requests";
import { Runs } from "./runs";
import { TasksView } from "./tasks";
import { ToolView } from "./tool";

/** The id of the notice that a stale turn was not asked again; `NOT_AGAIN` in `turn.py`. */
const NOT_AGAIN = "ask-again";

export class TurnView {
  /** Hidden until the turn is known: a line without its words would show its frame or button. */
  readonly node = element("article", { class: "jc-turn", hidden: "" });
  readonly #connection: TurnLine;
  readonly #signal: AbortSignal;
  readonly #say: (sentence: string) => void;
  readonly #leftText = element("span", {});
  readonly #back = element("button", { type: "button", hidden: "" });
  readonly #left = element("p", { class: "jc-left mathjax_ignore" }, this.#leftText, this.#back);
  #bringBack: () => void = () => undefined;
  readonly #staleText = element("span", {});
  readonly #askAgain = element("button", { type: "button" });
  readonly #stale = element(
    "p",
    { class: "jc-left mathjax_ignore" },
    this.#staleText,
    this.#askAgain,
  );
  #again: (() => void) | undefined = () => {
    this.#connection.act({ action: "again" });
  };
  readonly #practice = element("p", { class: "jc-practice mathjax_ignore" });
  readonly #items = element("div", { class: "jc-items" });
  readonly #requests: RequestsView | null;
  readonly #runs = new Runs();
  readonly #tasks: TasksView | null;
  readonly #problem: ProblemView;
  readonly #status = element("p", { class: "jc-status mathjax_ignore" });
  readonly #cost = element("p", { class: "jc-cost mathjax_ignore" });
  readonly #views = new Map<string, ItemView>();
  #last: string | undefined;
  #quiet = true;

  /** With `requests` false, another view shows the requests. */
  constructor(
    connection: TurnLine,
    say: (sentence: string) => void,
    signal: AbortSignal,
    { requests = true } = {},
  ) {
    this.#connection = connection;
    this.#signal = signal;
    // The first snapshot is not news, so it is not read out.
    this.#say = (sentence) => {
      if (!this.#quiet) say(sentence);
    };
    this.#requests = requests ? new RequestsView(connection, say, signal) : null;
    this.#tasks = requests ? new TasksView(this.#say) : null; // the panel shows those of all turns
    this.#problem = new ProblemView(connection.act);
    this.#back.addEventListener("click", () => {
      this.#bringBack();
    });
    setLine(this.#askAgain, trans.__("Ask again"));
    this.#askAgain.addEventListener("click", () => {
      if (this.#askAgain.hidden) return;
      this.#showAgain(false); // the kernel takes one press, or says why it cannot ask
      this.#again?.();
    });
    this.node.append(
      this.#left,
      this.#stale,
      this.#practice,
      this.#items,
      ...(this.#requests === null ? [] : [this.#requests.node]),
      ...(this.#tasks === null ? [] : [this.#tasks.node]),
      this.#problem.node,
      this.#status,
      this.#cost,
    );
  }

  /** Offers a way back for a turn that has left the conversation; undefined for none. */
  offerBack(way: WayBack | undefined, bringBack: () => void): void {
    this.#bringBack = bringBack;
    const labels: Record<WayBack, () => string> = {
      undo: () => trans.__("Undo rewind"),
      branch: () => trans.__("Go back to that version"),
      resume: () => trans.__("Resume that conversation"),
    };
    if (way === undefined) this.#leaveBack();
    setLine(this.#back, way === undefined ? "" : labels[way]());
  }

  /** Offers to ask a stale turn again; undefined: nobody here can, or it was just asked. */
  offerAgain(again: (() => void) | undefined): void {
    this.#again = again;
    this.#showAgain(again !== undefined);
  }

  #showAgain(isOffered: boolean): void {
    if (!isOffered && focused() === this.#askAgain) this.#toCell();
    this.#askAgain.hidden = !isOffered;
  }

  /** The way back goes once it was taken, and would take the focus along. */
  #leaveBack(): void {
    if (focused() === this.#back) this.#toCell();
  }

  #toCell(): void {
    activeCell(this.node)?.focus({ preventScroll: true });
  }

  /** Draws what changed. */
  update(changes: Changes): void {
    const { turn } = this.#connection.store;
    if (turn === null) return;
    this.node.hidden = false;
    if (changes.all || changes.turn) this.#drawFields(turn);
    if (changes.items.has(NOT_AGAIN)) this.#showAgain(this.#again !== undefined);
    if (changes.all) this.#drawAllItems(turn);
    else this.#drawItems(turn, changes.items);
    // The last item shows what the turn does now.
    if (changes.items.size > 0) this.#drawStatus(turn);
    if (changes.turn && turn.state !== "running" && this.#last !== undefined)
      this.#drawItems(turn, [this.#last]);
    if (changes.all || changes.items.size > 0) this.#drawTasks(turn);
    if (changes.all || changes.requests) this.#drawRequests(turn, changes);
    this.#quiet = false;
  }

  #drawRequests(turn: Turn, { outcomes }: Changes): void {
    // A high request leaves a gap that the cells below fill: what was approved must stay in sight.
    const last = this.#items.lastElementChild;
    if (this.#requests?.update(turn.requests, outcomes) === true && last !== null)
      keepInSight(last, this.#signal);
  }

  #drawFields(turn: Turn): void {
    this.node.setAttribute("aria-label", trans.__("Claude turn %1", turn.number));
    this.node.dataset["state"] = turn.state;
    this.node.dataset["turn"] = turn.id;
    setLine(this.#leftText, visibleText(turn.left));
    if (turn.left === "") this.#leaveBack();
    this.#left.hidden = turn.left === "";
    setLine(this.#staleText, visibleText(turn.stale));
    this.#stale.hidden = turn.stale === "";
    setLine(this.#practice, turn.practice ? practiceNote() : "");
    this.#problem.update(turn);
    this.#drawStatus(turn);
    setLine(this.#cost, visibleText(turn.cost));
  }

  #drawStatus(turn: Turn): void {
    // A request in this view says itself that it waits.
    const asks = this.#requests !== null && turn.requests.length > 0;
    setLine(this.#status, asks ? "" : visibleText(statusOf(turn)));
  }

  #drawAllItems(turn: Turn): void {
    const ids = new Set(turn.items.map(({ id }) => id));
    for (const id of [...this.#views.keys()]) if (!ids.has(id)) this.#views.delete(id);
    this.#last = lastOf(turn);
    const placed = new Map<Element, Element[]>([[this.#items, []]]);
    for (const item of turn.items) {
      const { node } = this.#drawItem(turn, item);
      this.#runs.note(node, item, this.#grows(turn, item));
      const box = this.#boxOf(item);
      const nodes = placed.get(box);
      if (nodes === undefined) placed.set(box, [node]);
      else nodes.push(node);
    }
    for (const view of this.#views.values())
      if (view instanceof ToolView && !placed.has(view.nested)) placed.set(view.nested, []);
    for (const [box, nodes] of placed) arrange(box, this.#runs.group(nodes));
  }

  #drawTasks(turn: Turn): void {
    const tasks = turn.items.flatMap((item) =>
      item.kind === "tool" && item.task
        ? [
            {
              call: item.id,
              title: item.title,
              about: item.summary,
              doing: item.progress,
              seconds: item.seconds,
            },
          ]
        : [],
    );
    this.#tasks?.update(tasks, ({ call }) => {
      this.#connection.act({ action: "stop_task", call });
    });
  }

  #drawItems(turn: Turn, ids: Iterable<string>): void {
    const before = this.#last;
    this.#last = lastOf(turn);
    // The item that was last is complete now that another one follows.
    const changed = new Set(ids);
    if (before !== undefined && before !== this.#last) changed.add(before);
    for (const id of changed) {
      const item = this.#connection.store.item(id);
      if (item === undefined) continue;
      const known = this.#views.has(id);
      const { node } = this.#drawItem(turn, item);
      const box = this.#boxOf(item);
      if (!known) box.append(node);
      if (this.#runs.note(node, item, this.#grows(turn, item))) this.#runs.settle(box, node);
    }
  }

  #drawItem(turn: Turn, item: Item): ItemView {
    const view = this.#views.get(item.id) ?? viewFor(item, this.#say, this.#connection.act);
    this.#views.set(item.id, view);
    view.update(item, this.#grows(turn, item));
    return view;
  }

  #grows(turn: Turn, item: Item): boolean {
    return turn.state === "running" && item.id === this.#last;
  }

  /** The element for an item: the turn's list, or the card of the call whose subagent made it. */
  #boxOf(item: Item): Element {
    const parent = parentOf(item) === "" ? undefined : this.#views.get(parentOf(item));
    return parent instanceof ToolView ? parent.nested : this.#items;
  }
}

/** The last item of Claude itself, which may still grow. A subagent's items arrive complete. */
function lastOf(turn: Turn): string | undefined {
  return turn.items.findLast((item) => parentOf(item) === "")?.id;
}

function statusOf(turn: Turn): string {
  if (turn.status !== "") return turn.status;
  switch (turn.state) {
    case "queued":
      return trans.__("Queued");
    case "running":
      return doing(turn);
    case "interrupted":
      return turn.error.replace(/^TurnInterrupted: /, "") || trans.__("Stopped");
    default:
      return "";
  }
}

/** What a running turn does now, according to its last item. */
function doing({ items }: Turn): string {
  const last = items.findLast((item) => parentOf(item) === "");
  if (last?.kind === "notice" && last.wait !== undefined) return ""; // the notice says it
  if (last?.kind === "text" && last.text !== "") return trans.__("Writing…");
  const works = last?.kind === "tool" && last.state === "running";
  return works ? trans.__("Working…") : trans.__("Thinking…");
}
