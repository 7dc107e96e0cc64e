import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { CompletionItem, PanelFromPage } from "../src/messages.generated";
import { Composer } from "../src/panel/composer";
import { PanelLine } from "../src/panel/line";
import { questionAt, typedAt } from "../src/panel/mentions";
import { Outbox } from "../src/panel/outbox";
import { session } from "./fixtures";

let sent: PanelFromPage[];
let line: PanelLine;
let composer: Composer;
let field: HTMLTextAreaElement;
let closing: AbortController;
let seq: number;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  sent = [];
  seq = 0;
  closing = new AbortController();
  const send = (message: PanelFromPage): void => {
    sent.push(message);
  };
  line = new PanelLine(send, new Outbox(localStorage, "place", "kernel"));
  const pickers = document.createElement("div");
  const ignore = (): void => undefined;
  composer = new Composer(line, pickers, ignore, ignore, closing.signal);
  document.body.append(composer.node);
  const found = composer.node.querySelector("textarea");
  if (found === null) throw new Error("no text field");
  field = found;
  tell({
    type: "snapshot",
    panel: { state: session({ status: "working" }), draft: "", turns: [] },
  });
  composer.update();
  field.focus();
});
afterEach(() => {
  closing.abort();
  line.dispose();
  document.body.replaceChildren();
  vi.useRealTimers();
});

function tell(message: object): void {
  line.receive({ ...message, seq: ++seq });
}

type Question = Extract<PanelFromPage, { type: "complete" }>;
const questions = (): Question[] =>
  sent.filter((message): message is Question => message.type === "complete");
const list = (): HTMLElement | null => composer.node.querySelector("[role=listbox]:not([hidden])");
const options = (): string[] =>
  [...(list()?.querySelectorAll("[role=option]") ?? [])].map((row) => row.textContent);
const active = (): string => {
  const id = field.getAttribute("aria-activedescendant");
  return id === null ? "" : (document.getElementById(id)?.textContent ?? "");
};

/** Types text at the cursor. */
function type(text: string): void {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Presses a key; returns whether the field took it. */
function press(key: string, fields: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    cancelable: true,
    ...fields,
  });
  field.dispatchEvent(event);
  return event.defaultPrevented;
}

const item = (text: string, fields: Partial<CompletionItem> = {}): CompletionItem => ({
  text,
  start: 0,
  kind: "variable",
  detail: "DataFrame",
  ...fields,
});

/** Answers the last question; each item begins at the question's `@`. */
function answer(...items: CompletionItem[]): void {
  const asked = questions().at(-1);
  if (asked === undefined) throw new Error("no question");
  const start = Array.from(asked.text.slice(0, asked.text.lastIndexOf("@"))).length;
  tell({
    type: "completions",
    id: asked.id,
    items: items.map((one) => ({ ...one, start: one.start + start })),
  });
}

describe("names after @", () => {
  // If it fails: the user cannot choose a name with the keyboard, or it lands in the wrong place.
  test("are offered, and Enter puts the chosen one into the text", () => {
    type("😀 see @d");
    expect(questions()[0]).toMatchObject({ text: "😀 see @d", cursor: 8 });
    answer(item("@df"), item("@dfs", { detail: "dict" }), item("@data.csv", { kind: "file" }));
    expect(options()).toEqual([
      "@df DataFrame variable",
      "@dfs dict variable",
      "@data.csv DataFrame file",
    ]);
    expect(list()?.getAttribute("aria-label")).toBe("Completions");
    expect(field.getAttribute("role")).toBe("combobox");
    expect(field.getAttribute("aria-expanded")).toBe("true");
    expect(field.getAttribute("aria-controls")).toBe(list()?.id);
    expect(active()).toContain("@df ");
    expect(press("ArrowDown")).toBe(true);
    expect(active()).toContain("@dfs");
    expect(list()?.querySelectorAll("[aria-selected=true]")).toHaveLength(1);
    press("ArrowUp");
    press("ArrowUp"); // from the first to the last
    expect(active()).toContain("@data.csv");
    expect(press("Enter")).toBe(true);
    expect(field.value).toBe("😀 see @data.csv");
    expect(field.selectionStart).toBe(field.value.length);
    expect(line.draft).toBe(field.value);
    expect(list()).toBeNull();
    expect(field.hasAttribute("role")).toBe(false);
    expect(sent.some(({ type }) => type === "ask")).toBe(false);
    expect(document.activeElement).toBe(field);
  });

  // If it fails: a name is put beside what was typed, or text after the cursor is lost.
  test("replace what was typed up to the cursor", () => {
    type("why @d so");
    field.setSelectionRange(5, 5);
    type("d");
    answer(item("@ddd"));
    press("Tab");
    expect(field.value).toBe("why @dddd so"); // what follows the cursor stays
    expect(field.selectionStart).toBe(8);
  });

  // If it fails: Escape, meant for the list, stops Claude's work.
  test("close at Escape, which then stops nothing", () => {
    type("@d");
    answer(item("@df"));
    expect(press("Escape")).toBe(true);
    expect(list()).toBeNull();
    expect(sent.some(({ type }) => type === "interrupt")).toBe(false);
    type("f");
    expect(list()).toBeNull();
    expect(questions()).toHaveLength(1); // the user wants no list for this name
    press("Escape");
    expect(sent.some(({ type }) => type === "interrupt")).toBe(true);
    type(" @d");
    answer(item("@df"));
    expect(options()).toHaveLength(1);
  });

  // If it fails: without a list, Enter or Tab does not what it always does.
  test("leave the keys alone while there is no list", () => {
    type("@nothing");
    answer();
    expect(list()).toBeNull();
    expect(press("Tab")).toBe(false);
    expect(press("ArrowUp")).toBe(false);
    press("Enter");
    expect(sent.find(({ type }) => type === "ask")).toMatchObject({ prompt: "@nothing" });
  });

  // If it fails: with a list, the user can write no new line, and not go back with Tab.
  test("leave keys with Shift alone", () => {
    type("@d");
    answer(item("@df"), item("@dfs"));
    expect(press("Enter", { shiftKey: true })).toBe(false);
    expect(press("Tab", { shiftKey: true })).toBe(false);
  });

  // If it fails: an input method's Enter chooses a name.
  test("take no keys of an input method", () => {
    type("@d");
    answer(item("@df"));
    press("Enter", { isComposing: true });
    expect(field.value).toBe("@d");
  });

  // If it fails: a click in the list takes the focus, or chooses nothing.
  test("can be clicked", () => {
    type("@d");
    answer(item("@df"), item("@dfs"));
    const row = list()?.querySelectorAll<HTMLElement>("[role=option]")[1];
    const down = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
    row?.dispatchEvent(down);
    expect(down.defaultPrevented).toBe(true); // so the field keeps the focus
    row?.click();
    expect(field.value).toBe("@dfs");
  });

  // If it fails: a name or a file's name with hidden characters looks like another.
  test("are shown exactly, and inserted as they are", () => {
    type("@");
    answer(item("@a\u202Eb", { detail: "<b>x</b>\nsecond" }));
    expect(options()).toEqual(["@a⟨U+202E⟩b <b>x</b>⟨U+000A⟩second variable"]);
    expect(list()?.querySelector("b")).toBeNull();
    press("Enter");
    expect(field.value).toBe("@a\u202Eb");
  });

  // If it fails: a full name has a useless list, and Enter does not send.
  test("are not offered when the only one is typed", () => {
    type("@df");
    answer(item("@df"));
    expect(list()).toBeNull();
  });
});

describe("the questions", () => {
  // If it fails: each letter of each prompt goes to the kernel twice.
  test("are asked only after an @", () => {
    type("plain text");
    type(", ada@");
    type(" ");
    expect(questions()).toHaveLength(1);
    field.setSelectionRange(0, 17);
    field.dispatchEvent(new InputEvent("input"));
    expect(questions()).toHaveLength(1); // while text is selected, nothing is typed
  });

  // If it fails: a slow kernel gets a question for each letter, and old lists flash up.
  test("are asked one after the other, and an old answer does not count", () => {
    type("@d");
    type("f");
    type("s");
    expect(questions()).toHaveLength(1);
    answer(item("@different"));
    expect(list()).toBeNull();
    expect(questions().map(({ text }) => text)).toEqual(["@d", "@dfs"]);
    tell({ type: "completions", id: "another", items: [item("@dfs")] });
    expect(list()).toBeNull();
    answer(item("@dfs_all"));
    expect(options()).toHaveLength(1);
  });

  // If it fails: a list shows names that no longer fit, and Enter takes one of them.
  test("keep a list that still fits while the next answer is under way", () => {
    type("@d");
    answer(item("@df"), item("@dates"), item("@sub/deep.py", { kind: "file" }));
    type("e");
    expect(options()).toEqual(["@sub/deep.py DataFrame file"]);
    type("x");
    expect(list()).toBeNull();
  });

  // If it fails: after one lost message, no list comes until the page is reloaded.
  test("do not wait for ever for an answer that got lost", () => {
    type("@d");
    vi.advanceTimersByTime(500);
    tell({ type: "patch", ops: [["heard"]] });
    vi.advanceTimersByTime(5_000);
    type("f");
    expect(questions()).toHaveLength(2);
    tell({ type: "snapshot", panel: { state: session(), draft: "", turns: [] } });
    type("s");
    expect(questions()).toHaveLength(3);
  });

  // If it fails: a busy kernel gets many questions, and answers them all later.
  test("wait while the kernel is busy", () => {
    type("@d");
    vi.advanceTimersByTime(60_000);
    type("f");
    type("s");
    expect(questions()).toHaveLength(1);
  });

  // If it fails: a late answer opens a list where the user does something else.
  test.each([
    [
      "clicked elsewhere",
      () => {
        field.blur();
      },
    ],
    [
      "went back",
      () => {
        field.setSelectionRange(1, 1);
        field.dispatchEvent(new KeyboardEvent("keyup", { key: "ArrowLeft" }));
      },
    ],
    [
      "sent the prompt",
      () => {
        press("Enter");
      },
    ],
  ])("open no list when the user %s meanwhile", (_, act) => {
    type("@d");
    act();
    answer(item("@df"));
    expect(list()).toBeNull();
  });

  // If it fails: a wrong or hostile answer writes over what the user typed.
  test("take only what replaces the name", () => {
    type("keep this @d");
    const asked = questions()[0];
    const items = [
      item("@df", { start: 0 }),
      item("@df", { start: -1 }),
      item("df", { start: 10 }),
      null,
      { text: 7, start: 10 },
    ];
    tell({ type: "completions", id: asked?.id, items });
    expect(list()).toBeNull();
  });

  // If it fails: a long draft goes to the kernel with each letter.
  test("have only the text near the cursor", () => {
    const text = `${"😀".repeat(2_000)} @d`;
    const { text: part, cursor } = questionAt(`${text} and more`, text.length);
    expect(part.length).toBeLessThanOrEqual(1_000);
    expect(part.endsWith(" @d")).toBe(true);
    expect(() => encodeURIComponent(part)).not.toThrow(); // it has no half of a character
    expect(cursor).toBe(Array.from(part).length);
  });

  // If it fails: names with spaces cannot be completed.
  test.each([
    ["see @", 5, { start: 4, name: "" }],
    ['see @"my fi', 11, { start: 4, name: '"my fi' }],
    ["see @a b", 8, null],
    ["see `@a`", 8, null],
    ["nothing", 7, null],
  ])("know what is typed in %j", (value, cursor, typed) => {
    expect(typedAt(value, cursor)).toEqual(typed);
  });
});
