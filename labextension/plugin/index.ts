/** The JupyterLab extension: thin; the views come from the library, `../src`. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

import { sessions } from "./sessions";

const plugins: JupyterFrontEndPlugin<unknown>[] = [sessions];

export default plugins;
