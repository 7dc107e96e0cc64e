/** The chat as a tab of the main area, beside its notebook. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";

import { host } from "../src/host";
import { trans } from "../src/trans";
import { uuid } from "../src/uuid";
import { MAIN_CHAT, SIDE_PANEL } from "./chat_place";
import { chatIcon } from "./side/icon";
import { addSideStyles } from "./side/styles";
import { SessionView } from "./side/view";
import { ISessions, type ISession } from "./tokens";

export const OPEN_IN_MAIN = "jupyter-claude:open-in-main";

const LATE_MS = 10_000;

/** Shows the chat of the notebook with a path; the notebook may be opened later. */
class MainChat extends Widget {
  /** The notebook has another path. */
  readonly moved = new Signal<this, void>(this);
  readonly #sessions: ISessions;
  #path: string;
  #session: ISession | null = null;
  #view: SessionView | null = null;

  constructor(sessions: ISessions, path: string) {
    super();
    this.#sessions = sessions;
    this.#path = path;
    this.id = `jupyter-claude-${uuid()}`;
    this.addClass("jp-ClaudeSide");
    this.addClass(MAIN_CHAT);
    this.node.tabIndex = -1;
    this.title.icon = chatIcon;
    this.title.closable = true;
    this.title.label = trans.__("Claude");
    sessions.changed.connect(this.#find, this);
    this.#find();
  }

  get path(): string {
    return this.#path;
  }

  get session(): ISession | null {
    return this.#session;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#sessions.changed.disconnect(this.#find, this);
    this.#session?.notebook.title.changed.disconnect(this.#name, this);
    this.#session?.notebook.context.pathChanged.disconnect(this.#move, this);
    this.#session?.notebook.disposed.disconnect(this.#end, this);
    this.#view?.dispose();
    super.dispose();
  }

  protected override onAfterAttach(): void {
    this.#view?.update();
  }

  protected override onAfterShow(): void {
    this.#view?.update();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.#view?.update();
    if (this.#view === null) this.node.focus();
    else this.#view.focus(this.node);
  }

  protected override onCloseRequest(message: Message): void {
    super.onCloseRequest(message);
    this.dispose();
  }

  #find(): void {
    if (this.#session !== null) return;
    const session = this.#sessions.all.find(({ notebook }) => notebook.context.path === this.#path);
    if (session === undefined) return;
    this.#session = session;
    const { notebook } = session;
    this.node.dataset["notebook"] = notebook.id;
    notebook.title.changed.connect(this.#name, this);
    notebook.context.pathChanged.connect(this.#move, this);
    notebook.disposed.connect(this.#end, this);
    this.#name();
    this.#view = new SessionView(session);
    this.node.append(this.#view.node);
    if (this.isVisible) this.#view.update();
  }

  #name(): void {
    const name = this.#session?.notebook.title.label ?? "";
    this.title.label = trans.__("Claude: %1", name);
    this.title.caption = trans.__("Claude's chat of %1", this.#path);
  }

  #end(): void {
    this.dispose();
  }

  #move(): void {
    this.#path = this.#session?.notebook.context.path ?? this.#path;
    this.#name();
    this.moved.emit();
  }
}

/** Only JupyterLab has room for it: Notebook 7 has one document in its main area. */
export const mainChat: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:main-chat",
  description: "Shows the chat of a notebook in the main area.",
  autoStart: true,
  requires: [ISessions],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    sessions: ISessions,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
  ) => {
    if (shell === null) return;
    addSideStyles();
    const tracker = new WidgetTracker<MainChat>({ namespace: "jupyter-claude-chat" });

    const open = (path: string): MainChat => {
      const known = tracker.find((chat) => chat.path === path);
      if (known !== undefined) return known;
      const chat = new MainChat(sessions, path);
      const notebook = chat.session?.notebook.id;
      shell.add(chat, "main", notebook === undefined ? {} : { mode: "split-right", ref: notebook });
      void tracker.add(chat);
      chat.moved.connect(() => void tracker.save(chat));
      // A notebook that the layout no longer opens has no chat. Trackers report notebooks late.
      void app.restored.then(() => {
        setTimeout(() => {
          if (chat.session === null) chat.dispose();
        }, LATE_MS);
      });
      return chat;
    };

    app.commands.addCommand(OPEN_IN_MAIN, {
      label: () => trans.__("Open Claude's Chat in the Main Area"),
      caption: () => trans.__("Show Claude's chat as a tab beside its notebook"),
      icon: chatIcon,
      isEnabled: () => sessions.current !== null,
      execute: ({ path }) => {
        const place = typeof path === "string" ? path : sessions.current?.notebook.context.path;
        if (place === undefined) return undefined;
        const chat = open(place);
        if (typeof path !== "string") shell.activateById(chat.id);
        return chat;
      },
      describedBy: { args: { type: "object", properties: { path: { type: "string" } } } },
    });
    sessions.currentChanged.connect(() => {
      app.commands.notifyCommandChanged(OPEN_IN_MAIN);
    });
    palette?.addItem({ command: OPEN_IN_MAIN, category: "Claude" });
    void restorer?.restore(tracker, {
      command: OPEN_IN_MAIN,
      args: ({ path }) => ({ path }),
      name: ({ path }) => path,
    });

    const inSide = (from: Element): boolean => from.closest(`#${SIDE_PANEL}`) !== null;
    const chatWith = (from: Element): MainChat | undefined =>
      tracker.find(({ node }) => node.contains(from));
    host(
      {
        "to-main": {
          can: (_, from) => inSide(from) && sessions.current !== null,
          act: () => {
            const { current } = sessions;
            if (current === null) return;
            const side = document.getElementById(SIDE_PANEL);
            const right = side?.closest("#jp-right-stack") != null;
            const chat = open(current.notebook.context.path);
            if (right) shell.collapseRight();
            else shell.collapseLeft();
            shell.activateById(chat.id);
          },
        },
        "to-side": {
          can: (_, from) => chatWith(from) !== undefined,
          act: (_, from) => {
            chatWith(from)?.dispose();
            shell.activateById(SIDE_PANEL);
          },
        },
      },
      new AbortController().signal,
    );
  },
};
