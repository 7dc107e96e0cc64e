import { expect, test, vi } from "vitest";

// Modules that need a whole browser.
vi.mock("@jupyterlab/apputils", () => ({ Notification: {} }));
vi.mock("@jupyterlab/notebook", () => ({ INotebookTracker: {} }));

import { divide, guard } from "../plugin/saved_widgets";

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

const saved = (module: string, state: object = {}): object => ({ model_module: module, state });
const metadata = (models: unknown): object => ({ [STATE]: { version_major: 2, state: models } });
const models = {
  shown: saved("anywidget", { children: ["IPY_MODEL_inner"] }),
  inner: saved("anywidget"),
  hidden: saved("anywidget"),
  link: saved("@jupyter-widgets/controls", { source: ["IPY_MODEL_shown", "value"] }),
  odd: "no model",
};

function notebook(value: unknown, ...cells: { type?: string; trusted: boolean }[]) {
  const data = { [VIEW]: { model_id: "shown" } };
  const all = { widgets: value, other: 1 } as Record<string, unknown>;
  return {
    all,
    cells: cells.map((cell) => ({
      type: "code",
      outputs: { length: 1, get: () => ({ data }) },
      ...cell,
    })),
    getMetadata: (key: string) => all[key],
    setMetadata: (key: string, changed: unknown) => {
      all[key] = changed;
    },
  };
}

const names = (value: unknown): string[] =>
  Object.keys((value as Record<string, { state: object }>)[STATE]?.state ?? {});

// If it fails: a file runs its script as soon as the user opens it.
test.each([
  ["no cell", []],
  ["only prose", [{ type: "markdown", trusted: true }]],
  ["one cell of two that is not trusted", [{ trusted: true }, { trusted: false }]],
])("nothing is handed over with %s", (_, cells) => {
  const model = notebook(metadata(models), ...cells);
  const division = divide(model as never, model.all["widgets"]);
  expect(division).toEqual({ handed: undefined, withheld: models, untrusted: true });
});

// If it fails: the user's own saved widgets are gone, or a widget that no output shows runs.
test("a trusted notebook restores the models of its outputs, and ipywidgets' own", () => {
  const model = notebook(metadata(models), { trusted: true });
  const { handed, withheld, untrusted } = divide(model as never, model.all["widgets"]);
  expect(names(handed)).toEqual(["shown", "inner", "link"]);
  expect(Object.keys(withheld)).toEqual(["hidden", "odd"]);
  expect(untrusted).toBe(false);
});

// If it fails: the widget manager gets invalid metadata.
test.each([[undefined], ["x"], [{}], [metadata(["m"])], [metadata("m")], [{ [STATE]: null }]])(
  "the widget manager does not get invalid metadata: %j",
  (value) => {
    const model = notebook(value, { trusted: true });
    expect(divide(model as never, value).handed).toBeUndefined();
  },
);

// If it fails: the widget manager gets all models before the division, or saving loses the withheld
// ones.
test("a guarded notebook keeps withheld models in its file", async () => {
  const model = notebook(metadata(models), { trusted: false });
  let open = (): void => undefined;
  const division = guard(model as never, new Promise<void>((resolve) => (open = resolve)));
  expect(model.getMetadata("widgets")).toBeUndefined();
  open();
  await division;
  expect(model.getMetadata("widgets")).toBeUndefined();
  expect(model.getMetadata("other")).toBe(1);
  expect(model.all["widgets"]).toEqual(metadata(models));
  model.setMetadata("widgets", metadata({ live: saved("anywidget") }));
  expect(names(model.getMetadata("widgets"))).toEqual(["live"]);
  expect(names(model.all["widgets"]).sort()).toEqual([...Object.keys(models), "live"].sort());
  model.setMetadata("other", 2);
  expect(model.all["other"]).toBe(2);
});
