/** The commands: in the palette, in the menus, and with shortcuts where keys are free. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import type { Cell } from "@jupyterlab/cells";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";

import { exact } from "../../src/text";
import { trans } from "../../src/trans";
import { uuid } from "../../src/uuid";
import { remember } from "../cells/prompt_cells";
import { dialogInSight, goToRequest } from "../open_request";
import { followSetting } from "../settings";
import { ISessions, ISuggestions, type ISession } from "../tokens";
import { cellText, lastError, speaksPython } from "./cell_text";
import { ErrorButtons } from "./error_buttons";
import { hostKeys } from "./keys";
import { LoadAgain } from "./load_again";
import { inChat, openChat } from "./panel";
import { aboutPrompt, explainPrompt, fixPrompt, type CellText } from "./prompts";
import { addToolbarButtons } from "./toolbars";

const CATEGORY = "Claude";
const SLOW_MS = 2_000;

/** The commands' names, as in `../schema/commands.json`. */
export const COMMANDS = {
  ask: "jupyter-claude:ask-about-cell",
  explain: "jupyter-claude:explain-error",
  fix: "jupyter-claude:fix-error",
  insert: "jupyter-claude:insert-cell",
  panel: "jupyter-claude:open-panel",
  history: "jupyter-claude:open-history",
  stop: "jupyter-claude:stop",
  begin: "jupyter-claude:new-conversation",
  approve: "jupyter-claude:approve",
  deny: "jupyter-claude:deny",
} as const;

export const commands: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:commands",
  description: "Commands that send cells to Claude and control the session.",
  autoStart: true,
  requires: [INotebookTracker, ISessions, ISuggestions],
  optional: [ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    sessions: ISessions,
    suggestions: ISuggestions,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
  ) => {
    const actions = new Actions(app, tracker, sessions, suggestions);
    addCommands(app, tracker, sessions, actions);
    hostKeys(app, Object.values(COMMANDS));
    for (const command of Object.values(COMMANDS))
      palette?.addItem({ command, category: CATEGORY });

    const open = (): void => {
      openChat(app, sessions.current);
    };
    const ofCell = [COMMANDS.ask, COMMANDS.explain, COMMANDS.fix];
    addToolbarButtons(app, tracker, settings, open, ofCell);
    const buttons = new ErrorButtons(tracker, {
      explain: (notebook, cell) => {
        void actions.send(notebook, cell, explainPrompt);
      },
      fix: (notebook, cell) => {
        void actions.fix(notebook, cell);
      },
    });
    new LoadAgain(tracker, sessions, (notebook) => actions.session(notebook));
    void followSetting(settings, "errorButtons", (wanted) => {
      buttons.shown = wanted;
    });
  },
};

/** A prompt that was sent: its session, and its id. */
interface Sent {
  session: ISession;
  id: string;
}

/** The actions of the commands on a notebook's session. */
class Actions {
  readonly #app: JupyterFrontEnd;
  readonly #tracker: INotebookTracker;
  readonly #sessions: ISessions;

  readonly #suggestions: ISuggestions;

  constructor(
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    sessions: ISessions,
    suggestions: ISuggestions,
  ) {
    this.#suggestions = suggestions;
    this.#app = app;
    this.#tracker = tracker;
    this.#sessions = sessions;
  }

  /** The notebook in front, with its active cell. */
  get target(): { notebook: NotebookPanel; cell: Cell } | null {
    const notebook = this.#tracker.currentWidget;
    const cell = notebook?.content.activeCell;
    return notebook && cell ? { notebook, cell } : null;
  }

  /** The notebook's session, loaded if needed; null after a notification that says why not. */
  async session(notebook: NotebookPanel): Promise<ISession | null> {
    const session = this.#sessions.of(notebook);
    if (session === null || session.presence === "present") return session;
    let id = "";
    const slow = setTimeout(() => {
      id = Notification.emit(
        trans.__("Claude will be loaded as soon as the kernel is free."),
        "in-progress",
        {
          autoClose: false,
        },
      );
    }, SLOW_MS);
    try {
      await session.load();
      return session;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      Notification.error(exact(reason), { autoClose: false }); // Lab cuts long texts
      return null;
    } finally {
      clearTimeout(slow);
      Notification.dismiss(id);
    }
  }

  /** Sends a prompt about a cell, and opens the panel, which shows the answer. */
  async send(
    notebook: NotebookPanel,
    cell: Cell,
    prompt: (text: CellText) => string,
  ): Promise<Sent | null> {
    const text = prompt(cellText(notebook, cell)); // the text now, not after loading
    const session = await this.session(notebook);
    if (session === null) return null;
    const id = uuid();
    remember(id, cell);
    session.send({ type: "ask", id, prompt: text });
    openChat(this.#app, session);
    return { session, id };
  }

  /** Asks for the cell without its error, and shows the difference at the cell. */
  async fix(notebook: NotebookPanel, cell: Cell): Promise<void> {
    const sent = await this.send(notebook, cell, fixPrompt);
    if (sent === null) return;
    const blocks = await sent.session.answered(sent.id);
    const [block] = blocks;
    // Of several blocks nobody knows which is the cell: the answer has a button at each.
    if (block !== undefined && blocks.length === 1 && !notebook.isDisposed)
      this.#suggestions.suggest(notebook, sent.id, block);
  }

  /** Puts the cell's text into the panel, below a question that the user then writes. */
  async ask(notebook: NotebookPanel, cell: Cell): Promise<void> {
    const text = aboutPrompt(cellText(notebook, cell));
    const session = await this.session(notebook);
    if (session === null) return;
    const id = uuid();
    remember(id, cell);
    await inChat(this.#app, session, "compose", { text, id });
  }

  /** Inserts a `%%claude` cell below, ready for typing. */
  async insert(notebook: NotebookPanel): Promise<void> {
    const { content } = notebook;
    const index = content.activeCellIndex + 1;
    const source = "%%claude\n";
    content.model?.sharedModel.insertCell(index, { cell_type: "code", source, metadata: {} });
    content.deselectAll();
    content.activeCellIndex = index;
    const cell = content.activeCell;
    await cell?.ready; // the cell has an editor now
    if (cell !== null && cell === content.activeCell) {
      content.mode = "edit";
      cell.editor?.setCursorPosition({ line: 1, column: 0 });
    }
    await this.session(notebook); // otherwise IPython does not know the magic
  }

  /**
   * Presses a button of the oldest waiting request if it is in sight; otherwise shows the request.
   *
   * It clicks the button in the page, so the rules of that button hold here too.
   */
  async answer(session: ISession, word: AnswerWord): Promise<void> {
    const [request] = session.waiting;
    if (request === undefined) return;
    const dialog = request.kind === "permission" ? await dialogInSight(session, request.id) : null;
    if (dialog === null) await goToRequest(this.#app, session, request.id);
    // A plan has other buttons: the user must see them.
    else if (!pressButton(dialog, word)) await goToRequest(this.#app, session, request.id);
  }
}

type AnswerWord = "approve" | "deny";

/** The labels of the commands that answer a request, also with its tool, and their captions. */
const ANSWERS = {
  approve: {
    label: () => trans.__("Approve Claude's Request"),
    of: (tool: string) => trans.__("Approve Claude's Request: %1", tool),
    caption: () =>
      trans.__("Approve Claude's oldest open request in this notebook, after showing it"),
  },
  deny: {
    label: () => trans.__("Deny Claude's Request"),
    of: (tool: string) => trans.__("Deny Claude's Request: %1", tool),
    caption: () => trans.__("Deny Claude's oldest open request in this notebook, after showing it"),
  },
};

/** Presses a button of a request, by the name that is the same in each language. */
function pressButton(dialog: Element, word: AnswerWord): boolean {
  const button = dialog.querySelector<HTMLElement>(`[data-answer="${word}"]`);
  // After a press of Deny the buttons make room for the line beside it.
  if (button === null) return false;
  button.click();
  return true;
}

/**
 * Whether the event is a click on a button in rendered Markdown or HTML that runs a command.
 *
 * JupyterLab allows such buttons in untrusted text, with any label.
 */
export function isOfDocument(event: Event | undefined): boolean {
  const node = event?.type === "click" ? event.target : null;
  return node instanceof Element && node.closest("[data-commandlinker-command]") !== null;
}

function refuse(): void {
  const line = trans.__(
    "A button in a document cannot control Claude. Use the command palette or the menu.",
  );
  Notification.warning(line, { autoClose: false });
}

function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  sessions: ISessions,
  actions: Actions,
): void {
  const registry = app.commands;
  const isWritable = (notebook: NotebookPanel | null): boolean =>
    notebook?.content.model?.readOnly === false;
  const present = (): ISession | null => {
    const { current } = sessions;
    return current?.presence === "present" ? current : null;
  };
  const waiting = (): ISession["waiting"] => present()?.waiting ?? [];
  const isBusy = (): boolean => {
    const state = present()?.state;
    return state != null && (state.status !== "idle" || state.queued > 0);
  };

  const add = (
    id: string,
    label: () => string,
    caption: () => string,
    isEnabled: () => boolean,
    execute: () => unknown,
  ): void => {
    registry.addCommand(id, {
      label,
      caption,
      isEnabled,
      execute: () => {
        // JupyterLab does not tell the command which event triggered it.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        if (!isOfDocument(window.event)) return execute();
        refuse();
        return undefined;
      },
      describedBy: { args: { type: "object", properties: {} } },
    });
  };
  const atCell = (
    id: string,
    label: () => string,
    caption: () => string,
    fits: (notebook: NotebookPanel, cell: Cell) => boolean,
    act: (notebook: NotebookPanel, cell: Cell) => unknown,
  ): void => {
    const isEnabled = (): boolean => {
      const { target } = actions;
      return target !== null && speaksPython(target.notebook) && fits(target.notebook, target.cell);
    };
    add(id, label, caption, isEnabled, () => {
      const { target } = actions;
      return target === null ? undefined : act(target.notebook, target.cell);
    });
  };
  const hasError = (_: NotebookPanel, cell: Cell): boolean => lastError(cell) !== null;

  atCell(
    COMMANDS.ask,
    () => trans.__("Ask Claude About This Cell…"),
    () => trans.__("Begin a question about the active cell in the chat panel"),
    (_, cell) => cell.model.sharedModel.getSource().trim() !== "",
    (notebook, cell) => actions.ask(notebook, cell),
  );
  atCell(
    COMMANDS.explain,
    () => trans.__("Explain This Error with Claude"),
    () => trans.__("Ask Claude what went wrong in the active cell"),
    hasError,
    (notebook, cell) => actions.send(notebook, cell, explainPrompt),
  );
  atCell(
    COMMANDS.fix,
    () => trans.__("Fix This Error with Claude"),
    () => trans.__("Ask Claude to fix the active cell"),
    hasError,
    (notebook, cell) => actions.fix(notebook, cell),
  );
  atCell(
    COMMANDS.insert,
    () => trans.__("Insert %1 Cell", "%%claude"),
    () => trans.__("Insert a %1 cell below the active cell", "%%claude"),
    isWritable,
    (notebook) => actions.insert(notebook),
  );
  add(
    COMMANDS.panel,
    () => trans.__("Open Claude's Chat"),
    () => trans.__("Show Claude's chat panel in the side bar"),
    () => true,
    () => {
      openChat(app, sessions.current);
    },
  );
  add(
    COMMANDS.history,
    () => trans.__("Open Claude's History"),
    () => trans.__("Show the conversation's history, to read it or to rewind"),
    () => present() !== null,
    () => inChat(app, sessions.current, "history", null),
  );
  add(
    COMMANDS.stop,
    () => trans.__("Stop Claude"),
    () => trans.__("Stop what Claude is doing in this notebook"),
    isBusy,
    () => {
      const id = uuid();
      present()?.send({ type: "interrupt", id });
      present()?.interrupt(id);
    },
  );
  add(
    COMMANDS.begin,
    () => trans.__("New Conversation with Claude"),
    () => trans.__("Start a new conversation in this notebook"),
    () => present() !== null,
    () => {
      present()?.send({ type: "new" });
      openChat(app, sessions.current);
    },
  );

  const answer = (id: string, word: AnswerWord): void => {
    const { label, of, caption } = ANSWERS[word];
    const labelNow = (): string => {
      const [request] = waiting();
      const tool = request?.kind === "permission" ? exact(request.tool).slice(0, 60) : "";
      return tool === "" ? label() : of(tool);
    };
    add(
      id,
      labelNow,
      caption,
      () => waiting().length > 0,
      () => {
        const session = present();
        return session === null ? undefined : actions.answer(session, word);
      },
    );
  };
  answer(COMMANDS.approve, "approve");
  answer(COMMANDS.deny, "deny");

  const changed = (): void => {
    for (const command of Object.values(COMMANDS)) registry.notifyCommandChanged(command);
  };
  sessions.changed.connect(changed);
  sessions.currentChanged.connect(changed);
  tracker.activeCellChanged.connect(changed);
}
