/** The history as a widget of its own. */

import { mount } from "../mount";
import type { Model } from "../widget";
import { HistoryView } from "./view";

/** Shows the history of a model of the kind "history" in `el`, until the result is called. */
export function renderHistory(model: Model, el: HTMLElement): () => void {
  const { root, say, close } = mount(el);
  const view = new HistoryView(
    {
      send: (message) => {
        try {
          model.send(message);
        } catch {
          // It is closed for good; `lost` has said so.
        }
      },
      subscribe: (listener) => {
        model.on("msg:custom", listener);
        return () => {
          model.off("msg:custom", listener);
        };
      },
    },
    say,
  );
  root.prepend(view.node);
  const lost = (): void => {
    view.lost();
  };
  // The widget manager's own: the kernel restarted, or closed the widget.
  model.on("comm:close", lost);
  model.on("comm_live_update", lost);
  return () => {
    model.off("comm:close", lost);
    model.off("comm_live_update", lost);
    view.dispose();
    close();
  };
}
