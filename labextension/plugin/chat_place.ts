/** Where the chat of a notebook is: in the side bar, or in a tab of the main area. */

import type { ISession } from "./tokens";

export const SIDE_PANEL = "jupyter-claude-panel";
/** The class of a chat in the main area. */
export const MAIN_CHAT = "jp-ClaudeMain";

/** The id of the widget that shows the session's chat. */
export function chatId(session: ISession | null): string {
  const tabs = document.querySelectorAll<HTMLElement>(`.${MAIN_CHAT}`);
  const tab = [...tabs].find(({ dataset }) => dataset["notebook"] === session?.notebook.id);
  return tab?.id ?? SIDE_PANEL;
}

/** The node of that widget; null if the application has none. */
export const chatNode = (session: ISession | null): HTMLElement | null =>
  document.getElementById(chatId(session));
