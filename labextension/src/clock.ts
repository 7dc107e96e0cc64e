/** A limit on how long Markdown may be read: the page waits for it. */

import type { MarkdownIt } from "markdown-it";

const MOST_MS = 1_000; // usual answers take a few
const STEPS = 50; // from one look at the clock to the next

/** A text takes too long to read. */
export class TooSlow extends Error {}

/** Stops a Markdown parser that has taken too long: by rules that match nothing. */
export class Clock {
  #end = Infinity;
  #steps = 0;

  constructor(parser: MarkdownIt) {
    const look = (): boolean => {
      this.#steps++;
      if (this.#steps % STEPS === 0 && performance.now() > this.#end) throw new TooSlow();
      return false;
    };
    parser.block.ruler.before("table", "clock", look, {
      alt: ["paragraph", "reference", "blockquote", "list"],
    });
    parser.inline.ruler.before("text", "clock", look);
  }

  /** Begins to count. */
  start(): void {
    this.#end = performance.now() + MOST_MS;
    this.#steps = 0;
  }
}
