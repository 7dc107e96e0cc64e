/** Steps that can be undone. */

/** The part of yjs's undo manager that is used here. */
interface UndoManager {
  stopCapturing(): void;
}

/** Does something to a shared model as one step of its own, whatever was typed just before it. */
export function oneStep(shared: { transact(run: () => void): void }, run: () => void): void {
  // Not in the interface of a shared model: without it, quick changes are undone together.
  const { undoManager } = shared as { undoManager?: UndoManager | null };
  undoManager?.stopCapturing();
  shared.transact(run);
  undoManager?.stopCapturing();
}
