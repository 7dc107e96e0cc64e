/** The JupyterLab extension: the list of its plugins. The views of turns are in `../src`. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

import { attach } from "./commands/attach";
import { attention } from "./attention";
import { lateModels } from "./late_models";
import { launcher } from "./launcher";
import { liveCells } from "./live_cells";
import { mainChat } from "./main_chat";
import { prose } from "./prose";
import { cells } from "./cells";
import { commands } from "./commands";
import { control } from "./control";
import { renderer } from "./renderer";
import { savedWidgets } from "./saved_widgets";
import { sessions } from "./sessions";
import { sidePanel } from "./side_panel";
import { status } from "./status";
import { translation } from "./translation";

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  attach,
  attention,
  cells,
  commands,
  control,
  lateModels,
  launcher,
  liveCells,
  mainChat,
  prose,
  renderer,
  savedWidgets,
  sessions,
  sidePanel,
  status,
  translation,
];

export default plugins;
