/**
 * What whoever shows a panel can ask of it, by an event on its node.
 *
 * The way back of `../host`: our JupyterLab plugin brings its commands to the panel so, whichever
 * version of the views the notebook's kernel has.
 */

export interface PanelActions {
  /** Put text below the draft, which the user ends; what is sent of it gets this id. */
  compose: { text: string; id: string };
  /** Show the history, folded out. */
  history: null;
}

const NAME = "jupyter-claude:panel";

type Ask = {
  [A in keyof PanelActions]: { action: A; detail: PanelActions[A] };
}[keyof PanelActions];

/** Asks the panel in `node`, which must be the panel's own or one around it; whether it heard. */
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

/** For the panel: does what is asked at its node, until `signal` ends it. */
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
      else actions.history(null);
    },
    { signal },
  );
}
