/** Asks for a snapshot, and asks again while none comes. */

// A snapshot can get lost like any message; a kernel that is gone must not be asked for ever.
const AGAIN_MS = [2_000, 5_000, 15_000];

export class SnapshotRequest {
  readonly #send: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: () => void) {
    this.#send = send;
  }

  /** Asks now. */
  start(): void {
    this.#ask(0);
  }

  /** A snapshot came, or none is wanted any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(attempt: number): void {
    this.stop();
    this.#send();
    const wait = AGAIN_MS[attempt];
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      this.#ask(attempt + 1);
    }, wait);
  }
}
