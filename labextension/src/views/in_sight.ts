/** Keeps a part of a turn in sight while it grows. */

/** JupyterLab's and Notebook's box that scrolls the cells. */
const BOX = ".jp-WindowedPanel-outer";

/**
 * Scrolls as little as needed to show `node`, and lets it grow downwards.
 *
 * Chromium keeps the focused element in its place: here the next cell, so that a plot would grow
 * upwards, out of sight. That is off until the user does something, or `signal` aborts.
 */
export function keepInSight(node: Element, signal: AbortSignal): void {
  node.scrollIntoView({ block: "nearest" });
  const box = node.closest<HTMLElement>(BOX);
  if (box === null) return;
  box.style.overflowAnchor = "none";
  const ends = new AbortController();
  const end = (): void => {
    box.style.overflowAnchor = "";
    ends.abort();
  };
  const options = { capture: true, passive: true, signal: ends.signal };
  for (const type of ["wheel", "pointerdown", "keydown"])
    window.addEventListener(type, end, options);
  signal.addEventListener("abort", end, { once: true });
}
