import { expect, test } from "vitest";

import { askHost, host, hostCan } from "../src/host";

// If it fails: a button does nothing where there is no host, or is missing where there is one.
test("an action is offered only where somebody does it, and reaches them from a shadow root", () => {
  const view = document.body.appendChild(document.createElement("div"));
  const inside = view.attachShadow({ mode: "open" }).appendChild(document.createElement("pre"));
  const cell = { text: "1 + 1", language: "python" };
  expect(hostCan("insert-cell")).toBe(false);
  expect(askHost(inside, "insert-cell", cell)).toBe(false);

  const done: unknown[] = [];
  const closing = new AbortController();
  host({ "insert-cell": (detail, from) => done.push(detail, from) }, closing.signal);
  expect(hostCan("insert-cell")).toBe(true);
  expect(hostCan("typeset")).toBe(false);
  expect(askHost(inside, "insert-cell", cell)).toBe(true);
  expect(done).toEqual([cell, inside]);

  closing.abort();
  expect(hostCan("insert-cell")).toBe(false);
  view.remove();
});
