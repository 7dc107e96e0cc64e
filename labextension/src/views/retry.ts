/**
 * The notice that the API refused: it counts down to the next try, and offers to stop or to change
 * the model.
 */

import { element, focused } from "../dom";
import type { OtherModel, Wait, TurnAction } from "../protocol";
import { exact, visibleText } from "../text";
import { trans } from "../trans";
import { button } from "./card";

/** When something happens: "now", "in 12 s", "at 14:05, in 6 min 3 s". */
export function leftText(ms: number, now = new Date()): string {
  const whole = Math.ceil(ms / 1_000);
  if (whole <= 0) return trans.__("now");
  if (whole < 60) return trans.__("in %1 s", whole);
  const at = new Date(now.valueOf() + ms);
  const digits = (part: number): string => String(part).padStart(2, "0");
  const clock = `${digits(at.getHours())}:${digits(at.getMinutes())}`;
  return trans.__("at %1, in %2 min %3 s", clock, Math.floor(whole / 60), whole % 60);
}

export class RetryView {
  readonly node = element("div", { class: "jc-retry" });
  readonly #act: (action: TurnAction) => void;
  readonly #say: (sentence: string) => void;
  readonly #text = document.createTextNode("");
  readonly #stop: HTMLButtonElement;
  readonly #another: HTMLButtonElement;
  readonly #models = element("div", {
    class: "jc-retry-models",
    role: "group",
    "aria-label": trans.__("Ask another model"),
  });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait: Wait | null = null;
  #shown = "";
  /** Where the focus was before it moved here. */
  #before: HTMLElement | null = null;

  constructor(act: (action: TurnAction) => void, say: (sentence: string) => void) {
    this.#act = act;
    this.#say = say;
    this.#stop = button(trans.__("Stop"), "plain", () => {
      this.#act({ action: "stop" });
    });
    this.#another = button(trans.__("Another model…"), "plain", () => {
      this.#open(this.#another.getAttribute("aria-expanded") !== "true");
    });
    this.node.append(
      element("span", {}, this.#text),
      element("div", { class: "jc-buttons" }, this.#stop, this.#another),
      this.#models,
    );
    this.#open(false);
    this.node.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && !this.node.contains(relatedTarget))
        this.#before = relatedTarget;
    });
  }

  update(wait: Wait): void {
    if (wait === this.#wait) return;
    this.#wait = wait;
    // A screen reader reads out each try, but not the seconds.
    this.#say(this.#line());
    this.#drawModels(wait.models);
    this.#tick();
  }

  /** The wait has ended. The buttons are about to disappear, so the focus goes back. */
  end(): void {
    clearTimeout(this.#timer);
    this.#wait = null;
    if (this.node.contains(focused()) && this.#before?.isConnected === true)
      this.#before.focus({ preventScroll: true });
  }

  #line(): string {
    const { before = "", after = "", until = 0 } = this.#wait ?? {};
    return visibleText(`${before} ${leftText(until - performance.now())}${after}`);
  }

  #tick(): void {
    clearTimeout(this.#timer);
    if (this.#wait === null) return;
    this.#text.data = this.#line();
    const left = this.#wait.until - performance.now();
    // The next tick is just after the second has changed.
    const tick = (): void => {
      this.#tick();
    };
    if (left > 0) this.#timer = setTimeout(tick, (left % 1_000) + 20);
  }

  #open(open: boolean): void {
    this.#models.hidden = !open;
    this.#another.setAttribute("aria-expanded", String(open));
    if (open) this.#models.querySelector("button")?.focus();
  }

  #drawModels(models: readonly OtherModel[]): void {
    this.#another.hidden = models.length === 0;
    const now = JSON.stringify(models);
    if (now === this.#shown) return; // otherwise the next try would remove the focused button
    this.#shown = now;
    if (models.length === 0) this.#open(false);
    this.#models.replaceChildren(
      ...models.map(({ value, label }) =>
        button(exact(label || value), "plain", () => {
          this.#choose(value);
        }),
      ),
    );
  }

  #choose(model: string): void {
    const nodes = [...this.#models.querySelectorAll("button")];
    if (nodes.some((node) => node.getAttribute("aria-disabled") === "true")) return; // a model is chosen
    // A button with `disabled` loses the focus, so we only mark it.
    for (const node of nodes) node.setAttribute("aria-disabled", "true");
    this.#act({ action: "model", model });
  }
}
