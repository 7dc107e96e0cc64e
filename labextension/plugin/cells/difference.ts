/** Shows the difference between a cell and Claude's suggestion, in CodeMirror's merge views. */

import type { Chunk } from "@codemirror/merge";
import { ChangeSet, EditorState, type Extension, type Text } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { checkIcon, closeIcon } from "@jupyterlab/ui-components";

import { element } from "../../src/dom";
import { trans } from "../../src/trans";
import { marks } from "./marks";
import { textOf, type Edit } from "./edits";

/** The module with the merge views; the page fetches it for the first review. */
export type Merge = typeof import("@codemirror/merge");

/** A view of two texts: `a` is the cell's, `b` the suggested one. */
export interface Difference {
  readonly dom: HTMLElement;
  readonly a: Text;
  readonly b: Text;
  readonly chunks: readonly Chunk[];
  changeA(edit: Edit): void;
  changeB(edit: Edit): void;
  /** The button of a chunk, if it is drawn. */
  button(choice: Choice, chunk: number): HTMLElement | undefined;
  destroy(): void;
}

export type Choice = "accept" | "reject";
/** Applies the user's choice for a chunk. */
export type Choose = (choice: Choice, chunk: number) => void;

const COLLAPSE = { margin: 3, minSize: 8 };

const mix = (colour: string, percent: number): string =>
  `color-mix(in srgb, var(${colour}) ${String(percent)}%, transparent)`;

const theme = EditorView.theme({
  "&": { background: "transparent" },
  "&.cm-focused": { outline: "none" },
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": {
    backgroundColor: mix("--jp-error-color1", 10),
  },
  "&.cm-merge-b .cm-changedLine": { backgroundColor: mix("--jp-success-color1", 12) },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: mix("--jp-error-color1", 28),
    borderRadius: "2px",
  },
  "&.cm-merge-b .cm-changedText": {
    background: mix("--jp-success-color1", 32),
    borderRadius: "2px",
  },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": {
    background: "var(--jp-error-color1)",
  },
  "&.cm-merge-b .cm-changedLineGutter": { background: "var(--jp-success-color1)" },
  "&.cm-merge-b .cm-deletedText": { background: mix("--jp-error-color1", 28) },
  ".cm-gutters, .cm-gutter": { background: "transparent", border: "none" },
  ".cm-collapsedLines": {
    background: "var(--jp-layout-color2)",
    color: "var(--jp-ui-font-color2)",
    fontFamily: "var(--jp-ui-font-family)",
    fontSize: "var(--jp-ui-font-size0)",
  },
});

const side = (label: string, extensions: Extension): Extension => [
  extensions,
  marks,
  theme,
  EditorState.readOnly.of(true),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({ "aria-label": label }),
];

const suggestedLabel = (): string => trans.__("Claude's suggestion for the cell");

const changeOf = ({ start, end, value }: Edit): { from: number; to: number; insert: Text } => ({
  from: start,
  to: end,
  insert: textOf(value),
});

function control(choice: Choice, press: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", class: "jc-review-chunk" });
  node.dataset["choice"] = choice;
  node.addEventListener("click", press);
  return node;
}

function name(button: HTMLElement, chunk: number, count: number): void {
  const accepts = button.dataset["choice"] === "accept";
  const label = accepts
    ? trans.__("Accept change %1 of %2", chunk + 1, count)
    : trans.__("Reject change %1 of %2", chunk + 1, count);
  button.setAttribute("aria-label", label);
  button.title = accepts ? trans.__("Accept this change") : trans.__("Reject this change");
}

/** The two texts side by side. */
export class SideBySide implements Difference {
  readonly dom: HTMLElement;
  readonly #view: InstanceType<Merge["MergeView"]>;

  constructor(merge: Merge, a: Text, b: Text, extensions: Extension, choose: Choose) {
    const controls = (): HTMLElement => {
      const chunk = (): number => Number(node.dataset["chunk"]);
      const buttons = (["accept", "reject"] as const).map((choice) => {
        const button = control(choice, () => {
          choose(choice, chunk());
        });
        button.append((choice === "accept" ? checkIcon : closeIcon).element({ tag: "span" }));
        return button;
      });
      const node = element("div", { class: "jc-review-controls" }, ...buttons);
      // Otherwise the merge view would change its copy of the cell, and not the shared model.
      node.addEventListener("mousedown", (event) => {
        event.stopPropagation();
      });
      return node;
    };
    this.#view = new merge.MergeView({
      a: { doc: a, extensions: side(trans.__("The present cell"), extensions) },
      b: { doc: b, extensions: side(suggestedLabel(), extensions) },
      revertControls: "b-to-a",
      renderRevertControl: controls,
      collapseUnchanged: COLLAPSE,
    });
    const heads = element(
      "div",
      { class: "jc-review-heads", "aria-hidden": "true" },
      element("span", {}, trans.__("This cell")),
      element("span", {}, trans.__("Suggested")),
    );
    this.dom = element("div", { class: "jc-review-sides" }, heads, this.#view.dom);
    // The merge view draws the controls anew after each measurement.
    new MutationObserver(() => {
      for (const node of this.#controls)
        for (const button of node.querySelectorAll("button"))
          name(button, Number(node.dataset["chunk"]), this.chunks.length);
    }).observe(this.#view.dom, { childList: true, subtree: true });
  }

  get #controls(): HTMLElement[] {
    return [...this.#view.dom.querySelectorAll<HTMLElement>(".jc-review-controls")];
  }

  get a(): Text {
    return this.#view.a.state.doc;
  }

  get b(): Text {
    return this.#view.b.state.doc;
  }

  get chunks(): readonly Chunk[] {
    return this.#view.chunks;
  }

  changeA(edit: Edit): void {
    this.#view.a.dispatch({ changes: changeOf(edit) });
  }

  changeB(edit: Edit): void {
    this.#view.b.dispatch({ changes: changeOf(edit) });
  }

  button(choice: Choice, chunk: number): HTMLElement | undefined {
    const node = this.#controls.find(({ dataset }) => Number(dataset["chunk"]) === chunk);
    return node?.querySelector<HTMLElement>(`[data-choice=${choice}]`) ?? undefined;
  }

  destroy(): void {
    this.#view.destroy();
  }
}

/** The suggested text with the removed lines between its lines, for narrow views. */
export class Unified implements Difference {
  readonly dom: HTMLElement;
  readonly #merge: Merge;
  readonly #view: EditorView;

  constructor(merge: Merge, a: Text, b: Text, extensions: Extension, choose: Choose) {
    this.#merge = merge;
    this.#view = new EditorView({
      doc: b,
      extensions: [
        side(suggestedLabel(), extensions),
        merge.unifiedMergeView({
          original: a,
          collapseUnchanged: COLLAPSE,
          mergeControls: (choice) => {
            const button = control(choice, () => {
              choose(choice, this.#chunkOf(button));
            });
            button.append(choice === "accept" ? trans.__("Accept") : trans.__("Reject"));
            return button;
          },
        }),
      ],
    });
    this.dom = element("div", { class: "jc-review-unified" }, this.#view.dom);
    new MutationObserver(() => {
      for (const button of this.#buttons) name(button, this.#chunkOf(button), this.chunks.length);
    }).observe(this.#view.dom, { childList: true, subtree: true });
  }

  get #buttons(): HTMLElement[] {
    return [...this.#view.dom.querySelectorAll<HTMLElement>(".jc-review-chunk")];
  }

  #chunkOf(button: HTMLElement): number {
    const widget = button.closest(".cm-deletedChunk");
    const at = widget === null ? -1 : this.#view.posAtDOM(widget);
    return this.chunks.findIndex(({ fromB, endB }) => fromB <= at && at <= endB);
  }

  get a(): Text {
    return this.#merge.getOriginalDoc(this.#view.state);
  }

  get b(): Text {
    return this.#view.state.doc;
  }

  get chunks(): readonly Chunk[] {
    return this.#merge.getChunks(this.#view.state)?.chunks ?? [];
  }

  changeA(edit: Edit): void {
    const changes = ChangeSet.of(changeOf(edit), this.a.length);
    this.#view.dispatch({
      effects: this.#merge.originalDocChangeEffect(this.#view.state, changes),
    });
  }

  changeB(edit: Edit): void {
    this.#view.dispatch({ changes: changeOf(edit) });
  }

  button(choice: Choice, chunk: number): HTMLElement | undefined {
    return this.#buttons.find(
      (button) => button.dataset["choice"] === choice && this.#chunkOf(button) === chunk,
    );
  }

  destroy(): void {
    this.#view.destroy();
  }
}
