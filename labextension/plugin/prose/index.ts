/** Treats `%%claude` cells as prose: highlights, completes and marks them. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IEditorExtensionRegistry, IEditorLanguageRegistry } from "@jupyterlab/codemirror";
import { ICompletionProviderManager } from "@jupyterlab/completer";
import { INotebookTracker } from "@jupyterlab/notebook";

import { ISessions } from "../tokens";
import { proseEditor } from "./editor";
import { Prose } from "./language";
import { isCode, MagicCompletions, quietOthers } from "./provider";
import { RunningCells } from "./running";
import { tellWriting } from "./writing";

function activate(
  app: JupyterFrontEnd,
  editors: IEditorExtensionRegistry,
  languages: IEditorLanguageRegistry,
  notebooks: INotebookTracker,
  completer: ICompletionProviderManager | null,
  sessions: ISessions | null,
): void {
  const prose = new Prose(languages);
  const cells = new RunningCells(notebooks, sessions);
  const writing = sessions === null ? [] : tellWriting(sessions);
  editors.addExtension({
    name: "jupyter-claude:prose",
    factory: ({ model }) => {
      if (!isCode(model)) return null;
      return {
        instance: () => [
          proseEditor(model.sharedModel.getSource(), prose, cells.watch(model)),
          writing,
        ],
        reconfigure: () => null,
      };
    },
  });
  if (completer === null) return;
  const ours = new MagicCompletions(
    ({ widget }) => sessions?.all.find(({ notebook }) => notebook === widget) ?? null,
  );
  completer.registerProvider(ours);
  const quiet = quietOthers(completer, ours);
  completer.activeProvidersChanged.connect(quiet);
  void app.restored.then(quiet);
}

export const prose: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:prose",
  description: "Shows %%claude cells as prose: Markdown, completion of options, a running state.",
  autoStart: true,
  requires: [IEditorExtensionRegistry, IEditorLanguageRegistry, INotebookTracker],
  optional: [ICompletionProviderManager, ISessions],
  activate,
};
