/** What a view of its own needs of its widget's model: a line to the kernel, and word of its end. */

import type { HistoryFromPage, SignInFromPage } from "./messages.generated";
import type { Model } from "./model";

export interface LiveLine {
  send(message: HistoryFromPage | SignInFromPage): void;
  /** Calls `listener` with each message of the kernel, until the result is called. */
  subscribe(listener: (value: unknown) => void): () => void;
}

/** The line of a model; what is sent once it is closed for good goes nowhere. */
export function lineOf(model: Model): LiveLine {
  return {
    send: (message) => {
      try {
        model.send(message);
      } catch {
        // It is closed for good; `whenLost` has said so.
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
  // The widget manager's own.
  model.on("comm:close", lost);
  model.on("comm_live_update", lost);
  return () => {
    model.off("comm:close", lost);
    model.off("comm_live_update", lost);
  };
}
