/** Answers to requests on their way to the kernel. */

import type { Answer } from "./protocol";

/** An answer that was sent and of which the kernel has not yet said that it counts. */
export interface Sent {
  answer: Answer;
  /** Whether the kernel has been silent for longer than a click should take. */
  late: boolean;
}

const LATE_MS = 5_000;

export class Answers {
  readonly #send: (request: string, answer: Answer) => void;
  readonly #late: () => void;
  readonly #sent = new Map<string, Sent>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `late` is called when the kernel has been silent for too long. */
  constructor(send: (request: string, answer: Answer) => void, late: () => void) {
    this.#send = send;
    this.#late = late;
  }

  /** The answer on its way for this request. */
  sent(request: string): Sent | undefined {
    return this.#sent.get(request);
  }

  /** Sends an answer, once; whether it was sent now. */
  answer(request: string, answer: Answer): boolean {
    if (this.#sent.has(request)) return false;
    this.#sent.set(request, { answer, late: false });
    this.#timers.set(
      request,
      setTimeout(() => {
        this.#sent.set(request, { answer, late: true });
        this.#late();
      }, LATE_MS),
    );
    this.#send(request, answer);
    return true;
  }

  /** The request is settled, or must be answered again. */
  forget(request: string): void {
    clearTimeout(this.#timers.get(request));
    this.#timers.delete(request);
    this.#sent.delete(request);
  }

  forgetAll(): void {
    for (const request of [...this.#sent.keys()]) this.forget(request);
  }
}
