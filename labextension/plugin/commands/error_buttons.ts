/** "Explain error" and "Fix error" below the output of each failed cell. */

import type { Cell, CodeCell } from "@jupyterlab/cells";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import { element } from "../../src/dom";
import { keepKeys } from "../../src/keys";
import { isCode, lastError, speaksPython } from "./cell_text";

const BAR = "jp-claude-errorButtons";

const STYLES = `
.${BAR} {
  display: flex;
  flex-wrap: wrap;
  gap: 8px;
  margin: 4px 0 2px;
  /* Below the output, which stands beside the prompt. */
  padding-inline-start: var(--jp-cell-prompt-width);
  font-family: var(--jp-ui-font-family);
}
.${BAR} button {
  padding: 2px 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: var(--jp-border-radius);
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font: inherit;
  font-size: var(--jp-ui-font-size1);
  line-height: 1.5;
  cursor: pointer;
}
.${BAR} button:hover { background: var(--jp-layout-color2); }
.${BAR} button:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
@media print { .${BAR} { display: none; } }
`;

/** What a button does. */
export type ErrorAction = (notebook: NotebookPanel, cell: Cell) => void;

/**
 * Keeps the buttons where a cell has failed.
 *
 * They stand at the end of the cell's output area, beside Lab's own widgets, which are drawn by
 * whichever renderer; so they are folded, scrolled and taken away with the output.
 */
export class ErrorButtons {
  readonly #explain: ErrorAction;
  readonly #fix: ErrorAction;
  readonly #bars = new Map<CodeCell, { node: HTMLElement; end: AbortController }>();
  readonly #due = new Set<CodeCell>();
  readonly #watched = new Map<CodeCell, NotebookPanel>();
  #shown = false;

  constructor(tracker: INotebookTracker, actions: { explain: ErrorAction; fix: ErrorAction }) {
    this.#explain = actions.explain;
    this.#fix = actions.fix;
    document.head.append(element("style", {}, STYLES));
    const watch = (notebook: NotebookPanel): void => {
      const { content } = notebook;
      const cells = (): void => {
        for (const cell of content.widgets) if (isCode(cell)) this.#watch(notebook, cell);
      };
      const model = (): void => {
        content.model?.cells.changed.connect(cells);
        cells();
      };
      content.modelChanged.connect(model);
      model();
    };
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, notebook) => {
      watch(notebook);
    });
  }

  /** Whether failed cells have buttons. */
  set shown(shown: boolean) {
    this.#shown = shown;
    for (const cell of this.#watched.keys()) this.#request(cell);
  }

  #watch(notebook: NotebookPanel, cell: CodeCell): void {
    if (this.#watched.has(cell)) return;
    this.#watched.set(cell, notebook);
    const changed = (): void => {
      this.#request(cell);
    };
    // The area's own listener came first: its widgets are there by now.
    cell.model.outputs.changed.connect(changed);
    cell.disposed.connect(() => {
      this.#watched.delete(cell);
      this.#due.delete(cell);
      this.#remove(cell);
    });
    changed();
  }

  /** Many outputs may come at once; what counts is what stays. */
  #request(cell: CodeCell): void {
    if (this.#due.size === 0)
      requestAnimationFrame(() => {
        const cells = [...this.#due];
        this.#due.clear();
        for (const due of cells) this.#update(due);
      });
    this.#due.add(cell);
  }

  #update(cell: CodeCell): void {
    const notebook = this.#watched.get(cell);
    if (notebook === undefined) return;
    const isWanted = this.#shown && speaksPython(notebook) && lastError(cell) !== null;
    if (!isWanted) this.#remove(cell);
    else if (!this.#bars.has(cell)) this.#add(notebook, cell);
  }

  #add(notebook: NotebookPanel, cell: CodeCell): void {
    const end = new AbortController();
    const node = element(
      "div",
      { class: BAR, role: "group", "aria-label": "Ask Claude about this error" },
      ErrorButtons.#button("Explain error", "Ask Claude what went wrong", () => {
        this.#explain(notebook, cell);
      }),
      ErrorButtons.#button("Fix error", "Ask Claude for a cell without this error", () => {
        this.#fix(notebook, cell);
      }),
    );
    keepKeys(node, end.signal);
    cell.outputArea.node.append(node);
    this.#bars.set(cell, { node, end });
  }

  static #button(name: string, title: string, press: () => void): HTMLButtonElement {
    const node = element("button", { type: "button", title }, name);
    node.addEventListener("click", press);
    return node;
  }

  #remove(cell: CodeCell): void {
    const bar = this.#bars.get(cell);
    this.#bars.delete(cell);
    bar?.node.remove();
    bar?.end.abort();
  }
}
