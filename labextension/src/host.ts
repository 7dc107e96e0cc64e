/**
 * What only some front ends can do, asked of whoever hosts the view.
 *
 * The view dispatches a cancelable event; a host such as our JupyterLab plugin listens on the
 * document, does it, and calls `preventDefault()` to say so. Where nobody listens, `hostCan` is
 * false and the view shows no button for it.
 */

/** What can be asked, with what the host is told. */
export interface HostActions {
  /** Put a new cell below the one that the view belongs to. */
  "insert-cell": { text: string; language: string };
  /** Typeset the formulas in this element. */
  typeset: { node: HTMLElement };
}

export type HostAction = keyof HostActions;

const PREFIX = "jupyter-claude:";

function dispatch(target: EventTarget, name: string, detail: unknown): boolean {
  const event = new CustomEvent(PREFIX + name, {
    bubbles: true,
    cancelable: true,
    composed: true,
    detail,
  });
  return !target.dispatchEvent(event);
}

/** Whether some host does this. */
export function hostCan(action: HostAction): boolean {
  return dispatch(document, "can", { action });
}

/** Asks the host, from the element that it is about; whether it was done. */
export function askHost<A extends HostAction>(
  node: Element,
  action: A,
  detail: HostActions[A],
): boolean {
  return dispatch(node, action, detail);
}

/** For a host: answers the views in this document, until `signal` ends it. */
export function host(
  actions: { [A in HostAction]?: (detail: HostActions[A], from: EventTarget | null) => void },
  signal: AbortSignal,
): void {
  document.addEventListener(
    `${PREFIX}can`,
    (event) => {
      const { action } = (event as CustomEvent<{ action: HostAction }>).detail;
      if (actions[action] !== undefined) event.preventDefault();
    },
    { signal },
  );
  for (const [action, act] of Object.entries(actions) as [
    HostAction,
    (detail: unknown, from: EventTarget | null) => void,
  ][]) {
    document.addEventListener(
      PREFIX + action,
      (event) => {
        event.preventDefault();
        // Inside a shadow root the event's target is the root's host; the path knows better.
        act((event as CustomEvent<unknown>).detail, event.composedPath()[0] ?? null);
      },
      { signal },
    );
  }
}
