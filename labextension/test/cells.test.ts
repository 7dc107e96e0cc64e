import { Chunk } from "@codemirror/merge";
import { ChangeSet, EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { describe, expect, test } from "vitest";

import { cellOf } from "../plugin/cells/block";
import { marks } from "../plugin/cells/marks";
import {
  editBetween,
  editsOf,
  textOf,
  withChunk,
  withoutChunk,
  type Edit,
} from "../plugin/cells/edits";

const TEXTS = [
  "",
  "x",
  "x\n",
  "x\ny",
  "a\nb\nc\nd\ne\nf\ng",
  "a\nB\nc\nd\ne\nf\nG\nh",
  "b\nc\nd\ne\nf",
  "a\na\na\nb\nc\na\na",
  "a\na\nb\nc\na\na\na\n\n",
];
/** The options with which the merge views compare. */
const SCAN = { scanLimit: 500 };
const PARTS = [
  "",
  "",
  "x = 1",
  "x = 2",
  "\tf(x)",
  "\r",
  "y\r",
  "print('😀')",
  "print('😁😀')",
  "é",
];

/** Numbers from 0 to below a limit; the same numbers in every run (the mulberry32 generator). */
function randoms(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const line = (random: (limit: number) => number): string => PARTS[random(PARTS.length)] ?? "";
const source = (random: (limit: number) => number): string =>
  Array.from({ length: random(9) }, () => line(random)).join("\n");

/** The text with up to four lines added, removed or replaced. */
function edited(text: string, random: (limit: number) => number): string {
  const lines = text.split("\n");
  for (let count = random(4); count >= 0; count--)
    lines.splice(random(lines.length + 1), random(2), ...[line(random)].slice(random(2)));
  return lines.join("\n");
}

/** The text after these edits. */
const done = (text: string, edits: readonly Edit[]): string =>
  edits.reduce((now, { start, end, value }) => now.slice(0, start) + value + now.slice(end), text);

const pairs = TEXTS.flatMap((one) => TEXTS.map((other) => [one, other] as const));

describe("what Claude suggests for a cell", () => {
  // If it fails: after "Accept all" the cell has another text than the review showed.
  test.each(pairs)("is the result of all its chunks: %j to %j", (before, after) => {
    const [a, b] = [textOf(before), textOf(after)];
    expect(done(before, editsOf(a, b, Chunk.build(a, b)))).toBe(after);
  });

  // If it fails: accepting a chunk changes another chunk, or the chunk does not disappear.
  test.each(pairs)(
    "has chunks that the user accepts or rejects one by one: %j to %j",
    (before, after) => {
      const [a, b] = [textOf(before), textOf(after)];
      const chunks = Chunk.build(a, b);
      chunks.forEach((chunk) => {
        const taken = textOf(withChunk(a, b, chunk));
        expect(Chunk.build(taken, b)).toHaveLength(chunks.length - 1);
        const left = textOf(withoutChunk(a, b, chunk));
        expect(Chunk.build(a, left)).toHaveLength(chunks.length - 1);
      });
    },
  );

  // If it fails: for one text in a hundred, "Accept all" gives another text than the review showed,
  // or an "Accept" does nothing.
  test("can be reached from any text, at once and chunk by chunk", () => {
    const random = randoms(7);
    for (let round = 0; round < 3_000; round++) {
      const before = source(random);
      const after = random(4) === 0 ? source(random) : edited(before, random);
      const name = JSON.stringify([before, after]);
      let [a, b] = [textOf(before), textOf(after)];
      let chunks = Chunk.build(a, b, SCAN);
      expect(done(before, editsOf(a, b, chunks)), name).toBe(after);
      while (!a.eq(b)) {
        // A chunk may be empty, with the same text on both sides.
        const real = chunks.filter((one) => withChunk(a, b, one) !== a.toString());
        const chunk = real[random(real.length)];
        const accept = random(3) > 0;
        const text = accept ? a : b;
        const next = chunk && (accept ? withChunk(a, b, chunk) : withoutChunk(a, b, chunk));
        const edit = next === undefined ? null : editBetween(text.toString(), next);
        if (edit === null) throw new Error(`a change that is none: ${name}`);
        const { start: from, end: to, value } = edit;
        const changes = ChangeSet.of({ from, to, insert: textOf(value) }, text.length);
        if (accept) a = changes.apply(a);
        else b = changes.apply(b);
        chunks = Chunk.build(a, b, SCAN);
      }
    }
  });

  // If it fails: a collaborator's cursor jumps, or an emoji becomes two question marks for them.
  test("changes only the part that differs, in whole characters", () => {
    expect(editBetween("same", "same")).toBeNull();
    expect(editBetween("x = 1\ny", "x = 12\ny")).toEqual({ start: 5, end: 5, value: "2" });
    expect(editBetween("a😀b", "a😁b")).toEqual({ start: 1, end: 3, value: "😁" });
    expect(editBetween("😀", "🌀")).toEqual({ start: 0, end: 2, value: "🌀" });
    expect(editBetween("aa", "aaa")).toEqual({ start: 2, end: 2, value: "a" });
  });
});

// If it fails: a shell script or JSON becomes Python that fails, or runs as something else.
test("a code block becomes a cell that its kernel understands", () => {
  const cell = (language: string, text: string, kernel = "python"): unknown[] =>
    Object.values(cellOf({ language, text }, kernel));
  expect(cell("python", "x = 1")).toEqual(["code", "x = 1"]);
  expect(cell("Py", "x = 1")).toEqual(["code", "x = 1"]);
  expect(cell("", "x = 1")).toEqual(["code", "x = 1"]);
  expect(cell("sh", "ls")).toEqual(["code", "%%bash\nls"]);
  expect(cell("bash", "%%bash\nls")).toEqual(["code", "%%bash\nls"]);
  expect(cell("bash", "ls", "R")).toEqual(["markdown", "```bash\nls\n```"]);
  expect(cell("r", "x <- 1", "R")).toEqual(["code", "x <- 1"]);
  expect(cell("md", "# Title")).toEqual(["markdown", "# Title"]);
  expect(cell("json", "{}")).toEqual(["markdown", "```json\n{}\n```"]);
  expect(cell("text", "```\nx\n```")).toEqual(["markdown", "````text\n```\nx\n```\n````"]);
});

describe("the suggested cell", () => {
  // If it fails: code hides behind a comment, and the user accepts it unseen.
  test("shows hidden characters as marks", () => {
    const doc = textOf("# note\fprint(1)\r\n# a\u2028b\u202Ec\u200Bd\te 👩‍💻");
    const view = new EditorView({ state: EditorState.create({ doc, extensions: marks }) });
    const lines = Array.from(view.contentDOM.querySelectorAll(".cm-line"), (node) =>
      node.textContent.trim(),
    );
    expect(lines).toEqual([
      "# note⟨U+000C⟩print(1)⟨U+000D⟩",
      "# a⟨U+2028⟩b⟨U+202E⟩c⟨U+200B⟩d\te 👩‍💻",
    ]);
    view.destroy();
  });
});
