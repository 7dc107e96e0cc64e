import { afterEach, beforeEach, expect, test } from "vitest";

import { suggestions } from "../src/kernel_texts";
import type { Head, PanelFromPage } from "../src/messages.generated";
import { PanelLine } from "../src/panel/line";
import { Outbox } from "../src/panel/outbox";
import { PromptsView } from "../src/panel/prompts";
import { trans } from "../src/trans";
import { session, text, turn } from "./fixtures";

const sent: PanelFromPage[] = [];
let line: PanelLine;
let view: PromptsView;
let brought: string[];

/** The kernel says which prompts there are. */
function say(prompts: string[]): void {
  const panel = { state: session({ prompts }), draft: "", turns: [] };
  line.receive({ type: "snapshot", seq: 1, panel });
  view.update();
}

beforeEach(() => {
  localStorage.clear();
  sent.length = 0;
  brought = [];
  line = new PanelLine((message) => void sent.push(message), new Outbox(localStorage, "p", "s"));
  view = new PromptsView(line, (prompt) => void brought.push(prompt));
  document.body.append(view.node);
});
afterEach(() => {
  document.body.replaceChildren();
});

const buttons = (): HTMLButtonElement[] => [...view.node.querySelectorAll("button")];

// If it fails: a newcomer does not see what the practice model can do, or a click sends something
// that nobody has read.
test("a prompt fills in the text field, and sends nothing", () => {
  expect(view.node.hidden).toBe(true);
  say(["Run the command ls -l", "<b>\u202eno markup"]);
  expect(view.node.hidden).toBe(false);
  expect(view.node.querySelector("summary")?.textContent).toBe("Prompts to try");
  expect(buttons().map((one) => one.textContent)).toEqual([
    "Run the command ls -l",
    "<b>⟨U+202E⟩no markup",
  ]);
  view.node.open = true;
  buttons()[0]?.click();
  expect(brought).toEqual(["Run the command ls -l"]);
  expect(view.node.open).toBe(false);
  expect(sent.filter(({ type }) => type === "ask")).toEqual([]);
  say([]);
  expect(view.node.hidden).toBe(true);
});

// If it fails: the practice model's answer says "try one of these", and a click on one does nothing.
test("the list opens below an answer that names all of its prompts, and below no other", () => {
  const answer = (words: string): boolean => {
    const heads: Head[] = [{ ...turn(), time: "", requests: 0, withdrawable: false }];
    const state = session({ prompts: ["one", "two"], status: "working" });
    line.receive({ type: "snapshot", seq: 1, panel: { state, draft: "", turns: heads } });
    view.update();
    line.receive({ type: "turn", seq: 2, turn: turn({ items: [text({ text: words })] }) });
    line.receive({ type: "patch", seq: 3, ops: [["state", { status: "idle" }]] });
    view.update();
    return view.node.open;
  };
  expect(answer("One of them is one.")).toBe(false);
  expect(answer("Try one of these:\n- `one`\n- `two`")).toBe(true);
});

// If it fails: two prompts are sent as one, or the user's own words are lost.
test("another prompt takes the place of the last one, but not of the user's words", () => {
  say(["one", "two"]);
  line.type("one");
  buttons()[1]?.click();
  expect(line.draft).toBe("");
  line.type("my own words");
  buttons()[0]?.click();
  expect(line.draft).toBe("my own words");
});

// If it fails: Escape stops the turn that runs, instead of closing the list.
test("Escape closes the list, and does nothing else", () => {
  say(suggestions(trans));
  view.node.open = true;
  let stopped = false;
  document.body.addEventListener("keydown", () => (stopped = true), { once: true });
  buttons()[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect([view.node.open, stopped]).toEqual([false, false]);
  expect(document.activeElement).toBe(view.node.querySelector("summary"));
});
