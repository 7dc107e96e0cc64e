/** Runs work that can wait until the page is idle. */

const LATEST_MS = 1_000; // while an answer streams, a page may never be idle

const queue: (() => void)[] = [];
let asked = false;

const soon: (run: (left: () => number) => void) => void =
  typeof requestIdleCallback === "function"
    ? (run) => {
        requestIdleCallback(
          (deadline) => {
            run(() => deadline.timeRemaining());
          },
          { timeout: LATEST_MS },
        );
      }
    : (run) => {
        const end = performance.now() + 8;
        setTimeout(() => {
          run(() => end - performance.now());
        });
      };

/** Runs a function when the page is idle; several functions run in order. */
export function whenIdle(run: () => void): void {
  queue.push(run);
  ask();
}

function ask(): void {
  if (asked || queue.length === 0) return;
  asked = true;
  soon((left) => {
    asked = false;
    do queue.shift()?.();
    while (queue.length > 0 && left() > 0);
    ask();
  });
}
