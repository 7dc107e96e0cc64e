/** Adds the styles of suggestions for cells to the page. */

import STYLES from "./review.css";

const ID = "jupyter-claude-review-styles";

/** Adds the styles to the page, once. */
export function addReviewStyles(): void {
  if (document.getElementById(ID) !== null) return;
  const style = document.createElement("style");
  style.id = ID;
  style.textContent = STYLES;
  document.head.append(style);
}
