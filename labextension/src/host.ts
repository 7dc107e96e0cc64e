/**
 * What only some front ends can do, asked of whoever hosts the view.
 *
 * The view dispatches a cancelable event; a host such as our JupyterLab plugin listens on the
 * document, does it, and calls `preventDefault()` to say so. Where nobody listens, `hostCan` is
 * false and the view shows no button for it.
 */

import type { GivenAnswer } from "./protocol";

/** What can be asked, with what the host is told. */
export interface HostActions {
  /** Bring an answer to the kernel on a faster way as well; the first one counts. */
  answer: { request: string; answer: GivenAnswer };
  /** Put a new cell below the one that the view belongs to. */
  "insert-cell": CodeBlock;
  /** Show what would change if it took the place of a cell's text; the user accepts or rejects. */
  "replace-cell": CodeBlock;
  /** Typeset the formulas in this element. */
  typeset: { node: HTMLElement };
}

/** A code block of an answer. */
export interface CodeBlock {
  text: string;
  language: string;
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

/** Whether some host does this for an element on the page. */
export function hostCan<A extends HostAction>(
  node: Element,
  action: A,
  detail: HostActions[A],
): boolean {
  return dispatch(node, "can", { action, detail });
}

/** Asks the host, from the element that it is about; whether it was done. */
export function askHost<A extends HostAction>(
  node: Element,
  action: A,
  detail: HostActions[A],
): boolean {
  return dispatch(node, action, detail);
}

/** What a host does, and where it can; `from` is the element that asks. */
export type Hosting = {
  [A in HostAction]?: {
    can(detail: HostActions[A], from: Element): boolean;
    act(detail: HostActions[A], from: Element): void;
  };
};

interface Anything {
  can(detail: unknown, from: Element): boolean;
  act(detail: unknown, from: Element): void;
}

/** For a host: answers the views in this document, until `signal` ends it. */
export function host(actions: Hosting, signal: AbortSignal): void {
  const answer = (event: Event, action: string, detail: unknown, act: boolean): void => {
    const hosting = (actions as Record<string, Anything | undefined>)[action];
    // Inside a shadow root the event's target is the root's host; the path knows better.
    const [from] = event.composedPath();
    if (!(from instanceof Element) || hosting?.can(detail, from) !== true) return;
    event.preventDefault();
    if (act) hosting.act(detail, from);
  };
  document.addEventListener(
    `${PREFIX}can`,
    (event) => {
      const { action, detail } = (event as CustomEvent<{ action: string; detail: unknown }>).detail;
      answer(event, action, detail, false);
    },
    { signal },
  );
  for (const action of Object.keys(actions))
    document.addEventListener(
      PREFIX + action,
      (event) => {
        answer(event, action, (event as CustomEvent<unknown>).detail, true);
      },
      { signal },
    );
}
