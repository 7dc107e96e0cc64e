/** Gives every test its own clock: no timer outlives its test, or runs after its page is gone. */

import { afterEach, beforeEach, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
