/** What waits until an element has its place on the page. */

import { whenIdle } from "./idle";

const waiting = new WeakMap<Element, () => void>();

// It speaks once soon, and again when an element that was not on the page yet comes into sight.
const sights =
  typeof IntersectionObserver === "function"
    ? new IntersectionObserver((entries) => {
        for (const { target } of entries) {
          const run = waiting.get(target);
          if (!target.isConnected || run === undefined) continue;
          waiting.delete(target);
          sights?.unobserve(target);
          run();
        }
      })
    : null;

/** Runs a function as soon as the element stands on the page. */
export function whenVisible(node: Element, run: () => void): void {
  if (sights === null) {
    whenIdle(run);
    return;
  }
  waiting.set(node, run);
  sights.observe(node);
}
