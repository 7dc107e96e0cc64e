/** Claude's plan, as Markdown. */

import { element } from "../dom";
import { NO_FORMULAS } from "../formulas";
import { MarkdownStream } from "../markdown";
import { focusWhenScrolling } from "../scroll";
import { trans } from "../trans";

export function planView(plan: string): HTMLElement {
  const node = element("div", { class: `jc-plan jc-text ${NO_FORMULAS}`, dir: "auto" });
  if (plan.trim() === "") node.textContent = trans.__("The plan is empty.");
  else new MarkdownStream(node).set(plan, true);
  focusWhenScrolling(node);
  return node;
}
