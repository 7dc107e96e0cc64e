/**
 * The module that anywidget loads, once for each model.
 *
 * All views of a model share one connection, so that an answer given in one shows in all.
 */

import { Announcer } from "./announce";
import { Connection } from "./connection";
import { element } from "./dom";
import { renderHistory } from "./history/widget";
import { keepKeys } from "./keys";
import { Batch } from "./schedule";
import { mergeChanges, noChanges, type Changes } from "./store";
import { addStyles } from "./styles";
import { RequestsView } from "./views/requests";
import { TurnView } from "./views/turn";

/** The part of anywidget's model that is used here. */
export interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(name: "msg:custom", callback: (content: unknown) => void): void;
  off(name: "msg:custom", callback: (content: unknown) => void): void;
}

type Draw = (changes: Changes) => void;

/** Builds what this kind of model shows into `root`. */
function build(
  kind: unknown,
  root: HTMLElement,
  connection: Connection,
  signal: AbortSignal,
): Draw {
  const announcer = new Announcer();
  const say = (sentence: string): void => {
    announcer.say(sentence);
  };
  if (kind === "requests") {
    const requests = new RequestsView(connection, say, signal);
    root.append(requests.node, announcer.node);
    return (changes) => {
      if (changes.all || changes.requests)
        requests.update(connection.store.turn?.requests ?? [], changes.outcomes);
    };
  }
  const turn = new TurnView(connection, say, signal);
  root.append(turn.node, announcer.node);
  return (changes) => {
    turn.update(changes);
  };
}

/** One model's widget. */
export default function widget(): {
  initialize: (props: { model: Model }) => () => void;
  render: (props: { model: Model; el: HTMLElement }) => () => void;
} {
  let connection: Connection | undefined;
  return {
    initialize({ model }) {
      const line = new Connection((message) => {
        model.send(message);
      });
      const receive = (content: unknown): void => {
        line.receive(content);
      };
      model.on("msg:custom", receive);
      connection = line;
      return () => {
        model.off("msg:custom", receive);
        line.dispose();
      };
    },

    render({ model, el }) {
      if (model.get("kind") === "history") return renderHistory(model, el);
      if (connection === undefined) throw new Error("anywidget renders after it initializes");
      const line = connection;
      const closing = new AbortController();
      addStyles(el);
      const root = element("div", { class: "jc-root" });
      keepKeys(root, closing.signal);
      const draw = build(model.get("kind"), root, line, closing.signal);
      el.append(root);

      let changes = noChanges();
      const batch = new Batch(() => {
        const batched = changes;
        changes = noChanges();
        draw(batched);
      });
      const unsubscribe = line.subscribe((more) => {
        mergeChanges(changes, more);
        batch.request();
      });
      line.hello();
      return () => {
        unsubscribe();
        batch.cancel();
        closing.abort();
        root.remove();
      };
    },
  };
}
