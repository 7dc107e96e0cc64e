/** Every test has a clock of its own: no timer outlives its test, or runs when its page has gone. */

import { afterEach, beforeEach, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
