/** Shows bars, with text or buttons, below the output of cells. */

import type { Cell, CodeCell } from "@jupyterlab/cells";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import { element } from "../src/dom";
import { keepKeys } from "../src/keys";
import STYLES from "./bars.css";

const BAR = "jp-claude-errorButtons";

export function isCode(cell: Cell): cell is CodeCell {
  return cell.model.type === "code";
}

/** The bar below a cell's output. */
export interface Bar {
  /** Its name, for screen readers. */
  readonly name: string;
  /** The text before the buttons. */
  readonly text?: string;
  readonly buttons: readonly {
    readonly label: string;
    readonly title: string;
    readonly press: () => void;
  }[];
}

/**
 * Keeps the bars up to date.
 *
 * A bar is at the end of the cell's output area, after Lab's own widgets. So Lab folds, scrolls and
 * removes it with the output, whatever renderers draw that.
 */
export class CellBars {
  static #styled = false;
  readonly #wanted: (notebook: NotebookPanel, cell: CodeCell) => Bar | null;
  readonly #bars = new Map<CodeCell, { node: HTMLElement; end: AbortController; key: string }>();
  readonly #due = new Set<CodeCell>();
  readonly #watched = new Map<CodeCell, NotebookPanel>();

  constructor(
    tracker: INotebookTracker,
    wanted: (notebook: NotebookPanel, cell: CodeCell) => Bar | null,
  ) {
    this.#wanted = wanted;
    if (!CellBars.#styled) document.head.append(element("style", {}, STYLES));
    CellBars.#styled = true;
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

  /** Updates the bars of all cells. */
  update(): void {
    for (const cell of this.#watched.keys()) this.#request(cell);
  }

  #watch(notebook: NotebookPanel, cell: CodeCell): void {
    if (this.#watched.has(cell)) return;
    this.#watched.set(cell, notebook);
    const onChange = (): void => {
      this.#request(cell);
    };
    // The output area connected first, so its widgets are up to date here.
    cell.model.outputs.changed.connect(onChange);
    cell.model.sharedModel.changed.connect(onChange);
    cell.disposed.connect(() => {
      this.#watched.delete(cell);
      this.#due.delete(cell);
      this.#remove(cell);
    });
    onChange();
  }

  /** Waits for the next frame: many outputs may come at once, and only the last state counts. */
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
    const bar = this.#wanted(notebook, cell);
    const key = bar === null ? "" : [bar.name, ...bar.buttons.map(({ label }) => label)].join("\n");
    if (this.#bars.get(cell)?.key === key) return;
    this.#remove(cell);
    if (bar !== null) this.#add(cell, bar, key);
  }

  #add(cell: CodeCell, { name, text = "", buttons }: Bar, key: string): void {
    const end = new AbortController();
    const node = element(
      "div",
      { class: BAR, role: "group", "aria-label": name },
      ...(text === "" ? [] : [element("span", {}, text)]),
      ...buttons.map(({ label, title, press }) => {
        const button = element("button", { type: "button", title }, label);
        button.addEventListener("click", press);
        return button;
      }),
    );
    keepKeys(node, end.signal);
    cell.outputArea.node.append(node);
    this.#bars.set(cell, { node, end, key });
  }

  #remove(cell: CodeCell): void {
    const bar = this.#bars.get(cell);
    this.#bars.delete(cell);
    bar?.node.remove();
    bar?.end.abort();
  }
}
