import { afterEach, beforeEach, expect, test, vi } from "vitest";

import loader from "../src/loader";

const CODE = `export default () => ({
  initialize({ model }) { model.send({ type: "hello" }); return () => undefined; },
  render({ el }) { el.append("the view"); return () => undefined; },
});`;

beforeEach(() => {
  // jsdom has no object URLs, and Node imports data URLs as a page does blobs.
  vi.stubGlobal("URL", {
    createObjectURL: () => `data:text/javascript,${encodeURIComponent(CODE)}`,
    revokeObjectURL: () => undefined,
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** A widget of this version; its kernel answers only when the test lets it. */
function widget(version: string) {
  const sent: unknown[] = [];
  let receive: (content: unknown) => void = () => undefined;
  const model = {
    get: () => version,
    send: (content: unknown) => sent.push(content),
    on: (_name: string, callback: (content: unknown) => void) => {
      receive = callback;
    },
    off: () => {
      receive = () => undefined;
    },
  };
  const { initialize, render } = loader();
  const el = document.createElement("div");
  const close = [initialize({ model }), render({ model, el })];
  return {
    sent,
    el,
    answer: () => {
      receive({ type: "code", code: CODE });
    },
    close: () => {
      for (const each of close) each();
    },
  };
}
const asked = (sent: unknown[]): number =>
  sent.filter((message) => (message as { type: string }).type === "code").length;
const shown = (el: HTMLElement): Promise<void> =>
  vi.waitFor(() => {
    expect(el.textContent).toBe("the view");
  });

// If it fails: each turn loads all of the code again, or a view stays empty.
test("the page asks for the code once, for all widgets of its version", async () => {
  const first = widget("one");
  const second = widget("one");
  vi.advanceTimersByTime(1);
  expect([asked(first.sent), asked(second.sent)]).toEqual([1, 0]);
  first.answer();
  await shown(first.el);
  await shown(second.el);
  const third = widget("one");
  await shown(third.el);
  const other = widget("two");
  vi.advanceTimersByTime(30_000);
  expect([first, second, third, other].map(({ sent }) => asked(sent))).toEqual([1, 0, 0, 3]);
  expect(second.sent).toEqual([{ type: "hello" }]);
});

// If it fails: one dead kernel leaves the views of all others empty, without a reason.
test("another kernel's widget asks too, if the first gets no answer", async () => {
  const dead = widget("three");
  const alive = widget("three");
  vi.advanceTimersByTime(1_000);
  expect(dead.el.textContent).toContain("waiting for the kernel");
  vi.advanceTimersByTime(2_000);
  expect(asked(alive.sent)).toBe(1);
  alive.answer();
  await shown(alive.el);
  await shown(dead.el);
});

// If it fails: a closed view is drawn into the page.
test("a view that is closed before the code comes stays closed", async () => {
  const closed = widget("four");
  closed.close();
  const open = widget("four");
  vi.advanceTimersByTime(3_000);
  open.answer();
  await shown(open.el);
  expect(closed.el.textContent).toBe("");
  expect(closed.sent).toEqual([]);
});
