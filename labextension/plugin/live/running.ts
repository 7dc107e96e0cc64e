/** Runs a cell of a notebook as its user does, and waits for the end. */

import type { Cell } from "@jupyterlab/cells";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";

import type { CellRan, CellsRefused, RunCell } from "../../src/messages.generated";
import { isCode } from "../bars";
import { found, refused, type LiveNotebook } from "./operations";
import { imagesOf, shownCell } from "./reading";

/** A run that Claude asked for. */
interface Run {
  /** Whether the kernel has begun it. */
  hasBegun: boolean;
  /** Whether it was stopped before. */
  isStopped: boolean;
}

/** The runs that go on. */
const runs = new WeakMap<Cell, Run>();

/** The widget of a cell; undefined if the notebook has none. */
const widgetOf = ({ content }: NotebookPanel, id: string): Cell | undefined =>
  content.widgets.find(({ model }) => model.id === id);

/**
 * Runs a cell if its source is still the one that was read; a Markdown cell is rendered.
 *
 * It does not run behind another cell: that one may be a prompt that waits for this very run.
 */
export async function run(
  panel: NotebookPanel,
  notebook: LiveNotebook,
  ask: RunCell,
): Promise<CellRan | CellsRefused> {
  const at = found(notebook, ask.id);
  const cell = widgetOf(panel, ask.id);
  if (at === null || cell === undefined) return refused(notebook, "missing");
  if (at[0].getSource() !== ask.was) return refused(notebook, "differs", at);
  const { sessionContext } = panel;
  if (at[0].cell_type === "raw") return refused(notebook, "kind", at);
  if (at[0].cell_type === "code") {
    if (panel.content.widgets.some(({ model }) => notebook.isRunning(model.id)))
      return refused(notebook, "busy", at);
    if (sessionContext.session?.kernel == null) return refused(notebook, "kernel", at);
    if (sessionContext.isTerminating || sessionContext.pendingInput)
      return refused(notebook, "busy", at);
  }
  const ok = await watched(panel, cell, () =>
    undisturbed(panel, () => NotebookActions.runCells(panel.content, [cell], sessionContext)),
  );
  const [now, index] = found(notebook, ask.id) ?? at;
  return {
    result: "ran",
    ok,
    cell: shownCell(now, index, ask.longest, notebook.isRunning(ask.id)),
    images: imagesOf(now),
  };
}

/** Begins a run, and lets the user type on: running a cell ends the notebook's edit mode. */
function undisturbed(panel: NotebookPanel, begin: () => Promise<boolean>): Promise<boolean> {
  const { content } = panel;
  const { mode } = content;
  const focused = document.activeElement;
  const ended = begin();
  content.mode = mode;
  if (focused instanceof HTMLElement && document.activeElement !== focused)
    focused.focus({ preventScroll: true });
  return ended;
}

/** Runs a cell; if it is stopped before the kernel has begun it, interrupts the kernel then. */
async function watched(
  panel: NotebookPanel,
  cell: Cell,
  begin: () => Promise<boolean>,
): Promise<boolean> {
  const run: Run = { hasBegun: false, isStopped: false };
  const listen = (_: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void => {
    if (run.hasBegun || message.header.msg_type !== "execute_input" || !isOf(cell, message)) return;
    run.hasBegun = true;
    if (run.isStopped) interrupt(panel);
  };
  const kernel = panel.sessionContext.session?.kernel;
  runs.set(cell, run);
  kernel?.iopubMessage.connect(listen);
  try {
    return await begin();
  } finally {
    kernel?.iopubMessage.disconnect(listen);
    runs.delete(cell);
  }
}

/** Whether a message belongs to the present run of a cell. */
function isOf(cell: Cell, { parent_header: parent }: KernelMessage.IIOPubMessage): boolean {
  if (!isCode(cell) || !("msg_id" in parent)) return false;
  const future = cell.outputArea.future as Kernel.IShellFuture | null; // null before its first run
  return future?.msg.header.msg_id === parent.msg_id;
}

/** Interrupts the kernel if the cell still runs, or as soon as the kernel begins it. */
export function stop(panel: NotebookPanel, notebook: LiveNotebook, id: string): void {
  const cell = widgetOf(panel, id);
  const run = cell === undefined ? undefined : runs.get(cell);
  // A kernel that has not begun the cell would not notice an interrupt.
  if (run?.hasBegun === false) run.isStopped = true;
  else if (notebook.isRunning(id)) interrupt(panel);
}

function interrupt({ sessionContext }: NotebookPanel): void {
  sessionContext.session?.kernel?.interrupt().catch(() => undefined);
}
