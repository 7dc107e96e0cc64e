/**
 * A denial in two steps: the first press settles that the tool does not run, and the user may then
 * tell Claude what to do instead. Without a word the denial goes out after a moment.
 */

import { element } from "../dom";
import { trans } from "../trans";
import { button } from "./card";

/** How long the user has to begin to write. */
export const DENY_MS = 4_000;

/**
 * The name of the line; the button that sends the denial, and how it is called with words to send.
 */
export interface DenialWords {
  readonly label: string;
  readonly again: string;
  readonly send: string;
}

export class Denial {
  readonly node = element("div", { class: "jc-denial" });
  readonly #send: (message: string) => void;
  readonly #line: HTMLInputElement;
  readonly #button: HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #words: DenialWords;
  /** "no": nothing was denied; "open": the user may write; "sent": the answer is on its way. */
  #step: "no" | "open" | "sent" = "no";

  /** `send` gets what the user wrote. */
  constructor(words: DenialWords, send: (message: string) => void) {
    const { label } = words;
    this.#words = words;
    this.#send = send;
    this.#line = element("input", {
      type: "text",
      class: "jc-textfield jc-instead",
      "aria-label": label,
      placeholder: label,
      maxlength: "10000",
    });
    this.#line.addEventListener("input", () => {
      this.#name();
      this.#wait();
    });
    this.#line.addEventListener("keydown", (event) => {
      if (event.isComposing || event.repeat) return;
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.#finish(event.key === "Enter" ? this.#line.value : "");
    });
    this.#button = button(words.again, "plain", () => {
      this.finish();
    });
    this.#line.addEventListener("focusout", ({ relatedTarget }) => {
      // A press of the button comes next, and sends the denial itself.
      if (relatedTarget !== this.#button && this.#line.value.trim() === "") this.finish();
    });
  }

  /** Whether the user has denied, and the answer is not on its way yet. */
  get isOpen(): boolean {
    return this.#step === "open";
  }

  /** The first press: opens the line. */
  begin(): void {
    this.#step = "open";
    this.node.replaceChildren(this.#line, this.#button);
    this.#line.focus();
    this.#wait();
  }

  /** Denies at once, with nothing more to say; or with what the user has written. */
  finish(): void {
    if (this.#step === "open") this.#finish(this.#line.value);
  }

  /** Begins anew: the answer did not count. */
  reset(): void {
    if (this.#step !== "sent") return;
    this.#step = "no";
    this.#line.value = "";
    this.#name();
    this.node.replaceChildren();
  }

  /** Sends nothing more: the request is settled. */
  end(): void {
    clearTimeout(this.#timer);
    this.#step = "sent";
  }

  /** The button says that it sends the words too, once there are some. */
  #name(): void {
    const { again, send } = this.#words;
    this.#button.textContent = this.#line.value.trim() === "" ? again : send;
  }

  /** Typing stops the clock. */
  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#step !== "open" || this.#line.value.trim() !== "") return;
    this.#timer = setTimeout(() => {
      this.#finish("");
    }, DENY_MS);
  }

  #finish(message: string): void {
    if (this.#step !== "open") return;
    this.end();
    this.#send(message.trim());
  }
}

/** What the request says while the user may write. */
export const denying = (isPlan: boolean): string =>
  isPlan
    ? trans.__("Not approved. Write here what to change, or wait a moment.")
    : trans.__("Denied. Write here what to do instead, or wait a moment.");
