/** The chat panel as a widget. */

import { HistoryView } from "../history/view";
import { mount } from "../mount";
import { Batch } from "../schedule";
import type { Model, OpenModel } from "../model";
import { PanelLine } from "./line";
import { browserStorage } from "../storage";
import { Outbox } from "./outbox";
import { mergePanelChanges, noPanelChanges } from "./store";
import { PanelView } from "./view";

/** Opens the connection of a model of the kind "panel". */
export function openPanel(model: Model): OpenModel {
  const name = (trait: string): string => {
    const value = model.get(trait);
    return typeof value === "string" ? value : "";
  };
  const outbox = new Outbox(browserStorage(), name("notebook"), name("session"));
  const line = new PanelLine((message) => {
    model.send(message);
  }, outbox);
  const receive = (content: unknown): void => {
    line.receive(content);
  };
  const lost = (): void => {
    line.lost();
    line.hello(); // the kernel may still be there, with a new connection
  };
  model.on("msg:custom", receive);
  // From the widget manager: the kernel restarted or closed the widget.
  model.on("comm:close", lost);
  model.on("comm_live_update", lost);
  return {
    render(_model, el) {
      const { root, say, signal, close } = mount(el);
      const view = new PanelView(line, say, signal, (node, stop) => {
        const history = new HistoryView(
          {
            send: (message) => {
              line.send(message);
            },
            subscribe: (listener) => line.listen(listener),
          },
          say,
          {
            reask: (prompt) => {
              view.bring(prompt);
              return true;
            },
          },
        );
        node.append(history.node);
        if (stop !== null) history.show(stop);
        return () => {
          history.dispose();
        };
      });
      root.prepend(view.node);

      let changes = noPanelChanges();
      const batch = new Batch(() => {
        const batched = changes;
        changes = noPanelChanges();
        view.update(batched);
      });
      const unsubscribe = line.subscribe((more) => {
        mergePanelChanges(changes, more);
        batch.request();
      });
      view.start();
      line.hello();
      return () => {
        unsubscribe();
        batch.cancel();
        close();
      };
    },
    close() {
      model.off("msg:custom", receive);
      model.off("comm:close", lost);
      model.off("comm_live_update", lost);
      line.dispose();
    },
  };
}
