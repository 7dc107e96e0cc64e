/** What a tool call does, in a word. */

import type { ToolState } from "../protocol";
import { trans } from "../trans";

const STATES: Record<ToolState, () => string> = {
  waiting: () => trans.__("waiting"),
  running: () => trans.__("running"),
  done: () => trans.__("done"),
  failed: () => trans.__("failed"),
  denied: () => trans.__("denied"),
  stopped: () => trans.__("stopped"),
  unknown: () => trans.__("unknown"),
};

export const stateText = (state: ToolState): string => STATES[state]();
