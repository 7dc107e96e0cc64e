/** Also sends the answers from cells and panels to the kernel on the control channel. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";

import { host } from "../src/host";
import { cellLocationOf } from "./cells/cell_location";
import { ISessions, type ISession } from "./tokens";

export const control: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:control",
  description: "Sends your answers to a kernel that is busy with a synchronous cell.",
  autoStart: true,
  requires: [INotebookTracker, ISessions],
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker, sessions: ISessions) => {
    const sessionAt = (node: Element): ISession | null => {
      const location = cellLocationOf(node, app, notebooks, sessions);
      return location === null ? null : sessions.of(location.panel);
    };
    host(
      {
        answer: {
          can: (_answer, from) => sessionAt(from)?.presence === "present",
          act: ({ request, answer }, from) => {
            sessionAt(from)?.answer(request, { ...answer });
          },
        },
        interrupt: {
          can: (_press, from) => sessionAt(from)?.presence === "present",
          act: ({ id }, from) => {
            sessionAt(from)?.interrupt(id);
          },
        },
      },
      new AbortController().signal,
    );
  },
};
