import { afterEach, expect, test, vi } from "vitest";

import { openSaved, parseSaved } from "../src/saved";
import { TurnView } from "../src/views/turn";
import { Bench, tool } from "./fixtures";

const PIXEL = "iVBORw0KGgo=";
const HTML = `<div><script>window.ran = 1</script>
<img src="data:image/png;base64,${PIXEL}" alt="First" onerror="window.ran = 2">
<img src="data:image/svg+xml;base64,${PIXEL}" alt="A document">
<img src="http://203.0.113.7/pixel.png" alt="Remote"></div>`;

const saved = (fields: object = {}): object => ({
  version: 1,
  number: 3,
  items: [
    { id: "1", kind: "tool", name: "Agent", state: "done", input: "Look", input_kind: "text" },
    { id: "2", kind: "text", parent: "1", text: "I *look*." },
    { id: "3", kind: "tool", name: "Read", state: "failed", parent: "1", images: [0, 1, 2, 7] },
    { id: "4", kind: "text", text: "Seen <script>window.ran = 3</script>." },
  ],
  cost: "$0.0123 · 1 in",
  ...fields,
});

afterEach(() => {
  document.body.replaceChildren();
});

// If it fails: a reopened notebook shows less than the live turn.
test("a saved turn looks like the live one: roles, names, a subagent's work in its card", () => {
  const el = document.body.appendChild(document.createElement("div"));
  expect(openSaved(el, saved(), HTML)).not.toBeNull();
  const article = el.querySelector("article");
  expect(article?.getAttribute("aria-label")).toBe("Claude turn 3");
  const agent = article?.querySelector('[role="group"][aria-label="Tool: Agent"]');
  const read = agent?.querySelector('[role="group"][aria-label="Tool: Read"]');
  expect(agent?.querySelector("em")?.textContent).toBe("look");
  expect(read?.querySelector(".jc-tool-state")?.textContent).toBe("failed");
  expect(article?.textContent).toContain("$0.0123");
  expect(article?.textContent).not.toContain("Thinking");
});

// If it fails: a notebook of another version shows finished calls as running, or nothing at all.
test("a state that this version does not know is unknown, not running", () => {
  const el = document.body.appendChild(document.createElement("div"));
  const items = [{ id: "1", kind: "tool", name: "Bash", state: "postponed" }];
  expect(openSaved(el, saved({ items }), "")).not.toBeNull();
  expect(el.querySelector(".jc-tool-state")?.textContent).toBe("unknown");
});

// If it fails: "Undo rewind" by keyboard leaves the focus nowhere.
test("the way back gives the focus to the cell when it goes", () => {
  const notebook = document.body.appendChild(document.createElement("div"));
  notebook.className = "jp-Notebook";
  const cell = notebook.appendChild(document.createElement("div"));
  cell.className = "jp-Cell jp-mod-active";
  cell.tabIndex = 0;
  const opened = openSaved(cell, saved({ left: "A rewind took this turn back" }), HTML);
  opened?.offerBack("undo", () => undefined);
  const back = cell.querySelector<HTMLElement>(".jc-left button");
  expect(back?.textContent).toBe("Undo rewind");
  back?.focus();
  opened?.offerBack(undefined, () => undefined);
  expect(document.activeElement).toBe(cell);
});

// If it fails: opening a stranger's notebook runs script, or sends a request to their server.
test("nothing in a saved turn runs or is fetched, and only pictures are images", () => {
  const el = document.body.appendChild(document.createElement("div"));
  openSaved(el, saved(), HTML);
  const images = [...el.querySelectorAll("img")].map((image) => image.getAttribute("src"));
  expect(images).toEqual([`data:image/png;base64,${PIXEL}`]);
  expect(el.querySelector("script")).toBeNull();
  expect(el.textContent).toContain("<script>window.ran = 3</script>");
  expect("ran" in window).toBe(false);
});

// If it fails: the output of a newer version, or a damaged one, is empty or wrong.
test("for data of another version, or invalid data, the HTML is shown", () => {
  const item = { id: "1", kind: "tool", name: "Agent" };
  for (const data of [
    null,
    "text",
    saved({ version: 2 }),
    saved({ items: "none" }),
    saved({ items: [{ ...item, kind: "hologram" }] }),
    saved({ items: [{ ...item, parent: "1" }] }),
    saved({
      items: [
        { ...item, parent: "2" },
        { ...item, id: "2", parent: "1" },
      ],
    }),
    saved({ items: [item, item] }),
  ])
    expect(parseSaved(data, HTML)).toBeNull();
});

// If it fails: a stranger's notebook blocks the page for minutes, or fills its memory.
test("for more data than any turn has, the HTML is shown", () => {
  const call = (id: number, parent = 0): object => ({
    id: String(id),
    kind: "tool",
    name: "Agent",
    parent: parent === 0 ? "" : String(parent),
  });
  const chain = (length: number): object[] =>
    Array.from({ length }, (_, index) => call(index + 1, index));
  const flat = (length: number): object[] => Array.from({ length }, (_, index) => call(index + 1));
  const shown = (items: object[]): boolean => parseSaved(saved({ items }), HTML) !== null;
  expect([shown(chain(20)), shown(chain(21))]).toEqual([true, false]);
  expect([shown(flat(2_000)), shown(flat(2_001))]).toEqual([true, false]);
  const pictured = { ...call(1), images: [0, 1, 2] };
  const again = { ...call(2), images: [0] };
  expect([shown([pictured]), shown([pictured, again])]).toEqual([true, false]);
  const long = "x".repeat(10_000_000);
  expect(shown([{ ...call(1), output: long }])).toBe(false);
});

// If it fails: half of a turn shows above its HTML.
test("a turn that cannot be drawn leaves nothing behind", () => {
  const el = document.body.appendChild(document.createElement("div"));
  const failing = vi.spyOn(TurnView.prototype, "update").mockImplementation(() => {
    throw new Error("cannot");
  });
  expect(() => openSaved(el, saved(), HTML)).toThrow("cannot");
  failing.mockRestore();
  expect(el.childElementCount).toBe(0);
});

// If it fails: details that the user reads close when the turn ends, and the page jumps.
test("details that are open in the live turn are open in its finished form", () => {
  const bench = new Bench();
  const view = bench.view();
  bench.snapshot({ id: "mine", items: [tool({ id: "a" }), tool({ id: "b" })] });
  const [, second] = view.querySelectorAll("details");
  if (second !== undefined) second.open = true;
  bench.close();
  const items = ["1", "2"].map((id) => ({ id, kind: "tool", name: "Bash" }));
  const open = (id: string): boolean[] => {
    const el = document.body.appendChild(document.createElement("div"));
    openSaved(el, saved({ id, items }), "");
    return [...el.querySelectorAll("details")].map((details) => details.open);
  };
  expect([open("other"), open("mine"), open("mine")]).toEqual([
    [false, false],
    [false, true],
    [false, false],
  ]);
});

// If it fails: details that the user has opened close when a background task ends.
test("open details stay open in a newer form of the same turn", () => {
  const el = document.body.appendChild(document.createElement("div"));
  const shown = openSaved(el, saved(), HTML);
  const details = el.querySelector("details");
  if (details !== null) details.open = true;
  expect(shown?.update(saved({ cost: "$0.0456" }), HTML)).toBe(true);
  expect([el.querySelector("details"), details?.open]).toEqual([details, true]);
  expect(el.textContent).toContain("$0.0456");
  expect(shown?.update(saved({ version: 2 }), HTML)).toBe(false);
  shown?.close();
  expect(el.querySelector("article")).toBeNull();
});

// If it fails: a stale answer looks like the answer to the prompt above it, or cannot be asked again.
test("a stale turn says so, and a button asks it again once", () => {
  const el = document.body.appendChild(document.createElement("div"));
  const opened = openSaved(el, saved({ stale: "Stale: the prompt changed" }), HTML);
  const turn = el.querySelector("article");
  expect(turn?.getAttribute("aria-label")).toMatch(/^Claude turn \d+$/);
  const line = [...el.querySelectorAll<HTMLElement>(".jc-left")].find(({ hidden }) => !hidden);
  expect(line?.textContent).toContain("Stale: the prompt changed");
  const button = line?.querySelector("button");
  expect(button?.hidden).toBe(true);
  let asked = 0;
  opened?.offerAgain(() => asked++);
  expect(button?.hidden).toBe(false);
  expect(button?.textContent).toBe("Ask again");
  button?.click();
  button?.click();
  expect(asked).toBe(1);
  expect(button?.hidden).toBe(true);
});
