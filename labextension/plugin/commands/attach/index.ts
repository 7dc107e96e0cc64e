/** Attaches what the user pastes, drops or chooses to the draft of a chat panel. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";

import { ISessions } from "../../tokens";
import { listenToDrags } from "./lumino";
import { listenToFiles } from "./native";

export const attach: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:attach",
  description: "Attaches files, pictures and cells to prompts in the chat panel.",
  autoStart: true,
  requires: [INotebookTracker, ISessions],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker, sessions: ISessions) => {
    listenToFiles();
    listenToDrags(tracker, sessions);
  },
};
