/** Makes changes that are one undo step. */

/** The part of yjs's undo manager that we use. */
interface UndoManager {
  stopCapturing(): void;
}

/**
 * Changes a shared model in one separate undo step, even right after the user typed. JupyterLab
 * sees the result of each run before the next one.
 */
export function oneStep(
  shared: { transact(run: () => void): void },
  ...runs: (() => void)[]
): void {
  // The interface of shared models lacks `undoManager`. Without it, one undo covers changes in
  // quick succession.
  const { undoManager } = shared as { undoManager?: UndoManager | null };
  undoManager?.stopCapturing();
  for (const run of runs) shared.transact(run);
  undoManager?.stopCapturing();
}
