/** Makes boxes that scroll, such as wide tables, reachable with the keyboard. */

const sizes =
  typeof ResizeObserver === "function"
    ? new ResizeObserver((entries) => {
        for (const { target } of entries) markScrolling(target as HTMLElement);
      })
    : null;

/** Lets the box take the focus while it has something to scroll. */
export function focusWhenScrolling(node: HTMLElement): void {
  sizes?.observe(node);
}

function markScrolling(node: HTMLElement): void {
  const scrolls =
    node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
  if (scrolls) node.tabIndex = 0;
  else node.removeAttribute("tabindex");
}
