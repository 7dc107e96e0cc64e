/** Gives the page's language to the plugin and the views. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ITranslator } from "@jupyterlab/translation";

import { translateBy } from "../src/trans";

export const translation: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:translation",
  description: "Shows Claude's buttons and messages in the language of JupyterLab.",
  autoStart: true,
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, translator: ITranslator | null) => {
    if (translator === null) return;
    translateBy(translator.load("jupyter_claude"), () => translator.languageCode);
  },
};
