/** Opens the chat panel in the side bar, for commands. */

import type { JupyterFrontEnd } from "@jupyterlab/application";

import { Notification } from "@jupyterlab/apputils";
import { MessageLoop } from "@lumino/messaging";

import { askPanel, type PanelActions } from "../../src/panel/actions";
import { trans } from "../../src/trans";
import { SIDE_PANEL } from "../side_panel";

const LONGEST_MS = 10_000;

/** Brings the panel to the front, with the focus. */
export function openSidePanel(app: JupyterFrontEnd): void {
  app.shell.activateById(SIDE_PANEL);
  MessageLoop.flush(); // the panel gets the focus now, and not after a later change
}

/**
 * Opens the panel and does an action in it once it shows a session; notifies the user on failure.
 */
export function inSidePanel<A extends keyof PanelActions>(
  app: JupyterFrontEnd,
  action: A,
  detail: PanelActions[A],
): Promise<void> {
  openSidePanel(app);
  const node = document.getElementById(SIDE_PANEL);
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
