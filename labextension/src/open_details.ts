/** Keeps details open when the finished form of a turn replaces the live one. */

const live = new Map<string, WeakRef<Element>>();

/** Remembers the element that shows a live turn. */
export function isLive(turn: string, node: Element): void {
  if (live.get(turn)?.deref() !== node) live.set(turn, new WeakRef(node));
}

/** Opens the details in a finished turn that were open in the live one, if there was one. */
export function unfoldAsLive(turn: string, node: Element): void {
  const before = live.get(turn)?.deref()?.querySelectorAll("details");
  live.delete(turn);
  if (before === undefined) return;
  node.querySelectorAll("details").forEach((details, index) => {
    details.open = before[index]?.open === true;
  });
}
