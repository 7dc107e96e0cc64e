import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { named } from "../plugin/commands/attach/lumino";
import { listenToFiles, picturesIn } from "../plugin/commands/attach/native";
import { fromFiles } from "../plugin/commands/attach/files";
import { host } from "../src/host";
import type { Given, Head, PanelFromPage } from "../src/messages.generated";
import { askPanel } from "../src/panel/actions";
import { PanelLine } from "../src/panel/line";
import { Outbox } from "../src/panel/outbox";
import { PanelView } from "../src/panel/view";
import { byRole, session, turn } from "./fixtures";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
const SHOT: Given = { name: "shot.png", kind: "picture", data: PNG };
const NOTE: Given = { name: "note.txt", kind: "text", data: "A note" };

const shown = vi.fn();
let sent: PanelFromPage[];
let line: PanelLine;
let panel: HTMLElement;
let field: HTMLTextAreaElement;
let seq: number;
let closing = new AbortController();

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = (): void => undefined;
      unobserve = (): void => undefined;
      disconnect = (): void => undefined;
    },
  );
  localStorage.clear();
  open();
});
afterEach(() => {
  closing.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

/** Opens the page, perhaps with another kernel. */
function open(kernel = "kernel", fields: Parameters<typeof session>[0] = {}): void {
  closing.abort();
  closing = new AbortController();
  shown.mockClear();
  document.body.replaceChildren();
  sent = [];
  seq = 0;
  line = new PanelLine(
    (message) => {
      sent.push(message);
    },
    new Outbox(localStorage, "place", kernel),
  );
  host(
    { attach: { can: () => true, act: () => undefined }, keys: { can: () => true, act: shown } },
    closing.signal,
  );
  const view = new PanelView(line, () => undefined, closing.signal);
  panel = view.node;
  document.body.append(panel);
  line.subscribe((changes) => {
    view.update(changes);
  });
  view.start();
  line.hello();
  field = byRole(panel, "textbox", "Message Claude") as HTMLTextAreaElement;
  tell({ type: "snapshot", panel: { state: session(fields), draft: "", turns: [] } });
  field.focus();
}

function tell(message: object): void {
  line.receive({ ...message, seq: ++seq });
}

const patch = (...ops: unknown[]): void => {
  tell({ type: "patch", ops });
};

function type(text: string): void {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function press(key: string): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  (document.activeElement ?? field).dispatchEvent(event);
  return event.defaultPrevented;
}

const asks = (): Extract<PanelFromPage, { type: "ask" }>[] =>
  sent.filter((message) => message.type === "ask");
const chips = (): string[] =>
  [...panel.querySelectorAll(".jc-tray-item")].map((chip) => chip.textContent);
const head = (id: string, prompt: string): Head => ({
  id,
  number: 1,
  prompt,
  state: "done",
  time: "",
  requests: 0,
  withdrawable: false,
});

describe("what is attached to the draft", () => {
  // If it fails: the user cannot see, remove or send what they attached.
  test("is shown, removed by button and key, and sent with the prompt", () => {
    askPanel(panel, "attach", { given: [SHOT, NOTE], problem: "x.bin was not attached" });
    expect(chips()).toEqual(["shot.png", "note.txt"]);
    expect(panel.querySelector(".jc-tray img")?.getAttribute("src")).toContain(PNG);
    expect(panel.querySelector(".jc-refused")?.textContent).toBe("x.bin was not attached");
    byRole(panel, "button", "Remove shot.png").click();
    expect(chips()).toEqual(["note.txt"]);
    expect(press("Backspace")).toBe(true);
    expect(chips()).toEqual([]);
    askPanel(panel, "attach", { given: [SHOT], text: "@data.csv " });
    type("what is it?");
    press("Enter");
    expect(asks()[0]).toMatchObject({ prompt: "@data.csv what is it?", attached: [SHOT] });
    expect(chips()).toEqual([]);
    type("and");
    expect(press("Backspace")).toBe(false);
  });

  // If it fails: a reload, or a kernel that ends, loses a picture without a word.
  test("survives a reload, unless it is too large for the browser", () => {
    const large = { name: "large.pdf", kind: "file" as const, data: "J".repeat(900_000) };
    askPanel(panel, "attach", { given: [SHOT, large] });
    open();
    expect(chips()).toEqual(["shot.png"]);
    expect(panel.querySelector(".jc-refused")?.textContent).toContain("large.pdf");
    askPanel(panel, "attach", { given: [large] });
    type("look");
    press("Enter");
    open(); // before the kernel has taken it: half of the prompt must not be sent
    expect(asks()).toEqual([]);
    expect(field.value).toBe("look");
    expect(chips()).toEqual(["shot.png"]);
    expect(panel.querySelector(".jc-refused")?.textContent).toContain("large.pdf");
    press("Enter");
    expect(panel.querySelector(".jc-refused")?.textContent).toBe(""); // it was about that prompt
    expect(asks()[0]?.attached).toEqual([SHOT]);
    // The kernel refuses the prompt: both are back.
    patch(["taken", asks()[0]?.id]);
    expect(field.value).toBe("look");
    expect(chips()).toEqual(["shot.png"]);
  });
});

describe("earlier prompts", () => {
  // If it fails: arrow-up loses the draft, or brings a prompt that is cut.
  test("come with arrow-up, and the draft comes back with arrow-down", () => {
    const long = "a long prompt ".repeat(40);
    patch(["head", head("one", "first")], ["head", head("two", long.slice(0, 300))]);
    type("draft");
    field.setSelectionRange(0, 0);
    expect(press("ArrowUp")).toBe(true);
    expect(field.value).toBe("draft"); // the kernel has the rest of it
    tell({ type: "turn", turn: turn({ id: "two", prompt: long }) });
    tell({ type: "turn", turn: turn({ id: "one", prompt: "first" }) });
    expect(field.value).toBe(long);
    press("ArrowUp");
    press("ArrowUp");
    expect(field.value).toBe("first");
    press("ArrowDown");
    press("ArrowDown");
    expect(field.value).toBe("draft");
    expect(press("ArrowUp")).toBe(false); // the cursor moves in the text
  });
});

describe("each conversation", () => {
  const to = (id: string | null, ...heads: Head[]): void => {
    patch(["turns", heads]);
    patch(["state", { session_id: id, taken_back: {} }]);
  };

  // If it fails: what the user wrote for one conversation is sent in another, or is lost.
  test("has its own draft, also after a reload", () => {
    type("first words");
    patch(["head", head("a1", "hello")]);
    patch(["state", { session_id: "A" }]);
    expect(field.value).toBe("first words"); // the first prompt has given it its id
    askPanel(panel, "attach", { given: [NOTE] });
    to(null);
    expect(field.value).toBe("");
    expect(chips()).toEqual([]);
    type("for the new one");
    to("A", head("a1", "hello"));
    expect(field.value).toBe("first words");
    expect(chips()).toEqual(["note.txt"]);
    open("kernel", { session_id: "A" });
    to(null);
    expect(field.value).toBe("for the new one");
    to("B", head("b1", "hi")); // it has no draft, so what the user writes goes along
    expect(field.value).toBe("for the new one");
  });

  // If it fails: a rewind takes the prompt away that it has brought back.
  test("stays the same through a rewind that gives it another id", () => {
    patch(["head", head("a1", "hello")]);
    patch(["state", { session_id: "A" }]);
    type("hello");
    patch(["turns", []]);
    patch(["state", { session_id: null, taken_back: { a1: "Removed by a rewind" } }]);
    expect(field.value).toBe("hello");
  });
});

describe("commands", () => {
  const answer = (): void => {
    const commands = [
      { name: "context", hint: "", description: "Show current context usage" },
      { name: "init", hint: "", description: "Make a CLAUDE.md" },
      { name: "__internal", hint: "", description: "" },
    ];
    tell({ type: "commands", known: true, commands });
  };
  const offered = (): string[] =>
    [...panel.querySelectorAll(".jc-mention-name")].map((name) => name.textContent);

  // If it fails: the user must know commands by heart, or one does not do what it says.
  test("are offered after a slash, and ours are done here", () => {
    type("/");
    expect(sent.some((message) => message.type === "commands")).toBe(true);
    expect(offered()).toContain("/clear");
    expect(panel.querySelector(".jc-mention-note")?.textContent).toContain("after the first");
    answer(); // and nothing is asked again
    expect(sent.filter((message) => message.type === "commands")).toHaveLength(1);
    expect(offered()).toContain("/context");
    expect(offered()).not.toContain("/__internal");
    type("co");
    expect(offered()).toEqual(["/compact", "/cost", "/context"]);
    press("ArrowDown");
    press("Enter"); // it runs at once
    expect(field.value).toBe("");
    expect(panel.querySelector("[role=status].jc-where")?.textContent).toContain("$0.0123");
    for (const [command, message] of [
      ["/clear", { type: "new" }],
      ["/model opus", { type: "model", name: "opus" }],
      ["/init", { type: "ask", prompt: "/init" }],
    ] as const) {
      type(command);
      press("Escape");
      press("Enter");
      expect(sent.at(-1)?.type === "draft" ? sent.at(-2) : sent.at(-1)).toMatchObject(message);
    }
    type("/resume");
    press("Escape");
    press("Enter");
    expect(byRole(panel, "dialog", "Conversations")).not.toBeNull();
    panel.querySelector<HTMLButtonElement>("[aria-label='Conversations'][aria-expanded]")?.click();
    type("say /");
    expect(offered()).toEqual([]);
  });

  // If it fails: "?" cannot be typed, or the keys are a secret.
  test("a question mark shows the keys, in an empty field only", () => {
    expect(press("?")).toBe(true);
    expect(shown).toHaveBeenCalledOnce();
    type("really");
    expect(press("?")).toBe(false);
  });
});

describe("files", () => {
  // If it fails: a dropped file names another one, or a file that Claude cannot read.
  test("of the file browser are named from the notebook's folder", () => {
    expect(named(["work/a b.csv", "work/x/c.txt", "d.txt"], "RTC:work/n.ipynb").text).toBe(
      '@"a b.csv" @x/c.txt @../d.txt ',
    );
    expect(named(["drive:a.csv"], "n.ipynb")).toMatchObject({ text: "", given: [] });
    expect(named(["drive:a.csv"], "n.ipynb").problem).not.toBe("");
  });

  // If it fails: a large or a binary file blocks the page or the prompt, without a reason.
  test("that are text are attached, others get a line", async () => {
    const { given, problem } = await fromFiles([
      new File(["a,b"], "a.csv", { type: "text/csv" }),
      new File([new Uint8Array([0, 255])], "b.bin"),
      new File(["x".repeat(100_001)], "long.txt"),
    ]);
    expect(given).toEqual([{ name: "a.csv", kind: "text", data: "a,b" }]);
    expect(problem).toContain("b.bin was not attached: it is no picture, PDF or text");
    expect(problem).toContain("long.txt was not attached: it has 101 kB, and 100 kB are the most");
  });

  // If it fails: text that the user pastes is swallowed, or a dragged page loads pictures.
  test("are taken from what is pasted and dragged, and nothing else", () => {
    const html = `<img src="data:image/png;base64,${PNG}"><img src="https://example.org/a.png">`;
    expect(picturesIn(html).map(({ name, type: kind }) => [name, kind])).toEqual([
      ["output.png", "image/png"],
    ]);
    listenToFiles();
    const paste = (types: string[], files: File[]): boolean => {
      const event = new Event("paste", { bubbles: true, cancelable: true });
      Object.assign(event, { clipboardData: { types, files } });
      field.dispatchEvent(event);
      return event.defaultPrevented;
    };
    const note = new File(["x"], "x.txt", { type: "text/plain" });
    expect(paste(["text/plain", "Files"], [note])).toBe(false);
    expect(paste(["Files"], [note])).toBe(true);
  });
});
