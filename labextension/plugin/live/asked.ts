/** Reads what the kernel asks of a notebook. */

import type { CellsAsked, CellsOp, InsertCell } from "../../src/messages.generated";
import { isFields, list, oneOf, text, type Fields, type Words } from "../../src/protocol";

export const KINDS: Words<InsertCell["kind"]> = { code: true, markdown: true, raw: true };

const whole = (value: unknown, otherwise: number): number =>
  Number.isInteger(value) ? (value as number) : otherwise;

function parseOp(op: Fields): CellsOp | null {
  const id = text(op["id"]);
  const was = text(op["was"]);
  const source = text(op["source"]);
  const index = whole(op["index"], -1);
  const longest = whole(op["longest"], 0);
  switch (op["op"]) {
    case "ping":
      return { op: "ping" };
    case "read": {
      const ids = list(op["ids"]).map((one) => text(one));
      return { op: "read", start: whole(op["start"], 0), ids, most: whole(op["most"], 0), longest };
    }
    case "edit":
      return { op: "edit", id, was, source };
    case "insert": {
      const kind = oneOf(op["kind"], KINDS, "code");
      return { op: "insert", id, after: text(op["after"]), index, kind, source };
    }
    case "delete":
      return { op: "delete", id, was };
    case "move":
      return { op: "move", id, index };
    case "run":
      return { op: "run", id, was, longest };
    case "stop":
      return { op: "stop", id };
    case "outputs":
      return { op: "outputs", id, was, outputs: list(op["outputs"]).filter(isFields) };
    default:
      return null; // of a newer kernel
  }
}

/** A message of the kernel; null if it is none that this page knows. */
export function parseAsked(message: Fields): CellsAsked | null {
  const ask = isFields(message["ask"]) ? parseOp(message["ask"]) : null;
  if (message["type"] !== "cells" || ask === null) return null;
  return {
    type: "cells",
    request: text(message["request"]),
    notebook: text(message["notebook"]),
    ask,
  };
}
