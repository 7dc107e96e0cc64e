/** The history as a widget in a cell. */

import { lineOf, whenLost } from "../live";
import { mount } from "../mount";
import type { Model } from "../model";
import { HistoryView } from "./view";

/** Shows the history of a model of the kind "history" in `el`, until the result is called. */
export function renderHistory(model: Model, el: HTMLElement): () => void {
  const { root, say, close } = mount(el);
  const view = new HistoryView(lineOf(model), say);
  root.prepend(view.node);
  const stopWatching = whenLost(model, () => {
    view.lost();
  });
  return () => {
    stopWatching();
    view.dispose();
    close();
  };
}
