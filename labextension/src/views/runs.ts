/**
 * Runs of reads and searches as one card, "Read 6 files, 3 searches", which opens to the cards of
 * the calls. A text, another tool, a failure or a request ends a run.
 *
 * `jupyter_claude/_views/runs.py` does the same for static output.
 */

import { arrange, element, setLine } from "../dom";
import type { Item, ToolItem } from "../protocol";
import { exactLine } from "../text";
import { trans } from "../trans";
import { stateText } from "./states";

type Step = Exclude<ToolItem["step"], "">;
/** What an item is for runs: a step, nothing that is seen, or the end of a run. */
type Part = { step: Step; item: ToolItem } | "unseen" | "end";

function partOf(item: Item, growing: boolean): Part {
  if (item.kind === "tool" && item.step !== "") return { step: item.step, item };
  return item.kind === "thinking" && item.text === "" && !growing ? "unseen" : "end";
}

const kindOf = (part: Part | undefined): string => (typeof part === "object" ? "step" : `${part}`);

class RunView {
  readonly body = element("div", { class: "jc-nested" });
  readonly #title = element("span", { class: "jc-tool-name" });
  readonly #about = element("span", { class: "jc-tool-summary", dir: "ltr" });
  readonly #state = element("span", { class: "jc-tool-state" });
  readonly #details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { class: "jc-dot", "aria-hidden": "true" }),
      this.#title,
      this.#about,
      this.#state,
    ),
    this.body,
  );
  readonly node = element("div", { class: "jc-tool jc-run mathjax_ignore" }, this.#details);

  open(): void {
    this.#details.open = true;
  }

  draw(parts: readonly (Part | undefined)[]): void {
    const steps = parts.filter((part) => typeof part === "object");
    const files = steps.filter(({ step }) => step === "file").length;
    const searches = steps.length - files;
    const words = [
      files > 0 ? trans._n("Read %1 file", "Read %1 files", files) : "",
      searches > 0 ? trans._n("%1 search", "%1 searches", searches) : "",
    ];
    const state = steps.some(({ item }) => item.state === "running") ? "running" : "done";
    const about = new Set(steps.map(({ item }) => item.summary).filter(Boolean));
    setLine(this.#title, words.filter(Boolean).join(", "));
    setLine(this.#about, exactLine([...about].join(", ")));
    setLine(this.#state, stateText(state));
    this.node.dataset["state"] = state;
  }
}

/** Puts the nodes of items into runs. */
export class Runs {
  readonly #parts = new WeakMap<Element, Part>();
  readonly #runs = new WeakMap<Element, RunView>();

  /** Notes what a node shows; returns whether the runs around it may change. */
  note(node: Element, item: Item, growing: boolean): boolean {
    const before = this.#parts.get(node);
    const part = partOf(item, growing);
    this.#parts.set(node, part);
    if (kindOf(before) !== kindOf(part)) return true;
    if (part !== "end") this.#draw(this.#runOf(node));
    return false;
  }

  /** Puts a box's nodes into runs; returns what the box then holds. */
  group(nodes: readonly Element[]): Element[] {
    const shown: Element[] = [];
    const taken = new Set<RunView>();
    let group: Element[] = [];
    const end = (): void => {
      const last = group.findLastIndex((node) => typeof this.#parts.get(node) === "object");
      const steps = group.slice(0, last + 1);
      const isRun = steps.filter((node) => typeof this.#parts.get(node) === "object").length > 1;
      shown.push(...(isRun ? [this.#fill(steps, taken)] : steps), ...group.slice(last + 1));
      group = [];
    };
    for (const node of nodes) {
      const part = this.#parts.get(node) ?? "end";
      if (typeof part === "object" || (part === "unseen" && group.length > 0)) group.push(node);
      else {
        end();
        shown.push(node);
      }
    }
    end();
    return shown;
  }

  /** Puts a node of a box, which is new or became another part, into the runs beside it. */
  settle(box: Element, node: Element): void {
    const top = node.parentElement === box ? node : this.#runOf(node)?.node;
    if (top === undefined) return;
    const first = this.#beside(top, "previousElementSibling");
    const end = this.#beside(top, "nextElementSibling").nextElementSibling;
    const tops: Element[] = [];
    for (let each: Element | null = first; each && each !== end; each = each.nextElementSibling)
      tops.push(each);
    const shown = this.group(
      tops.flatMap((each) => [...(this.#runs.get(each)?.body.children ?? [each])]),
    );
    let next = tops.find((each) => each.parentElement === box) ?? end;
    for (const each of shown)
      if (each === next) next = next.nextElementSibling;
      else box.insertBefore(each, next);
    for (const each of tops) if (this.#runs.has(each) && !shown.includes(each)) each.remove();
  }

  /** The next node in one direction that is seen; the last one, if none is. */
  #beside(node: Element, side: "previousElementSibling" | "nextElementSibling"): Element {
    let found = node;
    for (let next = node[side]; next !== null; next = next[side]) {
      found = next;
      if (this.#parts.get(next) !== "unseen") break;
    }
    return found;
  }

  #runOf(node: Element): RunView | undefined {
    const run = node.parentElement?.closest(".jc-run") ?? null;
    const known = run === null ? undefined : this.#runs.get(run);
    return known?.body === node.parentElement ? known : undefined;
  }

  #fill(nodes: readonly Element[], taken: Set<RunView>): Element {
    const known = nodes.map((node) => this.#runOf(node)).find((run) => run && !taken.has(run));
    const run = known ?? new RunView();
    taken.add(run);
    this.#runs.set(run.node, run);
    // What the user reads stays open.
    if (nodes.some((node) => this.#runOf(node) !== run && isOpen(node))) run.open();
    if (known === undefined) nodes[0]?.before(run.node);
    arrange(run.body, nodes);
    this.#draw(run);
    return run.node;
  }

  #draw(run: RunView | undefined): void {
    run?.draw(Array.from(run.body.children, (node) => this.#parts.get(node)));
  }
}

const isOpen = (node: Element): boolean => node.querySelector("details")?.open === true;
