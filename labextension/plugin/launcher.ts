/** The tile in the Launcher: a new notebook with Claude. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { NotebookPanel } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";

import { exact } from "../src/text";
import { trans } from "../src/trans";
import { chatId } from "./chat_place";
import { chatIcon, chatImage } from "./side/icon";
import { ISessions } from "./tokens";

export const NEW_NOTEBOOK = "jupyter-claude:new-notebook";

const RANK = 90; // after the kernels

/** The kernel for the notebook: the server's default, or its first one for Python. */
async function kernelName(app: JupyterFrontEnd): Promise<string | undefined> {
  const { kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const { default: usual = "", kernelspecs: all = {} } = kernelspecs.specs ?? {};
  const names = [usual, ...Object.keys(all)];
  return names.find((name) => all[name]?.language.toLowerCase() === "python");
}

/**
 * A tile opens something new, as each tile of the Launcher does: whoever wants the chat of an open
 * notebook has a button in that notebook's toolbar.
 */
export const launcher: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:launcher",
  description: "Opens a new notebook with Claude from the Launcher.",
  autoStart: true,
  requires: [ISessions],
  optional: [ILauncher, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    sessions: ISessions,
    launcher: ILauncher | null,
    translator: ITranslator | null,
  ) => {
    if (launcher === null) return;
    const { commands, shell } = app;
    const open = async (cwd: string): Promise<void> => {
      const name = await kernelName(app);
      if (name === undefined) throw new Error(trans.__("Claude needs a Python kernel."));
      const notebook: unknown = await commands.execute("notebook:create-new", {
        cwd,
        kernelName: name,
      });
      if (!(notebook instanceof NotebookPanel)) return;
      await notebook.context.ready;
      const session = sessions.of(notebook);
      shell.activateById(chatId(session));
      await session?.load();
      shell.activateById(chatId(session));
    };
    commands.addCommand(NEW_NOTEBOOK, {
      label: () => trans.__("Claude"),
      caption: () => trans.__("Open a new notebook with Claude's chat beside it"),
      icon: chatIcon,
      execute: async ({ cwd }) => {
        try {
          await open(typeof cwd === "string" ? cwd : "");
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          Notification.error(exact(reason), { autoClose: false });
        }
      },
      describedBy: { args: { type: "object", properties: { cwd: { type: "string" } } } },
    });
    const lab = (translator ?? nullTranslator).load("jupyterlab");
    // Among the notebooks the launcher shows no command's icon, only an image.
    launcher.add({
      command: NEW_NOTEBOOK,
      category: lab.__("Notebook"),
      rank: RANK,
      kernelIconUrl: chatImage(),
    });
  },
};
