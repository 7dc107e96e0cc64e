/** The waiting requests of all turns, above the composer, and the outcome of the last one. */

import { element, setLine } from "../dom";
import type { Request } from "../protocol";
import { exact } from "../text";
import { trans } from "../trans";
import { RequestsView } from "../views/requests";
import type { PanelLine } from "./line";

const SHOWN_MS = 5_000;

/** What the user was asked, before the outcome. */
function askedFor(request: Request): string {
  if (request.kind === "question") return trans.__("Question:");
  const title = exact((request.kind === "permission" ? request.title : "") || request.tool);
  return title.endsWith("?") ? title : `${title}:`;
}

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
      if (title !== undefined) this.#show(`${title} ${outcome}`);
    }
    for (const request of requests) this.#titles.set(request.id, askedFor(request));
    // The line would move the request above it, and move it again when the line disappears.
    if (requests.length > 0) this.#hide();
    this.#requests.update(requests, outcomes);
  }

  /** Shows for a moment how a request ended, in whatever view the user answered it. */
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
