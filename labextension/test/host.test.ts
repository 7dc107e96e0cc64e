import { expect, test } from "vitest";

import { askHost, host, hostCan } from "../src/host";

// If it fails: a button does nothing without a host, or is missing with one.
test("a view offers an action only if a host does it, and asks that host from a shadow root", () => {
  const view = document.body.appendChild(document.createElement("div"));
  const inside = view.attachShadow({ mode: "open" }).appendChild(document.createElement("pre"));
  const cell = { text: "1 + 1", language: "python" };
  expect(hostCan(inside, "insert-cell", cell)).toBe(false);
  expect(askHost(inside, "insert-cell", cell)).toBe(false);

  const done: unknown[] = [];
  const closing = new AbortController();
  host(
    {
      "insert-cell": {
        can: (_detail, from) => from === inside,
        act: (detail, from) => done.push(detail, from),
      },
    },
    closing.signal,
  );
  expect(hostCan(inside, "insert-cell", cell)).toBe(true);
  expect(hostCan(view, "insert-cell", cell)).toBe(false);
  expect(askHost(view, "insert-cell", cell)).toBe(false);
  expect(hostCan(inside, "typeset", { node: inside })).toBe(false);
  expect(done).toEqual([]);
  expect(askHost(inside, "insert-cell", cell)).toBe(true);
  expect(done).toEqual([cell, inside]);

  closing.abort();
  expect(hostCan(inside, "insert-cell", cell)).toBe(false);
  view.remove();
});
