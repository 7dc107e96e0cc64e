/** A batch that runs: its bar, its numbers, and the button that stops it. */

import { element, setLine } from "../dom";
import type { LiveLine } from "../live";
import type { BatchFromPage } from "../messages.generated";
import { trans } from "../trans";
import { button } from "../views/card";
import { parseBatch, type BatchState } from "./protocol";
import { lineOfBatch, slowness } from "./words";

export class BatchView {
  readonly node = element("div", {
    class: "jc-batch mathjax_ignore",
    role: "group",
    "aria-label": trans.__("Batch"),
    hidden: "",
  });
  readonly #line: LiveLine<BatchFromPage>;
  readonly #say: (sentence: string) => void;
  readonly #bar = element("progress", { "aria-label": trans.__("Rows done") });
  readonly #stop = button(trans.__("Stop"), "plain", () => {
    this.#press();
  });
  readonly #text = element("p", { class: "jc-batch-line" });
  readonly #slow = element("p", { class: "jc-batch-slow" });
  readonly #unsubscribe: () => void;
  #said = "";

  constructor(line: LiveLine<BatchFromPage>, say: (sentence: string) => void) {
    this.#line = line;
    this.#say = say;
    const row = element("div", { class: "jc-batch-row" }, this.#bar, this.#stop);
    this.node.append(row, this.#text, this.#slow);
    setLine(this.#slow, "");
    this.#unsubscribe = line.subscribe((value) => {
      const state = parseBatch(value);
      if (state !== null) this.#update(state);
    });
  }

  /** Asks the kernel for the state. */
  hello(): void {
    this.#line.send({ type: "batch", do: "hello" });
  }

  /** The kernel is gone: nothing runs any more, and nothing can be stopped. */
  lose(): void {
    this.#stop.hidden = true;
    this.#bar.hidden = true;
    setLine(this.#slow, "");
  }

  dispose(): void {
    this.#unsubscribe();
  }

  #press(): void {
    this.#stopping();
    this.#line.send({ type: "batch", do: "stop" });
  }

  /** Keeps the button where it is, so that the focus stays. */
  #stopping(): void {
    if (this.#stop.getAttribute("aria-disabled") === "true") return;
    this.#stop.setAttribute("aria-disabled", "true");
    this.#stop.textContent = trans.__("Stopping…");
    this.#say(trans.__("Stopping the batch. Rows that are done stay."));
  }

  #update(state: BatchState): void {
    this.node.hidden = false;
    const line = lineOfBatch(state);
    if (state.total === null) {
      this.#bar.removeAttribute("value");
    } else {
      this.#bar.max = Math.max(1, state.total);
      this.#bar.value = state.total === 0 ? 1 : state.settled;
    }
    this.#bar.setAttribute("aria-valuetext", line);
    setLine(this.#text, line);
    const slow = slowness(state);
    setLine(this.#slow, slow);
    // Not at each second of the wait, only when it begins.
    if (slow !== "" && this.#said === "") this.#say(slow);
    this.#said = slow;
    this.#stop.hidden = !state.running;
    if (state.stopping) this.#stopping();
  }
}
