/**
 * Sends a prompt again, perhaps changed, in place of its turn and the later ones.
 *
 * The kernel rewinds and sends the prompt in one step, and does only what the preview here shows.
 * Until the kernel has done it, the composer keeps the text.
 */

import { element, setLine } from "../dom";
import { PreviewView } from "../history/preview";
import type { HistoryAnswer, Plan, RewindChoice } from "../history/protocol";
import { HistoryStore } from "../history/store";
import { exact } from "../text";
import { trans } from "../trans";
import { uuid } from "../uuid";
import { button } from "../views/card";
import type { Composer } from "./composer";
import type { PanelLine } from "./line";

export class Resend {
  /** The banner above the composer. */
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #composer: Composer;
  readonly #say: (sentence: string) => void;
  /** Called when the prompt was sent. */
  readonly #sent: () => void;
  readonly #title = element("span", { class: "jc-resend-title" });
  readonly #problem = element("p", { class: "jc-error", role: "alert" });
  readonly #filesBox = element("input", { type: "checkbox" });
  readonly #files: HTMLElement;
  readonly #preview = new PreviewView({ turns: false });
  #store: HistoryStore | null = null;
  #id = "";
  /** The id of the turn that the prompt will make. */
  #next = "";
  #plan: Plan | null = null;
  /** Whether to send the prompt at once, unless the user should see what would change. */
  #retries = false;
  #sending = false;

  constructor(
    line: PanelLine,
    composer: Composer,
    say: (sentence: string) => void,
    sent: () => void,
    signal: AbortSignal,
  ) {
    this.#line = line;
    this.#composer = composer;
    this.#say = say;
    this.#sent = sent;
    this.#filesBox.addEventListener("change", () => {
      this.#look();
    });
    this.#files = element(
      "label",
      { class: "jc-choose" },
      this.#filesBox,
      trans.__("Restore the files too"),
    );
    const cancel = button(trans.__("Cancel"), "plain", () => {
      composer.stopEditing();
      composer.focus();
    });
    cancel.classList.add("jc-link");
    this.node = element(
      "div",
      { class: "jc-resend mathjax_ignore" },
      element("p", { class: "jc-resend-line" }, this.#title, " ", cancel),
      this.#problem,
      this.#files,
      this.#preview.node,
    );
    this.node.hidden = true;
    setLine(this.#problem, "");
    signal.addEventListener("abort", () => {
      this.#store?.dispose();
    });
  }

  /** Lets the user change a turn's prompt before it is sent again. */
  edit(id: string): void {
    if (this.#begin(id, false)) this.#show();
  }

  /** Sends a turn's prompt again. */
  retry(id: string): void {
    this.#begin(id, true);
  }

  /** Ends when the turn is no longer there: this or another view has replaced it. */
  update(): void {
    const { store } = this.#line;
    if (this.#store === null || store.head(this.#id) !== undefined) return;
    if (store.head(this.#next) !== undefined) this.#end();
    else if (!this.#sending) this.#composer.keepEdited(); // else the answer comes
  }

  #begin(id: string, retries: boolean): boolean {
    this.#composer.stopEditing();
    if (this.#line.store.head(id) === undefined) return false;
    this.#id = id;
    this.#next = uuid();
    this.#retries = retries;
    this.#sending = false;
    this.#filesBox.checked = true;
    this.#preview.clear();
    setLine(this.#problem, "");
    this.#store?.dispose();
    this.#store = new HistoryStore(
      {
        send: (message) => {
          this.#line.send(message);
        },
        subscribe: (listener) => this.#line.listen(listener),
      },
      {
        changed: () => {
          if (this.#plan === null && !this.#sending) this.#look();
        },
        answered: (answer) => {
          this.#answered(answer);
        },
        late: () => {
          this.#tell(trans.__("No answer yet: the kernel is busy, or has ended."));
        },
      },
    );
    this.#look();
    return true;
  }

  get #prompt(): string {
    return this.#line.store.turn(this.#id)?.turn?.prompt ?? "";
  }

  /** The number of the turn, and of the last one. */
  get #numbers(): [number, number] {
    const number = this.#line.store.head(this.#id)?.number ?? 1;
    return [number, this.#line.store.heads.at(-1)?.number ?? number];
  }

  get #choice(): RewindChoice {
    const [number] = this.#numbers;
    return { stop: number - 1, files: this.#filesBox.checked, conversation: true };
  }

  /** Shows the banner, and the prompt in the composer. */
  #show(): void {
    this.node.hidden = false;
    this.#sayTurns();
    this.#composer.edit(
      this.#prompt,
      (prompt) => {
        this.#send(prompt);
      },
      () => {
        this.#close();
      },
    );
  }

  /** Says which turns go, if that is news: a cell may have added one. */
  #sayTurns(): void {
    const [number, last] = this.#numbers;
    const title =
      number === last
        ? trans.__("Editing turn %1: sending replaces it.", number)
        : trans.__("Editing turn %1: sending removes turns %1 to %2.", number, last);
    if (this.#title.textContent === title) return;
    this.#title.textContent = title;
    this.#say(title);
  }

  #look(): void {
    this.#plan = null;
    this.#store?.ask({ action: "preview", ...this.#choice });
  }

  #send(prompt: string): void {
    if (this.#sending) return;
    const plan = this.#plan;
    if (plan === null) {
      this.#tell(trans.__("Checking what would change. Send again in a moment."));
      return;
    }
    if (!plan.can_rewind) return;
    this.#sending = true;
    setLine(this.#problem, "");
    const include = [...this.#preview.include];
    const { key } = plan;
    this.#store?.ask({
      action: "resend",
      ...this.#choice,
      include,
      key,
      prompt,
      turn: this.#next,
    });
  }

  #answered(answer: HistoryAnswer): void {
    const wasSending = this.#sending;
    this.#sending = false;
    if (answer.event === "done") {
      this.#say(answer.text);
      this.#end();
    } else if (answer.event === "error") {
      if (this.node.hidden) this.#show();
      this.#tell(answer.text);
      this.update();
    } else this.#showPlan(answer.plan, wasSending);
  }

  #showPlan(plan: Plan, changed: boolean): void {
    const [number, last] = this.#numbers;
    this.#plan = plan;
    const isPlain = plan.files.length === 0 && plan.irreversible.length === 0 && plan.can_rewind;
    if (this.#retries && !changed && isPlain && number === last) {
      this.#send(this.#prompt);
      return;
    }
    this.#retries = false;
    if (this.node.hidden) this.#show();
    else this.#sayTurns();
    this.#files.hidden = plan.files.length === 0 && this.#filesBox.checked;
    const headline = this.#preview.show(plan, this.#choice, last);
    this.#preview.node.hidden = isPlain;
    if (headline !== "") this.#say(headline);
    setLine(
      this.#problem,
      changed ? trans.__("The result has changed. Read it, then send again.") : "",
    );
  }

  #tell(sentence: string): void {
    setLine(this.#problem, exact(sentence));
  }

  /** The prompt was sent. */
  #end(): void {
    this.#composer.stopEditing();
    this.#close();
    this.#sent();
  }

  #close(): void {
    this.#store?.dispose();
    this.#store = null;
    this.#plan = null;
    this.node.hidden = true;
    this.#title.textContent = "";
    this.#preview.clear();
  }
}
