/**
 * A widget's model, and the views of it.
 *
 * `Model` is not `AnyModel` of `@anywidget/types`. Callbacks there are `any`, and each event name
 * is allowed. The side panel has a model of our own, which would have to pass buffers that nobody
 * reads.
 */

import type { BatchFromPage, CodeWanted, PanelFromPage, TurnFromPage } from "./messages.generated";

type ModelEvent = "msg:custom" | "comm:close" | "comm_live_update";

/** The part of anywidget's model that we use. */
export interface Model {
  get(name: string): unknown;
  send(content: TurnFromPage | PanelFromPage | BatchFromPage | CodeWanted): void;
  on(name: ModelEvent, callback: (content: unknown) => void): void;
  off(name: ModelEvent, callback: (content: unknown) => void): void;
}

/** A model with an open connection. */
export interface OpenModel {
  /** Shows the model in `el`, until the result is called. */
  render(model: Model, el: HTMLElement): () => void;
  close(): void;
}
