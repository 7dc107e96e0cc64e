import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { inChat } from "../plugin/commands/panel";

// Modules that need a whole browser.
const { warning } = vi.hoisted(() => ({ warning: vi.fn() }));
vi.mock("@jupyterlab/apputils", () => ({ Notification: { warning } }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

// If it fails: a question about a cell, asked while the kernel is busy, is lost without a notice.
it("says that the panel could not do the action", async () => {
  document.body.innerHTML = '<div id="jupyter-claude-panel"></div>';
  const app = { shell: { activateById: vi.fn() } };
  const asked = inChat(app as never, null, "compose", { text: "hi", id: "1" });
  await vi.advanceTimersByTimeAsync(60_000);
  await asked;
  expect(warning).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining("Try again when it is free"),
  );
});
