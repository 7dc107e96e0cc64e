/**
 * Keeps a request from being answered by accident: a request that nobody can have read takes none.
 *
 * It takes no answer for a moment after it appeared, moved, came into the window, got the focus by
 * itself, or got a key that was typed for something else. A pointer may also hit what something lay
 * over until now. A key goes to what has the focus, wherever that moves, so a request that does not
 * come to rest at all can be answered by keyboard. What counts is when a key or a button goes down,
 * not when it comes up: a press that began too early is none, and a press may make the page move. The
 * kernel holds to the same rule, by the time that each answer names.
 */

import { element, focused, setLine } from "../dom";

/** For how long; the kernel's number is `HOLD` in `_approvals.py`. */
export const HOLD_MS = 800;
const LOOK_MS = 100;
/** What moves for so long without a rest does not come to rest soon. */
const RESTLESS_MS = 5_000;
const KEYS = ["Enter", " ", "Escape"];
/** Where one looks at a button, as parts of its width. */
const POINTS = [0.1, 0.5, 0.9];

/** A key or a button that is down, and how long the request had been readable then. */
interface Press {
  readonly byKey: boolean;
  readonly waited: number;
}

/** Whether the key was typed for something else: it is text, and what has the focus takes none. */
function isStray({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  if (target instanceof HTMLInputElement && target.type === "text") return false;
  const isOnControl = target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
  if (key === "Enter" || key === " ") return !isOnControl;
  return key.length === 1 || key === "Backspace" || key === "Delete";
}

export class Guard {
  readonly #node: HTMLElement;
  readonly #buttons: HTMLElement;
  /** Since when it can be read. */
  #since = performance.now();
  /** Since when it has not moved. */
  #still = performance.now();
  /** Since when it has moved again and again. */
  #restless = performance.now();
  /** Until when something lay over a button. */
  readonly #covered = new Map<Element, number>();
  #position = "";
  #press: Press | null = null;
  #timer: ReturnType<typeof setInterval>;
  #sight: IntersectionObserver | null = null;

  /** Watches the dialog `node`, whose answers are the buttons in `buttons`. */
  constructor(node: HTMLElement, buttons: HTMLElement, signal: AbortSignal) {
    this.#node = node;
    this.#buttons = buttons;
    node.addEventListener(
      "pointerdown",
      ({ target }) => {
        this.#look();
        const button = [...buttons.children].find(
          (each) => target instanceof Node && each.contains(target),
        );
        this.#press = { byKey: false, waited: performance.now() - this.#pointerSince(button) };
      },
      { capture: true },
    );
    node.addEventListener(
      "keydown",
      (event) => {
        if (event.repeat) return;
        if (isStray(event)) this.restart();
        if (!KEYS.includes(event.key)) return;
        this.#look();
        this.#press = { byKey: true, waited: performance.now() - this.#keySince() };
      },
      { capture: true },
    );
    const release = ({ type }: Event): void => {
      const press = this.#press;
      if (press?.byKey !== (type === "keyup")) return;
      // The click comes after it.
      setTimeout(() => {
        if (this.#press === press) this.#press = null;
      });
    };
    for (const type of ["pointerup", "pointercancel", "keyup"])
      window.addEventListener(type, release, { capture: true, signal });
    // What a hidden page showed nobody has seen.
    document.addEventListener(
      "visibilitychange",
      () => {
        this.restart();
      },
      { signal },
    );
    window.addEventListener(
      "scroll",
      () => {
        this.#look();
      },
      { capture: true, passive: true, signal },
    );
    // Nor what was scrolled out of sight: Tab brings it there, and the next key would answer it.
    if (typeof IntersectionObserver === "function") {
      this.#sight = new IntersectionObserver(() => {
        this.restart();
      });
      for (const part of [node, buttons]) this.#sight.observe(part);
    }
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
    signal.addEventListener("abort", () => {
      this.end();
    });
    this.#show();
  }

  /** It can be read from now on only, or the kernel says that an answer came too early. */
  restart(): void {
    this.#since = performance.now();
    this.#show();
  }

  /** How many milliseconds ago it became readable; null while it takes no answer. */
  waited(): number | null {
    this.#look();
    const waited = this.#press?.waited ?? performance.now() - Math.max(this.#since, this.#still);
    return waited < HOLD_MS ? null : Math.floor(waited);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#sight?.disconnect();
  }

  #look(): void {
    const now = performance.now();
    const position = this.#positionNow();
    if (position !== this.#position) {
      if (now - this.#still >= HOLD_MS) this.#restless = now;
      this.#still = now;
    }
    this.#position = position;
    for (const button of this.#buttons.children)
      if (this.#isCovered(button)) this.#covered.set(button, now);
    this.#show();
  }

  /** Since when a key that is pressed is meant for it. */
  #keySince(): number {
    const rests = this.#still - this.#restless < RESTLESS_MS;
    return rests ? Math.max(this.#since, this.#still) : this.#since;
  }

  /** Since when a pointer that comes down on a button, or beside them, is meant for it. */
  #pointerSince(button: Element | undefined): number {
    const covered = button === undefined ? undefined : this.#covered.get(button);
    return Math.max(this.#since, this.#still, covered ?? -Infinity);
  }

  /** Where the buttons are in the window, to the pixel. */
  #positionNow(): string {
    const { x, y, width, height } = this.#buttons.getBoundingClientRect();
    return [x, y, width, height].map(Math.round).join(" ");
  }

  /** Whether something lies over a part of a button: what is seen there is not the request. */
  #isCovered(button: Element): boolean {
    const { x, y, width, height } = button.getBoundingClientRect();
    const root = this.#node.getRootNode() as Partial<DocumentOrShadowRoot>;
    return POINTS.some((part) => {
      // Where it is scrolled out of sight, it is not among them.
      const there = root.elementsFromPoint?.(x + width * part, y + height / 2) ?? [];
      return there.includes(button) && !this.#node.contains(there[0] ?? null);
    });
  }

  #show(): void {
    const now = performance.now();
    const active = focused();
    for (const button of this.#buttons.children) {
      const since = button === active ? this.#keySince() : this.#pointerSince(button);
      const value = String(now - since < HOLD_MS);
      if (button.getAttribute("aria-disabled") !== value)
        button.setAttribute("aria-disabled", value);
    }
  }
}

/** What stands in the place of an answered request, so that those below it do not move. */
export function settledView(height: number, text: string): HTMLElement {
  const node = element("div", { class: "jc-settled mathjax_ignore" });
  setLine(node, text);
  node.style.blockSize = `${String(height)}px`;
  return node;
}
