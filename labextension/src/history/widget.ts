/** The history as a widget of its own. */

import { Announcer } from "../announce";
import { element } from "../dom";
import { keepKeys } from "../keys";
import { addStyles } from "../styles";
import type { Model } from "../widget";
import { HistoryView } from "./view";

/** Shows the history of a model of the kind "history" in `el`, until the result is called. */
export function renderHistory(model: Model, el: HTMLElement): () => void {
  const closing = new AbortController();
  const announcer = new Announcer();
  addStyles(el);
  const root = element("div", { class: "jc-root" });
  keepKeys(root, closing.signal);
  const view = new HistoryView(
    {
      send: (message) => {
        model.send(message);
      },
      subscribe: (listener) => {
        model.on("msg:custom", listener);
        return () => {
          model.off("msg:custom", listener);
        };
      },
    },
    (sentence) => {
      announcer.say(sentence);
    },
  );
  root.append(view.node, announcer.node);
  el.append(root);
  return () => {
    view.dispose();
    closing.abort();
    root.remove();
  };
}
