/** The text field for a prompt, with the pickers and buttons below it. */

import { element, focused, setLine } from "../dom";
import { askHost, hostCan } from "../host";
import type { Given } from "../messages.generated";
import { exact, exactLine } from "../text";
import { trans } from "../trans";
import { uuid } from "../uuid";
import { Completer } from "./completer";
import { icon } from "./icons";
import { insertTyped } from "./insert";
import { MOST_ATTACHED, type PanelLine } from "./line";
import { Recall } from "./recall";
import { Slash, type OwnCommands } from "./slash";
import { Tray } from "./tray";

const MOST_LINES = 8;

export class Composer {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #text = element("textarea", {
    class: "jc-input",
    rows: "1",
    "aria-label": trans.__("Message Claude"),
    placeholder: trans.__("Ask Claude…"),
    dir: "auto",
    spellcheck: "true",
  });
  readonly #hint = element(
    "p",
    { class: "jc-where", hidden: "" },
    trans.__("Your question goes here, above the cell."),
  );
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #sent: () => void;
  readonly #completer: Completer;
  readonly #say: (sentence: string) => void;
  readonly #slash: Slash;
  readonly #recall: Recall;
  readonly #tray: Tray;
  readonly #refused = element("p", { class: "jc-error jc-refused", role: "alert", hidden: "" });
  readonly #told = element("p", { class: "jc-where", role: "status", hidden: "" });
  /** The buttons whose actions only a host can do. */
  readonly #hosted: readonly HTMLButtonElement[];
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
  #lost = "";

  /** `pickers` is shown below the text; `sent` is called after a prompt was sent. */
  constructor(
    line: PanelLine,
    pickers: HTMLElement,
    sent: () => void,
    say: (sentence: string) => void,
    signal: AbortSignal,
    commands: OwnCommands = {},
  ) {
    this.#line = line;
    this.#sent = sent;
    this.#say = say;
    this.#completer = new Completer(this.#text, line, say, signal);
    this.#slash = new Slash(
      this.#text,
      line,
      {
        clear: () => {
          line.newConversation();
        },
        cost: () => {
          this.#showCost();
        },
        help: () => {
          this.#showKeys();
        },
        ...commands,
      },
      (text, send) => {
        this.#text.setSelectionRange(0, this.#text.selectionStart);
        insertTyped(this.#text, text);
        this.#slash.close();
        if (send) this.#submit();
      },
      say,
      signal,
    );
    this.#recall = new Recall(line, this.#text, (text) => {
      this.#id = undefined;
      line.type(text);
      this.#show(text);
      this.#text.setSelectionRange(text.length, text.length);
    });
    this.#tray = new Tray(this.#text, (item) => {
      this.#detach(item);
    });
    this.#send = round(trans.__("Send"), "send", trans.__("Send (Enter)"), () => {
      this.#submit();
    });
    this.#send.classList.add("jc-round-primary");
    this.#stop = round(trans.__("Stop"), "stop", trans.__("Stop (Escape)"), () => {
      this.#interrupt();
    });
    this.#stop.classList.add("jc-stop");
    this.#text.addEventListener("input", (event) => {
      if (this.#text.value.trim() === "") this.#id = undefined;
      this.#typed = true;
      this.#recall.cancel();
      if (this.#editing === null) line.type(this.#text.value);
      this.#fit();
      for (const said of [this.#refused, this.#told]) setLine(said, "");
      if (event.isComposing) return;
      if (this.#slash.typed()) this.#completer.close();
      else this.#completer.typed();
    });
    this.#text.addEventListener("keydown", (event) => {
      this.#press(event);
    });
    const attach = round(
      trans.__("Attach files"),
      "attach",
      trans.__("Attach pictures, PDFs or text files"),
      () => {
        askHost(this.node, "attach", null);
      },
    );
    const keys = round(trans.__("Keys"), "keys", trans.__("Show the keys (?)"), () => {
      this.#showKeys();
    });
    this.#hosted = [attach, keys];
    for (const quiet of this.#hosted) quiet.classList.add("jc-round-quiet");
    this.node = element(
      "div",
      { class: "jc-composer" },
      this.#completer.node,
      this.#slash.node,
      this.#tray.node,
      this.#hint,
      this.#text,
      this.#refused,
      this.#told,
      element(
        "div",
        { class: "jc-composer-row" },
        pickers,
        element("div", { class: "jc-composer-buttons" }, attach, keys, this.#stop, this.#send),
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
    this.node.dataset["editing"] = "true";
    this.#show(prompt);
    this.focus();
  }

  /** Shows the draft again. */
  stopEditing(): void {
    const editing = this.#editing;
    if (editing === null) return;
    this.#editing = null;
    delete this.node.dataset["editing"];
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
    this.#recall.forget();
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

  /** Attaches what the host has, puts a text at the cursor, and says what is not attached. */
  attach(given: readonly Given[], text = "", problem = ""): void {
    if (this.#editing !== null) {
      setLine(this.#refused, trans.__("Cancel the editing first; attach to a new message."));
      return;
    }
    const left = this.#line.attach(given);
    const most = trans.__("%1 are the most attachments of one prompt.", MOST_ATTACHED);
    setLine(this.#refused, exactLine([problem, left > 0 ? most : ""].filter(Boolean).join(" ")));
    const names = given.map(({ name }) => exactLine(name)).join(", ");
    if (names !== "") this.#say(trans.__("Attached: %1", names));
    const { value, selectionStart: at } = this.#text;
    const before = at > 0 && !/\s$/.test(value.slice(0, at)) ? " " : "";
    if (text !== "") insertTyped(this.#text, before + text);
    this.#text.focus();
  }

  /** Shows the draft, and whether there is something to send or to stop. */
  update(): void {
    const { draft, store, attached } = this.#line;
    this.#tray.update(attached);
    this.#recall.update();
    this.#tellLost();
    if (this.node.isConnected)
      for (const button of this.#hosted) button.hidden = !hostCan(this.node, "attach", null);
    const { value } = this.#text;
    const isOwn = this.#typed && value !== "";
    const seen = this.#seen;
    this.#seen = draft;
    const isReplaced = this.#replaced !== this.#line.replaced;
    this.#replaced = this.#line.replaced;
    if (this.#editing !== null) {
      // The draft waits.
    } else if (isReplaced) {
      this.#recall.forget();
      this.#show(draft);
    }
    // Text from other views does not replace what the user is writing here. A prompt sent from
    // another view clears this text only if it is the same.
    else if (isOwn && draft === "" && value !== seen) this.#line.type(value);
    else if (value !== draft && !(isOwn && draft !== "" && this.#isAtHand())) this.#show(draft);
    const { state } = store;
    const busy = (state !== null && state.status !== "idle") || (state?.queued ?? 0) > 0;
    this.#disable(this.#stop, !busy);
    this.#disable(this.#send, this.#text.value.trim() === "");
    this.#text.placeholder =
      attached.length > 0
        ? trans.__("Ask about what you attached…")
        : busy
          ? trans.__("Ask a follow-up…")
          : trans.__("Ask Claude…");
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
    this.#text.ariaDescription = this.#hint.hidden ? null : this.#hint.textContent;
    this.#disable(this.#send, this.#text.value.trim() === "");
  }

  #press(event: KeyboardEvent): void {
    // In some browsers only the key code 229 says that the key belongs to an input method.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#completer.press(event) || this.#slash.press(event)) return;
    const isEditing = this.#editing !== null;
    if (!isEditing && this.#recall.press(event)) {
      event.preventDefault();
      return;
    }
    const { value, selectionEnd } = this.#text;
    if (event.key === "?" && value === "" && !event.ctrlKey && !event.metaKey) {
      if (this.#showKeys()) event.preventDefault(); // without a host, it is a letter
      return;
    }
    const last = isEditing ? undefined : this.#line.attached.at(-1);
    if (event.key === "Backspace" && selectionEnd === 0 && last !== undefined && !event.repeat) {
      event.preventDefault();
      this.#detach(last);
      return;
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) this.#submit();
    } else if (event.key === "Escape" && !event.repeat && !this.#stop.disabled) {
      event.preventDefault();
      this.#interrupt();
    } else if (event.key === "Escape" && isEditing) {
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
    const isDone = this.#slash.run(prompt);
    const own = this.#recall.forget();
    this.#show("");
    if (isDone) this.#line.type("");
    else {
      setLine(this.#refused, "");
      this.#line.ask(prompt, this.#id);
      this.#sent();
    }
    this.#id = undefined;
    if (own !== "") {
      this.#line.type(own);
      this.#show(own);
    }
    // A command may have opened something, which has the focus.
    if (!isDone || focused() === null) this.#text.focus();
  }

  #showKeys(): boolean {
    const own = [
      ["Enter", trans.__("Send")],
      ["Shift+Enter", trans.__("New line")],
      ["Escape", trans.__("Stop Claude")],
      ["\u2191, \u2193", trans.__("Earlier prompts, in an empty field")],
      ["@", trans.__("Name a variable, a cell, an output or a file")],
      ["/", trans.__("Commands, at the beginning")],
      ["Backspace", trans.__("Remove the last attachment, at the beginning")],
      ["Shift+Tab", trans.__("Next permission mode")],
      ["?", trans.__("These keys, in an empty field")],
    ] as const;
    return askHost(this.node, "keys", { own });
  }

  #showCost(): void {
    const { cost, limits } = this.#line.store.state ?? { cost: "", limits: "" };
    const spent = trans.__("This session has cost %1. %claude cost shows each turn.", exact(cost));
    setLine(this.#told, [spent, exact(limits)].filter(Boolean).join(" "));
  }

  #detach(item: Given): void {
    this.#line.detach(item);
    this.#say(trans.__("Removed: %1", exactLine(item.name)));
  }

  /** Says which attachments the browser could not keep over a reload. */
  #tellLost(): void {
    const names = exactLine(this.#line.lostNames.join(", "));
    const says = names === "" ? "" : trans.__("Lost by the reload, attach it again: %1", names);
    if (says === this.#lost) return;
    this.#lost = says;
    setLine(this.#refused, says);
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
