/** Finds the Claude session of each open notebook, and follows it when the kernel changes. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { Signal } from "@lumino/signaling";

import type { CellsAsked, LabFromPage, SessionState } from "../src/messages.generated";
import type { CodeBlock } from "../src/host";
import type { Model } from "../src/model";
import { browserStorage } from "../src/storage";
import type { GivenAnswer } from "../src/protocol";
import { trans } from "../src/trans";
import { keepLast, keptLast } from "./kept_last";
import { Links, type KernelLink } from "./kernel";
import { ISessions, type Ended, type ISession, type Presence, type Waiting } from "./tokens";

const NONE: ReadonlySet<string> = new Set();

class NotebookSession implements ISession {
  readonly notebook: NotebookPanel;
  readonly changed = new Signal<this, void>(this);
  readonly problem = new Signal<this, string>(this);
  readonly asked = new Signal<this, CellsAsked>(this);
  readonly #links: Links;
  #link: KernelLink | null = null;
  #last: Ended | null;

  constructor(notebook: NotebookPanel, links: Links) {
    this.notebook = notebook;
    this.#links = links;
    this.#last = keptLast(browserStorage(), notebook.context.path);
    notebook.sessionContext.kernelChanged.connect(this.#follow, this);
    this.#follow();
  }

  get presence(): Presence {
    return this.#link?.presence ?? "absent";
  }

  get state(): SessionState | null {
    return this.#link?.state ?? null;
  }

  get last(): Ended | null {
    return this.#last;
  }

  get waiting(): readonly Waiting[] {
    return this.#link?.waiting ?? [];
  }

  get earlier(): ReadonlySet<string> {
    return this.#link?.earlier ?? NONE;
  }

  get process(): string {
    return this.#link?.process ?? "";
  }

  get connection(): string {
    return this.notebook.sessionContext.session?.kernel?.clientId ?? "";
  }

  async load(): Promise<void> {
    const { sessionContext } = this.notebook;
    if (this.#link === null) await sessionContext.ready;
    if (this.#link === null)
      throw new Error(trans.__("This notebook has no kernel. Choose one first."));
    await this.#link.load();
  }

  send(message: LabFromPage): void {
    this.#link?.send(message);
  }

  answer(request: string, answer: GivenAnswer): void {
    this.#link?.answer(request, answer);
  }

  answered(turn: string): Promise<readonly CodeBlock[]> {
    return this.#link?.answered(turn) ?? Promise.resolve([]);
  }

  interrupt(id: string): void {
    this.#link?.interrupt(id);
  }

  panel(): Model & { dispose(): void } {
    if (this.#link === null) throw new Error(trans.__("This notebook has no kernel."));
    return this.#link.panel();
  }

  dispose(): void {
    this.#watch(null);
    Signal.clearData(this);
  }

  #follow(): void {
    const kernel = this.notebook.sessionContext.session?.kernel ?? null;
    this.#watch(kernel === null || kernel.isDisposed ? null : this.#links.of(kernel));
    this.changed.emit();
  }

  #watch(link: KernelLink | null): void {
    this.#link?.changed.disconnect(this.#changed, this);
    this.#link?.problem.disconnect(this.#problem, this);
    this.#link?.asked.disconnect(this.#asked, this);
    this.#link?.ended.disconnect(this.#follow, this);
    this.#link = link;
    link?.changed.connect(this.#changed, this);
    link?.problem.connect(this.#problem, this);
    link?.asked.connect(this.#asked, this);
    link?.ended.connect(this.#follow, this);
  }

  #changed(): void {
    const { state } = this;
    if (state !== null) {
      if (state.session_id !== this.#last?.session_id || state.practice !== this.#last.practice)
        keepLast(browserStorage(), this.notebook.context.path, state);
      this.#last = state;
    }
    this.changed.emit();
  }

  #problem(_link: KernelLink, problem: string): void {
    this.problem.emit(problem);
  }

  #asked(_link: KernelLink, asked: CellsAsked): void {
    this.asked.emit(asked);
  }
}

class Sessions implements ISessions {
  readonly currentChanged = new Signal<this, ISession | null>(this);
  readonly changed = new Signal<this, void>(this);
  readonly #sessions = new Map<NotebookPanel, NotebookSession>();
  readonly #links = new Links();
  #current: ISession | null = null;

  constructor(tracker: INotebookTracker) {
    tracker.forEach((notebook) => {
      this.#add(notebook);
    });
    tracker.widgetAdded.connect((_tracker, notebook) => {
      this.#add(notebook);
    });
    const follow = (_tracker: INotebookTracker, notebook: NotebookPanel | null): void => {
      // The tracker may make a notebook current before it reports the notebook as added.
      const current = notebook === null || notebook.isDisposed ? null : this.#add(notebook);
      if (current === this.#current) return;
      this.#current = current;
      this.currentChanged.emit(current);
    };
    tracker.currentChanged.connect(follow);
    follow(tracker, tracker.currentWidget);
  }

  get current(): ISession | null {
    return this.#current;
  }

  get all(): readonly ISession[] {
    return [...this.#sessions.values()];
  }

  of(notebook: NotebookPanel): ISession | null {
    return this.#sessions.get(notebook) ?? null;
  }

  #add(notebook: NotebookPanel): NotebookSession {
    const known = this.#sessions.get(notebook);
    if (known !== undefined) return known;
    const session = new NotebookSession(notebook, this.#links);
    this.#sessions.set(notebook, session);
    session.changed.connect(() => {
      this.changed.emit();
    });
    notebook.disposed.connect(() => {
      this.#sessions.delete(notebook);
      session.dispose();
      this.changed.emit();
    });
    this.changed.emit();
    return session;
  }
}

/** Provides the sessions to the rest of the extension. */
export const sessions: JupyterFrontEndPlugin<ISessions> = {
  id: "jupyter-claude:sessions",
  description: "The Claude sessions of the open notebooks.",
  autoStart: true,
  requires: [INotebookTracker],
  provides: ISessions,
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => new Sessions(tracker),
};
