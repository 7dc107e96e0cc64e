/** Sample answers for the panel's list of conversations, and for a prompt that is edited. */

import type {
  ConversationsFromKernel,
  ConversationsFromPage,
  HistoryFromKernel,
  HistoryFromPage,
} from "../src/messages.generated";

const TITLES = [
  "Clean the prices, then plot them by month",
  "Why does the import of prices.csv fail on line 104, where the amount has a comma in it?",
  "Explain the regression",
  "ما هو متوسط الأسعار؟",
  "Write a report as report.md",
];

/** The kernel's answer to the list. `count` conversations; none has the word "nothing". */
export function conversationsAnswer(
  message: ConversationsFromPage,
  count: number,
): ConversationsFromKernel {
  const { type, ask } = message;
  if (message.action === "delete")
    return {
      type,
      event: "error",
      ask,
      text: "This conversation is open in this notebook. Start a new one, then delete it",
    };
  if (message.action !== "list") return { type, event: "done", ask, text: "Done." };
  const found = message.find === "nothing" ? 0 : Math.min(count, message.most);
  return {
    type,
    event: "found",
    ask,
    done: true,
    more: found < count,
    deleted: count === 3 ? [{ id: "d", title: "A conversation that I no longer need" }] : [],
    rows: Array.from({ length: found }, (_, index) => ({
      id: String(index),
      title: TITLES[index % TITLES.length] ?? "",
      time: new Date(Date.now() - index * 7 * 3_600_000).toISOString(),
      turns: 1 + ((index * 7) % 23),
      cost: index % 3 === 2 ? "" : `$0.${String(1000 + index * 37)}`,
      mine: index < 2,
      present: index === 0,
      excerpt:
        message.find === ""
          ? ""
          : `…and then the mean of ${message.find} by month is 4.2, which is more than before…`,
    })),
  };
}

/** The kernel's answer to a history view: a plan with a file. */
export function historyAnswer(message: HistoryFromPage): HistoryFromKernel | null {
  if (message.action !== "preview") return null;
  return {
    type: "history",
    event: "plan",
    ask: message.ask,
    changed: false,
    plan: {
      key: "key",
      can_rewind: true,
      reason: "",
      files: [
        ["src/prices.py", false],
        ["notes/report.md", true],
      ].map(([name, own]) => ({
        path: String(name),
        name: String(name),
        action: "restore" as const,
        insertions: 2,
        deletions: 7,
        diff: "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n",
        changed_by_you: own === true,
        chosen: own !== true,
        cell: false,
      })),
      turns: ["Turn 3: Now plot the mean by month", "Turn 4: Make the file made.txt"],
      irreversible: ["Turn 3 ran a command: python plot.py"],
    },
  };
}
