/** Brings the user to a request: to its notebook and its buttons. */

import type { JupyterFrontEnd } from "@jupyterlab/application";

import { chatId, chatNode, SIDE_PANEL } from "./chat_place";
import type { ISession } from "./tokens";

const LONGEST_MS = 5_000;

function find(node: Element | null | undefined, request: string): HTMLElement | undefined {
  const dialogs = node?.querySelectorAll<HTMLElement>("[role=alertdialog][data-request]") ?? [];
  return [...dialogs].find(
    (dialog) =>
      dialog.dataset["request"] === request &&
      dialog.getClientRects().length > 0 &&
      dialog.closest("[inert]") === null, // another notebook's panel
  );
}

/** The request's dialog in the notebook or in its chat; null if neither is in sight. */
export async function dialogInSight(
  session: ISession,
  request: string,
): Promise<HTMLElement | null> {
  const places = [session.notebook.content.node, chatNode(session)];
  for (const node of [...places, document.getElementById(SIDE_PANEL)]) {
    const dialog = find(node, request);
    if (dialog !== undefined && (await isDrawn(dialog))) return dialog;
  }
  return null;
}

/** Whether the user can read half of the node, or a quarter of the window. */
function isDrawn(node: Element): Promise<boolean> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(([entry]) => {
      observer.disconnect();
      const drawn = entry?.intersectionRect.height ?? 0; // 0 as well where the page is not laid out
      const whole = Math.min(entry?.boundingClientRect.height ?? 0, window.innerHeight / 2);
      resolve(drawn > 0 && drawn >= whole / 2);
    });
    observer.observe(node);
  });
}

/** Shows the request in its cell; in the chat, if the cell does not show it. */
export async function goToRequest(
  app: JupyterFrontEnd,
  session: ISession,
  request: string,
): Promise<void> {
  app.shell.activateById(session.notebook.id);
  let dialog = await appeared(() => find(session.notebook.content.node, request), 0);
  if (dialog === undefined) {
    app.shell.activateById(chatId(session));
    dialog = await appeared(() => find(chatNode(session), request), LONGEST_MS);
  }
  dialog?.scrollIntoView({ block: "nearest" });
  // Focus the dialog, not a button, so that the next Enter is no approval.
  dialog?.focus({ preventScroll: true });
}

/** Looks at each frame until it finds a node, or until `longest` milliseconds have passed. */
async function appeared(
  look: () => HTMLElement | undefined,
  longest: number,
): Promise<HTMLElement | undefined> {
  const end = performance.now() + longest;
  let found: HTMLElement | undefined;
  do {
    await new Promise(requestAnimationFrame);
    found = look();
  } while (found === undefined && performance.now() < end);
  return found;
}
