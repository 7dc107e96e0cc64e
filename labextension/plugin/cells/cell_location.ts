/** Finds the notebook and the cell of a view. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { Cell } from "@jupyterlab/cells";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import type { ISessions } from "../tokens";

/** A view's notebook and cell; the cell is null for a view beside the notebook. */
export interface CellLocation {
  readonly panel: NotebookPanel;
  readonly cell: Cell | null;
}

/** The element itself, or the host of its shadow root. */
function inPage(node: Element): Element {
  const root = node.getRootNode();
  return root instanceof ShadowRoot ? inPage(root.host) : node;
}

/** The location of a view's element; null if it has none, for example in a detached output. */
export function cellLocationOf(
  node: Element,
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  sessions: ISessions,
): CellLocation | null {
  const within = inPage(node);
  const panel = notebooks.find(({ content }) => content.node.contains(within));
  if (panel !== undefined) {
    const cell = panel.content.widgets.find((widget) => widget.node.contains(within));
    return cell === undefined ? null : { panel, cell };
  }
  const beside = [...app.shell.widgets("right"), ...app.shell.widgets("left")];
  const { current } = sessions;
  const isBeside = beside.some((widget) => widget.node.contains(within));
  return isBeside && current !== null ? { panel: current.notebook, cell: null } : null;
}
