/**
 * The list of conversations: finds earlier ones, continues them, and renames, copies or deletes
 * them.
 *
 * `jupyter_claude/_protocol/conversations.py` defines the messages. The rows come a few at a time.
 */

import { element, focused, setLine } from "../dom";
import { timeOf } from "../dates";
import type {
  ConversationRow,
  ConversationsFromKernel,
  ConversationsFromPage,
  DeletedConversation,
} from "../messages.generated";
import { each, isFields, text, type Fields, type Without } from "../protocol";
import { exact, exactText } from "../text";
import { trans } from "../trans";
import { uuid } from "../uuid";
import { button } from "../views/card";
import { icon, type Icon } from "./icons";
import type { PanelLine } from "./line";

const REST_MS = 200;
const PAGE = 50;
/** The most rows that the kernel sends. */
const MOST = 200;

const number = (value: unknown): number => (typeof value === "number" ? value : 0);

function parseRow(row: Fields): ConversationRow {
  return {
    id: text(row["id"]),
    title: text(row["title"]),
    time: text(row["time"]),
    turns: number(row["turns"]),
    cost: text(row["cost"]),
    mine: row["mine"] === true,
    present: row["present"] === true,
    excerpt: text(row["excerpt"]),
  };
}

/** The message in typed form; null if it is not one of the list's. */
export function parseConversations(value: unknown): ConversationsFromKernel | null {
  if (!isFields(value) || value["type"] !== "conversations") return null;
  const { type, event } = value;
  const ask = text(value["ask"]);
  if (event === "done" || event === "error") return { type, event, ask, text: text(value["text"]) };
  if (event !== "found") return null;
  return {
    type,
    event,
    ask,
    rows: each(value["rows"], parseRow),
    done: value["done"] === true,
    more: value["more"] === true,
    deleted: each(value["deleted"], ({ id, title }) => ({ id: text(id), title: text(title) })),
  };
}

type Ask = Without<ConversationsFromPage, "type" | "ask">;

export class ConversationsView {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #say: (sentence: string) => void;
  /** Called when another conversation is open now. */
  readonly #opened: () => void;
  readonly #field: HTMLInputElement;
  readonly #deleted = element("ul", { class: "jc-deleted" });
  readonly #problem = element("p", { class: "jc-error", role: "alert" });
  readonly #groups = element("div", { class: "jc-conversation-groups" });
  readonly #status = element("p", { class: "jc-hint jc-conversations-status" });
  readonly #more: HTMLButtonElement;
  readonly #unsubscribe: () => void;
  readonly #name = uuid();
  /** What to do with the text of an answer, by the question's id. */
  readonly #waiting = new Map<string, (text: string) => void>();
  #asked = 0;
  #listing = "";
  #most = PAGE;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    line: PanelLine,
    say: (sentence: string) => void,
    opened: () => void,
    close: () => void,
  ) {
    this.#line = line;
    this.#say = say;
    this.#opened = opened;
    this.#field = element("input", {
      type: "search",
      class: "jc-conversations-search",
      "aria-label": trans.__("Search conversations"),
      placeholder: trans.__("Search titles and messages"),
      dir: "auto",
    });
    this.#field.addEventListener("input", () => {
      this.#most = PAGE;
      this.#list(REST_MS);
    });
    this.#more = button(trans.__("Show more"), "plain", () => {
      this.#most = MOST;
      this.#list(0);
    });
    this.node = element(
      "div",
      { class: "jc-conversations mathjax_ignore" },
      this.#field,
      this.#deleted,
      this.#problem,
      this.#groups,
      this.#status,
      this.#more,
    );
    setLine(this.#problem, "");
    this.node.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation(); // the panel's Escape stops Claude
        close();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#step(event);
    });
    this.#unsubscribe = line.listen((value) => {
      const message = parseConversations(value);
      if (message !== null) this.#receive(message);
    });
    this.#list(0);
  }

  focus(): void {
    this.#field.focus();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }

  // --- asking ---------------------------------------------------------------------------------

  #ask(ask: Ask, done: (text: string) => void = () => undefined): string {
    const id = `${this.#name}/${String(++this.#asked)}`;
    this.#waiting.set(id, done);
    this.#line.send({ type: "conversations", ...ask, ask: id });
    return id;
  }

  /** Asks for an action on a conversation, and says what came of it. */
  #act(ask: Ask, done: () => void): void {
    setLine(this.#problem, "");
    this.#ask(ask, (said) => {
      // The panel's own line says that a copy is open.
      if (ask.action !== "fork") this.#say(said);
      done();
    });
  }

  #list(rest: number): void {
    clearTimeout(this.#timer);
    this.#listing = "";
    setLine(this.#status, this.#words === "" ? trans.__("Loading…") : trans.__("Searching…"));
    this.#timer = setTimeout(() => {
      this.#count = 0;
      this.#listing = this.#ask({ action: "list", find: this.#words, most: this.#most });
    }, rest);
  }

  get #words(): string {
    return this.#field.value.replace(/\s+/g, " ").trim();
  }

  #receive(message: ConversationsFromKernel): void {
    if (message.event === "found") {
      if (message.ask !== this.#listing) return;
      if (this.#count === 0) {
        this.#groups.replaceChildren();
        this.#showDeleted(message.deleted);
      }
      for (const row of message.rows) this.#add(row);
      this.#count += message.rows.length;
      if (message.done) this.#end(message.more);
      return;
    }
    const done = this.#waiting.get(message.ask);
    if (done === undefined) return; // another view's
    this.#waiting.delete(message.ask);
    if (message.event === "done") done(message.text);
    else setLine(this.#problem, exact(message.text));
  }

  #end(more: boolean): void {
    const words = this.#words;
    let says = "";
    if (this.#count === 0)
      says =
        words === ""
          ? trans.__("No conversations in this folder yet.")
          : trans.__("No conversation has “%1”.", exact(words));
    else if (more && this.#most === MOST) says = trans.__("There are more. Search for them.");
    setLine(this.#status, says);
    if (words !== "")
      this.#say(says || trans._n("%1 conversation found", "%1 conversations found", this.#count));
    const had = focused() === this.#more;
    this.#more.hidden = !more || this.#most === MOST;
    if (had && this.#more.hidden) this.#field.focus();
  }

  // --- rows -----------------------------------------------------------------------------------

  #add(row: ConversationRow): void {
    const name = row.mine ? "mine" : "others";
    let list = this.#groups.querySelector<HTMLElement>(`ul[data-group=${name}]`);
    if (list === null) {
      const title = row.mine ? trans.__("This notebook") : trans.__("This folder");
      list = element("ul", { "data-group": name, "aria-label": title });
      this.#groups.append(element("h3", {}, title), list);
    }
    list.append(this.#row(row));
  }

  #row(row: ConversationRow): HTMLElement {
    const { id, present } = row;
    const title = element("span", { class: "jc-conversation-title", dir: "auto" });
    const about = element(
      "span",
      { class: "jc-conversation-about" },
      ...(present ? [element("span", { class: "jc-badge" }, trans.__("open")), " "] : []),
      [timeOf(row.time), trans._n("%1 turn", "%1 turns", row.turns), row.cost]
        .filter((part) => part !== "")
        .join(" · "),
    );
    const open = element(
      "button",
      { type: "button", class: "jc-conversation-open" },
      title,
      about,
      ...(row.excerpt === "" ? [] : [this.#excerpt(row.excerpt)]),
    );
    const actions = element("span", { class: "jc-conversation-actions" });
    const item = element("li", { class: "jc-conversation" }, open, actions);
    const named: [HTMLButtonElement, (title: string) => string][] = [
      [
        this.#button("edit", () => {
          rename();
        }),
        (of) => trans.__("Rename %1", of),
      ],
      [
        this.#button("fork", () => {
          this.#act({ action: "fork", id }, this.#opened);
        }),
        (of) => trans.__("Continue in a copy of %1", of),
      ],
      [
        this.#button("bin", () => {
          this.#act({ action: "delete", id }, () => {
            this.#list(0);
            this.#field.focus();
          });
        }),
        (of) => trans.__("Delete %1", of),
      ],
    ];
    actions.append(...named.map(([node]) => node));
    const show = (shown: string): void => {
      title.replaceChildren(exactText(shown));
      open.title = present
        ? trans.__("This conversation is open")
        : trans.__("Resume this conversation");
      for (const [node, label] of named) {
        node.title = label("…").replace(/ …$/, "");
        node.setAttribute("aria-label", label(exact(shown)));
      }
    };
    const rename = (): void => {
      this.#rename(row, item, (shown) => {
        row.title = shown;
        show(shown);
      });
    };
    open.addEventListener("click", () => {
      this.#act({ action: "resume", id }, this.#opened);
    });
    show(row.title);
    return item;
  }

  #button(picture: Icon, press: () => void): HTMLButtonElement {
    const node = element("button", { type: "button", class: "jc-mini" }, icon(picture));
    node.addEventListener("click", press);
    return node;
  }

  #excerpt(excerpt: string): HTMLElement {
    const words = this.#words;
    const at = excerpt.toLowerCase().indexOf(words.toLowerCase());
    const end = at + words.length;
    const parts =
      at < 0
        ? [exactText(excerpt)]
        : [
            exactText(excerpt.slice(0, at)),
            element("mark", {}, exactText(excerpt.slice(at, end))),
            exactText(excerpt.slice(end)),
          ];
    return element("span", { class: "jc-conversation-excerpt", dir: "auto" }, ...parts);
  }

  /** Lets the user change the title in its place. Enter keeps the new one, Escape the old one. */
  #rename({ id, title }: ConversationRow, item: HTMLElement, show: (title: string) => void): void {
    const open = item.querySelector<HTMLElement>(".jc-conversation-open");
    const field = element("input", {
      class: "jc-conversation-name",
      "aria-label": trans.__("New title"),
      dir: "auto",
    });
    field.value = title;
    let over = false;
    const end = (kept: boolean): void => {
      if (over) return;
      over = true;
      const had = focused() === field;
      const wanted = field.value.trim();
      field.remove();
      item.classList.remove("jc-renaming");
      if (had) open?.focus();
      if (!kept || wanted === "" || wanted === title) return;
      this.#act({ action: "rename", id, title: wanted }, () => {
        show(wanted);
      });
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter");
    });
    field.addEventListener("blur", () => {
      end(true);
    });
    item.classList.add("jc-renaming");
    item.prepend(field);
    field.focus();
    field.select();
  }

  #showDeleted(deleted: readonly DeletedConversation[]): void {
    this.#deleted.replaceChildren(
      ...deleted.map(({ id, title }) => {
        const undo = button(trans.__("Undo"), "plain", () => {
          this.#act({ action: "restore", id }, () => {
            this.#list(0);
            this.#field.focus();
          });
        });
        undo.setAttribute("aria-label", trans.__("Undo: delete %1", exact(title)));
        return element("li", {}, element("span", {}, trans.__("Deleted: %1", exact(title))), undo);
      }),
    );
    this.#deleted.hidden = deleted.length === 0;
  }

  /** Moves the focus from one conversation to the next with the arrow keys. */
  #step(event: KeyboardEvent): void {
    const from = focused();
    if (from instanceof HTMLInputElement && from !== this.#field) return;
    const stops = [
      this.#field,
      ...this.node.querySelectorAll<HTMLElement>(".jc-conversation-open"),
    ];
    const item = from?.closest(".jc-conversation")?.querySelector(".jc-conversation-open");
    const at = stops.findIndex((stop) => stop === from || stop === item);
    event.preventDefault();
    stops[Math.max(0, at) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }
}
