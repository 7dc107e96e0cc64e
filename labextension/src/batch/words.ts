/** A batch in words: "142 of 200 · 38 a minute · 2 min left · $0.42 of $2.00 · 3 failed". */

import { trans } from "../trans";
import type { BatchState } from "./protocol";

/** How far a batch is. */
export function lineOfBatch(state: BatchState): string {
  const { settled, total, rate, seconds_left: left, wait, failed } = state;
  const parts = [
    total === null ? String(settled) : trans.__("%1 of %2", settled, total),
    rate === null
      ? ""
      : trans.__("%1 a minute", rate < 10 ? rate.toFixed(1) : String(Math.round(rate))),
    // Nobody knows how long, as long as no row may start.
    left === null || wait !== null || settled === total ? "" : timeLeft(left),
    money(state),
    failed === 0 ? "" : trans.__("%1 failed", failed),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** Why it is slow; "" if it is not. */
export function slowness({ wait, slowed }: BatchState): string {
  if (wait !== null)
    return trans.__("Slowed down: the API is busy; next row in %1 s", Math.max(1, wait));
  return slowed ? trans.__("Slowed down: the API is busy") : "";
}

function timeLeft(seconds: number): string {
  if (seconds < 90) return trans.__("%1 s left", Math.max(1, Math.round(seconds)));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return trans.__("%1 min left", minutes);
  return trans.__("%1 h %2 min left", Math.floor(minutes / 60), minutes % 60);
}

function money({ cost_usd: cost, budget_usd: budget }: BatchState): string {
  return budget === null ? dollars(cost) : trans.__("%1 of %2", dollars(cost), dollars(budget));
}

const dollars = (amount: number): string => `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
