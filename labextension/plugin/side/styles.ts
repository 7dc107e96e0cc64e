/** Adds the styles of the side panel and the status bar's item to the page. */

import { element } from "../../src/dom";
import STYLES from "./side.css";

let added = false;

/** Adds the styles to the page, once. */
export function addSideStyles(): void {
  if (!added) document.head.append(element("style", {}, STYLES));
  added = true;
}
