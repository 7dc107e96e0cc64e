/**
 * The history: a slider over the turns, a preview of the rewind to its stop, and the rewind.
 *
 * Moving the slider changes nothing. "Rewind" does exactly what the preview shows: if the plan has
 * changed, the kernel sends the new plan instead of rewinding.
 */

import { copy } from "../clipboard";
import { timeOf } from "../dates";
import { element, focused, setLine } from "../dom";
import { exact, exactText } from "../text";
import { button } from "../views/card";
import { PreviewView } from "./preview";
import type { LiveLine } from "../live";
import type { Ask, HistoryAnswer, Plan, RewindChoice, Stop } from "./protocol";
import { Slider } from "./slider";
import { HistoryStore } from "./store";
import { trans } from "../trans";
import { grouped, detailsOf, stopLabel, promptLine, removedText } from "./words";

// While the slider moves again within this time, the view asks the kernel nothing.
const REST_MS = 200;
const SHOWN_FILES = 6;

const rewinding = (): string => trans.__("Rewinding…");
const DOING: Record<Ask["action"], () => string> = {
  preview: () => "",
  rewind: rewinding,
  resend: rewinding,
  undo: () => trans.__("Undoing the rewind…"),
  branch: () => trans.__("Going to the branch…"),
};
const late = (): string =>
  trans.__(
    "No answer yet: the kernel is busy, or has ended. It will answer as soon as it is free.",
  );
const gone = (): string =>
  trans.__("This history's kernel has ended. Run %1 again.", "%claude history");

export interface HistoryOptions {
  /** Takes the prompt of the removed turn, to ask it again; returns whether it took it. */
  reask?: (prompt: string) => boolean;
}

export class HistoryView {
  readonly node = element("div", { class: "jc-history mathjax_ignore" });
  readonly #store: HistoryStore;
  readonly #say: (sentence: string) => void;
  readonly #options: HistoryOptions;
  readonly #slider: Slider;
  readonly #preview = new PreviewView();
  readonly #stopLabel = element("span", { class: "jc-moment-place" });
  readonly #details = element("span", { class: "jc-moment-details" });
  readonly #prompt = element("p", { class: "jc-moment-prompt" });
  readonly #files = element("p", { class: "jc-moment-files", dir: "ltr" });
  readonly #after = element("p", { class: "jc-moment-after" });
  readonly #filesBox = element("input", { type: "checkbox" });
  readonly #conversationBox = element("input", { type: "checkbox" });
  readonly #previewButton: HTMLButtonElement;
  readonly #rewindButton: HTMLButtonElement;
  readonly #undoButton: HTMLButtonElement;
  readonly #said = element("p", { class: "jc-history-said" });
  readonly #undoes = element("p", { class: "jc-hint" });
  readonly #reask = element("div", { class: "jc-reask" });
  readonly #branchCount = element("summary", {});
  readonly #branchList = element("ul", {});
  readonly #branches = element(
    "details",
    { class: "jc-branches" },
    this.#branchCount,
    this.#branchList,
  );
  #stop = 0;
  /** Whether the slider stays at "now" when turns are added. */
  #followsNow = true;
  /** The plan on screen; null if it is for another stop or choice. */
  #plan: Plan | null = null;
  #focusPreview = false;
  #gone = false;
  #restTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: LiveLine, say: (sentence: string) => void, options: HistoryOptions = {}) {
    this.#say = say;
    this.#options = options;
    this.#slider = new Slider((stop) => {
      this.#move(stop);
    });
    this.#previewButton = button(trans.__("Preview rewind"), "plain", () => {
      this.#focusPreview = true;
      this.#look(0);
    });
    this.#rewindButton = button(trans.__("Rewind"), "primary", () => {
      this.#rewind();
    });
    this.#undoButton = button(trans.__("Undo rewind"), "plain", () => {
      this.#act({ action: "undo" });
    });
    for (const box of [this.#filesBox, this.#conversationBox]) {
      box.checked = true;
      box.addEventListener("change", () => {
        this.#look(0);
      });
    }
    this.node.append(
      this.#slider.node,
      element(
        "div",
        { class: "jc-moment" },
        element("p", { class: "jc-moment-heading" }, this.#stopLabel, this.#details),
        this.#prompt,
        this.#files,
        this.#after,
      ),
      element(
        "div",
        { class: "jc-history-controls" },
        element(
          "div",
          { class: "jc-history-checks", role: "group", "aria-label": trans.__("What to rewind") },
          element("label", { class: "jc-choose" }, this.#filesBox, trans.__("Files")),
          element("label", { class: "jc-choose" }, this.#conversationBox, trans.__("Conversation")),
        ),
        element(
          "div",
          { class: "jc-buttons" },
          this.#previewButton,
          this.#rewindButton,
          this.#undoButton,
        ),
      ),
      this.#said,
      this.#undoes,
      this.#reask,
      this.#preview.node,
      this.#branches,
    );
    this.#said.hidden = this.#reask.hidden = true;
    this.#store = new HistoryStore(line, {
      changed: () => {
        this.#changed();
      },
      answered: (answer, asked) => {
        this.#answered(answer, asked);
      },
      late: () => {
        this.#tell(late());
      },
    });
    this.#draw();
  }

  /** The kernel is gone, until a message comes from it. */
  lost(): void {
    clearTimeout(this.#restTimer);
    this.#store.forget();
    this.#preview.clear();
    this.#plan = null;
    this.#gone = true;
    this.#tell(gone(), "problem");
    this.#say(gone());
    this.#draw();
    this.#store.hello();
  }

  dispose(): void {
    clearTimeout(this.#restTimer);
    this.#store.dispose();
    this.node.remove();
  }

  /** Moves the slider to a stop, and shows what a rewind to it would do. */
  show(stop: number): void {
    this.#stop = stop;
    this.#followsNow = false;
    this.#focusPreview = true;
    if (this.#store.known) this.#follow(); // else the first state does it
  }

  // --- moving ---------------------------------------------------------------------------------

  #move(stop: number): void {
    this.#stop = stop;
    this.#followsNow = stop === this.#total;
    if (!this.#isActing && !this.#gone) this.#tell("");
    this.#follow();
  }

  #changed(): void {
    if (this.#gone) this.#tell("");
    this.#gone = false;
    this.#follow();
  }

  #follow(): void {
    this.#stop = this.#followsNow ? this.#total : Math.min(this.#stop, this.#total);
    this.#followsNow = this.#stop === this.#total;
    // The kernel will answer the action that it is doing. The store must not ignore that answer.
    if (this.#isActing) this.#draw();
    else this.#look(REST_MS);
  }

  /** Asks, after a moment, what a rewind to the present stop would do. */
  #look(rest: number): void {
    clearTimeout(this.#restTimer);
    this.#plan = null;
    if (this.#canLook) {
      this.#preview.wait(trans.__("Checking what would change…"));
      this.#restTimer = setTimeout(() => {
        this.#store.ask({ action: "preview", ...this.#choice });
      }, rest);
    } else {
      this.#preview.clear();
    }
    this.#store.forget();
    this.#draw();
  }

  // --- acting ---------------------------------------------------------------------------------

  #rewind(): void {
    const plan = this.#plan;
    if (plan === null) return;
    const include = [...this.#preview.include];
    this.#act({ action: "rewind", ...this.#choice, include, key: plan.key });
  }

  #act(ask: Ask): void {
    clearTimeout(this.#restTimer);
    const hadFocus = this.node.contains(focused());
    this.#reask.hidden = true;
    this.#store.ask(ask);
    this.#tell(DOING[ask.action]());
    this.#draw();
    // The button is disabled now and would lose the focus to the page's body.
    if (hadFocus) this.#slider.input.focus();
  }

  #answered(answer: HistoryAnswer, asked: Ask["action"]): void {
    switch (answer.event) {
      case "plan":
        this.#showPlan(answer.plan, answer.changed);
        return;
      case "error":
        this.#focusPreview = false;
        this.#say(answer.text);
        if (asked === "preview") {
          this.#tell("");
          this.#preview.fail(answer.text);
          return;
        }
        this.#look(0);
        this.#tell(answer.text, "problem");
        return;
      case "done":
        this.#stop = this.#total;
        this.#followsNow = true;
        this.#look(0);
        this.#tell(answer.text, "done");
        this.#say(answer.text);
        if (answer.prompt !== "" && this.#options.reask?.(answer.prompt) !== true)
          this.#offer(answer.prompt);
    }
  }

  #showPlan(plan: Plan, changed: boolean): void {
    const text = this.#preview.show(plan, this.#choice, this.#total);
    this.#plan = plan.can_rewind ? plan : null;
    if (changed)
      this.#tell(trans.__("The result of this rewind has changed. This is the new preview."));
    else if (this.#said.dataset["kind"] === "note") this.#tell("");
    this.#say(
      changed
        ? trans.__("The preview has changed. %1", text)
        : trans.__("Rewind preview. %1", text),
    );
    if (this.#focusPreview) this.#preview.node.focus();
    this.#focusPreview = false;
    this.#draw();
  }

  /** Offers the prompt of the removed turn. */
  #offer(prompt: string): void {
    const take = button(trans.__("Copy prompt"), "plain", () => {
      void copy(prompt).then(
        () => {
          take.textContent = trans.__("Copied");
        },
        () => {
          take.textContent = trans.__("Not copied: select the text instead");
        },
      );
    });
    this.#reask.replaceChildren(
      element("p", { class: "jc-label" }, trans.__("The removed prompt")),
      element("pre", { class: "jc-code mathjax_ignore" }, exactText(prompt)),
      take,
    );
    this.#reask.hidden = false;
  }

  // --- drawing --------------------------------------------------------------------------------

  get #total(): number {
    return this.#store.stops.length;
  }

  get #choice(): RewindChoice {
    return {
      stop: this.#stop,
      files: this.#filesBox.checked,
      conversation: this.#conversationBox.checked,
    };
  }

  get #isActing(): boolean {
    return this.#store.waiting !== null && this.#store.waiting !== "preview";
  }

  get #canLook(): boolean {
    const { files, conversation } = this.#choice;
    return !this.#gone && !this.#followsNow && (files || conversation);
  }

  /** Shows a line to the user; "" removes it. */
  #tell(text: string, kind = "note"): void {
    this.#said.dataset["kind"] = kind;
    setLine(this.#said, text);
  }

  #draw(): void {
    const { stops, situation } = this.#store;
    this.#slider.update(stops, this.#stop);
    this.#drawStop(stops);
    const acting = this.#isActing;
    this.#filesBox.disabled = this.#conversationBox.disabled = acting;
    this.#previewButton.disabled = acting || !this.#canLook;
    this.#rewindButton.disabled = acting || this.#plan === null;
    const idle = !acting && !this.#gone && situation.busy === "";
    this.#undoButton.disabled = !idle || situation.undo === "";
    setLine(this.#undoes, exact(situation.undo));
    this.#drawBranches(!idle);
  }

  #drawStop(stops: readonly Stop[]): void {
    const turn = stops[this.#stop - 1];
    const isNow = this.#followsNow && stops.length > 0;
    const label = this.#store.known
      ? stopLabel(this.#stop, stops.length)
      : trans.__("Asking the kernel…");
    this.#stopLabel.textContent = isNow ? trans.__("%1: now", label) : label;
    this.#details.textContent = turn === undefined ? "" : detailsOf(turn).join(" · ");
    setLine(this.#prompt, turn === undefined ? "" : promptLine(turn.prompt, 240));
    setLine(this.#files, turn === undefined ? "" : filesOf(turn));
    const next = stops[this.#stop];
    let after = isNow ? trans.__("Move the slider back to preview a rewind.") : "";
    if (next !== undefined)
      after = removedText(this.#stop, stops.length, promptLine(next.prompt, 70));
    setLine(this.#after, after);
  }

  #drawBranches(disabled: boolean): void {
    const { branches } = this.#store.situation;
    this.#branches.hidden = branches.length === 0;
    this.#branchCount.textContent = trans.__("Earlier branches (%1)", grouped(branches.length));
    this.#branchList.replaceChildren(
      ...branches.map(({ id, label, turns, time }) => {
        const name = promptLine(label);
        const go = button(trans.__("Go to"), "plain", () => {
          this.#act({ action: "branch", branch: id });
        });
        go.setAttribute("aria-label", trans.__("Go to %1", name));
        go.disabled = disabled;
        return element(
          "li",
          {},
          element(
            "span",
            { class: "jc-branch" },
            name,
            element(
              "span",
              { class: "jc-hint" },
              trans._n(
                "%2 turn, left %3",
                "%2 turns, left %3",
                turns,
                grouped(turns),
                timeOf(time),
              ),
            ),
          ),
          go,
        );
      }),
    );
  }
}

function filesOf(turn: Stop): string {
  const shown = turn.files.slice(0, SHOWN_FILES).map((path) => promptLine(path));
  const more = turn.files_count - shown.length;
  return [...shown, ...(more > 0 ? [trans.__("%1 more", grouped(more))] : [])].join(", ");
}
