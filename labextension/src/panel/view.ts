/** The chat panel. */

import { element, setLine } from "../dom";
import { promptLine } from "../history/words";
import { suggestions } from "../kernel_texts";
import { noChanges } from "../store";
import { SignInView } from "../signin/view";
import { button } from "../views/card";
import { TasksView } from "../views/tasks";
import { onPanelActions } from "./actions";
import { BypassNotice, BypassQuestion } from "./bypass";
import { Composer, round } from "./composer";
import { ContextView } from "./context";
import { Dock } from "./dock";
import { ConversationsView } from "./conversations";
import { Fold } from "./fold";
import { Header } from "./header";
import { exact, visibleText } from "../text";
import { ENGLISH, trans, translatedName } from "../trans";
import type { PanelLine } from "./line";
import { VirtualList } from "./list";
import { cycleModes } from "./mode_keys";
import { Pickers } from "./pickers";
import { PromptsView } from "./prompts";
import type { Head } from "./protocol";
import { Resend } from "./resend";
import { TurnRow } from "./row";
import { noPanelChanges, type PanelChanges } from "./store";
import { ToolsView } from "./tools";

const SAID_CHARACTERS = 300;
const LONGEST_NAME = 60;

/** Shows the history in the fold, at a stop or at "now"; the returned function ends it. */
export type HistoryOut = (node: HTMLElement, stop: number | null) => () => void;

export class PanelView {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #say: (sentence: string) => void;
  readonly #header: Header;
  readonly #list: VirtualList;
  readonly #rows = new Map<string, TurnRow>();
  readonly #dock: Dock;
  readonly #tasks: TasksView;
  readonly #signIn: SignInView;
  readonly #pickers: Pickers;
  readonly #bypass: BypassNotice;
  readonly #question: BypassQuestion;
  readonly #composer: Composer;
  readonly #resend: Resend;
  readonly #latest: HTMLButtonElement;
  readonly #note = element("p", { class: "jc-panel-note mathjax_ignore", role: "status" });
  readonly #problem = element("p", { class: "jc-error mathjax_ignore", role: "alert" });
  readonly #replay = element("p", { class: "jc-replay mathjax_ignore" });
  readonly #prompts: PromptsView;
  readonly #empty = element("div", { class: "jc-empty mathjax_ignore" });
  readonly #mode = element("p", {});
  #states = new Map<string, Head["state"]>();
  /** The stop at which the history opens next; null for "now". */
  #stop: number | null = null;

  constructor(
    line: PanelLine,
    say: (sentence: string) => void,
    signal: AbortSignal,
    historyOut: HistoryOut | null = null,
  ) {
    this.#line = line;
    this.#say = say;
    this.#bypass = new BypassNotice(line, say);
    this.#question = new BypassQuestion(line, signal);
    this.#pickers = new Pickers(line, (from) => {
      this.#question.ask(from);
    });
    this.#composer = new Composer(
      line,
      this.#pickers.node,
      () => {
        this.#list.toEnd();
      },
      say,
      signal,
      {
        model: (name) => {
          if (name !== "") line.choose("model", name);
          else this.#pickers.openModels();
        },
        resume: () => {
          this.#header.conversations.click();
        },
      },
    );
    this.#prompts = new PromptsView(line, (prompt) => {
      this.#composer.bring(prompt);
    });
    this.#resend = new Resend(
      line,
      this.#composer,
      say,
      () => {
        this.#list.toEnd();
      },
      signal,
    );
    this.#header = new Header(line, () => {
      this.#composer.focus();
    });
    this.#dock = new Dock(line, say, signal);
    this.#tasks = new TasksView(say);
    // The kernel sends the sign-in's state by itself, together with the snapshot.
    const signIn = (this.#signIn = new SignInView(
      {
        send: (message) => {
          line.send(message);
        },
        subscribe: (listener) => line.listen(listener),
      },
      say,
    ));
    signal.addEventListener("abort", () => {
      signIn.dispose();
    });
    this.#latest = round(trans.__("Jump to latest"), "down", trans.__("Jump to latest"), () => {
      this.#list.toEnd();
      this.#composer.focus();
    });
    this.#latest.classList.add("jc-latest");
    this.#latest.hidden = true;
    this.#list = new VirtualList(
      {
        create: (key) => this.#createRow(key),
        drawn: () => {
          this.#want();
        },
        followed: (atEnd) => {
          this.#latest.hidden = atEnd;
        },
      },
      signal,
    );
    this.#list.node.setAttribute("aria-label", trans.__("Conversation"));
    this.#fillEmpty();
    const fold = new Fold([this.#list.node, this.#empty, this.#latest], signal);
    fold.add(this.#header.tools, (node) => {
      const tools = new ToolsView(line);
      node.append(tools.node);
      return () => {
        tools.dispose();
      };
    });
    const { conversations, history } = this.#header;
    fold.add(conversations, (node) => {
      const list = new ConversationsView(
        line,
        say,
        () => {
          fold.close();
          this.#composer.focus();
        },
        () => {
          fold.close();
        },
      );
      node.append(list.node);
      // The sheet takes the focus first.
      queueMicrotask(() => {
        list.focus();
      });
      return () => {
        list.dispose();
      };
    });
    if (historyOut !== null)
      fold.add(history, (node) => {
        const stop = this.#stop;
        this.#stop = null;
        return historyOut(node, stop);
      });
    else history.hidden = true;
    fold.add(this.#pickers.context, (node) => {
      const context = new ContextView(line, () => {
        fold.close();
        this.#list.toEnd();
      });
      node.append(context.node);
      return () => {
        context.dispose();
      };
    });
    this.node = element(
      "div",
      { class: "jc-panel", role: "region", "aria-label": trans.__("Claude chat") },
      this.#header.node,
      this.#bypass.node,
      element("div", { class: "jc-middle" }, this.#list.node, this.#empty, this.#latest, fold.node),
      element(
        "div",
        { class: "jc-foot" },
        this.#tasks.node,
        this.#dock.node,
        signIn.node,
        this.#problem,
        this.#note,
        this.#question.node,
        this.#prompts.node,
        this.#resend.node,
        this.#replay,
        this.#composer.node,
      ),
    );
    for (const message of [this.#problem, this.#note]) setLine(message, "");
    cycleModes(this.#composer.node, line, say);
    onPanelActions(
      this.node,
      {
        compose: ({ text, id }) => {
          this.#composer.add(text, id);
        },
        attach: ({ given, text, problem }) => {
          this.#composer.attach(given, text, problem);
        },
        history: () => {
          fold.show(this.#header.history);
        },
      },
      signal,
    );
  }

  /** Draws everything. */
  start(): void {
    this.update({ ...noPanelChanges(), state: true, list: true, draft: true, line: true });
  }

  /** Draws what changed. */
  update(changes: PanelChanges): void {
    const { store } = this.#line;
    if (changes.state || changes.list) this.#header.update();
    if (changes.state) {
      this.#pickers.update(store.state);
      this.#bypass.update();
      this.#tasks.update(
        store.state?.tasks ?? [],
        ({ turn, call }) => {
          this.#line.send({ type: "turn_action", action: "stop_task", turn, call });
        },
        () => {
          this.#composer.focus();
        },
      );
      this.#prompts.update();
      const replay = store.state?.replay;
      const ahead = replay && trans.__("Replay %1: %2", replay.mode, visibleText(replay.line));
      setLine(this.#replay, ahead ?? "");
      this.#question.update();
      const mode = store.state?.modes.find(({ value }) => value === store.state?.mode);
      const means = exact(translatedName(mode?.description ?? ""));
      const label = exact(translatedName(mode?.label ?? ""));
      setLine(this.#mode, means && trans.__("Permission mode “%1”: %2.", label, means));
    }
    if (changes.list) this.#updateList();
    for (const [id, turn] of changes.turns) this.#rows.get(id)?.update(turn);
    this.#updateRequests(changes);
    this.#composer.update();
    this.#updateNote();
  }

  #updateList(): void {
    const { heads } = this.#line.store;
    const { unsent } = this.#line;
    this.#announce(heads);
    this.#resend.update();
    this.#list.update([...heads, ...unsent].map(({ id }) => id));
    // A snapshot drops the turns that the store held, so each row must look again.
    for (const row of this.#rows.values()) row.update(noChanges());
    const isEmpty = heads.length === 0 && unsent.length === 0;
    this.#empty.hidden = !isEmpty || this.#line.store.stale;
    this.#list.node.hidden = isEmpty;
    if (isEmpty) this.#list.node.removeAttribute("role");
    else this.#list.node.setAttribute("role", "feed");
  }

  #updateRequests(changes: PanelChanges): void {
    const outcomes = new Map<string, string>();
    for (const turn of changes.turns.values())
      for (const [id, outcome] of turn.outcomes) outcomes.set(id, outcome);
    this.#line.want(this.#line.store.heads.filter((head) => head.requests > 0).map(({ id }) => id));
    this.#dock.update(outcomes);
  }

  /** Announces, in whole sentences, what changes while the panel is shown. */
  #announce(heads: readonly Head[]): void {
    const before = this.#states;
    this.#states = new Map(heads.map(({ id, state }) => [id, state]));
    if (before.size === 0) return;
    for (const { id, number, state } of heads) {
      if (before.get(id) === state) continue;
      if (state === "running") this.#say(trans.__("Claude is thinking about turn %1.", number));
      else if (state === "done")
        this.#say(trans.__("Claude has answered turn %1. %2", number, this.#answer(id)));
      else if (state === "failed") this.#say(trans.__("Claude's turn %1 failed.", number));
      else if (state === "interrupted")
        this.#say(trans.__("Claude's turn %1 was stopped.", number));
    }
  }

  #answer(id: string): string {
    const items = this.#line.store.turn(id)?.turn?.items ?? [];
    const last = items.findLast((item) => item.kind === "text");
    return last?.kind === "text" ? last.text.slice(0, SAID_CHARACTERS) : "";
  }

  #updateNote(): void {
    const { gone, silent, store, unsent } = this.#line;
    let note = "";
    if (gone) this.#signIn.clear();
    if (gone)
      note = trans.__(
        "This panel's kernel has ended. Run %1 again; your text is kept until then.",
        "%claude panel",
      );
    else if (silent && unsent.length > 0)
      note = trans.__(
        "The kernel is busy with a cell. Your message will be sent as soon as it is free.",
      );
    else if (silent && store.stale)
      note = trans.__("Waiting for the kernel: it is busy with a cell, or has ended.");
    else if (silent) note = trans.__("The kernel is busy with a cell.");
    else if (store.state !== null && store.state.copy_of !== "")
      note = trans.__(
        "Forked from “%1”. Your next message continues in the copy. The original stays as it is.",
        promptLine(store.state.copy_of, LONGEST_NAME),
      );
    setLine(this.#note, note);
    setLine(this.#problem, store.problem);
  }

  #createRow(id: string): TurnRow {
    const bring = (prompt: string): void => {
      this.#composer.bring(prompt);
    };
    const withdraw = (turn: string): void => {
      this.#line.withdraw(turn, bring);
    };
    const row = new TurnRow(id, this.#line, this.#say, withdraw, bring, {
      edit: (turn) => {
        this.#resend.edit(turn);
      },
      retry: (turn) => {
        this.#resend.retry(turn);
      },
      back: (turn) => {
        this.#backTo(turn);
      },
    });
    this.#rows.set(id, row);
    return row;
  }

  /** Opens the history with what a rewind to the end of a turn would do. */
  #backTo(turn: string): void {
    const { history } = this.#header;
    if (history.getAttribute("aria-expanded") === "true") history.click();
    this.#stop = this.#line.store.head(turn)?.number ?? null;
    history.click();
  }

  /** Asks for the contents of the rows on screen; drops those that are far away. */
  #want(): void {
    for (const key of [...this.#rows.keys()]) if (!this.#list.rows.has(key)) this.#rows.delete(key);
    this.#line.want(this.#rows.keys());
    this.#line.store.keep(new Set(this.#rows.keys()));
  }

  #fillEmpty(): void {
    this.#empty.append(
      element("p", { class: "jc-empty-title" }, trans.__("What would you like to do?")),
      element(
        "p",
        {},
        trans.__(
          "Claude reads files, runs commands and edits code in this notebook's folder. " +
            "Cells that begin with %1 share this conversation.",
          "%%claude",
        ),
      ),
      this.#mode,
      element(
        "div",
        { class: "jc-suggestions" },
        ...suggestions(trans).map((text, index) =>
          button(text, "plain", () => {
            const isPractice = this.#line.store.state?.practice === true;
            this.#composer.bring((isPractice ? suggestions(ENGLISH)[index] : undefined) ?? text);
          }),
        ),
      ),
      element(
        "p",
        { class: "jc-hint" },
        trans.__("Press Enter to send, Shift+Enter for a new line."),
      ),
    );
  }

  /** Puts a prompt into the composer. */
  bring(prompt: string): void {
    this.#composer.bring(prompt);
  }
}
