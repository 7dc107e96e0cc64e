/** Parses the kernel's messages on a batch, as `jupyter_claude/_protocol/batch.py` defines them. */

import type { BatchState } from "../messages.generated";
import { count, isFields } from "../protocol";

export type { BatchState } from "../messages.generated";

const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/** The state in a message; null if the message is about something else. */
export function parseBatch(value: unknown): BatchState | null {
  if (!isFields(value) || value["type"] !== "batch" || !isFields(value["state"])) return null;
  const { state } = value;
  return {
    running: state["running"] === true,
    settled: count(state["settled"]),
    total: number(state["total"]),
    failed: count(state["failed"]),
    cost_usd: number(state["cost_usd"]) ?? 0,
    budget_usd: number(state["budget_usd"]),
    rate: number(state["rate"]),
    seconds_left: number(state["seconds_left"]),
    wait: number(state["wait"]),
    slowed: state["slowed"] === true,
    stopping: state["stopping"] === true,
  };
}
