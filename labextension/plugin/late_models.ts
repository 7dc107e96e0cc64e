/**
 * Draws widgets that JupyterLab gave up too early.
 *
 * After a reload of the page, its outputs wait two seconds for the models that the kernel still
 * has. At the end they do not look again (jupyterlab_widgets 3.0.17). So on a busy machine a model
 * may have come at the last moment, and its output says "model not found" for good. A turn that
 * ended during the reload would be lost.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { Cell, CodeCell } from "@jupyterlab/cells";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";

import { isFields } from "../src/protocol";

const VIEW = "application/vnd.jupyter.widget-view+json";
const NOT_FOUND = "Error displaying widget: model not found";
/** JupyterLab's renderer sets this class on its node when it shows that line. */
const CLASS = "jupyter-widgets";

const isCodeCell = (cell: Cell): cell is CodeCell => cell.model.type === "code";

/** Draws an output again, once, if its model was not found but the kernel has the model's comm. */
export class LateModels {
  readonly #panel: NotebookPanel;
  readonly #observer: MutationObserver;
  readonly #drawn = new WeakSet<Element>();

  constructor(panel: NotebookPanel) {
    this.#panel = panel;
    this.#observer = new MutationObserver((changes) => {
      for (const { target } of changes) if (target instanceof HTMLElement) this.#see(target);
    });
    this.#observer.observe(panel.content.node, {
      subtree: true,
      attributes: true,
      attributeFilter: ["class"],
    });
    panel.disposed.connect(() => {
      this.#observer.disconnect();
    });
  }

  #see(node: HTMLElement): void {
    if (!node.classList.contains(CLASS) || node.textContent !== NOT_FOUND) return;
    if (this.#drawn.has(node)) return; // its model was not found a second time either
    for (const cell of this.#panel.content.widgets)
      if (isCodeCell(cell) && this.#seeIn(cell.outputArea, node)) return;
  }

  /** Handles the node if it is one of the cell's outputs. Returns whether it is. */
  #seeIn(outputs: CodeCell["outputArea"], node: HTMLElement): boolean {
    for (const [index, output] of outputs.widgets.entries())
      for (const renderer of output.children()) {
        if (renderer.node !== node) continue;
        const model = outputs.model.get(index);
        const view = model.data[VIEW];
        const id = isFields(view) ? view["model_id"] : undefined;
        const kernel = this.#panel.sessionContext.session?.kernel;
        if (typeof id !== "string" || kernel?.hasComm(id) !== true) return true;
        this.#drawn.add(node);
        renderer.removeClass(CLASS);
        void (renderer as IRenderMime.IRenderer).renderModel(model);
        return true;
      }
    return false;
  }
}

/** Draws widgets whose models came too late for JupyterLab. */
export const lateModels: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:late-models",
  description: "Shows widgets whose models arrived too late.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, notebooks: INotebookTracker) => {
    notebooks.forEach((panel) => new LateModels(panel));
    notebooks.widgetAdded.connect((_, panel) => {
      new LateModels(panel);
    });
  },
};
