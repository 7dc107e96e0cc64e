/**
 * Notifies the user of requests that wait in a notebook that is not in front, and of problems that
 * no panel shows.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { ISettingRegistry } from "@jupyterlab/settingregistry";

import { exact } from "../src/text";
import { trans } from "../src/trans";
import { chatNode } from "./chat_place";
import { goToRequest } from "./open_request";
import { AnnouncedRequests, tabStorage } from "./side/announced_requests";
import { notice } from "./side/words";
import { followSetting } from "./settings";
import { ISessions, type ISession, type Waiting } from "./tokens";

const TOLD_MS = 15_000;

class Attention {
  readonly #app: JupyterFrontEnd;
  readonly #sessions: ISessions;
  /**
   * The requests that this tab announced, also before a reload; `#seen` holds those of this page.
   */
  readonly #announced = new AnnouncedRequests(tabStorage());
  readonly #seen = new Set<string>();
  /** The notifications on screen, by request; `hidden` says that the whole page was hidden then. */
  readonly #shown = new Map<string, { id: string; hidden: boolean }>();
  #wanted = false; // until the settings are loaded

  constructor(app: JupyterFrontEnd, sessions: ISessions) {
    this.#app = app;
    this.#sessions = sessions;
    const look = (): void => {
      this.#look();
    };
    sessions.changed.connect(look);
    // At the next frame, JupyterLab has drawn the new widget in front.
    app.shell.currentChanged?.connect(() => requestAnimationFrame(look));
    document.addEventListener("visibilitychange", look);
  }

  /** Whether the user wants notifications. */
  set wanted(wanted: boolean) {
    this.#wanted = wanted;
    if (!wanted) for (const key of this.#shown.keys()) this.#dismiss(key);
    this.#look();
  }

  /** Shows why a command failed, if no panel shows it. */
  #say(session: ISession, problem: string): void {
    const isShown = (chatNode(session)?.getClientRects().length ?? 0) > 0;
    if (!isShown) Notification.error(exact(problem), { autoClose: false });
  }

  #look(): void {
    for (const session of this.#sessions.all) session.problem.connect(this.#say, this); // connects once
    if (!this.#wanted) return;
    const waiting = new Set<string>();
    for (const session of this.#sessions.all) {
      for (const request of session.waiting) {
        const key = `${session.process}:${request.id}`;
        waiting.add(key);
        if (document.hidden || !session.notebook.isVisible) this.#tell(key, request, session);
        // A user who returns to a hidden page has not seen the notification yet.
        else if (this.#shown.get(key)?.hidden === false) this.#dismiss(key);
      }
    }
    for (const key of this.#shown.keys()) if (!waiting.has(key)) this.#dismiss(key);
  }

  #tell(key: string, request: Waiting, session: ISession): void {
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const again = this.#announced.has(key);
    this.#announced.add(key);
    const id = Notification.emit(notice(request, session.notebook.title.label), "warning", {
      // After this time, and at once after a reload, only JupyterLab's list holds it: it would
      // cover the side panel's text field. The side panel's tab stays marked.
      autoClose: again ? 0 : TOLD_MS,
      actions: [
        {
          label: trans.__("Go to request"),
          callback: () => {
            this.#dismiss(key);
            void goToRequest(this.#app, session, request.id);
          },
        },
      ],
    });
    this.#shown.set(key, { id, hidden: document.hidden });
  }

  #dismiss(key: string): void {
    const shown = this.#shown.get(key);
    this.#shown.delete(key);
    if (shown !== undefined) Notification.dismiss(shown.id);
  }
}

/** Shows notifications while requests wait. */
export const attention: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:attention",
  description: "Notifies you of Claude's requests in notebooks that are not in front.",
  autoStart: true,
  requires: [ISessions],
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, sessions: ISessions, settings: ISettingRegistry | null) => {
    const attention = new Attention(app, sessions);
    void followSetting(settings, "notifications", (wanted) => {
      attention.wanted = wanted;
    });
  },
};
