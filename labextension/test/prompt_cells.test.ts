import type { Cell } from "@jupyterlab/cells";
import type { Notebook } from "@jupyterlab/notebook";
import { expect, test, vi } from "vitest";

// If it fails: the page's storage fills with prompts, or a reload forgets their cells.
test("the cells of the newest prompts are known, even after a reload of the page", async () => {
  sessionStorage.clear();
  const cells = Array.from({ length: 60 }, (_, index) => ({ model: { id: String(index) } }));
  const notebook = { widgets: cells } as unknown as Notebook;
  const { remember } = await import("../plugin/cells/prompt_cells");
  cells.forEach((cell, index) => {
    remember(`prompt-${String(index)}`, cell as unknown as Cell);
  });
  expect(sessionStorage).toHaveLength(1);
  vi.resetModules();
  const { askedCell } = await import("../plugin/cells/prompt_cells");
  expect(askedCell("prompt-59", notebook)).toBe(cells[59]);
  expect(askedCell("prompt-0", notebook)).toBeUndefined();
});
