/** A batch as a widget in a cell. */

import { lineOf, whenLost } from "../live";
import { mount } from "../mount";
import type { Model } from "../model";
import { BatchView } from "./view";

/** Shows the batch of a model of the kind "batch" in `el`, until the result is called. */
export function renderBatch(model: Model, el: HTMLElement): () => void {
  const { root, say, close } = mount(el);
  const view = new BatchView(lineOf(model), say);
  root.prepend(view.node);
  view.hello();
  const stopWatching = whenLost(model, () => {
    view.lose();
  });
  return () => {
    stopWatching();
    view.dispose();
    close();
  };
}
