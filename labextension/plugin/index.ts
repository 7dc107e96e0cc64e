/** The JupyterLab extension: thin; the views come from the library, `../src`. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

import { prose } from "./prose";
import { cells } from "./cells";
import { commands } from "./commands";
import { renderer } from "./renderer";
import { sessions } from "./sessions";

const plugins: JupyterFrontEndPlugin<unknown>[] = [cells, commands, prose, renderer, sessions];

export default plugins;
