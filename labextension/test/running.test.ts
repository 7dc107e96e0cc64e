import type { ICodeCellModel } from "@jupyterlab/cells";
import type { INotebookTracker } from "@jupyterlab/notebook";
import { expect, test, vi } from "vitest";

const never = { connect: () => undefined };
vi.mock("@jupyterlab/notebook", () => ({
  NotebookActions: { executionScheduled: never, executed: never },
}));
const { RunningCells } = await import("../plugin/prose/running");

// If it fails: the page gets slower with scrolling, because each new editor adds a listener.
test("a cell has one listener, however many editors it gets", () => {
  const connect = vi.fn();
  const model = { stateChanged: { connect } } as unknown as ICodeCellModel;
  const cells = new RunningCells({ widgetAdded: never } as unknown as INotebookTracker, null);
  for (let editor = 0; editor < 3; editor++) cells.watch(model);
  expect(connect).toHaveBeenCalledOnce();
});
