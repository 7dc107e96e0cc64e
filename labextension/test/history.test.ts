import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type {
  FileChange,
  HistoryFromKernel,
  HistoryFromPage,
  Plan,
  Situation,
  Stop,
} from "../src/messages.generated";
import { HistoryView } from "../src/history/view";
import { removedText, stopLabel, promptLine, valueText } from "../src/history/words";
import { timeOf } from "../src/dates";
import { keepKeys } from "../src/keys";
import { byRole, press } from "./fixtures";

const REST_MS = 250;

const stop = (prompt: string, fields: Partial<Stop> = {}): Stop => ({
  prompt,
  time: "",
  files: [],
  files_count: 0,
  cost: "$0.01",
  ...fields,
});
const THREE = [
  stop("one"),
  stop("two", { files: ["a.py"], files_count: 1 }),
  stop("three\n\u202Eright"),
];
const file = (fields: Partial<FileChange> = {}): FileChange => ({
  path: "a.py",
  name: fields.path ?? "a.py",
  action: "restore",
  insertions: 3,
  deletions: 1,
  diff: "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-old\n+new\n",
  changed_by_you: false,
  cell: false,
  chosen: true,
  ...fields,
});
const plan = (fields: Partial<Plan> = {}): Plan => ({
  key: "k1",
  can_rewind: true,
  reason: "",
  files: [file()],
  turns: ["Turn 3: three"],
  irreversible: [],
  ...fields,
});

/** The kernel's end of a connection, with a view in the page. */
class Kernel {
  readonly sent: HistoryFromPage[] = [];
  readonly said: string[] = [];
  readonly view: HistoryView;
  #receive: (message: unknown) => void = () => undefined;
  #version = 0;

  constructor(reask?: (prompt: string) => boolean) {
    this.view = new HistoryView(
      {
        send: (message) => {
          if (message.type === "history") this.sent.push(message);
        },
        subscribe: (listener) => {
          this.#receive = listener;
          return () => undefined;
        },
      },
      (sentence) => this.said.push(sentence),
      reask === undefined ? {} : { reask },
    );
    document.body.append(this.view.node);
  }

  state(stops: Stop[] = THREE, fields: Partial<Situation> = {}, from = 0): void {
    this.#send({
      type: "history",
      event: "state",
      version: ++this.#version,
      from,
      stops,
      busy: "",
      undo: "",
      branches: [],
      ...fields,
    });
  }

  /** Loses a state on the way. */
  lose(): void {
    this.#version++;
  }

  /** The id of the last question. */
  get asked(): string {
    const message = this.sent.at(-1);
    return message === undefined || message.action === "hello" ? "" : message.ask;
  }

  plan(fields: Partial<Plan> = {}, changed = false, ask = this.asked): void {
    this.#send({ type: "history", event: "plan", ask, plan: plan(fields), changed });
  }

  done(text: string, prompt: string): void {
    this.#send({ type: "history", event: "done", ask: this.asked, text, prompt });
  }

  fail(text: string): void {
    this.#send({ type: "history", event: "error", ask: this.asked, text });
  }

  #send(message: HistoryFromKernel): void {
    this.#receive(message);
  }

  get slider(): HTMLInputElement {
    const slider = this.view.node.querySelector<HTMLInputElement>("input[type=range]");
    if (slider === null) throw new Error("no slider");
    return slider;
  }

  get region(): HTMLElement {
    return byRole(this.view.node, "region", "Rewind preview");
  }

  button(name: string): HTMLButtonElement {
    return byRole(this.view.node, "button", name) as HTMLButtonElement;
  }

  check(label: string): HTMLInputElement {
    const labels = [...this.view.node.querySelectorAll("label")];
    const found = labels.find(({ textContent }) => textContent.startsWith(label));
    const box = found?.querySelector("input");
    if (!box) throw new Error(`no checkbox "${label}"`);
    return box;
  }

  move(to: number): void {
    this.slider.value = String(to);
    this.slider.dispatchEvent(new Event("input"));
  }

  /** Moves the slider, and answers the view's question for a preview. */
  preview(to: number, fields: Partial<Plan> = {}): void {
    this.move(to);
    vi.advanceTimersByTime(REST_MS);
    this.plan(fields);
  }

  of(action: HistoryFromPage["action"]): HistoryFromPage[] {
    return this.sent.filter((message) => message.action === action);
  }
}

beforeEach(() => {});
afterEach(() => {
  document.body.replaceChildren();
});

describe("the words", () => {
  // If it fails: a screen reader says a number instead of the stop's name.
  test("name a stop", () => {
    const stops = [
      { prompt: "fix it", time: "", files: [], files_count: 2, cost: "$0.01" },
      { prompt: "", time: "", files: [], files_count: 0, cost: "" },
    ];
    expect(valueText(0, stops)).toBe("Before the first turn of 2");
    expect(valueText(1, stops)).toBe("After turn 1 of 2: fix it, 2 files, $0.01");
    expect(valueText(2, stops)).toBe("After turn 2 of 2: (not asked), no files, now");
    expect(stopLabel(0, 0)).toBe("No turns yet");
    expect(removedText(1, 2, "Why?")).toBe("A rewind removes turn 2: Why?");
    expect(removedText(0, 1200, "Why?")).toBe("A rewind removes turns 1 to 1,200: Why?");
  });

  // If it fails: a prompt's hidden characters reverse the text around it, or the prompt fills the
  // screen.
  test("show a prompt as one short line with marks", () => {
    expect(promptLine("a\n  b\u202E")).toBe("a b⟨U+202E⟩");
    expect(promptLine("x".repeat(200))).toHaveLength(100);
  });

  // If it fails: yesterday's turn looks like today's.
  test("name the day, unless it is today", () => {
    const now = new Date(2026, 10, 21, 12);
    expect(timeOf(new Date(2026, 10, 21, 9).toISOString(), now)).not.toContain("Nov");
    expect(timeOf(new Date(2026, 10, 20, 9).toISOString(), now)).toContain("Nov 20, ");
    expect(timeOf(new Date(2025, 10, 20, 9).toISOString(), now)).toContain("2025");
    expect([timeOf(""), timeOf("never")]).toEqual(["", ""]);
  });
});

describe("the slider", () => {
  // If it fails: a stop is missing or too many, or the last one is not "now".
  test("has a stop before each turn and one for now", () => {
    const kernel = new Kernel();
    expect(kernel.slider.disabled).toBe(true);
    kernel.state();
    const { min, max, value } = kernel.slider;
    expect([min, max, value]).toEqual(["0", "3", "3"]);
    expect(kernel.slider.getAttribute("aria-label")).toBe("Conversation history");
    expect(kernel.slider.getAttribute("aria-valuetext")).toBe(
      "After turn 3 of 3: three ⟨U+202E⟩right, no files, $0.01, now",
    );
    expect(kernel.view.node.textContent).toContain("After turn 3 of 3: now");
  });

  // If it fails: moving the slider changes files, or asks the kernel at each step.
  test("only asks for a preview, once it rests", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.move(2);
    kernel.move(1);
    expect(kernel.view.node.textContent).toContain("A rewind removes turns 2 to 3: two");
    vi.advanceTimersByTime(REST_MS);
    expect(kernel.sent.map(({ action }) => action)).toEqual(["hello", "preview"]);
    expect(kernel.sent[1]).toMatchObject({ stop: 1, files: true, conversation: true });
  });

  // If it fails: it jumps while the user moves it, or does not follow new turns.
  test("stays at its stop, or at now, after a new turn", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.state([stop("four")], {}, 3);
    expect(kernel.slider.value).toBe("4");
    kernel.move(1);
    kernel.state([stop("five")], {}, 4);
    expect([kernel.slider.value, kernel.slider.max]).toEqual(["1", "5"]);
    kernel.state([stop("one")]);
    expect(kernel.slider.value).toBe("1");
    kernel.state([stop("one"), stop("two")]);
    expect(kernel.slider.value).toBe("2");
  });

  // If it fails: after a lost message the list of turns is wrong until the page is reloaded.
  test("asks for everything after a lost message", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.lose();
    kernel.state([stop("five")], {}, 4);
    expect(kernel.slider.max).toBe("3");
    expect(kernel.of("hello")).toHaveLength(2);
    vi.advanceTimersByTime(2_000);
    expect(kernel.of("hello")).toHaveLength(3);
    kernel.state([...THREE, stop("four"), stop("five")]);
    expect(kernel.slider.max).toBe("5");
    vi.advanceTimersByTime(60_000);
    expect(kernel.of("hello")).toHaveLength(3);
  });

  // If it fails: the slider's arrow keys fold headings in Notebook 7.
  test("keeps its keys, and lets Ctrl+S through", () => {
    const kernel = new Kernel();
    kernel.state();
    const root = document.body.appendChild(document.createElement("div"));
    const closing = new AbortController();
    keepKeys(root, closing.signal);
    root.append(kernel.view.node);
    kernel.slider.focus();
    press("ArrowLeft");
    expect(kernel.slider.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
    press("s", { ctrlKey: true });
    expect(kernel.slider.hasAttribute("data-lm-suppress-shortcuts")).toBe(false);
    closing.abort();
  });

  // If it fails: with a thousand turns each step is slow, or the marks are a grey bar.
  test("handles a thousand turns", () => {
    const kernel = new Kernel();
    const many = Array.from({ length: 1000 }, (_, n) =>
      stop(`turn ${String(n)}`, { files_count: n % 50 === 0 ? 1 : 0 }),
    );
    kernel.state(many);
    expect(kernel.slider.max).toBe("1000");
    expect(kernel.view.node.querySelectorAll("*").length).toBeLessThan(80);
    const marks = kernel.view.node.querySelector(".jc-tick-files")?.getAttribute("d");
    expect(marks?.match(/M/g)).toHaveLength(20);
    kernel.move(500);
    expect(kernel.slider.getAttribute("aria-valuetext")).toContain("After turn 500 of 1,000");
  });
});

describe("the preview", () => {
  // If it fails: the user rewinds without knowing what changes and what cannot come back.
  test("shows files, counts, turns and what cannot come back", () => {
    const kernel = new Kernel();
    kernel.state();
    expect(kernel.region.hidden).toBe(true);
    kernel.preview(2, {
      files: [file(), file({ path: "new.py", action: "delete", insertions: 0, deletions: 9 })],
      irreversible: ["Bash: git push"],
    });
    expect(kernel.region.hidden).toBe(false);
    const text = kernel.region.textContent;
    expect(text).toContain(
      "Rewind to after turn 2 of 3: 2 files change, +3 −10; 1 later turn is removed.",
    );
    expect(text).toContain("restorea.py+3 −1");
    expect(text).toContain("deletenew.py+0 −9");
    expect(text).toContain("Turn 3: three");
    expect(text).toContain("What cannot come backBash: git push");
    expect(kernel.said.at(-1)).toContain(
      "Rewind preview. Rewind to after turn 2 of 3: 2 files change",
    );
    const details = kernel.region.querySelector("details");
    details?.dispatchEvent(new Event("toggle"));
    expect(details?.querySelector("pre")?.textContent).toContain("-old\n+new");
  });

  // If it fails: the view shows, or carries out, the plan of another stop.
  test("shows the answer to the last question, and ignores older ones", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.move(2);
    vi.advanceTimersByTime(REST_MS);
    const old = kernel.asked;
    kernel.move(1);
    kernel.plan({}, false, old);
    expect(kernel.button("Rewind").disabled).toBe(true);
    vi.advanceTimersByTime(REST_MS);
    kernel.plan({}, false, old);
    expect(kernel.button("Rewind").disabled).toBe(true);
    kernel.plan({ key: "k2" });
    expect(kernel.button("Rewind").disabled).toBe(false);
  });

  // If it fails: a keyboard user does not get from the button to the preview.
  test("comes at once and takes the focus after a press of its button", () => {
    const kernel = new Kernel();
    kernel.state();
    expect(kernel.button("Preview rewind").disabled).toBe(true);
    kernel.move(0);
    kernel.button("Preview rewind").click();
    vi.advanceTimersByTime(0);
    kernel.plan();
    expect(document.activeElement).toBe(kernel.region);
  });

  // If it fails: a refused rewind gives no reason, or its button still works.
  test("says why nothing can be rewound", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.preview(1, { can_rewind: false, reason: "A turn is running: stop it first", files: [] });
    expect(kernel.region.textContent).toContain("A turn is running: stop it first");
    expect(kernel.button("Rewind").disabled).toBe(true);
    kernel.move(0);
    vi.advanceTimersByTime(REST_MS);
    kernel.fail("ClaudeError: no such turn");
    expect(kernel.region.textContent).toBe("ClaudeError: no such turn");
  });

  // If it fails: a rewind does not do what the checkboxes say.
  test("follows the checkboxes; there is none without a tick", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.preview(1);
    kernel.check("Conversation").click();
    vi.advanceTimersByTime(0);
    expect(kernel.sent.at(-1)).toMatchObject({ stop: 1, files: true, conversation: false });
    kernel.check("Files").click();
    vi.advanceTimersByTime(REST_MS);
    expect(kernel.of("preview")).toHaveLength(2);
    expect(kernel.region.hidden).toBe(true);
    expect(kernel.button("Rewind").disabled).toBe(true);
  });

  // If it fails: hidden characters make a file or a command look like another one.
  test("marks hidden characters", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.preview(1, {
      files: [file({ path: "a\u202Eb", changed_by_you: true, chosen: false })],
      irreversible: ["Bash: rm \u200Bx"],
    });
    expect(kernel.region.textContent).toContain("a⟨U+202E⟩b");
    expect(kernel.region.textContent).toContain("rm ⟨U+200B⟩x");
    expect(kernel.region.textContent).not.toMatch(/[\u202E\u200B]/);
  });
});

describe("a rewind", () => {
  // If it fails: a rewind does not do what the preview showed, or happens twice.
  test("sends the key of the shown plan once, without the files that the user changed", () => {
    const kernel = new Kernel();
    kernel.state();
    const mine = { path: "mine.py", changed_by_you: true, chosen: false };
    kernel.preview(2, { files: [file(), file(mine)] });
    expect(kernel.region.textContent).toContain("1 file changed by you left alone");
    kernel.button("Rewind").click();
    kernel.button("Rewind").click();
    expect(kernel.of("rewind")).toMatchObject([{ stop: 2, key: "k1", include: [] }]);
    kernel.move(1);
    vi.advanceTimersByTime(REST_MS);
    expect(kernel.of("preview")).toHaveLength(1);
  });

  // If it fails: the rewind undoes the user's own work unasked, or cannot undo it.
  test("restores a file that the user changed only if it is ticked", () => {
    const kernel = new Kernel();
    kernel.state();
    const mine = { path: "mine.py", changed_by_you: true, chosen: false };
    kernel.preview(2, { files: [file(), file(mine)] });
    kernel.check("Also undo my changes to mine.py").click();
    expect(kernel.region.textContent).toContain("2 files change, +6 −2;");
    kernel.state(THREE, {}, 0);
    vi.advanceTimersByTime(REST_MS);
    kernel.plan({ files: [file(), file(mine)] });
    expect(kernel.check("Also undo my changes to mine.py").checked).toBe(true);
    kernel.button("Rewind").click();
    expect(kernel.of("rewind")).toMatchObject([{ include: ["mine.py"] }]);
  });

  // If it fails: the rewind overwrites files that changed after the preview.
  test("shows the new plan instead if the plan has changed", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.preview(2);
    kernel.button("Rewind").click();
    kernel.plan({ key: "k2", files: [file({ path: "other.py" })] }, true);
    expect(kernel.view.node.textContent).toContain("This is the new preview");
    expect(kernel.region.textContent).toContain("other.py");
    kernel.button("Rewind").click();
    expect(kernel.of("rewind").at(-1)).toMatchObject({ key: "k2" });
  });

  // If it fails: the user does not learn what was done, or cannot undo it.
  test("says what it did, goes to now, and offers undo and the prompt", () => {
    const kernel = new Kernel();
    kernel.state();
    expect(kernel.button("Undo rewind").disabled).toBe(true);
    kernel.preview(2);
    kernel.button("Rewind").focus();
    kernel.button("Rewind").click();
    kernel.state(THREE.slice(0, 2), { undo: "brings a.py and turn 3 back" });
    kernel.done("Rewound to after turn 2.", "three");
    expect(kernel.view.node.textContent).toContain("Rewound to after turn 2.");
    expect(kernel.said.at(-1)).toBe("Rewound to after turn 2.");
    expect(kernel.slider.value).toBe("2");
    expect(kernel.region.hidden).toBe(true);
    expect(kernel.view.node.querySelector(".jc-reask pre")?.textContent).toBe("three");
    expect(document.activeElement).toBe(kernel.slider);
    kernel.button("Undo rewind").click();
    kernel.done("The rewind is undone.", "");
    expect(kernel.of("undo")).toHaveLength(1);
    expect(kernel.view.node.querySelector<HTMLElement>(".jc-reask")?.hidden).toBe(true);
  });

  // If it fails: the user must type the removed prompt again.
  test("gives the prompt to the composer, if there is one", () => {
    const reask = vi.fn(() => true);
    const kernel = new Kernel(reask);
    kernel.state();
    kernel.preview(2);
    kernel.button("Rewind").click();
    kernel.done("Done.", "three");
    expect(reask).toHaveBeenCalledWith("three");
    expect(kernel.view.node.querySelector<HTMLElement>(".jc-reask")?.hidden).toBe(true);
  });

  // If it fails: a refused rewind looks as if it had happened, or a state that comes meanwhile
  // hides the answer.
  test("shows an error in a line, even if the turns change meanwhile", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.preview(2);
    kernel.button("Rewind").click();
    kernel.state([stop("four")], { busy: "A turn is running", undo: "all" }, 3);
    vi.advanceTimersByTime(REST_MS);
    expect(kernel.button("Undo rewind").disabled).toBe(true);
    kernel.fail("ClaudeError: A turn is running");
    expect(kernel.view.node.querySelector(".jc-history-said")?.textContent).toBe(
      "ClaudeError: A turn is running",
    );
    expect(kernel.said.at(-1)).toBe("ClaudeError: A turn is running");
    vi.advanceTimersByTime(REST_MS);
    kernel.plan();
    expect(kernel.view.node.textContent).toContain("ClaudeError: A turn is running");
    expect(kernel.button("Rewind").disabled).toBe(false);
  });

  // If it fails: while the kernel runs a long cell, the view looks broken.
  test("says that the kernel is busy when it does not answer", () => {
    const kernel = new Kernel();
    kernel.state();
    kernel.move(1);
    vi.advanceTimersByTime(5_000);
    expect(kernel.view.node.textContent).toContain("the kernel is busy");
    kernel.plan();
    expect(kernel.view.node.textContent).not.toContain("the kernel is busy");
    // A rewind starts Claude Code again, which takes a few seconds.
    kernel.button("Rewind").click();
    vi.advanceTimersByTime(6_000);
    expect(kernel.view.node.textContent).not.toContain("the kernel is busy");
  });

  // If it fails: after a restart of the kernel the buttons do nothing, without a reason.
  test("says that the kernel is gone, until a message comes from it", () => {
    const kernel = new Kernel();
    kernel.state(THREE, { undo: "all" });
    kernel.preview(1);
    kernel.view.lost();
    kernel.move(2);
    vi.advanceTimersByTime(REST_MS);
    expect(kernel.view.node.textContent).toContain("Run %claude history again");
    expect(kernel.of("preview")).toHaveLength(1);
    for (const name of ["Preview rewind", "Rewind", "Undo rewind"])
      expect(kernel.button(name).disabled).toBe(true);
    kernel.state(THREE, { undo: "all" });
    expect(kernel.view.node.textContent).not.toContain("Run %claude history again");
    expect(kernel.button("Undo rewind").disabled).toBe(false);
  });

  // If it fails: the user cannot return to a conversation that a rewind left.
  test("goes to an earlier branch", () => {
    const kernel = new Kernel();
    kernel.state(THREE, {
      branches: [{ id: "b", label: "three", turns: 1, time: "2026-11-21T12:00:00+00:00" }],
    });
    expect(kernel.view.node.textContent).toContain("Earlier branches (1)");
    kernel.button("Go to three").click();
    expect(kernel.of("branch")).toMatchObject([{ branch: "b" }]);
  });
});
