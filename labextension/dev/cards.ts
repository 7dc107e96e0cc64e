/** A turn with each kind of card, `?cards`, and the tasks and the problem of `?panel=tasks`. */

import type { Item, RunningTask, ToolItem, Turn, TurnProblem } from "../src/messages.generated";
import { chart, tool, turn } from "./samples";

const read = (id: string, file: string): ToolItem => ({
  ...tool,
  id,
  name: "Read",
  title: "Read",
  step: "file",
  summary: file,
  input: `{\n  "file_path": "${file}"\n}`,
  input_kind: "json",
  output: "1\tdate,price\n2\t2026-11-21,5.50",
});
const lines = Array.from({ length: 900 }, (_, index) => `tests/test_${String(index)}.py PASSED`);
const diff = "--- /dev/null\n+++ src/report.py\n@@ -0,0 +1,2 @@\n+def report():\n+    return 1";

const items: Item[] = [
  { id: "w1", kind: "text", parent: "", text: "I look at the project first." },
  read("r1", "src/prices.py"),
  read("r2", "src/report.py"),
  read("r3", "tests/test_prices.py"),
  { ...read("r4", "def total"), name: "Grep", title: "Search", step: "search" },
  { id: "w2", kind: "text", parent: "", text: "Now I run the tests." },
  {
    ...tool,
    id: "b1",
    summary: "pytest -v",
    input: "pytest -v",
    seconds: 42,
    output: lines.slice(0, 300).join("\n"),
    left_out: 300,
    output_end: lines.slice(600).join("\n"),
  },
  {
    ...tool,
    id: "e1",
    name: "Write",
    title: "Write",
    summary: "src/report.py",
    input: diff,
    input_kind: "diff",
    counts: "+2 −0",
  },
  {
    ...tool,
    id: "f1",
    name: "Edit",
    title: "Edit",
    summary: "src/missing.py",
    input: diff,
    input_kind: "diff",
    state: "failed",
    output: "File has not been read yet. Read it first before writing to it.",
  },
  {
    ...read("i1", "plot.png"),
    step: "",
    images: [{ media_type: "image/png", data: chart, alt: "Image from Read: plot.png" }],
  },
  {
    ...tool,
    id: "a1",
    name: "Agent",
    title: "Subagent",
    summary: "Check the other notebooks",
    input: "Look at each notebook",
    input_kind: "text",
    state: "running",
    task: true,
    seconds: 95,
    progress: "Reading b.ipynb · 12 tool calls · 8.2k tokens",
  },
  {
    ...tool,
    id: "c1",
    summary: "npm run watch",
    input: "npm run watch",
    state: "running",
    task: true,
    seconds: 3_700,
    output: "built in 0.4 s\nwatching 212 files",
    note: "Continues in the background",
  },
  {
    ...tool,
    id: "m1",
    name: "mcp__github__create_issue",
    title: "github: create issue",
    summary: "Prices are wrong",
    input: "{}",
    input_kind: "json",
    state: "denied",
    note: "You denied it: use the tracker",
  },
];
export const problem: TurnProblem = {
  text: "The conversation is too long for the model.",
  remedy: "compact",
  models: [],
};
export const cards: Turn = {
  ...turn,
  state: "failed",
  items,
  problem,
  cost: "$0.0123 · 1.2k in · 340 out · 61.0 s · claude-opus-5",
};
export const tasks: RunningTask[] = [
  {
    call: "a1",
    turn: "turn-1",
    title: "Subagent",
    about: "Check the other notebooks",
    doing: "Reading b.ipynb · 12 tool calls · 8.2k tokens",
    seconds: 95,
  },
  {
    call: "c1",
    turn: "turn-1",
    title: "Run",
    about: "npm run watch",
    doing: "",
    seconds: 3_700,
  },
];
