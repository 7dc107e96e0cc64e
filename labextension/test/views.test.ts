import { expect, test, vi } from "vitest";

const load = vi.fn();
vi.stubGlobal("VIEWS_DIGEST", "0123456789abcdef");
vi.mock("@jupyterlab/coreutils", () => ({
  PageConfig: { getOption: () => "http://localhost/" },
  URLExt: { join: (base: string) => base },
}));
vi.mock("../src/module_cache", () => ({
  codes: new Map(),
  moduleSlot: () => ({ module: new Promise(() => undefined), load }),
}));

// If it fails: after a moment without a network, saved turns stay plain until a reload.
test("the page fetches the views again after a failure, and only then", async () => {
  const { views } = await import("../plugin/views");
  load.mockRejectedValueOnce(new Error("no network"));
  await expect(views()).rejects.toThrow("no network");
  load.mockResolvedValue("the views");
  await expect(views()).resolves.toBe("the views");
  await expect(views()).resolves.toBe("the views");
  expect(load).toHaveBeenCalledTimes(2);
});
