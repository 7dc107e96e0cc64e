/** Makes changes that are one undo step. */

/** The part of yjs's undo manager that we use. */
interface UndoManager {
  stopCapturing(): void;
}

/** Changes a shared model in one separate undo step, even right after the user typed. */
export function oneStep(shared: { transact(run: () => void): void }, run: () => void): void {
  // The interface of shared models lacks `undoManager`. Without it, one undo covers changes in
  // quick succession.
  const { undoManager } = shared as { undoManager?: UndoManager | null };
  undoManager?.stopCapturing();
  shared.transact(run);
  undoManager?.stopCapturing();
}
