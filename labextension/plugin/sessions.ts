import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

declare const VIEWS_DIGEST: string;
export const sessions: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:sessions",
  autoStart: true,
  activate: () => {
    console.log("jupyter-claude", VIEWS_DIGEST);
  },
};
