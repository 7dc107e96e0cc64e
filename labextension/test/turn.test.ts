import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Bench, byRole, permission, status, tool } from "./fixtures";

let bench: Bench;
let view: HTMLElement;
beforeEach(() => {
  bench = new Bench();
  view = bench.view();
});
afterEach(() => {
  bench.close();
});

const article = (): HTMLElement => byRole(view, "article", "Claude turn 7");
const said = (): string => view.querySelector(".jc-announcer")?.textContent ?? "";
const hellos = (): number => bench.sent.filter(({ type }) => type === "hello").length;

function start(fields: Parameters<Bench["snapshot"]>[0] = {}): void {
  bench.snapshot({ number: 7, ...fields });
}

// If it fails: the cell stays empty.
test("asks for the turn and shows it under its name", () => {
  expect(hellos()).toBe(1);
  start({ status: "Thinking it over" });
  expect(article().textContent).toContain("Thinking it over");
});

// If it fails: a frame without words, and "Ask again", flash up at the beginning of each turn.
test("shows nothing of a turn before it is known", () => {
  const turn = view.querySelector<HTMLElement>(".jc-turn");
  expect(turn?.hidden).toBe(true);
  start();
  expect(turn?.hidden).toBe(false);
});

// If it fails: the practice model's words look like the real model's, or the cost is missing.
test("shows the practice note, the cost and the error of a turn", () => {
  start({ practice: true });
  expect(article().textContent).toContain("Thinking…"); // as in the cell and the status bar
  expect(article().textContent).toContain("Practice model: scripted replies, no network");
  bench.patch([
    "turn",
    status({ number: 7, state: "failed", cost: "$0.0123 · 340 out", error: "No sign-in." }),
  ]);
  expect(article().textContent).toContain("$0.0123 · 340 out");
  expect(article().querySelector("[role=alert]:not([hidden])")?.textContent).toBe("No sign-in.");
  expect(article().textContent).not.toContain("Thinking");
});

// If it fails: a user who pressed Stop sees an error in bold red.
test("a stopped turn says so in a quiet line", () => {
  start();
  bench.patch([
    "turn",
    status({ number: 7, state: "interrupted", error: "TurnInterrupted: Stopped; it goes on" }),
  ]);
  expect(article().querySelector("[role=alert]:not([hidden])")).toBeNull();
  expect(article().querySelector(".jc-status")?.textContent).toBe("Stopped; it goes on");
});

// If it fails: the user cannot see what a tool did, or whether it succeeded.
test("a tool card has its name, its state as a word, input, output and note", () => {
  start({ items: [tool()] });
  const card = byRole(view, "group", "Tool: Bash");
  expect(card.querySelector(".jc-tool-state")?.textContent).toBe("running");
  expect(card.querySelector("details")?.open).toBe(false);
  bench.patch(["put", tool({ state: "done", output: "\u001B[1mmade.txt\u001B[0m" })]);
  expect(byRole(view, "group", "Tool: Bash")).toBe(card);
  expect(card.querySelector(".jc-tool-state")?.textContent).toBe("done");
  expect([...card.querySelectorAll("pre")].map((pre) => pre.textContent)).toEqual([
    "ls",
    "made.txt",
  ]);
  bench.patch(["put", tool({ state: "denied", note: "Add Bash(ls) to allowed_tools." })]);
  expect(card.textContent).toContain("denied");
  expect(card.textContent).toContain("Add Bash(ls) to allowed_tools.");
});

// If it fails: a call that waits for the user seems to run, or a stopped call seems denied.
test.each(["waiting", "running", "done", "failed", "denied", "stopped"] as const)(
  "a tool card says %s in that word",
  (state) => {
    start({ items: [tool({ state })] });
    const card = byRole(view, "group", "Tool: Bash");
    expect(card.querySelector(".jc-tool-state")?.textContent).toBe(state);
    expect(card.dataset["state"]).toBe(state);
  },
);

// If it fails: a screen reader reads "Bash waiting" while it should read the request.
test("a waiting call announces nothing: its request does", () => {
  start();
  bench.patch(["put", tool({ state: "waiting" })], ["request", permission()]);
  const said = view.querySelector(".jc-announcer")?.textContent ?? "";
  expect(said).toContain("Permission request: Bash");
  expect(said).not.toContain("waiting");
  bench.patch(["put", tool({ state: "stopped", note: "Stopped before it ran" })]);
  expect(view.querySelector(".jc-announcer")?.textContent).toContain(
    "Bash stopped: Stopped before it ran",
  );
});

// If it fails: at every update open details close, selections vanish and the page flickers.
test("keeps the elements that did not change", () => {
  start({
    items: [
      { id: "think", kind: "thinking", parent: "", text: "Hm" },
      tool(),
      { id: "a", kind: "text", parent: "", text: "One.\n\nTw" },
    ],
  });
  const details = article().querySelector("details");
  if (details !== null) details.open = true;
  const before = [...article().querySelectorAll(".jc-items > *")];
  bench.patch(["append", "a", "o."], ["append", "think", "m…"]);
  bench.snapshot({
    number: 7,
    items: [
      { id: "think", kind: "thinking", parent: "", text: "Hmm…" },
      tool({ state: "done" }),
      { id: "a", kind: "text", parent: "", text: "One.\n\nTwo. More" },
    ],
  });
  expect([...article().querySelectorAll(".jc-items > *")]).toEqual(before);
  expect(article().querySelector("details")?.open).toBe(true);
  expect(article().querySelector(".jc-thinking")?.textContent).toContain("Hmm…");
  expect(article().querySelector(".jc-text")?.textContent.trim()).toBe("One.\nTwo. More");
});

// If it fails: after a dropped message the text has a gap, or the page floods the kernel.
test("asks for a snapshot after a gap, and again until one comes, but not for ever", () => {
  start({ items: [{ id: "a", kind: "text", parent: "", text: "One" }] });
  expect(hellos()).toBe(1);
  bench.lose();
  bench.patch(["append", "a", " three"]);
  bench.patch(["append", "a", " four"]);
  expect(hellos()).toBe(2);
  expect(article().textContent).not.toContain("three");
  vi.advanceTimersByTime(600_000);
  expect(hellos()).toBe(5);
  start({ items: [{ id: "a", kind: "text", parent: "", text: "One two three four" }] });
  expect(article().textContent).toContain("One two three four");
  vi.advanceTimersByTime(600_000);
  expect(hellos()).toBe(5);
});

// If it fails: one of two views ("Create New View for Output") is dead.
test("two views of one model show the same", () => {
  const second = bench.view();
  start();
  bench.patch(["put", { id: "a", kind: "text", parent: "", text: "Both" }]);
  for (const each of [view, second]) expect(each.textContent).toContain("Both");
});

// If it fails: a screen reader says nothing of tools and requests, or too much.
test("announces tool states and requests, but not what was there before", () => {
  start({ items: [tool({ id: "old", state: "done" })] });
  expect(said()).toBe("");
  bench.patch(["put", tool()]);
  bench.patch(["put", tool({ state: "done" })], ["request", permission()]);
  expect(said()).toContain("Bash running");
  expect(said()).toContain("Bash done");
  expect(said()).toContain("Permission request: Bash. Waiting");
  bench.patch(["request_done", "ask", "Approved"]);
  expect(said()).toContain("Permission request: Bash: Approved");
  vi.advanceTimersByTime(5_000);
  expect(said()).toBe("");
});

// If it fails: with the panel beside the cell a screen reader says everything twice.
test("the other views do not repeat what one view has said", () => {
  const second = bench.view();
  start();
  for (const state of ["running", "done", "running", "done"] as const)
    bench.patch(["put", tool({ state })]);
  const both = said() + (second.querySelector(".jc-announcer")?.textContent ?? "");
  expect(both.match(/Bash running/g)).toHaveLength(2);
  expect(both.match(/Bash done/g)).toHaveLength(2);
  // Once the first view is gone, the second speaks.
  view.remove();
  bench.patch(["put", tool({ state: "running" })]);
  expect(second.querySelector(".jc-announcer")?.textContent).toContain("Bash running");
});

// If it fails: a hidden tab shows an old state when the user comes back to it.
test("draws without animation frames too", () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  start({ status: "Here" });
  expect(article().textContent).toContain("Here");
  vi.unstubAllGlobals();
});

// If it fails: a closed output continues to work in the background.
test("a removed view stops", () => {
  start();
  bench.close();
  bench.patch(["turn", status({ number: 7, status: "Too late" })]);
  expect(view.textContent).toBe("");
});

// If it fails: each new file has the heading "@@ -0,0 +1,2 @@", or a line of a file is changed.
test("a new file says how many lines it has", () => {
  const diff = "--- /dev/null\n+++ a\n@@ -0,0 +1,2 @@\n+one\n+@@ -0,0 +1 @@";
  start({ items: [tool({ input: diff, input_kind: "diff" })] });
  const lines = Array.from(view.querySelectorAll(".jc-line"), ({ textContent }) => textContent);
  expect(lines.slice(2)).toEqual(["2 new lines\n", "+one\n", "+@@ -0,0 +1 @@\n"]);
});

// If it fails: an old answer stands under a new prompt, and nothing says so or asks it.
test("a stale turn says so above its answer, and asks again once", () => {
  start({ stale: "Stale: the prompt changed", cost: "Replayed · $0.00 (was $0.02)" });
  const button = byRole(article(), "button", "Ask again");
  expect(button.parentElement?.textContent).toContain("Stale: the prompt changed");
  button.click();
  button.click();
  expect(bench.sent.filter(({ type }) => type === "turn_action")).toEqual([
    { type: "turn_action", action: "again" },
  ]);
  start({ stale: "" });
  expect(article().textContent).not.toContain("Stale");
});

// If it fails: who installs Claude Code, or raises the budget, cannot ask again without a reload.
test("a stale turn that cannot be asked says why, and can be asked later", () => {
  start({ stale: "Stale: the prompt changed" });
  const button = byRole(article(), "button", "Ask again");
  button.click();
  expect(button.hidden).toBe(true);
  bench.patch([
    "put",
    { id: "ask-again", kind: "notice", level: "warning", text: "Not asked again" },
  ]);
  expect(article().textContent).toContain("Not asked again");
  expect(button.hidden).toBe(false);
  button.click();
  expect(bench.sent.filter(({ type }) => type === "turn_action")).toHaveLength(2);
});
