/**
 * The module with all views; it makes one definition for each model.
 *
 * All views of a model share one connection, so that an answer given in one view shows in all.
 */

import { renderBatch } from "./batch/widget";
import { Connection } from "./connection";
import { renderHistory } from "./history/widget";
import type { WidgetKind } from "./messages.generated";
import type { Model, OpenModel } from "./model";
import { mount, type Mount } from "./mount";
import { openPanel } from "./panel/widget";
import { Batch } from "./schedule";
import { mergeChanges, noChanges, type Changes } from "./store";
import { renderSignIn } from "./signin/widget";
import { isLive } from "./open_details";
import { RequestsView } from "./views/requests";
import { TurnView } from "./views/turn";

export { openSaved } from "./saved";

type Draw = (changes: Changes) => void;

/** Builds the view of a turn, or of its requests only. */
function build(kind: unknown, { root, say, signal }: Mount, connection: Connection): Draw {
  if (kind === "requests") {
    const requests = new RequestsView(connection, say, signal);
    root.prepend(requests.node);
    return (changes) => {
      if (changes.all || changes.requests)
        requests.update(connection.store.turn?.requests ?? [], changes.outcomes);
    };
  }
  const turn = new TurnView(connection, say, signal);
  root.prepend(turn.node);
  return (changes) => {
    turn.update(changes);
    isLive(connection.store.turn?.id ?? "", turn.node);
  };
}

/** Opens the connection of a model of the kind "turn" or "requests". */
function openTurn(model: Model): OpenModel {
  const connection = new Connection((message) => {
    model.send(message);
  });
  const receive = (content: unknown): void => {
    connection.receive(content);
  };
  model.on("msg:custom", receive);
  return {
    render(_model, el) {
      const mounted = mount(el);
      const draw = build(model.get("kind"), mounted, connection);
      let changes = noChanges();
      const batch = new Batch(() => {
        const batched = changes;
        changes = noChanges();
        draw(batched);
      });
      const unsubscribe = connection.subscribe((more) => {
        mergeChanges(changes, more);
        batch.request();
      });
      connection.hello();
      return () => {
        unsubscribe();
        batch.cancel();
        mounted.close();
      };
    },
    close() {
      model.off("msg:custom", receive);
      connection.dispose();
    },
  };
}

function open(model: Model): OpenModel {
  switch (model.get("kind") as WidgetKind) {
    case "panel":
      return openPanel(model);
    case "history":
      return { render: renderHistory, close: () => undefined };
    case "signin":
      return { render: renderSignIn, close: () => undefined };
    case "batch":
      return { render: renderBatch, close: () => undefined };
    default:
      return openTurn(model);
  }
}

/** One model's widget. */
export default function widget(): {
  initialize: (props: { model: Model }) => () => void;
  render: (props: { model: Model; el: HTMLElement }) => () => void;
} {
  let opened: OpenModel | undefined;
  return {
    initialize({ model }) {
      const line = (opened = open(model));
      return () => {
        line.close();
      };
    },
    render({ model, el }) {
      if (opened === undefined) throw new Error("anywidget renders after it initializes");
      return opened.render(model, el);
    },
  };
}
