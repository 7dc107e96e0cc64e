/** Opens the chat of the current notebook, for commands. */

import type { JupyterFrontEnd } from "@jupyterlab/application";

import { Notification } from "@jupyterlab/apputils";
import { MessageLoop } from "@lumino/messaging";

import { askPanel, type PanelActions } from "../../src/panel/actions";
import { trans } from "../../src/trans";
import { chatId } from "../chat_place";
import type { ISession } from "../tokens";

const LONGEST_MS = 10_000;

/** Brings the session's chat to the front, with the focus: in the side bar or the main area. */
export function openChat(app: JupyterFrontEnd, session: ISession | null): void {
  app.shell.activateById(chatId(session));
  MessageLoop.flush(); // the panel gets the focus now, and not after a later change
}

/**
 * Opens the chat and does an action in it once it shows the session; notifies the user on failure.
 */
export function inChat<A extends keyof PanelActions>(
  app: JupyterFrontEnd,
  session: ISession | null,
  action: A,
  detail: PanelActions[A],
): Promise<void> {
  openChat(app, session);
  const node = document.getElementById(chatId(session));
  const done = (): boolean => {
    const panel = [...(node?.querySelectorAll(".jc-panel") ?? [])].find(isVisible);
    return panel !== undefined && askPanel(panel, action, detail);
  };
  if (node === null || done()) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      observer.disconnect();
      clearTimeout(timer);
      resolve();
    };
    const observer = new MutationObserver(() => {
      if (done()) end();
    });
    const timer = setTimeout(() => {
      end();
      Notification.warning(trans.__("The kernel is busy. Try again when it is free."));
    }, LONGEST_MS);
    observer.observe(node, { attributes: true, childList: true, subtree: true });
  });
}

/** Whether the panel is in use: the panels of other notebooks stay in the page, but inert. */
const isVisible = (node: Element): boolean =>
  node.closest("[inert]") === null && node.getClientRects().length > 0;
