/** Says sentences to screen readers, without showing them. */

import { element } from "./dom";

const KEPT_MS = 2_000;

export class Announcer {
  readonly node = element("div", { class: "jc-announcer", "aria-live": "polite" });

  say(sentence: string): void {
    const line = element("p", {}, sentence);
    this.node.append(line);
    // Heard by then; left in place it would be read a second time by who walks the page.
    setTimeout(() => {
      line.remove();
    }, KEPT_MS);
  }
}
