/** Runs work once an element is on the page. */

import { whenIdle } from "./idle";

const waiting = new WeakMap<Element, () => void>();

// It calls back once soon, and again when an element that was not on the page comes into sight.
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

/** Runs a function as soon as the element is on the page. */
export function whenVisible(node: Element, run: () => void): void {
  if (sights === null) {
    whenIdle(run);
    return;
  }
  waiting.set(node, run);
  sights.observe(node);
}
