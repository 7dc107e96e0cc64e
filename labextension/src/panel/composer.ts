/** Where a prompt is written, with what goes along with it below. */

import { element, focused } from "../dom";
import { icon } from "./icons";
import type { PanelLine } from "./line";

const MOST_LINES = 8;
const HINT = "Your question goes here, above the cell.";

export class Composer {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #text = element("textarea", {
    class: "jc-input",
    rows: "1",
    "aria-label": "Message Claude",
    placeholder: "Ask Claude…",
    dir: "auto",
    spellcheck: "true",
  });
  readonly #hint = element("p", { class: "jc-where", hidden: "" }, HINT);
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #sent: () => void;
  /** The id that the next prompt gets, if somebody wants to know it again. */
  #id: string | undefined;
  /** Whether what is in the box was written here, and the shared draft that it was last seen with. */
  #typed = false;
  /** How many of the line's replacements are shown. */
  #replaced = 0;
  #seen = "";

  /** `pickers` stand below the text; `sent` is called when a prompt went out. */
  constructor(line: PanelLine, pickers: HTMLElement, sent: () => void) {
    this.#line = line;
    this.#sent = sent;
    this.#send = round("Send", "send", "Send (Enter)", () => {
      this.#submit();
    });
    this.#send.classList.add("jc-round-primary");
    this.#stop = round("Stop", "stop", "Stop (Escape)", () => {
      this.#interrupt();
    });
    this.#stop.classList.add("jc-stop");
    this.#text.addEventListener("input", () => {
      if (this.#text.value.trim() === "") this.#id = undefined;
      this.#typed = true;
      line.type(this.#text.value);
      this.#fit();
    });
    this.#text.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    this.node = element(
      "div",
      { class: "jc-composer" },
      this.#hint,
      this.#text,
      element(
        "div",
        { class: "jc-composer-row" },
        pickers,
        element("div", { class: "jc-composer-buttons" }, this.#stop, this.#send),
      ),
    );
    // A click beside the text is meant for the text.
    this.node.addEventListener("click", ({ target }) => {
      if (target === this.node) this.focus();
    });
    this.update();
  }

  focus(): void {
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /** Puts text before what is written. */
  bring(text: string): void {
    const { draft } = this.#line;
    this.#id = undefined;
    this.#line.type(draft.trim() === "" ? text : `${text}\n\n${draft}`);
    this.#show(this.#line.draft);
    this.focus();
  }

  /**
   * Puts text below what is written, which is to go on, unless it is there; what is sent of it
   * gets the id.
   */
  add(text: string, id: string): void {
    const { draft } = this.#line;
    const at = draft.indexOf(`\n\n${text}`);
    const question = at < 0 ? draft.trimEnd() : draft.slice(0, at);
    this.#id = id;
    if (at < 0) this.#line.type(`${question}\n\n${text}`);
    this.#show(this.#line.draft);
    this.#text.focus();
    this.#text.setSelectionRange(question.length, question.length);
    this.#text.scrollTop = 0;
  }

  /** Shows the draft, and whether there is something to send or to stop. */
  update(): void {
    const { draft, store } = this.#line;
    const { value } = this.#text;
    const isOwn = this.#typed && value !== "";
    const seen = this.#seen;
    this.#seen = draft;
    const isReplaced = this.#replaced !== this.#line.replaced;
    this.#replaced = this.#line.replaced;
    if (isReplaced) this.#show(draft);
    // What others write does not replace what is being written here; nor does it go with what they
    // send, unless it is the same.
    else if (isOwn && draft === "" && value !== seen) this.#line.type(value);
    else if (value !== draft && !(isOwn && draft !== "" && this.#isAtHand())) this.#show(draft);
    const { state } = store;
    const busy = (state !== null && state.status !== "idle") || (state?.queued ?? 0) > 0;
    this.#disable(this.#stop, !busy);
    this.#disable(this.#send, this.#text.value.trim() === "");
    this.#text.placeholder = busy ? "Ask a follow-up…" : "Ask Claude…";
  }

  /** Whether somebody is writing in it: a tab behind another one has an active element, too. */
  #isAtHand(): boolean {
    return focused() === this.#text && document.hasFocus();
  }

  #show(text: string): void {
    this.#typed = false;
    this.#text.value = text;
    this.#fit();
  }

  /** As high as the text, within limits. */
  #fit(): void {
    const style = this.#text.style;
    style.height = "auto";
    const line = Number.parseFloat(getComputedStyle(this.#text).lineHeight) || 20;
    const most = Math.round(line * MOST_LINES);
    const height = Math.min(this.#text.scrollHeight, most);
    style.height = height > 0 ? `${String(height)}px` : "";
    style.overflowY = this.#text.scrollHeight > most ? "auto" : "hidden";
    this.#hint.hidden = this.#id === undefined || !this.#text.value.startsWith("\n");
    this.#text.ariaDescription = this.#hint.hidden ? null : HINT;
    this.#disable(this.#send, this.#text.value.trim() === "");
  }

  #press(event: KeyboardEvent): void {
    // 229: the key belongs to an input method, in browsers that do not say so otherwise.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) this.#submit();
    } else if (event.key === "Escape" && !event.repeat && !this.#stop.disabled) {
      event.preventDefault();
      this.#interrupt();
    }
  }

  #submit(): void {
    const prompt = this.#text.value.trim();
    if (prompt === "") return;
    this.#show("");
    this.#line.ask(prompt, this.#id);
    this.#id = undefined;
    this.#sent();
    this.#text.focus();
  }

  #interrupt(): void {
    this.#line.interrupt();
  }

  /** A button that goes out of use leaves the focus here. */
  #disable(node: HTMLButtonElement, disabled: boolean): void {
    if (disabled && focused() === node) this.#text.focus();
    node.disabled = disabled;
  }
}

/** A button with a picture. */
export function round(
  name: string,
  picture: Parameters<typeof icon>[0],
  title: string,
  press: () => void,
): HTMLButtonElement {
  const node = element(
    "button",
    { type: "button", class: "jc-round", "aria-label": name, title },
    icon(picture),
  );
  node.addEventListener("click", press);
  return node;
}
