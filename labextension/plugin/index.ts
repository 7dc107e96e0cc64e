/** The JupyterLab extension: thin; the views come from the library, `../src`. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

import { renderer } from "./renderer";
import { sessions } from "./sessions";

const plugins: JupyterFrontEndPlugin<unknown>[] = [renderer, sessions];

export default plugins;
