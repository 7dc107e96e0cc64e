/**
 * Actions that only some front ends can do: the view asks the front end that hosts it.
 *
 * The view dispatches a cancelable event. A host, such as our JupyterLab plugin, listens on the
 * document, does the action, and confirms it with `preventDefault()`. Without a host, `hostCan` is
 * false and the view shows no button.
 */

import type { GivenAnswer } from "./protocol";

/** The actions, each with the detail that the host gets. */
export interface HostActions {
  /** Also send an answer to the kernel on a faster channel; the first one counts. */
  answer: { request: string; answer: GivenAnswer };
  /** Also send a press of Stop to the kernel on a faster channel; it counts once. */
  interrupt: { id: string };
  /** Let the user choose files, to attach them to the draft of this panel. */
  attach: null;
  /** Show the keys of the panel, which has these, and those of the host. */
  keys: { own: readonly (readonly [keys: string, does: string])[] };
  /** Whether this key begins a shortcut of several keys; the host does nothing. */
  chord: { event: KeyboardEvent };
  /** Put a new cell below the view's cell. */
  "insert-cell": CodeBlock;
  /** Show how the code would change a cell; the user accepts or rejects that. */
  "replace-cell": CodeBlock;
  /** Show this chat as a tab of the main area, beside its notebook. */
  "to-main": null;
  /** Show this chat in the side bar again. */
  "to-side": null;
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

/** Whether a host offers the action for this element. */
export function hostCan<A extends HostAction>(
  node: Element,
  action: A,
  detail: HostActions[A],
): boolean {
  return dispatch(node, "can", { action, detail });
}

/** Asks the host for the action, at this element. Returns whether the host did it. */
export function askHost<A extends HostAction>(
  node: Element,
  action: A,
  detail: HostActions[A],
): boolean {
  return dispatch(node, action, detail);
}

/** What a host does, and where it can do it; `from` is the element that asks. */
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

/** For a host: does what the views in this document ask, until `signal` aborts. */
export function host(actions: Hosting, signal: AbortSignal): void {
  const answer = (event: Event, action: string, detail: unknown, act: boolean): void => {
    const hosting = (actions as Record<string, Anything | undefined>)[action];
    // For an event from a shadow root, the target is only the root's host. The path has the
    // element.
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
