/** The text field for a prompt, with the pickers and buttons below it. */

import { element, focused } from "../dom";
import { askHost } from "../host";
import { uuid } from "../uuid";
import { Completer } from "./completer";
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
  readonly #completer: Completer;
  /** The id for the next prompt, if the host has given one. */
  #id: string | undefined;
  /** Takes the prompt, while the user changes that of an earlier turn. No other view has it. */
  #editing: { send: (prompt: string) => void; ended: () => void } | null = null;
  /** Whether the user typed the present text in this view. */
  #typed = false;
  /** The line's number of replacements when this view last looked. */
  #replaced = 0;
  /** The shared draft when this view last looked. */
  #seen = "";

  /** `pickers` is shown below the text; `sent` is called after a prompt was sent. */
  constructor(
    line: PanelLine,
    pickers: HTMLElement,
    sent: () => void,
    say: (sentence: string) => void,
    signal: AbortSignal,
  ) {
    this.#line = line;
    this.#sent = sent;
    this.#completer = new Completer(this.#text, line, say, signal);
    this.#send = round("Send", "send", "Send (Enter)", () => {
      this.#submit();
    });
    this.#send.classList.add("jc-round-primary");
    this.#stop = round("Stop", "stop", "Stop (Escape)", () => {
      this.#interrupt();
    });
    this.#stop.classList.add("jc-stop");
    this.#text.addEventListener("input", (event) => {
      if (this.#text.value.trim() === "") this.#id = undefined;
      this.#typed = true;
      if (this.#editing === null) line.type(this.#text.value);
      this.#fit();
      if (!event.isComposing) this.#completer.typed();
    });
    this.#text.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    this.node = element(
      "div",
      { class: "jc-composer" },
      this.#completer.node,
      this.#hint,
      this.#text,
      element(
        "div",
        { class: "jc-composer-row" },
        pickers,
        element("div", { class: "jc-composer-buttons" }, this.#stop, this.#send),
      ),
    );
    // A click beside the text focuses the text.
    this.node.addEventListener("click", ({ target }) => {
      if (target === this.node) this.focus();
    });
    this.update();
  }

  focus(): void {
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /** Lets the user change a prompt; the draft waits meanwhile. `ended` is called once. */
  edit(prompt: string, send: (prompt: string) => void, ended: () => void): void {
    this.stopEditing();
    this.#editing = { send, ended };
    this.#show(prompt);
    this.focus();
  }

  /** Shows the draft again. */
  stopEditing(): void {
    const editing = this.#editing;
    if (editing === null) return;
    this.#editing = null;
    editing.ended();
    this.#show(this.#line.draft);
    this.update();
  }

  /** Makes the changed prompt a draft: its turn is gone. */
  keepEdited(): void {
    const { value } = this.#text;
    this.stopEditing();
    this.bring(value);
  }

  /** Puts text before the draft. */
  bring(text: string): void {
    this.stopEditing();
    const { draft } = this.#line;
    this.#id = undefined;
    this.#line.type(draft.trim() === "" ? text : `${text}\n\n${draft}`);
    this.#show(this.#line.draft);
    this.focus();
  }

  /**
   * Puts text below the draft, unless it is there, and the cursor at the draft's end. The prompt
   * that the user sends gets the id.
   */
  add(text: string, id: string): void {
    this.stopEditing();
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
    if (this.#editing !== null) {
      // The draft waits.
    } else if (isReplaced) this.#show(draft);
    // Text from other views does not replace what the user is writing here. A prompt sent from
    // another view clears this text only if it is the same.
    else if (isOwn && draft === "" && value !== seen) this.#line.type(value);
    else if (value !== draft && !(isOwn && draft !== "" && this.#isAtHand())) this.#show(draft);
    const { state } = store;
    const busy = (state !== null && state.status !== "idle") || (state?.queued ?? 0) > 0;
    this.#disable(this.#stop, !busy);
    this.#disable(this.#send, this.#text.value.trim() === "");
    this.#text.placeholder = busy ? "Ask a follow-up…" : "Ask Claude…";
  }

  /** Whether the user is writing in it; `hasFocus` rules out a tab in the background. */
  #isAtHand(): boolean {
    return focused() === this.#text && document.hasFocus();
  }

  #show(text: string): void {
    this.#completer.close();
    this.#typed = false;
    this.#text.value = text;
    this.#fit();
  }

  /** Makes the field as high as its text, within limits. */
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
    // In some browsers only the key code 229 says that the key belongs to an input method.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#completer.press(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) this.#submit();
    } else if (event.key === "Escape" && !event.repeat && !this.#stop.disabled) {
      event.preventDefault();
      this.#interrupt();
    } else if (event.key === "Escape" && this.#editing !== null) {
      event.preventDefault();
      this.stopEditing();
    }
  }

  #submit(): void {
    const prompt = this.#text.value.trim();
    if (prompt === "") return;
    if (this.#editing !== null) {
      this.#editing.send(prompt);
      return;
    }
    this.#show("");
    this.#line.ask(prompt, this.#id);
    this.#id = undefined;
    this.#sent();
    this.#text.focus();
  }

  #interrupt(): void {
    const id = uuid();
    this.#line.interrupt(id);
    askHost(this.node, "interrupt", { id });
  }

  /** Disables a button or enables it; a disabled button gives its focus to the text. */
  #disable(node: HTMLButtonElement, disabled: boolean): void {
    if (disabled && focused() === node) this.#text.focus();
    node.disabled = disabled;
  }
}

/** A button with an icon. */
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
