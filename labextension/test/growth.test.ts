import { expect, test } from "vitest";

import { fenced, plain } from "../plugin/commands/prompts";
import { highlighted } from "../src/highlight";
import { renderMarkdown } from "../src/markdown";
import { promptText } from "../src/panel/row";
import { exact, visibleText } from "../src/text";
import { diffCounts } from "../src/views/diff";

// The processor time of this process; other load on the machine does not count.
declare const process: { cpuUsage: () => { user: number; system: number } };

/** As in tests/extension/test_growth.py. */
const PIECES = [
  ...["\\[a\n", "\\(a ", "\\(", "$$a ", "$$\na\n", "$a ", "$a\\$", "$", "`", "`a ", "``a` "],
  ...["```a\n", "~~~\n", "*", "*a ", "**a", "_a ", "***a** ", "*_", "~~a ", "[", "[a](", "[a](<b"],
  ...[
    '[a](b "',
    "[a][b] ",
    "![a](",
    "[a]: b\n",
    "[a\n]: ",
    "](",
    "(",
    "((a)",
    "<",
    "<a ",
    '<a b="',
  ],
  ...[
    "<!--",
    "&",
    "\\",
    "\\\\",
    "> ",
    "- ",
    "  - ",
    "1. a\n",
    "# ",
    "|",
    "|a|b\n|-|-\n",
    "| a |\n",
  ],
  ...["    a\n", "http://a ", "http://", "a://", "www.a.b ", "a@b.c ", "//a.b ", ":", "a\n\n", "a"],
  ...["a ", " ", " \n", "\n", "\t", "\r", "\u202e", "\u{1F469}\u200d", "e\u0301", "@@ -1 +1 @@\n"],
  ...["+++ \n", '"""', "'", "{{", "\x1b[", "\x1b]a", "!["],
];
/**
 * As in tests/extension/test_growth.py: a quadratic reader takes 16 times as long for four times
 * the text.
 */
const LIMIT = 9;

const READERS: [string, (text: string) => unknown, number][] = [
  ["Markdown", renderMarkdown, 5_000],
  ["exact text", exact, 50_000],
  ["prose", visibleText, 50_000],
  ["a diff", diffCounts, 50_000],
  ["a prompt", promptText, 5_000],
  ["code", (text) => ["python", "bash", "xml"].map((name) => highlighted(text, name)), 5_000],
  ["output", plain, 50_000],
  ["a cell", (text) => fenced(text, "", Infinity), 50_000],
];

function milliseconds(read: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage();
  read(text);
  const after = process.cpuUsage();
  return (after.user - before.user + after.system - before.system) / 1000;
}

// If it fails: an answer, or a file that Claude read, blocks the page for minutes.
test.each(READERS)(
  "four times as much of %s takes four times as long",
  { timeout: 120_000 },
  (_, read, size) => {
    const slow: Record<string, [number, number]> = {};
    for (const piece of PIECES) {
      const short = piece.repeat(size / 2 / piece.length);
      const long = piece.repeat((2 * size) / piece.length);
      let [first, second] = [Infinity, Infinity];
      for (let round = 0; round < 8; round++) {
        first = Math.min(first, milliseconds(read, short));
        second = Math.min(second, milliseconds(read, long));
        // Times this short would measure the machine, not the reader.
        if (second < 10 || second <= LIMIT * first) break;
      }
      if (second >= 10 && second > LIMIT * first) slow[piece] = [first, second];
    }
    expect(slow).toEqual({});
  },
);
