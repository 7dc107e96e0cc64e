/**
 * Prevents accidental answers: a request takes no answer until the user can have read it.
 *
 * It takes no answer for a moment after it appeared, moved, came into the window, got the focus by
 * itself, or got a key that the user typed for something else. A pointer must also wait after
 * something covered the button. A key goes to the focus wherever that moves, so the keyboard can
 * answer a request that never stops moving. The moment when a key or button goes down counts, not
 * when it comes up: a press that began too early is no answer, and a press may move the page. The
 * kernel applies the same rule to the time that each answer names.
 */

import { element, focused, setLine } from "../dom";
import { continuesShortcut } from "../keys";

/** How long a request takes no answer; the kernel's number is `HOLD` in `_approvals.py`. */
export const HOLD_MS = 800;
const LOOK_MS = 100;
/** A request that has moved for so long is expected to keep moving. */
const RESTLESS_MS = 5_000;
const KEYS = ["Enter", " ", "Escape"];
/** The points of a button that are checked, as parts of its width. */
const POINTS = [0.1, 0.5, 0.9];

/** A key or button that is down, and how long the request had been readable when it went down. */
interface Press {
  readonly byKey: boolean;
  readonly waited: number;
}

/** Whether the user typed the key for something else: it types text, and the focus takes none. */
function isStray(event: KeyboardEvent): boolean {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || continuesShortcut(event)) return false;
  if (target instanceof HTMLTextAreaElement) return false;
  if (target instanceof HTMLInputElement && target.type === "text") return false;
  const isOnControl = target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
  if (key === "Enter" || key === " ") return !isOnControl;
  return key.length === 1 || key === "Backspace" || key === "Delete";
}

export class Guard {
  readonly #node: HTMLElement;
  readonly #buttons: HTMLElement;
  /** Since when the user can read the request. */
  #since = performance.now();
  /** Since when it has stood still. */
  #still = performance.now();
  /** Since when it has moved without a rest. */
  #restless = performance.now();
  /** When something last covered each button. */
  readonly #covered = new Map<Element, number>();
  #position = "";
  #press: Press | null = null;
  #timer: ReturnType<typeof setInterval>;
  #sight: IntersectionObserver | null = null;

  readonly #ready: () => boolean;

  /**
   * Watches the dialog `node`; the buttons in `buttons` answer it, but never before `ready` says
   * that they may.
   */
  constructor(
    node: HTMLElement,
    buttons: HTMLElement,
    signal: AbortSignal,
    ready = (): boolean => true,
  ) {
    this.#node = node;
    this.#buttons = buttons;
    this.#ready = ready;
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
      // The click event comes after this one.
      setTimeout(() => {
        if (this.#press === press) this.#press = null;
      });
    };
    for (const type of ["pointerup", "pointercancel", "keyup"])
      window.addEventListener(type, release, { capture: true, signal });
    // Nobody has seen a hidden page.
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
    // Nobody has seen what was scrolled out of sight. Tab scrolls it into sight, and the next key
    // must not answer it.
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

  /** The user can read the request only from now on, or an answer came too early for the kernel. */
  restart(): void {
    this.#since = performance.now();
    this.#show();
  }

  /** For how many milliseconds it has been readable; null while it takes no answer. */
  waited(): number | null {
    this.#look();
    const waited = this.#press?.waited ?? performance.now() - Math.max(this.#since, this.#still);
    return waited < HOLD_MS || !this.#ready() ? null : Math.floor(waited);
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

  /** Since when a pressed key is meant for the request. */
  #keySince(): number {
    const rests = this.#still - this.#restless < RESTLESS_MS;
    return rests ? Math.max(this.#since, this.#still) : this.#since;
  }

  /** Since when a press of the pointer, on a button or beside them, is meant for the request. */
  #pointerSince(button: Element | undefined): number {
    const covered = button === undefined ? undefined : this.#covered.get(button);
    return Math.max(this.#since, this.#still, covered ?? -Infinity);
  }

  /** The position of the buttons in the window, in whole pixels. */
  #positionNow(): string {
    const { x, y, width, height } = this.#buttons.getBoundingClientRect();
    return [x, y, width, height].map(Math.round).join(" ");
  }

  /** Whether something covers a part of a button, so that the user sees something else there. */
  #isCovered(button: Element): boolean {
    const { x, y, width, height } = button.getBoundingClientRect();
    const root = this.#node.getRootNode() as Partial<DocumentOrShadowRoot>;
    return POINTS.some((part) => {
      // A button that is scrolled out of sight is not in this list.
      const there = root.elementsFromPoint?.(x + width * part, y + height / 2) ?? [];
      return there.includes(button) && !this.#node.contains(there[0] ?? null);
    });
  }

  #show(): void {
    const now = performance.now();
    const active = focused();
    const ready = this.#ready();
    for (const button of this.#buttons.children) {
      const since = button === active ? this.#keySince() : this.#pointerSince(button);
      const value = String(now - since < HOLD_MS || !ready);
      if (button.getAttribute("aria-disabled") !== value)
        button.setAttribute("aria-disabled", value);
    }
  }
}

/** Fills the place of an answered request, so that the requests below do not move. */
export function settledView(height: number, text: string): HTMLElement {
  const node = element("div", { class: "jc-settled mathjax_ignore" });
  setLine(node, text);
  node.style.blockSize = `${String(height)}px`;
  return node;
}
