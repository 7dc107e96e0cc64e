/**
 * Says sentences to screen readers, without showing them.
 *
 * The page may show a turn several times, such as in its cell and in the panel. The others do not
 * repeat a sentence that one of them has said.
 */

import { element } from "./dom";

const KEPT_MS = 2_000;

/** The sentences of the last moment, and the announcers that have said or skipped each. */
const said: { sentence: string; at: number; by: Set<Announcer> }[] = [];

export class Announcer {
  readonly node = element("div", { class: "jc-announcer", "aria-live": "polite" });

  say(sentence: string): void {
    // A view that is not on screen, such as in another tab of JupyterLab, says nothing.
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
    // The user has heard it by now. If it stayed, a screen reader would find it on the page again.
    setTimeout(() => {
      line.remove();
    }, KEPT_MS);
  }
}

/** Whether the browser draws it; true where the browser cannot tell. */
function isVisible(node: Partial<Pick<Element, "checkVisibility">>): boolean {
  return node.checkVisibility?.() ?? true;
}
