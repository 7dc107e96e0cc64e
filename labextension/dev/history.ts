/** Shows a sample history whose plan has every part; `?turns=NUMBER` and `?stop=NUMBER` choose. */

import type { FileChange, HistoryFromKernel, Plan, Stop } from "../src/messages.generated";
import type { Without } from "../src/protocol";
import { mount } from "./mount";

const DIFF = `--- src/prices.py
+++ src/prices.py
@@ -1,5 +1,4 @@
 import csv

-def total(rows: list[dict[str, str]]) -> float:
-    return sum(float(row["price"]) for row in rows)
+def total(rows):
+    return sum(row["price"] for row in rows)
`;
const PROMPTS = [
  "What is in this folder, and which of the files would you clean up first?",
  "Add types and a docstring to total(), then run the tests",
  "Write a report of the prices as report.md, with one table for each month, and tell me about every row that could not be read: which line it is on, and what is wrong with it",
  "Rename the column “price” to “amount” everywhere",
];

function stopOf(index: number): Stop {
  const touched = [[], ["src/prices.py"], ["report.md", "data/clean/prices-2026.csv"], []];
  const files = touched[index % 4] ?? [];
  return {
    prompt: PROMPTS[index % 4] ?? "",
    time: new Date(Date.now() - (300 - index) * 60_000).toISOString(),
    files,
    files_count: index === 6 ? 23 : files.length,
    cost: ["$0.0040", "$0.0123", "$0.24", "$0.0007"][index % 4] ?? "",
  };
}

function planOf(stop: number, total: number, conversation: boolean, files: boolean): Plan {
  const file = (path: string, fields: Partial<FileChange> = {}): FileChange => ({
    path,
    name: path,
    action: "restore",
    insertions: 2,
    deletions: 2,
    diff: DIFF,
    changed_by_you: false,
    cell: false,
    chosen: true,
    ...fields,
  });
  return {
    key: `${String(stop)} ${String(conversation)} ${String(files)}`,
    can_rewind: true,
    reason: "",
    files: files
      ? [
          file("src/prices.py"),
          file("report.md", { action: "delete", insertions: 0, deletions: 48 }),
          file("data/clean/prices-2026.csv", {
            changed_by_you: true,
            chosen: false,
            deletions: 1204,
          }),
        ]
      : [],
    turns: conversation
      ? Array.from(
          { length: total - stop },
          (_, after) => `Turn ${String(stop + after + 1)}: ${PROMPTS[(stop + after) % 4] ?? ""}`,
        )
      : [],
    irreversible: files
      ? [
          "Bash: rm -rf build && git push origin main",
          "Bash: curl -X POST https://example.com/hook",
        ]
      : [],
  };
}

export function showHistory(parent: HTMLElement, query: URLSearchParams): void {
  const total = Number(query.get("turns") ?? 4);
  mount(parent, "history", (message, reply) => {
    const answer = (content: Without<HistoryFromKernel, "type">): void => {
      reply({ type: "history", ...content });
    };
    if (message.type !== "history") return;
    if (message.action === "hello")
      answer({
        event: "state",
        version: 1,
        from: 0,
        stops: Array.from({ length: total }, (_, index) => stopOf(index)),
        busy: "",
        undo: query.has("undo") ? "Undo: rewind to before turn 3: 3 files (+50 −2)" : "",
        branches: query.has("branches")
          ? [
              { id: "b", label: PROMPTS[2] ?? "", turns: 2, time: "2026-11-20T16:42:00Z" },
              { id: "c", label: PROMPTS[3] ?? "", turns: 1, time: "2026-11-20T16:50:00Z" },
            ]
          : [],
      });
    else if (message.action === "preview") {
      const { ask, stop, conversation, files } = message;
      const plan = planOf(stop, total, conversation, files);
      const reason = "A turn is running. Wait until it ends, or stop it, and look again";
      const refused = { ...planOf(stop, total, false, false), can_rewind: false, reason };
      answer({
        event: "plan",
        ask,
        plan: query.has("refuse") ? refused : plan,
        changed: false,
      });
    } else
      answer({
        event: "done",
        ask: message.ask,
        text: "Rewound to after turn 2: 2 files restored, 1 deleted; 2 turns removed.",
        prompt: PROMPTS[2] ?? "",
      });
  });
  const stop = query.get("stop");
  if (stop !== null)
    setTimeout(() => {
      const slider = parent.querySelector<HTMLInputElement>("[type=range]");
      if (slider === null) return;
      slider.value = stop;
      slider.dispatchEvent(new Event("input"));
    }, 50);
}
