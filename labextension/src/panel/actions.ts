/**
 * Actions that the host of a panel can ask of it, with an event on the panel's node.
 *
 * The reverse of `../host`. Our JupyterLab plugin sends its commands to the panel this way,
 * whatever version of the views the kernel has.
 */

import type { Given } from "../messages.generated";

export interface PanelActions {
  /** Put text below the draft, which the user completes. The prompt that they send gets this id. */
  compose: { text: string; id: string };
  /** Attach things to the draft, put a text at the cursor, and say what could not be attached. */
  attach: { given: Given[]; text?: string; problem?: string };
  /** Open the history. */
  history: null;
}

const NAME = "jupyter-claude:panel";

type Ask = {
  [A in keyof PanelActions]: { action: A; detail: PanelActions[A] };
}[keyof PanelActions];

/** Asks the panel; `node` is the panel's node or contains it. Returns whether the panel took it. */
export function askPanel<A extends keyof PanelActions>(
  node: Element,
  action: A,
  detail: PanelActions[A],
): boolean {
  const panel = node.querySelector(".jc-panel") ?? node;
  return !panel.dispatchEvent(
    new CustomEvent(NAME, { cancelable: true, detail: { action, detail } }),
  );
}

/** For the panel: does these actions when asked, until `signal` aborts. */
export function onPanelActions(
  panel: Element,
  actions: { [A in keyof PanelActions]: (detail: PanelActions[A]) => void },
  signal: AbortSignal,
): void {
  panel.addEventListener(
    NAME,
    (event) => {
      const ask = (event as CustomEvent<Ask>).detail;
      event.preventDefault();
      if (ask.action === "compose") actions.compose(ask.detail);
      else if (ask.action === "attach") actions.attach(ask.detail);
      else actions.history(null);
    },
    { signal },
  );
}
