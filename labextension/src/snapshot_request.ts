/** Asks for a snapshot, and asks again a few times until one comes. */

// A snapshot can get lost, so we ask again, but not for ever: the kernel may be gone.
const AGAIN_MS = [2_000, 5_000, 15_000];

export class SnapshotRequest {
  readonly #send: (attempt: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` gets how often it was called before. */
  constructor(send: (attempt: number) => void) {
    this.#send = send;
  }

  /** Asks now. */
  start(): void {
    this.#ask(0);
  }

  /** Stops asking: a snapshot came, or nobody needs one any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #ask(attempt: number): void {
    this.stop();
    this.#send(attempt);
    const wait = AGAIN_MS[attempt];
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      this.#ask(attempt + 1);
    }, wait);
  }
}
