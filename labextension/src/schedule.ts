/** Joins many changes into one drawing. */

// A hidden tab has no animation frames, but must be up to date when the user returns to it.
const HIDDEN_TAB_MS = 250;
// Drawing takes at most about a seventh of the time, even for a long paragraph.
const REST_PER_WORK = 6;

export class Batch {
  readonly #run: () => void;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = false;
  #restUntil = 0;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Runs the function soon, once for all calls until then. */
  request(): void {
    if (this.#asked) return;
    this.#asked = true;
    const rest = this.#restUntil - performance.now();
    if (rest > 0)
      this.#timer = setTimeout(() => {
        this.#arm();
      }, rest);
    else this.#arm();
  }

  cancel(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#asked = false;
  }

  #arm(): void {
    const flush = (): void => {
      this.cancel();
      const start = performance.now();
      this.#run();
      const end = performance.now();
      this.#restUntil = end + REST_PER_WORK * (end - start);
    };
    this.#frame = requestAnimationFrame(flush);
    this.#timer = setTimeout(flush, HIDDEN_TAB_MS);
  }
}
