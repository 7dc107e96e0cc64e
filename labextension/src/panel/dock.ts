/** The requests that wait, of whatever turn, above the composer; and how the last one ended. */

import { element, setLine } from "../dom";
import { RequestsView } from "../views/requests";
import type { PanelLine } from "./line";

const SHOWN_MS = 5_000;

export class Dock {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #requests: RequestsView;
  readonly #outcome = element("p", { class: "jc-outcome mathjax_ignore" });
  readonly #titles = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: PanelLine, say: (sentence: string) => void, signal: AbortSignal) {
    this.#line = line;
    this.#requests = new RequestsView(line, say, signal);
    this.node = element("div", { class: "jc-dock" }, this.#requests.node, this.#outcome);
    setLine(this.#outcome, "");
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
    });
  }

  update(outcomes: ReadonlyMap<string, string>): void {
    const { requests } = this.#line.store;
    for (const [id, outcome] of outcomes) {
      const title = this.#titles.get(id);
      this.#titles.delete(id);
      if (title !== undefined) this.#show(`${title}: ${outcome}`);
    }
    for (const request of requests)
      this.#titles.set(request.id, request.kind === "question" ? "Question" : request.tool);
    // Below a request this line would move it, and move it again when the line goes.
    if (requests.length > 0) this.#hide();
    this.#requests.update(requests, outcomes);
  }

  /** Says for a moment how a request ended, wherever it was answered. */
  #show(text: string): void {
    setLine(this.#outcome, text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#hide();
    }, SHOWN_MS);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    setLine(this.#outcome, "");
  }
}
