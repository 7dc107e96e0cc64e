/** The buttons in the toolbars of notebooks and cells; the settings can hide them. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Menu } from "@lumino/widgets";

import { trans } from "../../src/trans";
import { followSetting } from "../settings";
import { chatIcon } from "../side/icon";
import { speaksPython } from "./cell_text";

/** The commands' names, as in `../schema/commands.json`. */
export const TOOLBAR = {
  chat: "jupyter-claude:toolbar-chat",
  cell: "jupyter-claude:cell-menu",
} as const;

/** `open` shows the chat; `items` are the commands of a cell's menu. */
export function addToolbarButtons(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  settings: ISettingRegistry | null,
  open: () => void,
  items: readonly string[],
): void {
  const { commands } = app;
  let wanted = false; // until the settings are loaded
  commands.addCommand(TOOLBAR.chat, {
    label: () => trans.__("Claude"),
    caption: () => trans.__("Open Claude's chat"),
    icon: chatIcon,
    isVisible: () => wanted,
    execute: open,
    describedBy: { args: { type: "object", properties: {} } },
  });

  const menu = new Menu({ commands });
  menu.title.label = trans.__("Claude");
  for (const command of items) menu.addItem({ command });
  commands.addCommand(TOOLBAR.cell, {
    label: () => trans.__("Claude"),
    caption: () => trans.__("Ask Claude about this cell"),
    icon: chatIcon,
    isVisible: () => wanted,
    isEnabled: () => tracker.currentWidget !== null && speaksPython(tracker.currentWidget),
    execute: () => {
      const cell = tracker.currentWidget?.content.activeCell?.node;
      const button = cell?.querySelector(`[data-command="${TOOLBAR.cell}"]`) ?? cell;
      if (button == null) return;
      const { left, bottom } = button.getBoundingClientRect();
      menu.open(left, bottom);
    },
    describedBy: { args: { type: "object", properties: {} } },
  });

  const changed = (): void => {
    for (const command of Object.values(TOOLBAR)) commands.notifyCommandChanged(command);
  };
  tracker.currentChanged.connect(changed);
  void followSetting(settings, "toolbarButtons", (value) => {
    wanted = value;
    changed();
  });
}
