/**
 * Says sentences to screen readers, without showing them.
 *
 * A turn may be on the page several times, in its cell and in the panel: what one of them has said,
 * the others do not say again.
 */

import { element } from "./dom";

const KEPT_MS = 2_000;

/** What was said a moment ago, and who has told it or kept it to itself since. */
const said: { sentence: string; at: number; by: Set<Announcer> }[] = [];

export class Announcer {
  readonly node = element("div", { class: "jc-announcer", "aria-live": "polite" });

  say(sentence: string): void {
    // What is not on screen, such as in another tab of JupyterLab, is not read out.
    if (!this.node.isConnected || !isVisible(this.node)) return;
    const now = performance.now();
    while (said[0] !== undefined && now - said[0].at > KEPT_MS) said.shift();
    const known = said.find(
      ({ sentence: other, by }) =>
        other === sentence && !by.has(this) && [...by].some(({ node }) => node.isConnected),
    );
    if (known !== undefined) {
      known.by.add(this);
      return;
    }
    said.push({ sentence, at: now, by: new Set([this]) });
    const line = element("p", {}, sentence);
    this.node.append(line);
    // Heard by then; left in place it would be read a second time by who walks the page.
    setTimeout(() => {
      line.remove();
    }, KEPT_MS);
  }
}

/** Whether it is drawn; true where the browser cannot tell. */
function isVisible(node: Partial<Pick<Element, "checkVisibility">>): boolean {
  return node.checkVisibility?.() ?? true;
}
