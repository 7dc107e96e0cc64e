/** A time limit for parsing Markdown: the page waits while it runs. */

import type { MarkdownIt } from "markdown-it";

const MOST_MS = 1_000; // a usual answer takes a few milliseconds
const STEPS = 50; // between two looks at the clock

/** A text takes too long to parse. */
export class TooSlow extends Error {}

/** Stops a Markdown parser that takes too long, with rules that match nothing. */
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
