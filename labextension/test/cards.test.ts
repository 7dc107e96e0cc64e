/** Cards that open: runs of calls, long outputs, pictures, tasks and problems. */

import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { TurnOp } from "../src/messages.generated";
import { Bench, byRole, text, tool } from "./fixtures";

let kernel: Bench;
let root: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new Bench();
  root = kernel.view();
});
afterEach(() => {
  kernel.close();
  vi.useRealTimers();
});

const read = (id: string, fields = {}) =>
  tool({
    id,
    name: "Read",
    title: "Read",
    step: "file",
    summary: `${id}.py`,
    state: "done",
    ...fields,
  });
const put = (item: ReturnType<typeof tool>): TurnOp => ["put", item];

/** What a reader sees of the turn's cards: a run is its title with its calls in brackets. */
function seen(box = root.querySelector(".jc-items")): string[] {
  return Array.from(box?.children ?? [], (node) => {
    const words = node.querySelector(".jc-tool-name")?.textContent ?? node.textContent;
    const body = node.matches(".jc-run") ? node.querySelector(".jc-nested") : null;
    return body === null ? words : `${words} (${seen(body).join(" ")})`;
  });
}

async function violations(): Promise<string[]> {
  vi.useRealTimers();
  const rules = { "color-contrast": { enabled: false } }; // jsdom has no layout
  const found = await axe.run(root, { rules });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}

describe("a question", () => {
  // If it fails: in a side bar the question fills the line, and what was chosen is cut off.
  test("keeps its line whole, with the answer at its end", () => {
    const asked = { name: "AskUserQuestion", summary: "Which colour do you like best? Orange" };
    const question = tool({ id: "q", ...asked, input: "…", input_kind: "questions" });
    kernel.snapshot({ items: [question, read("a")] });
    const lines = [...root.querySelectorAll(".jc-tool-summary")];
    expect(lines.map((line) => line.matches(".jc-whole"))).toEqual([true, false]);
  });
});

describe("runs of reads and searches", () => {
  // If it fails: a turn that looks around is a screen of cards that nobody reads.
  test("are one card, which other things end", async () => {
    kernel.snapshot({ items: [read("a")] });
    expect(seen()).toEqual(["Read"]);
    kernel.patch(put(read("b", { state: "running" })));
    expect(seen()).toEqual(["Read 2 files (Read Read)"]);
    const run = root.querySelector<HTMLElement>(".jc-run");
    expect(run?.dataset["state"]).toBe("running");
    kernel.patch(put(read("b")), put(read("s", { name: "Grep", title: "Search", step: "search" })));
    expect(seen()).toEqual(["Read 2 files, 1 search (Read Read Search)"]);
    expect(run?.dataset["state"]).toBe("done");
    expect(root.querySelector(".jc-run")).toBe(run);
    kernel.patch(["put", text({ id: "t", text: "So." })], put(read("c")), put(read("d")));
    const both = ["Read 2 files, 1 search (Read Read Search)", "So.", "Read 2 files (Read Read)"];
    expect(seen().map((each) => each.trim())).toEqual(both);
    expect(byRole(root, "group", "Tool: Grep").closest(".jc-run")).toBe(run);
    expect(await violations()).toEqual([]);
  });

  // If it fails: a call that failed, or that asks, hides in a closed card.
  test("show a call by itself that fails or waits, and join again", () => {
    kernel.snapshot({ items: ["a", "b", "c", "d", "e"].map((id) => read(id)) });
    const failed = read("c", { state: "failed", step: "" });
    kernel.patch(put(failed));
    expect(seen()).toEqual(["Read 2 files (Read Read)", "Read", "Read 2 files (Read Read)"]);
    kernel.patch(put(read("b", { state: "waiting", step: "" })));
    expect(seen()).toEqual(["Read", "Read", "Read", "Read 2 files (Read Read)"]);
    kernel.patch(put(read("b")), put(read("c")));
    expect(seen()).toEqual(["Read 5 files (Read Read Read Read Read)"]);
    kernel.snapshot({ items: [read("a"), failed, read("d"), read("e")] });
    expect(seen()).toEqual(["Read", "Read", "Read 2 files (Read Read)"]);
  });

  // If it fails: reading in a card ends when Claude reads another file.
  test("stay open where the user reads, and thinking that shows nothing ends none", () => {
    kernel.snapshot({ items: [read("a")] });
    const [details] = root.getElementsByTagName("details");
    if (details !== undefined) details.open = true;
    kernel.patch(["put", { ...text({ id: "t" }), kind: "thinking" }]);
    kernel.patch(put(read("b")));
    expect(seen()[0]).toBe("Read 2 files (Read Thinking Read)");
    expect(details?.open).toBe(true);
    expect(root.querySelector<HTMLDetailsElement>(".jc-run > details")?.open).toBe(true);
  });
});

describe("a long output", () => {
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${String(from + index)}`).join("\n");
  const shown = (): string =>
    Array.from(root.querySelectorAll(".jc-output"), (node) => node.textContent).join("|");

  // If it fails: the end of a log, where the error is, is a long way down.
  test("shows both ends, says how many lines it has, and opens", async () => {
    kernel.snapshot({ items: [tool({ state: "done", output: lines(1, 100) })] });
    expect(root.querySelector(".jc-output-bar span")?.textContent).toBe("Output · 100 lines");
    expect(shown()).toBe(`${lines(1, 15)}|${lines(86, 100)}`);
    const details = root.querySelector("details");
    if (details !== null) details.open = true;
    byRole(root, "button", "… 70 more lines …").click();
    expect(shown()).toBe(lines(1, 100));
    expect(document.activeElement?.className).toContain("jc-output");
    expect(await violations()).toEqual([]);
  });

  // If it fails: the middle of an output that the kernel cut can be read nowhere.
  test("that the kernel cut comes as a whole when the user asks", () => {
    const item = tool({
      state: "done",
      output: lines(1, 50),
      left_out: 300,
      output_end: lines(351, 400),
    });
    kernel.snapshot({ items: [item] });
    byRole(root, "button", "… 370 more lines …").click();
    expect(kernel.sent.at(-1)).toEqual({ type: "turn_action", action: "output", call: "tool" });
    expect(root.querySelector(".jc-more")?.textContent).toBe("… 300 more lines …");
    kernel.patch(["output", "tool", lines(1, 400)]);
    expect(shown()).toBe(lines(1, 400));
  });
});

// If it fails: a plot is as small as the panel is narrow.
test("a picture opens in a dialog, and the focus comes back", () => {
  // jsdom has no dialogs.
  const shows = vi.fn();
  HTMLDialogElement.prototype.showModal = shows;
  HTMLDialogElement.prototype.close = function () {
    this.dispatchEvent(new Event("close"));
  };
  const image = { media_type: "image/png", data: "AAAA", alt: "A plot" };
  kernel.snapshot({ items: [tool({ state: "done", images: [image] })] });
  byRole(root, "button", "Open image: A plot").click();
  const dialog = root.querySelector("dialog");
  expect(shows).toHaveBeenCalledOnce();
  expect(dialog?.getAttribute("aria-modal")).toBe("true");
  expect(dialog?.querySelector("img")?.src).toBe("data:image/png;base64,AAAA");
  byRole(root, "button", "Close").click();
  expect(root.querySelector("dialog")).toBeNull();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Open image: A plot");
});

// If it fails: a command that takes a minute looks as if it hung.
test("a running call counts its seconds, and says in the end how long it took", () => {
  kernel.snapshot({ items: [tool({ seconds: 0 })] });
  const time = (): string => root.querySelector(".jc-elapsed")?.textContent ?? "";
  expect(time()).toBe("");
  vi.advanceTimersByTime(3_100);
  expect(time()).toBe("3 s");
  vi.advanceTimersByTime(60_000);
  expect(time()).toBe("1 min 3 s");
  kernel.patch(put(tool({ state: "done", seconds: 65 })));
  vi.advanceTimersByTime(5_000);
  expect(time()).toBe("1 min 5 s");
});

// If it fails: what Claude left running works on unseen, and nobody can stop it.
test("tasks are listed with a button to stop each", async () => {
  const agent = tool({
    id: "a",
    title: "Subagent",
    summary: "Look",
    task: true,
    progress: "Reading",
  });
  kernel.snapshot({ items: [agent, tool({ id: "b", title: "Run", summary: "make", task: true })] });
  const group = byRole(root, "group", "2 tasks running");
  expect(group.textContent).toContain("Reading");
  expect(await violations()).toEqual([]);
  vi.useFakeTimers();
  const stop = byRole(group, "button", "Stop Look");
  stop.click();
  stop.click();
  const sent = kernel.sent.filter(({ type }) => type === "turn_action");
  expect(sent).toEqual([{ type: "turn_action", action: "stop_task", call: "a" }]);
  kernel.patch(put({ ...agent, state: "stopped", task: false }));
  expect(group.getAttribute("aria-label")).toBe("1 task running");
  expect(group.querySelectorAll("li")).toHaveLength(1);
});

describe("an error", () => {
  const problem = { text: "The API is overloaded (529).", remedy: "again" as const, models: [] };

  // If it fails: the user reads the name of a class, and types the prompt again.
  test("is a sentence with a button, which can be pressed once", async () => {
    kernel.snapshot({ state: "failed", error: "APIError: overloaded", problem });
    expect(root.querySelector(".jc-error")?.textContent).toBe(problem.text);
    expect(await violations()).toEqual([]);
    vi.useFakeTimers();
    const again = byRole(root, "button", "Send again");
    again.click();
    again.click();
    const sent = kernel.sent.filter(({ type }) => type === "turn_action");
    expect(sent).toEqual([{ type: "turn_action", action: "again" }]);
  });

  // If it fails: a mistyped model is a dead end for somebody who knows no magics.
  test("of an unknown model offers the others", () => {
    const models = [{ value: "haiku", label: "Haiku" }];
    kernel.snapshot({ state: "failed", problem: { ...problem, remedy: "model", models } });
    byRole(root, "button", "Choose another model").click();
    expect(document.activeElement?.textContent).toBe("Haiku");
    byRole(root, "button", "Haiku").click();
    const wanted = { type: "turn_action", action: "model", model: "haiku" };
    expect(kernel.sent.at(-1)).toEqual(wanted);
  });
});
