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

// If it fails: after a moment without a network, saved turns stay plain until the page is reloaded.
test("views that could not be fetched are asked for again, those that came are not", async () => {
  const { views } = await import("../plugin/views");
  load.mockRejectedValueOnce(new Error("no network"));
  await expect(views()).rejects.toThrow("no network");
  load.mockResolvedValue("the views");
  await expect(views()).resolves.toBe("the views");
  await expect(views()).resolves.toBe("the views");
  expect(load).toHaveBeenCalledTimes(2);
});
