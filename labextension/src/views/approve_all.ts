/** One button for several requests, each of which the user must have seen. */

import { element } from "../dom";
import { trans } from "../trans";
import { button } from "./card";
import { Guard, HOLD_MS } from "./guard";
import type { Seen } from "./seen";

/** A request that the button can answer. */
export interface Joined {
  readonly seen: Seen;
  /** Approves the request, which the user could read for so many milliseconds. */
  approve(waited: number): void;
}

export class ApproveAll {
  readonly node = element("div", { class: "jc-approve-all" });
  readonly #button: HTMLButtonElement;
  readonly #hint = element("span", { class: "jc-hint" });
  readonly #guard: Guard;
  #joined: readonly Joined[] = [];

  constructor(signal: AbortSignal) {
    this.#button = button("", "plain", () => {
      this.#press();
    });
    const buttons = element("div", { class: "jc-buttons" }, this.#button);
    this.#hint.textContent = trans.__("Look at each of them to its end first.");
    this.node.append(buttons, this.#hint);
    this.node.hidden = true;
    this.#guard = new Guard(this.node, buttons, signal, () => this.#allSeen());
  }

  /**
   * Shows the button if several requests can be answered by it. With `keep` it leaves its room
   * empty where it goes: nothing must move under the mouse.
   */
  update(joined: readonly Joined[], keep: boolean): void {
    const few = joined.length < 2;
    this.node.hidden = few && (this.node.hidden || !keep);
    this.node.style.visibility = few ? "hidden" : "";
    const same =
      joined.length === this.#joined.length &&
      joined.every((one, index) => one === this.#joined[index]);
    if (same) return;
    this.#joined = joined;
    if (few) return;
    this.#button.textContent = trans.__("Approve all of these (%1)", joined.length);
    this.#guard.restart(); // the button is for other requests than before
  }

  /** Whether it can be pressed: there are several requests for it. */
  get isOffered(): boolean {
    return this.#joined.length > 1;
  }

  /** The mouse has left. */
  letGo(): void {
    if (this.#joined.length < 2) this.node.hidden = true;
  }

  #allSeen(): boolean {
    const seen = this.#joined.every((one) => one.seen.waited() >= HOLD_MS);
    this.#hint.style.visibility = seen ? "hidden" : "inherit"; // its room stays: nothing moves
    return seen;
  }

  #press(): void {
    const waited = this.#guard.waited();
    if (waited === null || this.#joined.length < 2) return;
    for (const one of this.#joined) one.approve(Math.min(waited, Math.floor(one.seen.waited())));
  }
}
