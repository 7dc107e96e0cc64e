/**
 * Shows Claude's suggestion below a cell; the user accepts or rejects all of it, or each chunk.
 *
 * The cell's shared model has the text. The review follows changes by the user or a collaborator,
 * and writes what the user accepts to the model, each time as one undo step.
 */

import type { Extension } from "@codemirror/state";
import type { ISharedText } from "@jupyter/ydoc";
import type { Cell } from "@jupyterlab/cells";
import type { PanelLayout } from "@lumino/widgets";
import { Widget } from "@lumino/widgets";

import { element } from "../../src/dom";
import { keepKeys } from "../../src/keys";
import { trans } from "../../src/trans";
import { SideBySide, Unified, type Choice, type Difference, type Merge } from "./difference";
import { addReviewStyles } from "./styles";
import { editBetween, editsOf, textOf, withChunk, withoutChunk, type Edit } from "./edits";
import { oneStep } from "./undo";

/** Below this width the review has one column. */
const NARROW_PX = 620;

/** The options with which the merge views compare. */
const SCAN = { scanLimit: 500 };

/** How a review ends; "run": accepted, and the cell runs; "lost": the cell was deleted, or moved, which gives it a new widget. */
export type End = "accepted" | "run" | "rejected" | "lost";

export interface ReviewOptions {
  readonly merge: Merge;
  /** The language and the theme of the editors. */
  readonly extensions: Extension;
  readonly suggested: string;
  /** Whether the user may also run the changed cell. */
  readonly canRun: boolean;
  /** Called after the review has closed, with the rest of the suggestion. */
  readonly ended: (end: End, suggested: string) => void;
}

export class Review extends Widget {
  readonly #options: ReviewOptions;
  readonly #closing = new AbortController();
  readonly #count = element("span", { class: "jc-review-count", role: "status" });
  readonly #body = element("div", { class: "jc-review-body" });
  readonly #accept: HTMLButtonElement;
  /** The first button. */
  readonly #primary: HTMLButtonElement;
  readonly #sizes: ResizeObserver;
  readonly #shared: ISharedText;
  #suggested: string;
  #difference: Difference | null = null;
  #isNarrow = false;
  /** Whether the user has accepted a chunk. */
  #accepted = false;
  #ended = false;

  constructor(cell: Cell, options: ReviewOptions) {
    super({
      node: element("section", { "aria-label": trans.__("Suggested replacement"), tabindex: "-1" }),
    });
    this.addClass("jc-review");
    addReviewStyles();
    this.#options = options;
    this.#suggested = options.suggested;
    this.#shared = cell.model.sharedModel;
    const button = (text: string, press: () => void): HTMLButtonElement => {
      const node = element("button", { type: "button", class: "jc-review-button" }, text);
      node.addEventListener("click", press);
      return node;
    };
    const run = button(trans.__("Accept and run"), () => {
      this.#acceptAll("run");
    });
    this.#accept = button(options.canRun ? trans.__("Accept") : trans.__("Accept all"), () => {
      this.#acceptAll("accepted");
    });
    this.#primary = options.canRun ? run : this.#accept;
    this.#primary.classList.add("jc-review-primary");
    const reject = button(trans.__("Reject"), () => {
      this.reject();
    });
    const title = element(
      "span",
      { class: "jc-review-title" },
      trans.__("Claude suggests for this cell"),
    );
    const both = options.canRun ? [run, this.#accept] : [this.#accept];
    const buttons = element("span", { class: "jc-review-buttons" }, ...both, reject);
    const bar = element("div", { class: "jc-review-bar" }, title, this.#count, buttons);
    this.node.append(bar, this.#body);
    keepKeys(this.node, this.#closing.signal);
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.reject();
    });
    // Otherwise the notebook would take the focus away from the pressed button.
    this.node.addEventListener("mousedown", (event) => {
      event.stopPropagation();
    });
    this.#sizes = new ResizeObserver(() => {
      const { clientWidth } = this.node;
      if (clientWidth > 0 && clientWidth < NARROW_PX !== this.#isNarrow) {
        this.#isNarrow = !this.#isNarrow;
        this.#draw();
      }
    });
    this.#show(cell);
    this.#isNarrow = this.node.clientWidth > 0 && this.node.clientWidth < NARROW_PX;
    this.#draw();
    this.#sizes.observe(this.node);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#closing.abort();
    this.#sizes.disconnect();
    this.#shared.changed.disconnect(this.#follow, this);
    this.#difference?.destroy();
    super.dispose();
  }

  /** Leaves the cell as it is. */
  reject(): void {
    this.#end(this.#accepted ? "accepted" : "rejected");
  }

  /** Puts the review below the cell's text, and follows changes of the text. */
  #show(cell: Cell): void {
    const layout = cell.layout as PanelLayout;
    const input = layout.widgets.findIndex((widget) => widget.hasClass("jp-Cell-inputWrapper"));
    layout.insertWidget(input + 1, this);
    this.#shared.changed.connect(this.#follow, this);
    cell.disposed.connect(this.#lost, this);
    // A click beside the review is meant for the cell, but the notebook thinks that the cell has
    // the focus already.
    cell.node.addEventListener(
      "mousedown",
      ({ target }) => {
        const isElsewhere = target instanceof Node && !this.node.contains(target);
        if (isElsewhere && this.node.contains(document.activeElement))
          cell.node.focus({ preventScroll: true });
      },
      { capture: true, signal: this.#closing.signal },
    );
  }

  #lost(): void {
    // JupyterLab disposes of a moved cell before it adds the cell again.
    queueMicrotask(() => {
      this.#end("lost");
    });
  }

  #follow(): void {
    if (this.#difference === null) return;
    const now = this.#shared.getSource();
    const edit = editBetween(this.#difference.a.toString(), now);
    if (edit === null) return;
    this.#difference.changeA(edit);
    this.#tell();
  }

  #draw(): void {
    this.#difference?.destroy();
    const { merge, extensions } = this.#options;
    const Kind = this.#isNarrow ? Unified : SideBySide;
    const now = this.#shared.getSource();
    this.#difference = new Kind(
      merge,
      textOf(now),
      textOf(this.#suggested),
      extensions,
      (choice, chunk) => {
        this.#choose(choice, chunk);
      },
    );
    this.#body.replaceChildren(this.#difference.dom);
    this.#tell();
  }

  #tell(): void {
    const count = this.#difference?.chunks.length ?? 0;
    this.#count.textContent =
      count === 0
        ? trans.__("no differences are left")
        : trans._n("%1 change", "%1 changes", count);
    this.#accept.disabled = this.#primary.disabled = count === 0;
  }

  #choose(choice: Choice, index: number): void {
    const difference = this.#difference;
    const chunk = difference?.chunks[index];
    if (difference === null || chunk === undefined) return;
    const { a, b } = difference;
    if (choice === "accept") {
      this.#change([editBetween(a.toString(), withChunk(a, b, chunk))]);
    } else {
      this.#suggested = withoutChunk(a, b, chunk);
      const edit = editBetween(b.toString(), this.#suggested);
      if (edit !== null) difference.changeB(edit);
    }
    if (difference.a.eq(difference.b)) {
      this.reject(); // no differences are left
      return;
    }
    if (this.#isStale(difference)) this.#draw();
    this.#tell();
    // Once the controls are drawn anew, focus those of the next change.
    requestAnimationFrame(() => {
      const next = Math.min(index, (this.#difference?.chunks.length ?? 0) - 1);
      (this.#difference?.button(choice, next) ?? this.#primary).focus();
    });
  }

  /**
   * Whether the merge view's chunks are wrong: it updates them, but loses some or keeps some too
   * long.
   */
  #isStale({ a, b, chunks }: Difference): boolean {
    const fresh = this.#options.merge.Chunk.build(a, b, SCAN);
    return JSON.stringify(chunks) !== JSON.stringify(fresh);
  }

  #acceptAll(end: "accepted" | "run"): void {
    if (this.#difference === null) return;
    const { a, b, chunks } = this.#difference;
    this.#change(editsOf(a, b, chunks));
    this.#end(end);
  }

  /** Changes the cell's text, in one step. */
  #change(edits: readonly (Edit | null)[]): void {
    const shared = this.#shared;
    oneStep(shared, () => {
      for (const edit of edits)
        if (edit !== null) shared.updateSource(edit.start, edit.end, edit.value);
    });
    this.#accepted = true;
  }

  #end(end: End): void {
    if (this.#ended) return;
    this.#ended = true;
    this.dispose();
    this.#options.ended(end, this.#suggested);
  }
}
