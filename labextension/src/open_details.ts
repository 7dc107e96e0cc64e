/** What is unfolded in a live turn stays so when its finished form takes its place. */

const live = new Map<string, WeakRef<Element>>();

/** Remembers the element in which a turn is live. */
export function isLive(turn: string, node: Element): void {
  if (live.get(turn)?.deref() !== node) live.set(turn, new WeakRef(node));
}

/** Unfolds in the finished form of a turn what was unfolded in the live one, if there was one. */
export function unfoldAsLive(turn: string, node: Element): void {
  const before = live.get(turn)?.deref()?.querySelectorAll("details");
  live.delete(turn);
  if (before === undefined) return;
  node.querySelectorAll("details").forEach((details, index) => {
    details.open = before[index]?.open === true;
  });
}
