/** Whether the user can have read all of a request: each part was on screen, to its last line. */

/** A text that scrolls has been read to its end if no more than this is left, in pixels. */
const SLACK = 4;

export class Seen {
  /** The parts that were not on screen yet. */
  readonly #parts: Set<Element>;
  /** The texts that were not scrolled to their end yet. */
  readonly #texts: Set<HTMLElement>;
  readonly #observer: IntersectionObserver | null;
  #since: number | null = null;

  /** `parts` are the parts of a request from its first to its last line; `texts` may scroll. */
  constructor(parts: readonly Element[], texts: readonly HTMLElement[]) {
    this.#parts = new Set(parts);
    this.#texts = new Set(texts);
    for (const text of texts)
      text.addEventListener(
        "scroll",
        () => {
          this.#look();
        },
        { passive: true },
      );
    this.#observer =
      typeof IntersectionObserver === "function"
        ? new IntersectionObserver((entries) => {
            for (const { target, isIntersecting } of entries)
              if (isIntersecting) this.#parts.delete(target);
            this.#look();
          })
        : null;
    for (const part of parts) this.#observer?.observe(part);
  }

  /** For how many milliseconds all of it has been seen; 0 if some of it was not. */
  waited(): number {
    this.#look();
    return this.#since === null ? 0 : performance.now() - this.#since;
  }

  end(): void {
    this.#observer?.disconnect();
  }

  #look(): void {
    for (const text of this.#texts) {
      const isThere = text.isConnected && !this.#parts.has(text);
      if (isThere && text.scrollHeight - text.clientHeight - text.scrollTop <= SLACK)
        this.#texts.delete(text);
    }
    if (this.#parts.size + this.#texts.size === 0) this.#since ??= performance.now();
  }
}
