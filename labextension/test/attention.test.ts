import { Signal } from "@lumino/signaling";
import { beforeEach, expect, it, vi } from "vitest";

import { attention } from "../plugin/attention";

// Modules that need a whole browser.
const { Notification } = vi.hoisted(() => ({ Notification: { error: vi.fn(), emit: vi.fn() } }));
vi.mock("@jupyterlab/apputils", () => ({ Notification }));
vi.mock("@jupyterlab/settingregistry", () => ({ ISettingRegistry: {} }));

beforeEach(() => {
  vi.clearAllMocks();
});

// If it fails: a user who wants no notices of requests does not learn that a command failed.
it("says why a command failed, even if notifications are off", async () => {
  const settings = {
    load: () =>
      Promise.resolve({ get: () => ({ composite: false }), changed: new Signal<object, void>({}) }),
  };
  const problem = new Signal<object, string>({});
  const waiting = [{ id: "1", kind: "permission", tool: "Bash" }];
  const session = { problem, waiting, process: "k", notebook: { isVisible: false } };
  const sessions = { all: [session], changed: new Signal<object, void>({}) };
  await attention.activate({ shell: {} } as never, sessions, settings);
  await vi.waitFor(() => {
    sessions.changed.emit();
    problem.emit("No conversation\u202e yet.");
    expect(Notification.error).toHaveBeenCalledWith("No conversation⟨U+202E⟩ yet.", {
      autoClose: false,
    });
  });
  Notification.error.mockClear();
  problem.emit("Once.");
  expect(Notification.error).toHaveBeenCalledTimes(1);
  expect(Notification.emit).not.toHaveBeenCalled();
});
