// @vitest-environment jsdom
import { expect, test, vi } from "vitest";

// Modules that need a whole browser.
vi.mock("@jupyterlab/notebook", () => ({ INotebookTracker: {} }));

import { LateModels } from "../plugin/late_models";

const VIEW = "application/vnd.jupyter.widget-view+json";
const NOT_FOUND = "Error displaying widget: model not found";

/** A notebook with one widget in its second output; the kernel has the comms of these ids. */
function notebook(...comms: string[]) {
  const node = document.createElement("div");
  const root = document.createElement("div");
  root.append(node);
  const renderer = {
    node,
    removeClass: (name: string) => {
      node.classList.remove(name);
    },
    renderModel: vi.fn<(model: unknown) => Promise<void>>(() => Promise.resolve()),
  };
  const outputs = [{ data: { "text/plain": "words" } }, { data: { [VIEW]: { model_id: "late" } } }];
  const outputArea = {
    widgets: [{ children: () => [] }, { children: () => [renderer] }],
    model: { get: (index: number) => outputs[index] },
  };
  const panel = {
    content: { node: root, widgets: [{ model: { type: "code" }, outputArea }] },
    sessionContext: { session: { kernel: { hasComm: (id: string) => comms.includes(id) } } },
    disposed: { connect: () => undefined },
  };
  const giveUp = async (): Promise<void> => {
    node.textContent = NOT_FOUND;
    node.classList.add("jupyter-widgets");
    await Promise.resolve(); // observers run after the present code
    await Promise.resolve();
  };
  new LateModels(panel as never);
  return { renderer, giveUp, model: outputs[1] };
}

// If it fails: a turn that ended during a reload of the page says "model not found" for good.
test("a widget whose model came too late is drawn", async () => {
  const { renderer, giveUp, model } = notebook("late");
  await giveUp();
  expect(renderer.renderModel).toHaveBeenCalledExactlyOnceWith(model);
  expect(renderer.node.classList.contains("jupyter-widgets")).toBe(false);
});

// If it fails: the page draws a broken widget again for ever.
test("a widget is drawn again only once", async () => {
  const { renderer, giveUp } = notebook("late");
  await giveUp();
  await giveUp();
  expect(renderer.renderModel).toHaveBeenCalledOnce();
});

// If it fails: the outputs of a dead kernel flicker.
test("a widget without a model in the kernel stays as it is", async () => {
  const { renderer, giveUp } = notebook("another");
  await giveUp();
  expect(renderer.renderModel).not.toHaveBeenCalled();
});
