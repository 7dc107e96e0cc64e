import { Chunk } from "@codemirror/merge";
import { describe, expect, test } from "vitest";

import { cellOf } from "../plugin/cells/block";
import { editBetween, editsOf, textOf, withChunk, withoutChunk } from "../plugin/cells/texts";

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
const pairs = TEXTS.flatMap((one) => TEXTS.map((other) => [one, other] as const));

describe("what Claude suggests for a cell", () => {
  // If it fails: "Accept all" leaves something else in the cell than what was shown.
  test.each(pairs)("is what comes of all its chunks: %j to %j", (before, after) => {
    const [a, b] = [textOf(before), textOf(after)];
    let text = before;
    for (const { start, end, value } of editsOf(a, b, Chunk.build(a, b)))
      text = text.slice(0, start) + value + text.slice(end);
    expect(text).toBe(after);
  });

  // If it fails: accepting a chunk changes another one, or it does not go away.
  test.each(pairs)("has chunks that are taken or left one by one: %j to %j", (before, after) => {
    const [a, b] = [textOf(before), textOf(after)];
    const chunks = Chunk.build(a, b);
    chunks.forEach((chunk) => {
      const taken = textOf(withChunk(a, b, chunk));
      expect(Chunk.build(taken, b)).toHaveLength(chunks.length - 1);
      const left = textOf(withoutChunk(a, b, chunk));
      expect(Chunk.build(a, left)).toHaveLength(chunks.length - 1);
    });
  });

  // If it fails: a collaborator's cursor jumps, or an emoji becomes two question marks for them.
  test("changes no more of the text than differs, and whole characters", () => {
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
