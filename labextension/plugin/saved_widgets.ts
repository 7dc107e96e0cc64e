/**
 * Keeps the saved widgets of an untrusted notebook from being restored.
 *
 * A notebook's metadata may hold the state of its widgets. The widget manager restores all of it as
 * soon as the kernel is there, even if the notebook is not trusted. Some models run script when
 * they are created: anywidget imports the `_esm` of the state. So a file that the user merely opens
 * could press Approve. The manager reads the metadata from the notebook's model; this plugin gives
 * it only what may be restored. The file keeps all of it, and the notebook does not become dirty.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { ICodeCellModel } from "@jupyterlab/cells";
import { INotebookTracker, type INotebookModel, type NotebookPanel } from "@jupyterlab/notebook";

import { isFields, type Fields } from "../src/protocol";
import { exact } from "../src/text";
import { trans } from "../src/trans";

const KEY = "widgets";
const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";
const REFERENCE = "IPY_MODEL_";
/** The modules of ipywidgets itself; creating their models runs no code of the file. */
const OWN = /^@jupyter-widgets\/(?:base|controls|output)$/;
const LONGEST_NAME = 30; // Lab cuts a notification after 140 characters

/** What the widget manager gets, and what it does not get, by the models' ids. */
export interface Division {
  readonly handed: Fields | undefined;
  readonly withheld: Fields;
  /** Whether models are withheld because the notebook is not trusted. */
  readonly untrusted: boolean;
}

/** The models in the metadata; null if it holds no valid state. */
function modelsOf(metadata: unknown): Fields | null {
  const state = isFields(metadata) ? metadata[STATE] : undefined;
  return isFields(state) && isFields(state["state"]) ? state["state"] : null;
}

const withModels = (metadata: Fields, models: Fields): Fields => ({
  ...metadata,
  [STATE]: { ...(metadata[STATE] as Fields), state: models },
});

function codeCells(model: INotebookModel): ICodeCellModel[] {
  return [...model.cells].filter((cell): cell is ICodeCellModel => cell.type === "code");
}

/** Each text in JSON data. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* texts(part);
}

/**
 * The models that the outputs show, and the models to which those refer.
 *
 * JupyterLab signs a saved notebook if no output could do harm, without looking at the metadata. So
 * "trusted" says nothing of a model that no output shows.
 */
function shown(model: INotebookModel, models: Fields): Set<string> {
  const found = new Set<string>();
  const wanted: unknown[] = codeCells(model).flatMap(({ outputs }) =>
    Array.from({ length: outputs.length }, (_, index) => outputs.get(index).data[VIEW]),
  );
  for (let next = wanted.pop(); wanted.length > 0 || next !== undefined; next = wanted.pop())
    for (const text of texts(next)) {
      const id = text.startsWith(REFERENCE) ? text.slice(REFERENCE.length) : text;
      if (found.has(id) || !Object.hasOwn(models, id)) continue;
      found.add(id);
      wanted.push(models[id]);
    }
  return found;
}

/** Divides a notebook's saved models into those that may be restored and the rest. */
export function divide(model: INotebookModel, metadata: unknown): Division {
  const models = modelsOf(metadata);
  if (models === null) return { handed: undefined, withheld: {}, untrusted: false };
  const cells = codeCells(model);
  // JupyterLab's rule for "trusted"; a notebook without code cells is not trusted either.
  if (cells.length === 0 || !cells.every(({ trusted }) => trusted))
    return { handed: undefined, withheld: models, untrusted: true };
  const found = shown(model, models);
  const isSafe = ([id, saved]: [string, unknown]): boolean =>
    found.has(id) || (isFields(saved) && OWN.test(String(saved["model_module"])));
  const all = Object.entries(models);
  return {
    handed: withModels(metadata as Fields, Object.fromEntries(all.filter(isSafe))),
    withheld: Object.fromEntries(all.filter((entry) => !isSafe(entry))),
    untrusted: false,
  };
}

/**
 * Makes the model return `division.handed` as its widgets' state, and nothing before that is known.
 */
export function guard(model: INotebookModel, ready: Promise<void>): Promise<Division> {
  const get = model.getMetadata.bind(model);
  const set = model.setMetadata.bind(model);
  let handed: unknown;
  let withheld: Fields = {};
  model.getMetadata = (key: string): unknown => (key === KEY ? handed : get(key));
  // On save, the widget manager writes its state if the user wants that. Add what it did not get.
  model.setMetadata = (key: string, value: unknown): void => {
    const models = key === KEY ? modelsOf(value) : null;
    if (key === KEY) handed = value;
    set(key, models === null ? value : withModels(value as Fields, { ...withheld, ...models }));
  };
  return ready.then(() => {
    const division = divide(model, get(KEY));
    ({ handed, withheld } = division);
    return division;
  });
}

function say(app: JupyterFrontEnd, panel: NotebookPanel): void {
  const label = exact(panel.title.label);
  const name = label.length > LONGEST_NAME ? `${label.slice(0, LONGEST_NAME - 1)}…` : label;
  const text = trans.__(
    "%1 is not trusted, so its saved widgets are not shown. Trust it, then reload the page.",
    name,
  );
  Notification.emit(text, "warning", {
    autoClose: false,
    actions: [
      {
        label: trans.__("Trust notebook…"),
        callback: () => {
          app.shell.activateById(panel.id);
          void app.commands.execute("notebook:trust"); // JupyterLab asks the user
        },
      },
    ],
  });
}

/** Keeps the widgets of a file from running before the user trusts the file. */
export const savedWidgets: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:saved-widgets",
  description: "Blocks the saved widgets of untrusted notebooks.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker) => {
    const guarded = new WeakSet<INotebookModel>();
    const see = (panel: NotebookPanel): void => {
      const { model } = panel.context;
      if (guarded.has(model)) return; // the panel is another view of the same notebook
      guarded.add(model);
      void guard(model, panel.context.ready).then(({ untrusted, withheld }) => {
        if (untrusted && Object.keys(withheld).length > 0) say(app, panel);
      });
    };
    // This is before the widget manager reads anything, because it waits for the kernel first.
    notebooks.widgetAdded.connect((_, panel) => {
      see(panel);
    });
    notebooks.forEach(see);
  },
};
