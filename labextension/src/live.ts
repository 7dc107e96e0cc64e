/**
 * What the history, the sign-in and a batch need as widgets: a connection to the kernel, and news of its
 * end.
 */

import type { BatchFromPage, HistoryFromPage, SignInFromPage } from "./messages.generated";
import type { Model } from "./model";

type Sent = BatchFromPage | HistoryFromPage | SignInFromPage;

export interface LiveLine<Message = HistoryFromPage | SignInFromPage> {
  send(message: Message): void;
  /** Calls `listener` with each message of the kernel, until the result is called. */
  subscribe(listener: (value: unknown) => void): () => void;
}

/** The connection of a model; once it is closed for good, it drops what is sent. */
export function lineOf(model: Model): LiveLine<Sent> {
  return {
    send: (message) => {
      try {
        model.send(message);
      } catch {
        // The connection is closed for good; `whenLost` has reported that.
      }
    },
    subscribe: (listener) => {
      model.on("msg:custom", listener);
      return () => {
        model.off("msg:custom", listener);
      };
    },
  };
}

/** Calls `lost` when the kernel restarted or closed the widget, until the result is called. */
export function whenLost(model: Model, lost: () => void): () => void {
  // These two events come from the widget manager.
  model.on("comm:close", lost);
  model.on("comm_live_update", lost);
  return () => {
    model.off("comm:close", lost);
    model.off("comm_live_update", lost);
  };
}
