/** Shows in the status bar what Claude is doing. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IStatusBar } from "@jupyterlab/statusbar";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";

import { element, setLine } from "../src/dom";
import { trans } from "../src/trans";
import { chatId } from "./chat_place";
import { addSideStyles } from "./side/styles";
import { statusText, warningText } from "./side/words";
import { ISessions } from "./tokens";

const RANK = 8;

class StatusItem extends Widget {
  readonly activeChanged = new Signal<this, void>(this);
  readonly #sessions: ISessions;
  readonly #warning = element("strong", { class: "jp-ClaudeStatus-warning", hidden: "" });
  readonly #text = element("span", { class: "jp-ClaudeStatus-text" });
  readonly #button = element(
    "button",
    { type: "button", class: "jp-ClaudeStatus" },
    this.#warning,
    this.#text,
  );

  constructor(sessions: ISessions, open: () => void) {
    super();
    this.#sessions = sessions;
    this.#button.addEventListener("click", open);
    this.#button.title = trans.__("Open Claude's chat");
    this.node.append(this.#button);
    sessions.changed.connect(this.#draw, this);
    sessions.currentChanged.connect(this.#draw, this);
    this.#draw();
  }

  get isActive(): boolean {
    return this.#sessions.current?.state != null;
  }

  #draw(): void {
    const state = this.#sessions.current?.state;
    if (state != null) {
      setLine(this.#warning, warningText(state));
      setLine(this.#text, statusText(state));
      this.#button.dataset["status"] = state.status;
    }
    this.activeChanged.emit();
  }
}

/** The item in the status bar, where the application has one. */
export const status: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:status",
  description: "Shows in the status bar what Claude does and what it costs.",
  autoStart: true,
  requires: [ISessions],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, sessions: ISessions, bar: IStatusBar | null) => {
    if (bar === null) return;
    addSideStyles();
    const item = new StatusItem(sessions, () => {
      app.shell.activateById(chatId(sessions.current));
    });
    bar.registerStatusItem(status.id, {
      item,
      align: "right",
      rank: RANK,
      isActive: () => item.isActive,
      activeStateChanged: item.activeChanged,
    });
  },
};
