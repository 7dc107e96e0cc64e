/**
 * A widget's model, and what is shown of it.
 *
 * The model is not `AnyModel` of `@anywidget/types`. Its callbacks are `any`, and it takes each name
 * of an event; and the side panel, whose model is our own, would have to hand over buffers, which
 * nobody here reads.
 */

import type { CodeWanted, PanelFromPage, TurnFromPage } from "./messages.generated";

type ModelEvent = "msg:custom" | "comm:close" | "comm_live_update";

/** The part of anywidget's model that is used here. */
export interface Model {
  get(name: string): unknown;
  send(content: TurnFromPage | PanelFromPage | CodeWanted): void;
  on(name: ModelEvent, callback: (content: unknown) => void): void;
  off(name: ModelEvent, callback: (content: unknown) => void): void;
}

/** A model whose line is open. */
export interface OpenModel {
  /** Shows it in `el`, until the result is called. */
  render(model: Model, el: HTMLElement): () => void;
  close(): void;
}
