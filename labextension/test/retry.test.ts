import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { leftText } from "../src/views/retry";
import { Bench, text } from "./fixtures";

let bench: Bench;
let view: HTMLElement;
beforeEach(() => {
  bench = new Bench();
  view = bench.view();
  bench.snapshot();
});
afterEach(() => {
  bench.close();
});

const notice = (): HTMLElement | null => view.querySelector(".jc-notice");
const status = (): string => view.querySelector(".jc-status")?.textContent ?? "";
const shown = (name: string): HTMLButtonElement | undefined =>
  [...view.querySelectorAll("button")].find(
    (button) => button.textContent === name && button.closest("[hidden]") === null,
  );

function wait(ms: number, models: string[] = []): void {
  bench.patch([
    "put",
    {
      id: "retry",
      kind: "notice",
      level: "warning",
      text: "as text",
      wait: {
        ms,
        before: "The API answered 429; trying again",
        after: " (attempt 1 of 10)",
        models: models.map((label) => ({ value: label.toLowerCase(), label })),
      },
    },
  ]);
}

// If it fails: the page does not change for minutes, and the user does not know whether it ever
// will.
test("a wait counts down to the next try, without Thinking", () => {
  wait(12_000);
  expect(notice()?.textContent).toContain(
    "The API answered 429; trying again in 12 s (attempt 1 of 10)",
  );
  expect(status()).toBe("");
  vi.advanceTimersByTime(5_000);
  expect(notice()?.textContent).toContain("trying again in 7 s");
  vi.advanceTimersByTime(60_000);
  expect(notice()?.textContent).toContain("trying again now");
  bench.patch(["put", { id: "retry", kind: "notice", level: "info", text: "It answered" }]);
  expect(notice()?.textContent).toBe("It answered");
  vi.advanceTimersByTime(5_000);
  expect(notice()?.textContent).toBe("It answered");
});

// If it fails: a screen reader reads each second, or never says that there is a wait.
test("each try is read out, its seconds are not", () => {
  const announcer = view.querySelector(".jc-announcer");
  wait(30_000);
  expect(announcer?.textContent).toContain("trying again in 30 s");
  vi.advanceTimersByTime(4_000);
  expect(announcer?.textContent).not.toContain("26 s");
});

// If it fails: only users who know how to interrupt the kernel can end a long wait.
test("the user can stop a wait, or ask another model", () => {
  wait(60_000);
  shown("Stop")?.click();
  expect(bench.sent.at(-1)).toEqual({ type: "turn_action", action: "stop" });
  expect(shown("Another model…")).toBeUndefined(); // an overloaded API is so for all
  wait(60_000, ["Haiku", "Sonnet\u202E"]);
  const another = shown("Another model…");
  expect(shown("Haiku")).toBeUndefined();
  another?.click();
  expect(another?.getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).toBe(shown("Haiku"));
  // The next try does not move the focus.
  wait(60_000, ["Haiku", "Sonnet\u202E"]);
  expect(document.activeElement).toBe(shown("Haiku"));
  expect(shown("Sonnet⟨U+202E⟩")).toBeDefined();
  shown("Haiku")?.click();
  expect(bench.sent.at(-1)).toEqual({ type: "turn_action", action: "model", model: "haiku" });
});

// If it fails: the next key has no effect, or a second press asks a second model.
test("the focus stays on the pressed button, and goes back when the wait ends", () => {
  const field = document.body.appendChild(document.createElement("input"));
  field.focus();
  wait(60_000, ["Haiku", "Sonnet"]);
  shown("Another model…")?.focus();
  shown("Another model…")?.click();
  shown("Haiku")?.click();
  shown("Sonnet")?.click();
  expect(bench.sent.at(-1)).toEqual({ type: "turn_action", action: "model", model: "haiku" });
  expect(document.activeElement).toBe(shown("Haiku"));
  bench.patch(["put", { id: "retry", kind: "notice", level: "info", text: "It answered" }]);
  expect(document.activeElement).toBe(field);
  field.remove();
});

// If it fails: the user must work out when a long wait ends.
test("the time that is left is in seconds; from a minute on it has the time of day", () => {
  expect(leftText(-3)).toBe("now");
  expect(leftText(59_000)).toBe("in 59 s");
  const noon = new Date(2026, 0, 1, 12, 0, 0);
  expect(leftText(363_000, noon)).toBe("at 12:06, in 6 min 3 s");
});

// If it fails: "Thinking…" shows below words that Claude is writing.
test("the last line says what a turn does now", () => {
  const item = text({ id: "a" });
  const line = () => view.querySelector(".jc-status")?.textContent;
  expect(line()).toBe("Thinking…");
  bench.patch(["put", item]);
  expect(line()).toBe("Thinking…");
  bench.patch(["append", "a", "Hello"]);
  expect(line()).toBe("Writing…");
});
