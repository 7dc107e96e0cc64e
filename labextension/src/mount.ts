/** The surroundings of a view: its styles, its root, and the announcer for screen readers. */

import { Announcer } from "./announce";
import { element } from "./dom";
import { keepKeys } from "./keys";
import { addStyles } from "./styles";

export interface Mount {
  readonly root: HTMLElement;
  readonly say: (sentence: string) => void;
  /** Aborted when the view is removed. */
  readonly signal: AbortSignal;
  /** Removes the view. */
  readonly close: () => void;
}

/** Prepares `el` for a view. */
export function mount(el: HTMLElement): Mount {
  const closing = new AbortController();
  const announcer = new Announcer();
  addStyles(el);
  const root = element("div", { class: "jc-root" }, announcer.node);
  keepKeys(root, closing.signal);
  el.append(root);
  return {
    root,
    say: (sentence) => {
      announcer.say(sentence);
    },
    signal: closing.signal,
    close: () => {
      closing.abort();
      root.remove();
    },
  };
}
