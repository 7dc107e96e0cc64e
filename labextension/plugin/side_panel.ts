/** The chat panel in the side bar, for the notebook that was last in front. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { IStateDB } from "@jupyterlab/statedb";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";

import { SIDE_PANEL } from "./chat_place";
import { chatIcon } from "./side/icon";
import { addSideStyles } from "./side/styles";
import { SessionView } from "./side/view";
import { FirstWidth } from "./side/width";
import { caption } from "./side/words";
import { ISessions, type ISession } from "./tokens";

const RANK = 900; // below Lab's own panels

class SidePanel extends Widget {
  width: FirstWidth | undefined;
  readonly #sessions: ISessions;
  readonly #views = new Map<ISession | null, SessionView>();

  constructor(sessions: ISessions) {
    super();
    this.#sessions = sessions;
    this.id = SIDE_PANEL;
    this.addClass("jp-ClaudeSide");
    this.node.tabIndex = -1;
    this.title.icon = chatIcon;
    sessions.currentChanged.connect(this.#draw, this);
    sessions.changed.connect(this.#mark, this);
    this.#mark();
  }

  protected override onAfterShow(): void {
    this.#draw();
    void this.width?.shown();
  }

  protected override onAfterAttach(): void {
    this.#draw();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.#draw();
    this.#views.get(this.#sessions.current)?.focus(this.node);
  }

  /** Shows the view of the current session; makes a view when it first comes into sight. */
  #draw(): void {
    if (!this.isVisible) return;
    const { current } = this.#sessions;
    let view = this.#views.get(current);
    if (view === undefined) {
      view = new SessionView(current);
      this.#views.set(current, view);
      this.node.append(view.node);
    }
    for (const other of this.#views.values()) other.node.toggleAttribute("inert", other !== view);
    view.update();
  }

  #mark(): void {
    const { all } = this.#sessions;
    for (const [session, view] of this.#views)
      if (session !== null && !all.includes(session)) {
        view.dispose();
        this.#views.delete(session);
      }
    const waiting = all.flatMap((session) =>
      session.waiting.map(() => session.notebook.title.label),
    );
    this.title.className = waiting.length > 0 ? "jp-mod-claudeWaiting" : "";
    this.title.caption = caption(waiting);
  }
}

/** Puts the panel into the right side bar, from where the user may move it. */
export const sidePanel: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:side-panel",
  description: "Shows the chat panel of the active notebook in the side bar.",
  autoStart: true,
  requires: [ISessions],
  optional: [ILayoutRestorer, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    sessions: ISessions,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null,
  ) => {
    addSideStyles();
    const panel = new SidePanel(sessions);
    panel.width = new FirstWidth(panel, state, app.restored);
    app.shell.add(panel, "right", { rank: RANK, type: caption([]) });
    restorer?.add(panel, SIDE_PANEL);
  },
};
