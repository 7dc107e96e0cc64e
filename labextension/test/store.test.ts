import { describe, expect, test } from "vitest";

import type { TurnOp } from "../src/messages.generated";
import { parseMessage, type KernelMessage } from "../src/protocol";
import { TurnStore } from "../src/store";
import { permission, status, text, tool, turn } from "./fixtures";

function storeWith(fields: Parameters<typeof turn>[0] = {}): TurnStore {
  const store = new TurnStore();
  store.receive(snapshot(1, fields));
  return store;
}

function parsed(message: object): KernelMessage {
  const parsed = parseMessage(message);
  if (parsed === null) throw new Error("not a message");
  return parsed;
}

function snapshot(seq: number, fields: Parameters<typeof turn>[0] = {}): KernelMessage {
  return parsed({ type: "snapshot", seq, turn: turn(fields) });
}

function patch(seq: number, ...ops: TurnOp[]): KernelMessage {
  return parsed({ type: "patch", seq, ops });
}

describe("the store", () => {
  // If it fails: text, tool calls or requests of a running turn do not appear, or appear twice.
  test("applies each operation and says what changed", () => {
    const store = storeWith();
    const put = store.receive(patch(2, ["put", text({ id: "a", text: "He" })]));
    expect(put?.items).toEqual(new Set(["a"]));
    store.receive(patch(3, ["append", "a", "llo"]));
    store.receive(patch(4, ["put", tool()], ["append", "tool", "out"]));
    store.receive(patch(5, ["put", tool({ state: "done", output: "output" })]));
    store.receive(
      patch(6, ["turn", status({ state: "done", cost: "$0.01" })], ["request", permission()]),
    );
    expect(store.turn).toEqual(
      turn({
        state: "done",
        cost: "$0.01",
        items: [text({ id: "a", text: "Hello" }), tool({ state: "done", output: "output" })],
        requests: [permission()],
      }),
    );
    const done = store.receive(patch(7, ["request_done", "ask", "Approved"]));
    expect(store.turn?.requests).toEqual([]);
    expect(done?.outcomes).toEqual(new Map([["ask", "Approved"]]));
  });

  // If it fails: a partial update of the turn deletes the cost, the error or the items.
  test("keeps the fields that a patch does not name", () => {
    const store = storeWith({ cost: "$1.00", practice: true, items: [tool()] });
    store.receive(parsed({ type: "patch", seq: 2, ops: [["turn", { status: "Working" }]] }));
    expect(store.turn).toEqual(
      turn({ cost: "$1.00", practice: true, items: [tool()], status: "Working" }),
    );
  });

  // If it fails: after a dropped message, the text on screen has a gap for good.
  test("ignores patches after a gap until a snapshot comes", () => {
    const store = storeWith({ items: [text({ id: "a" })] });
    expect(store.receive(patch(3, ["append", "a", "lost its beginning"]))).toBeNull();
    expect(store.stale).toBe(true);
    expect(store.receive(patch(4, ["append", "a", "more"]))).toBeNull();
    store.receive(snapshot(4, { cost: "whole" }));
    expect(store.stale).toBe(false);
    store.receive(patch(5, ["turn", status({ cost: "whole", status: "again" })]));
    expect(store.turn).toEqual(turn({ cost: "whole", status: "again" }));
  });

  // If it fails: text appears twice when a snapshot overtakes a patch, or when a message comes
  // twice.
  test("ignores patches that a snapshot includes", () => {
    const store = storeWith({ items: [text({ id: "a", text: "Hi" })] });
    expect(store.receive(patch(1, ["append", "a", "Hi"]))).toBeNull();
    expect(store.item("a")).toMatchObject({ text: "Hi" });
    expect(store.stale).toBe(false);
  });
});

describe("parsing", () => {
  // If it fails: a newer kernel, or a stray message, breaks the whole view.
  test("drops what it does not know", () => {
    expect(parseMessage(null)).toBeNull();
    expect(parseMessage({ type: "snapshot", seq: 1 })).toBeNull();
    expect(parseMessage({ type: "later", seq: 1 })).toBeNull();
    const message = parseMessage({
      type: "snapshot",
      seq: 1,
      turn: {
        number: 4,
        state: "dreaming",
        items: [{ id: "a", kind: "hologram" }, { kind: "text" }, { id: "b", kind: "tool" }, 7],
        requests: [{ id: "r", kind: "permission", tool: "Bash", suggestions: [{ index: "0" }] }],
      },
    });
    const blank = { summary: "", input: "", input_kind: "text", output: "", note: "" };
    expect(message).toMatchObject({
      turn: {
        number: 4,
        state: "running",
        items: [{ id: "b", kind: "tool", name: "", state: "unknown", ...blank }],
        requests: [{ id: "r", tool: "Bash", command: null, suggestions: [] }],
      },
    });
    const later = [["put", { id: "c", kind: "hologram" }], ["dance"], 5];
    expect(parseMessage({ type: "patch", seq: 2, ops: later })).toMatchObject({ ops: [] });
  });
});
