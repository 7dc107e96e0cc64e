import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { host } from "../src/host";
import type { InputField, PermissionRequest } from "../src/protocol";
import samples from "./data/requests.json";
import { Bench, byRole, draw, permission, press, question } from "./fixtures";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  bench.close();
});

const answers = (): unknown[] =>
  bench.sent.filter((message) => (message as { type: string }).type === "answer");
const ask = (view: ParentNode): HTMLElement =>
  byRole(view, "alertdialog", "Permission request: Bash");

// The fields that a view shows without their names: path, command, and the parts of a diff.
const UNNAMED = ["file_path", "command", "description", "old_string", "new_string", "content"];

/** All names and values of an input, at all depths, as text. */
function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [JSON.stringify(value)];
  if (Array.isArray(value)) return value.flatMap(leaves);
  // A plan is shown as Markdown, so not each of its characters is there.
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "plan" ? [] : [...(UNNAMED.includes(name) ? [] : [name]), ...leaves(inner)],
  );
}

/** Whether each line of a text is shown, as it is or as JSON has it. */
function isShown(leaf: string, shown: string): boolean {
  const forms = [leaf, JSON.stringify(leaf).slice(1, -1)].map((form) =>
    form.replace(/[\u202E\r]/g, (hidden) => `⟨U+${hidden === "\r" ? "000D" : "202E"}⟩`),
  );
  const oneLine = leaf.replaceAll("\n", "⟨U+000A⟩");
  return (
    shown.includes(oneLine) ||
    forms.some((form) => form.split("\n").every((line) => shown.includes(line)))
  );
}

describe("a permission request", () => {
  // If it fails: the user cannot answer, or the kernel gets another answer than they pressed.
  test.each([
    ["Approve", { behavior: "allow", suggestion: null }],
    ["Deny", { behavior: "deny", suggestion: null }],
    ["Always allow ls commands", { behavior: "allow", suggestion: 3 }],
  ])("%s is sent once", (name, expected) => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    byRole(view, "button", name).click();
    byRole(view, "button", name).click();
    press("Escape");
    const waited = expect.any(Number) as number;
    expect(answers()).toEqual([
      {
        type: "answer",
        request: "ask",
        answers: null,
        edited: null,
        message: "",
        waited,
        ...expected,
      },
    ]);
  });

  // If it fails: the command that would run is not the one that the user reads.
  test("shows the command with marks for hidden characters, the reason, and the wait", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ command: "echo \u202Eok", reason: "A rule" })] });
    expect(ask(view).querySelector("pre")?.textContent).toBe("echo ⟨U+202E⟩ok");
    expect(ask(view).textContent).toContain("A rule");
    expect(ask(view).textContent).toContain("Nothing runs until then");
  });

  // If it fails: the end of a long command is out of sight, and nothing says so.
  test("says how long a long command is", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ command: "x".repeat(7_900) })] });
    expect(ask(view).querySelector(".jc-label")?.textContent).toBe("7,900 characters");
    bench.snapshot({ requests: [permission({ id: "two", command: "y\n".repeat(39) })] });
    expect(ask(view).querySelector(".jc-label")?.textContent).toBe("40 lines");
    bench.snapshot({ requests: [permission({ id: "three" })] });
    expect(ask(view).querySelector(".jc-label")).toBeNull();
  });

  // If it fails: the user approves an edit without seeing what it changes and where.
  test("shows a diff with its signs and the path", () => {
    const view = bench.view();
    const diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new";
    bench.snapshot({ requests: [permission({ command: null, diff, path: "src/a.py" })] });
    // The path is above the diff, once.
    expect(ask(view).querySelector("pre")?.textContent).toBe("@@ -1 +1 @@\n-old\n+new\n");
    expect(ask(view).querySelector(".jc-file")?.textContent).toBe("src/a.py+1 −1");
    const made = { diff: "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+new", path: "b", new_file: true };
    bench.snapshot({ requests: [permission({ id: "two", command: null, ...made })] });
    expect(ask(view).querySelector(".jc-file")?.textContent).toBe("bnew file+1 −0");
    // Without a path only the headings name the file.
    bench.snapshot({ requests: [permission({ id: "three", command: null, diff })] });
    expect(ask(view).querySelector("pre")?.textContent).toBe(`${diff}\n`);
  });

  // If it fails: the words about a cell look like a path, or a path like words.
  test("names a file as code, and a cell in words", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ command: null, path: "src/a.py" })] });
    expect(ask(view).querySelector(".jc-path")?.textContent).toBe("src/a.py");
    const tool = "mcp__notebook__edit_cell";
    const cell = { id: "two", tool, command: null, path: "Change cell 2 (markdown)" };
    bench.snapshot({ requests: [permission(cell)] });
    const asked = byRole(view, "alertdialog", `Permission request: ${tool}`);
    expect(asked.querySelector(".jc-file")?.textContent).toBe(cell.path);
    expect(asked.querySelector(".jc-path")).toBeNull();
  });

  // If it fails: the user does not see a change of line ends, or a page break before code.
  test("marks other characters that may end a line, in diffs and in names", () => {
    const view = bench.view();
    const lines = ["-# note\fprint(1)\r", "+# note", "+print(1)\u2028\x85\v\x1C"];
    const diff = ["--- a", "+++ a", "@@ -1 +1,2 @@", ...lines].join("\n");
    const path = "a\n+b\r\t";
    bench.snapshot({ requests: [permission({ command: null, diff, path })] });
    expect(ask(view).querySelector("pre")?.textContent).toBe(
      "@@ -1 +1,2 @@\n-# note⟨U+000C⟩print(1)⟨U+000D⟩\n+# note\n" +
        "+print(1)⟨U+2028⟩⟨U+0085⟩⟨U+000B⟩⟨U+001C⟩\n",
    );
    expect(ask(view).querySelectorAll(".jc-line")).toHaveLength(4);
    expect(ask(view).querySelector(".jc-file")?.textContent).toBe(
      "a⟨U+000A⟩+b⟨U+000D⟩⟨U+0009⟩+2 −1",
    );
  });

  // If it fails: a command runs outside of the sandbox, or a tool gets an input, unread.
  test.each(samples)("shows all of an input: %#", ({ input, request }) => {
    const view = bench.view();
    const asked = request as unknown as PermissionRequest;
    bench.snapshot({ requests: [asked] });
    const dialog = byRole(view, "alertdialog", `Permission request: ${asked.tool}`);
    const shown = (dialog.querySelector(".jc-request-body")?.textContent ?? "").normalize();
    // The kernel may have put the name of an input, and its yes or no, in words.
    const values = Object.entries(input)
      .filter(([name, value]) => name !== "plan" && typeof value !== "boolean")
      .map(([, value]): unknown => value);
    const words = asked.fields.flatMap(({ name, value }) => [name, value]);
    for (const leaf of [...leaves(values), ...words]) expect(isShown(leaf, shown), leaf).toBe(true);
  });

  // If it fails: Claude's description of its command looks like Claude Code's reason to ask.
  test("shows Claude's description below the rest, and says whose it is", () => {
    const view = bench.view();
    const fields = [{ name: "timeout", value: "9" }];
    bench.snapshot({ requests: [permission({ reason: "A rule", fields, says: "Harmless\n." })] });
    const body = ask(view).querySelector(".jc-request-body");
    const shown = [...(body?.children ?? [])].filter((each) => !(each as HTMLElement).hidden);
    expect(shown.map(({ className }) => className)).toEqual([
      "jc-why",
      "jc-request-code",
      "jc-fields",
      "jc-says",
    ]);
    expect(body?.querySelector(".jc-says")?.textContent).toMatch(/^Claude says: Harmless/);
    bench.snapshot({ requests: [permission({ id: "two", says: "" })] });
    expect(ask(view).querySelector(".jc-says")).toBeNull();
  });

  // If it fails: the administrator's limit denies the request while the user writes in it.
  test.each(["Deny", "Edit"])("tells the kernel now and then that the user writes: %s", (name) => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ editable: true })] });
    byRole(view, "button", name).click();
    const field = ask(view).querySelector<HTMLElement>("textarea, input");
    const write = (): void => {
      field?.dispatchEvent(new InputEvent("input", { bubbles: true }));
    };
    const typed = (): unknown[] =>
      bench.sent.filter((message) => (message as { type: string }).type === "typing");
    expect(typed()).toEqual([]);
    write();
    write();
    expect(typed()).toEqual([{ type: "typing", request: "ask" }]);
    vi.advanceTimersByTime(4_999);
    write();
    expect(typed()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    write();
    write();
    expect(typed()).toHaveLength(2);
  });

  // If it fails: the keyboard cannot deny, or holding Enter approves unread.
  test("is denied by Escape; a held key does nothing", () => {
    bench.view();
    bench.snapshot({ requests: [permission()] });
    expect(press("Enter", { repeat: true }).defaultPrevented).toBe(true);
    expect(press("Enter").defaultPrevented).toBe(false);
    draw(); // on the dialog itself, Enter is meant for something else
    press("Escape", { repeat: true });
    expect(answers()).toEqual([]);
    press("Escape");
    expect(answers()).toMatchObject([{ behavior: "deny" }]);
  });

  // If it fails: typing in the widget runs notebook commands, such as deleting the cell.
  test("keeps keys from the notebook", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    press("d");
    document.body.removeEventListener("keydown", heard);
    expect(heard).not.toHaveBeenCalled();
    expect(view.querySelector("[data-lm-suppress-shortcuts]")).not.toBeNull();
  });

  // If it fails: Ctrl+S does not save while a request has the focus, or Ctrl+Enter
  // runs the prompt again.
  test.each([
    ["s", {}, true],
    ["C", { shiftKey: true }, true],
    ["c", {}, false],
    ["Z", { shiftKey: true }, false],
    ["Enter", {}, false],
    ["@", { modifierAltGraph: true }, false],
  ])("with Ctrl or Meta %s %o reaches the notebook: %s", (key, more, reaches) => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    for (const modifier of [{ ctrlKey: true }, { metaKey: true }]) {
      let heard = false;
      let suppressed = false;
      const listen = (): void => {
        heard = true;
      };
      const look = (): void => {
        suppressed = view.querySelector("[data-lm-suppress-shortcuts]") !== null;
      };
      document.addEventListener("keydown", listen);
      document.addEventListener("keydown", look, { capture: true });
      press(key, { ...modifier, ...more });
      document.removeEventListener("keydown", listen);
      document.removeEventListener("keydown", look, { capture: true });
      expect([heard, suppressed]).toEqual([reaches, !reaches]);
    }
  });

  // If it fails: a double click on one request approves the next one unread.
  test("ignores the second half of a double click", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    byRole(view, "button", "Approve").dispatchEvent(new MouseEvent("click", { detail: 2 }));
    expect(answers()).toEqual([]);
  });

  // If it fails: a click seems to have no effect, and the user clicks again or gives up.
  test("shows an answer at once, in every view, until the request is settled", () => {
    const [one, two] = [bench.view(), bench.view()];
    bench.snapshot({ requests: [permission()] });
    byRole(one, "button", "Approve").click();
    vi.advanceTimersByTime(300);
    for (const view of [one, two]) {
      expect(ask(view).textContent).toContain("Approving…");
      expect(byRole(view, "button", "Deny")).toHaveProperty("disabled", true);
    }
    bench.patch(["request_done", "ask", "Approved"]);
    for (const view of [one, two]) expect(view.querySelector("[role=alertdialog]")).toBeNull();
  });

  // If it fails: after a lost answer the turn waits for ever, with dead buttons.
  test("enables its buttons again after a snapshot that still has it", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    byRole(view, "button", "Approve").click();
    bench.snapshot({ requests: [permission()] });
    expect(byRole(view, "button", "Approve")).toHaveProperty("disabled", false);
    expect(ask(view).textContent).toContain("Nothing runs until then");
    byRole(view, "button", "Deny").click();
    press("Enter");
    expect(answers()).toMatchObject([{ behavior: "allow" }, { behavior: "deny" }]);
  });

  // If it fails: with a dead or busy kernel the request only says "Approving…".
  test("says that the kernel has not taken the answer, and asks for a snapshot", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    byRole(view, "button", "Approve").click();
    bench.sent.length = 0;
    vi.advanceTimersByTime(5_500);
    expect(ask(view).textContent).toContain("Not received yet");
    expect(bench.sent).toContainEqual({ type: "hello" });
  });
});

describe("a host's faster way to the kernel", () => {
  // If it fails: an approval waits until a busy kernel is free, or is sent repeatedly.
  test("gets each answer once, in addition to the connection", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    const brought: unknown[] = [];
    const closing = new AbortController();
    const act = (detail: unknown): number => brought.push(detail);
    host({ answer: { can: () => true, act } }, closing.signal);
    byRole(view, "button", "Approve").click();
    press("Escape");
    closing.abort();
    const waited = expect.any(Number) as number;
    const answer = {
      behavior: "allow",
      suggestion: null,
      answers: null,
      edited: null,
      message: "",
      waited,
    };
    expect(brought).toEqual([{ request: "ask", answer }]);
    expect(answers()).toEqual([{ type: "answer", request: "ask", ...answer }]);
  });

  // If it fails: the view says that the kernel is gone, though it has the answer, or another view
  // still asks for an answer that does not count.
  test("brings a verdict, which every view shows until the request is settled", () => {
    const [one, two] = [bench.view(), bench.view()];
    bench.snapshot({ requests: [permission()] });
    byRole(one, "button", "Approve").click();
    bench.tell({ type: "taken", request: "ask", behavior: "allow" });
    vi.advanceTimersByTime(10_000);
    for (const view of [one, two]) {
      expect(ask(view).textContent).toContain("Received. Claude continues");
      expect(byRole(view, "button", "Deny")).toHaveProperty("disabled", true);
    }
    expect(bench.sent.filter((message) => isHello(message))).toHaveLength(2);
    bench.patch(["request_done", "ask", "Approved"]);
    for (const view of [one, two]) expect(view.querySelector("[role=alertdialog]")).toBeNull();
  });
});

const isHello = (message: unknown): boolean => (message as { type: string }).type === "hello";

describe("a question", () => {
  const fields = (view: HTMLElement): HTMLInputElement[] => [
    ...view.querySelectorAll<HTMLInputElement>("input"),
  ];
  const dialog = (view: HTMLElement): HTMLElement =>
    byRole(view, "alertdialog", "Question from Claude");

  // If it fails: Claude gets another answer than the user chose.
  test("sends each answer: several choices joined, and the user's own words", () => {
    const view = bench.view();
    bench.snapshot({ requests: [question()] });
    const [html, , , , htmlToo, markdown, , own] = fields(dialog(view));
    html?.click();
    htmlToo?.click();
    markdown?.click();
    if (own) own.value = " a table of numbers ";
    own?.dispatchEvent(new Event("input"));
    byRole(view, "button", "Submit").click();
    expect(answers()).toMatchObject([
      {
        type: "answer",
        request: "ask",
        behavior: "allow",
        suggestion: null,
        answers: { "Which format?": "HTML", "Which parts?": "HTML, Markdown, a table of numbers" },
      },
    ]);
  });

  // If it fails: "Other" sends the earlier choice instead of the text.
  test("chooses Other when the user writes there", () => {
    const view = bench.view();
    const [first] = question().questions;
    bench.snapshot({ requests: [question({ questions: first ? [first] : [] })] });
    const [html, , other, own] = fields(dialog(view));
    html?.click();
    if (own) own.value = "PDF";
    own?.dispatchEvent(new Event("input"));
    expect(other?.checked).toBe(true);
    own?.focus();
    press("Enter");
    expect(answers()).toMatchObject([{ answers: { "Which format?": "PDF" } }]);
  });

  // If it fails: an empty answer is sent, or Submit does not say what is missing.
  test("asks for missing answers", () => {
    const view = bench.view();
    bench.snapshot({ requests: [question()] });
    fields(view)[0]?.click();
    byRole(view, "button", "Submit").click();
    expect(answers()).toEqual([]);
    expect(view.querySelector(".jc-problem:not([hidden])")?.textContent).toContain("Choose");
    expect(document.activeElement).toBe(fields(view)[4]);
  });

  // If it fails: the user cannot decline a question.
  test("is declined by Escape and by Decline", () => {
    const view = bench.view();
    bench.snapshot({ requests: [question()] });
    expect(document.activeElement).toBe(dialog(view));
    press("Escape");
    bench.snapshot({ requests: [question()] });
    byRole(view, "button", "Decline").click();
    expect(answers()).toMatchObject([{ behavior: "deny" }, { behavior: "deny" }]);
  });
});

describe("requests alone", () => {
  // If it fails: `await claude.ask()` in a plain cell shows a whole turn, or an empty box.
  test("show nothing else, and nothing at all if there are none", () => {
    bench.close();
    bench = new Bench("requests");
    const view = bench.view();
    bench.snapshot({ items: [{ id: "a", kind: "text", parent: "", text: "Hello" }] });
    expect(view.textContent).toBe("");
    bench.patch(["request", permission()]);
    ask(view);
    expect(view.textContent).not.toContain("Hello");
    bench.patch(["request_done", "ask", "Denied"]);
    vi.advanceTimersByTime(5_000);
    expect(view.textContent).toBe("");
  });
});

describe("a request to run code", () => {
  const code = "total = df.x.sum()\nprint(total)";
  const runs = (): PermissionRequest =>
    permission({
      tool: "mcp__kernel__run_code",
      command: null,
      code,
      effects: ["Binds: total (new)", "Reads: df"],
      says: "Add up the column",
      suggestions: [{ index: 0, label: "Approve for this turn" }],
    });
  const name = "Permission request: mcp__kernel__run_code";

  // If it fails: the user approves code that they cannot read, or does not know what it changes.
  test("shows the code, what it does, and Claude's reason", () => {
    const view = bench.view();
    bench.snapshot({ requests: [runs()] });
    const dialog = byRole(view, "alertdialog", name);
    expect(dialog.querySelector("pre")?.textContent).toBe(code);
    expect(dialog.textContent).toContain("Binds: total (new)");
    expect(dialog.textContent).toContain("Reads: df");
    expect(dialog.textContent).toContain("Claude says: Add up the column");
    const labels = [...dialog.querySelectorAll("button")].map((each) => each.textContent);
    expect(labels).toEqual(["Approve", "Deny", "Edit", "Approve for this turn"]);
  });

  // If it fails: the user's edit is lost, and Claude's own code runs.
  test("sends the code as the user edited it", () => {
    const view = bench.view();
    bench.snapshot({ requests: [runs()] });
    byRole(view, "button", "Edit").click();
    const editor = byRole(view, "textbox", "Code to run") as HTMLTextAreaElement;
    expect(editor.value).toBe(code);
    expect(document.activeElement).toBe(editor);
    editor.value = "print(1)";
    byRole(view, "button", "Approve").click();
    expect(answers()).toMatchObject([{ behavior: "allow", edited: "print(1)", suggestion: null }]);
  });

  // If it fails: Claude is told of an edit that there was not, or an empty cell "runs".
  test("an undone edit is none, and empty code is refused", () => {
    const view = bench.view();
    bench.snapshot({ requests: [runs()] });
    byRole(view, "button", "Edit").click();
    const editor = byRole(view, "textbox", "Code to run") as HTMLTextAreaElement;
    editor.value = "  ";
    byRole(view, "button", "Approve").click();
    expect(answers()).toEqual([]);
    expect(byRole(view, "alertdialog", name).textContent).toContain("There is nothing here to run");
    byRole(view, "button", "Undo edit").click();
    byRole(view, "button", "Approve for this turn").click();
    expect(answers()).toMatchObject([{ behavior: "allow", edited: null, suggestion: 0 }]);
  });

  // If it fails: a key that closes an editor everywhere else throws the user's edit away.
  test("Escape in the editor answers nothing", () => {
    const view = bench.view();
    bench.snapshot({ requests: [runs()] });
    byRole(view, "button", "Edit").click();
    const editor = byRole(view, "textbox", "Code to run");
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(answers()).toEqual([]);
    expect(document.activeElement).toBe(byRole(view, "button", "Undo edit"));
  });

  // If it fails: the editor hides a character that changes what runs.
  test("hidden characters are marks in the editor too", () => {
    const view = bench.view();
    bench.snapshot({ requests: [{ ...runs(), code: "x = '\u202E'" }] });
    byRole(view, "button", "Edit").click();
    const editor = byRole(view, "textbox", "Code to run") as HTMLTextAreaElement;
    expect(editor.value).toBe("x = '⟨U+202E⟩'");
  });
});

describe("a denial", () => {
  const line = (view: ParentNode): HTMLInputElement =>
    byRole(view, "textbox", "Tell Claude what to do instead") as HTMLInputElement;
  const deny = (view: HTMLElement): void => {
    byRole(view, "button", "Deny").click();
  };
  let view: HTMLElement;
  beforeEach(() => {
    view = bench.view();
    bench.snapshot({ requests: [permission()] });
    deny(view);
  });

  // If it fails: the tool may still run after Deny, or the user cannot say what to do instead.
  test("opens the line at once, with the focus in it, and nothing can approve any more", () => {
    expect(document.activeElement).toBe(line(view));
    expect(view.querySelector<HTMLElement>(".jc-buttons")?.hidden).toBe(true);
    expect(ask(view).textContent).toContain("Denied. Write here what to do instead");
    expect(answers()).toEqual([]);
  });

  // If it fails: the user's words are lost, and Claude tries the same again.
  test.each(["Enter", "Deny and tell Claude"])(
    "goes to Claude with the user's words by %s",
    (how) => {
      line(view).value = " Use ls -a ";
      line(view).dispatchEvent(new Event("input"));
      vi.advanceTimersByTime(60_000); // typing stops the clock
      expect(answers()).toEqual([]);
      if (how === "Enter") press("Enter");
      else byRole(view, "button", how).click();
      expect(answers()).toMatchObject([{ behavior: "deny", message: "Use ls -a" }]);
    },
  );

  // If it fails: the user does not know that the button sends what they wrote.
  test("says on its button that it sends the words, once there are some", () => {
    const send = view.querySelector(".jc-denial button");
    expect(send?.textContent).toBe("Deny");
    for (const [value, name] of [
      ["Use ls", "Deny and tell Claude"],
      [" ", "Deny"],
    ] as const) {
      line(view).value = value;
      line(view).dispatchEvent(new Event("input"));
      expect(send?.textContent).toBe(name);
    }
  });

  // If it fails: a user who only presses Deny denies nothing, and Claude waits for ever.
  test.each<[string, () => void]>([
    [
      "a second press",
      () => {
        deny(view);
      },
    ],
    ["Escape", () => press("Escape")],
    [
      "leaving the line",
      () => {
        line(view).blur();
      },
    ],
    ["four seconds", () => vi.advanceTimersByTime(4_000)],
  ])("goes out without a word by %s", (_name, act) => {
    vi.advanceTimersByTime(3_000);
    expect(answers()).toEqual([]);
    act();
    vi.advanceTimersByTime(10_000);
    expect(answers()).toMatchObject([{ behavior: "deny", message: "" }]);
    expect((answers()[0] as { waited: number }).waited).toBeGreaterThanOrEqual(800);
  });
});

describe("a plan", () => {
  const plan = (): PermissionRequest =>
    permission({
      tool: "ExitPlanMode",
      title: "Claude's plan",
      command: null,
      says: "",
      plan: "# Steps\n\n1. **Read** it <script>\n",
      suggestions: [
        { index: 0, label: "Approve and accept edits" },
        { index: 1, label: "Approve and ask for each edit" },
      ],
    });
  const dialog = (view: HTMLElement): HTMLElement =>
    byRole(view, "alertdialog", "Permission request: ExitPlanMode");
  let view: HTMLElement;
  beforeEach(() => {
    view = bench.view();
    bench.snapshot({ requests: [plan()] });
  });

  // If it fails: the user reads raw Markdown, or cannot approve in the way that they want.
  test("is shown as Markdown, and each button says how Claude goes on", () => {
    expect(dialog(view).querySelector("h1")?.textContent).toBe("Steps");
    expect(dialog(view).querySelector("li strong")?.textContent).toBe("Read");
    expect(dialog(view).textContent).toContain("<script>");
    byRole(view, "button", "Approve and accept edits").click();
    expect(answers()).toMatchObject([{ behavior: "allow", suggestion: 0, edited: null }]);
  });

  // If it fails: Claude works by its own plan, not by the user's.
  test("is sent as the user edited it", () => {
    byRole(view, "button", "Edit").click();
    (byRole(view, "textbox", "Plan") as HTMLTextAreaElement).value = "Only read it";
    byRole(view, "button", "Approve and ask for each edit").click();
    expect(answers()).toMatchObject([{ suggestion: 1, edited: "Only read it" }]);
  });

  // If it fails: a long path pushes the buttons out of sight, or nobody can read all of it.
  test("has its file on one line, all of it in the title and for the keyboard", () => {
    const value = "/tmp/a\u202Eb/.claude/plans/quiet-otter.md";
    bench.snapshot({
      requests: [{ ...plan(), id: "two", fields: [{ name: "Plan file", value }] }],
    });
    const path = dialog(view).querySelector<HTMLElement>(".jc-field-path code");
    const shown = "/tmp/a⟨U+202E⟩b/.claude/plans/quiet-otter.md";
    expect(path?.textContent).toBe(shown);
    expect(path?.title).toBe(shown);
    expect(path?.lastElementChild?.textContent).toBe("quiet-otter.md");
    expect(path?.tabIndex).toBe(0);
    path?.focus();
    expect(path?.className).toBe("jc-whole");
    path?.blur(); // a press on a button, which must not move away
    expect(path?.className).toBe("jc-whole");
  });

  // If it fails: the user's comment does not reach Claude.
  test("is sent back with a comment", () => {
    byRole(view, "button", "Keep planning").click();
    expect(view.textContent).toContain("Not approved. Write here what to change");
    const line = byRole(view, "textbox", "Tell Claude what to change in the plan");
    (line as HTMLInputElement).value = "Plot first";
    press("Enter");
    expect(answers()).toMatchObject([{ behavior: "deny", message: "Plot first" }]);
  });
});

describe("a command", () => {
  // If it fails: another command runs than the user wrote, or a rule allows one that nobody read.
  test("is sent as the user edited it, and cannot be allowed for ever then", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission()] });
    const always = byRole(view, "button", "Always allow ls commands");
    byRole(view, "button", "Edit").click();
    expect(always.hidden).toBe(true);
    const editor = byRole(view, "textbox", "Command to run") as HTMLTextAreaElement;
    expect(editor.value).toBe("ls -l");
    editor.value = "ls -a";
    editor.dispatchEvent(new Event("input"));
    expect(ask(view).textContent).toContain("Edited by you");
    byRole(view, "button", "Approve").click();
    expect(answers()).toMatchObject([{ behavior: "allow", edited: "ls -a", suggestion: null }]);
  });

  // If it fails: what deletes files looks like what reads them.
  test("that deletes says so", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ danger: "Deletes files", suggestions: [] })] });
    expect(ask(view).dataset["danger"]).toBe("true");
    expect(ask(view).textContent).toContain("Deletes files");
    expect(ask(view).textContent).not.toContain("Always");
  });

  // If it fails: a denial waits for words that nobody gets, or code is hard to read.
  test("about a replay is denied at once, and has its texts in colours", () => {
    const view = bench.view();
    const fields: InputField[] = [
      { name: "Code 1", value: "total = 1", form: "python" },
      { name: "a.txt (overwritten)", value: "@@ -1 +1 @@\n-a\n+b", form: "diff" },
    ];
    bench.snapshot({ requests: [permission({ tool: "replay", command: null, fields })] });
    const asked = byRole(view, "alertdialog", "Permission request: replay");
    const shown = asked.querySelectorAll(".jc-field pre");
    expect([...shown].map(({ textContent }) => textContent)).toEqual([
      "total = 1",
      "@@ -1 +1 @@\n-a\n+b\n",
    ]);
    expect(shown[1]?.querySelector(".jc-line-removed")?.textContent).toBe("-a\n");
    byRole(view, "button", "Deny").click();
    expect(answers()).toMatchObject([{ behavior: "deny" }]);
  });

  // If it fails: a cell's code can be edited where nothing takes the edit.
  test("that cannot be edited has no Edit", () => {
    const view = bench.view();
    bench.snapshot({ requests: [permission({ editable: false })] });
    expect(ask(view).textContent).not.toContain("Edit");
  });
});

describe("several suggestions", () => {
  const two = [
    { index: 0, label: "Always allow the command “ls”, in this project, for me (settings.json)" },
    { index: 2, label: "Always allow all file edits, in this session" },
  ];
  const key = (name: string): void => {
    document.activeElement?.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }),
    );
  };
  let view: HTMLElement;
  let menu: HTMLElement;
  beforeEach(() => {
    view = bench.view();
    bench.snapshot({ requests: [permission({ suggestions: two })] });
    menu = byRole(view, "button", "Always allow");
    menu.focus();
    key("ArrowDown");
  });

  // If it fails: without a mouse nobody reaches the second rule, or Escape denies the command.
  test("are a menu, which keys open, walk through and close", () => {
    const items = [...view.querySelectorAll<HTMLElement>("[role=menu] > [role=menuitem]")];
    expect(items.map(({ textContent }) => textContent)).toEqual(two.map(({ label }) => label));
    expect(document.activeElement).toBe(items[0]);
    key("ArrowDown");
    expect(document.activeElement).toBe(items[1]);
    key("ArrowDown");
    expect(document.activeElement).toBe(items[0]);
    expect(menu.getAttribute("aria-expanded")).toBe("true");
    key("Escape");
    expect(view.querySelector("[role=menu]")).toBeNull();
    expect(document.activeElement).toBe(menu);
    expect(answers()).toEqual([]);
  });

  // If it fails: the second half of a double click writes a rule that nobody has read.
  test("take no answer until they can have been read", () => {
    const item = view.querySelectorAll<HTMLElement>("[role=menuitem]")[1];
    item?.click();
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(900);
    item?.click();
    expect(answers()).toMatchObject([{ behavior: "allow", suggestion: 2 }]);
  });
});
