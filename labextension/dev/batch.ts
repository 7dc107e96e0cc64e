/** Shows a batch that runs; `?batch=running`, `slow`, `stopping` or `counting`. */

import type { BatchFromKernel, BatchState } from "../src/messages.generated";
import { mount } from "./mount";

const STATES: Record<string, Partial<BatchState>> = {
  running: {},
  slow: { wait: 12, slowed: true, rate: 9.4, seconds_left: 370 },
  stopping: { stopping: true },
  counting: { total: null, seconds_left: null, budget_usd: null, failed: 0 },
};

export function showBatch(parent: HTMLElement, query: URLSearchParams): void {
  mount(parent, "batch", (_message, reply) => {
    const message: BatchFromKernel = {
      type: "batch",
      state: {
        running: true,
        settled: 142,
        total: 200,
        failed: 3,
        cost_usd: 0.4213,
        budget_usd: 2,
        rate: 38.2,
        seconds_left: 91,
        wait: null,
        slowed: false,
        stopping: false,
        ...STATES[query.get("batch") ?? ""],
      },
    };
    reply({ ...message, seq: 1 });
  });
}
