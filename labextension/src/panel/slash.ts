/**
 * Commands at the beginning of a prompt, such as `/compact`.
 *
 * The panel does its own commands, and sends those of Claude Code as prompts. The kernel refuses a
 * command that Claude Code does not know.
 */

import type { SlashCommand } from "../messages.generated";
import { each, isFields, text } from "../protocol";
import { trans } from "../trans";
import type { PanelLine } from "./line";
import { Popup, type PopupItem } from "./popup";

const COMMAND = /^\/([A-Za-z][\w.-]*)(?=\s|$)/;
const TYPED = /^\/([\w.:-]*)$/;

/** What a command of the panel does with what follows it. */
export type OwnCommands = Readonly<Record<string, (rest: string) => void>>;

interface Offer extends PopupItem {
  hint: string;
}

export class Slash {
  /** The list; it belongs above the field. */
  readonly node: HTMLElement;
  readonly #field: HTMLTextAreaElement;
  readonly #line: PanelLine;
  readonly #own: OwnCommands;
  readonly #enter: (text: string, send: boolean) => void;
  readonly #popup: Popup<Offer>;
  #commands: SlashCommand[] = [];
  /** Whether Claude Code has listed its commands. */
  #known = false;
  #dismissed = false;

  /** `enter` puts a command into the field, and sends it if the second argument says so. */
  constructor(
    field: HTMLTextAreaElement,
    line: PanelLine,
    own: OwnCommands,
    enter: (text: string, send: boolean) => void,
    say: (sentence: string) => void,
    signal: AbortSignal,
  ) {
    this.#field = field;
    this.#line = line;
    this.#own = own;
    this.#enter = enter;
    this.#popup = new Popup({
      ...{ field, line, say, signal },
      name: trans.__("Commands"),
      choose: (item) => {
        this.#choose(item, true);
      },
      receive: (message) => {
        this.#receive(message);
      },
    });
    this.node = this.#popup.node;
  }

  /** Call it when the text has changed; returns whether a command is being typed. */
  typed(): boolean {
    const typed = this.#update();
    if (typed === "" && !this.#dismissed) this.#line.send({ type: "commands" });
    return typed !== null;
  }

  /** Shows the commands that fit; returns what is typed of one, null if none is. */
  #update(): string | null {
    const { value, selectionStart: cursor, selectionEnd } = this.#field;
    const typed = cursor === selectionEnd ? TYPED.exec(value.slice(0, cursor))?.[1] : undefined;
    if (typed === undefined || /^\S/.test(value.slice(cursor))) {
      this.#dismissed = false;
      this.#popup.close();
      return null;
    }
    if (!this.#dismissed) this.#offer(typed.toLowerCase());
    return typed;
  }

  /** Takes a key that is meant for the list; returns whether it did. */
  press(event: KeyboardEvent): boolean {
    const { active } = this.#popup;
    if (active === undefined) return false;
    const taken = this.#popup.press(event, (item) => {
      this.#choose(item, event.key === "Enter");
    });
    if (taken && event.key === "Escape") this.#dismissed = true;
    return taken;
  }

  close(): void {
    this.#popup.close();
  }

  /** Does a command of the panel; returns whether the prompt is one. */
  run(prompt: string): boolean {
    const name = COMMAND.exec(prompt)?.[1] ?? "";
    if (!Object.hasOwn(this.#own, name)) return false;
    this.#own[name]?.(prompt.slice(name.length + 1).trim());
    return true;
  }

  #receive(message: unknown): void {
    if (!isFields(message) || message["type"] !== "commands") return;
    this.#known = message["known"] === true;
    this.#commands = each(message["commands"], (command) => ({
      name: text(command["name"]),
      hint: text(command["hint"]),
      description: text(command["description"]),
    }));
    if (this.#popup.isAtHand) this.#update();
  }

  /** The commands of the panel, with what they do. */
  #ours(): Offer[] {
    const made = (name: string, does: string, hint = ""): Offer => ({
      text: `/${name}`,
      detail: does,
      kind: "",
      hint,
    });
    return [
      made("clear", trans.__("Start a new conversation")),
      made("compact", trans.__("Summarise the conversation, to free its context"), "[about]"),
      made("cost", trans.__("Show what this session has cost")),
      made("help", trans.__("Show the keys")),
      made("login", trans.__("Sign in to Claude")),
      made("model", trans.__("Choose the model"), "[model]"),
      made("resume", trans.__("Continue an earlier conversation")),
    ];
  }

  #offer(typed: string): void {
    const theirs = this.#commands
      .filter(({ name }) => !name.startsWith("_")) // Claude Code's own, not for users
      .map(({ name, hint, description }) => ({
        text: `/${name}`,
        detail: [hint, description].filter(Boolean).join(" · "),
        kind: "",
        hint,
      }));
    const fits = ({ text: name }: Offer): boolean => name.slice(1).toLowerCase().startsWith(typed);
    const inside = ({ text: name }: Offer): boolean => name.toLowerCase().includes(typed, 2);
    const all = [...this.#ours(), ...theirs];
    const found = [...all.filter(fits), ...(typed === "" ? [] : all.filter(inside))];
    const once = [...new Map(found.map((item) => [item.text, item])).values()];
    const isWhole = once.length === 1 && once[0]?.text === `/${typed}`;
    const note = this.#known ? "" : trans.__("More commands after the first message");
    this.#popup.show(isWhole ? [] : once, note);
  }

  #choose({ text: command, hint }: Offer, runs: boolean): void {
    this.#popup.close();
    this.#enter(hint === "" ? command : `${command} `, runs && hint === "");
  }
}
