/** Answers to requests on their way to the kernel. */

import { parseTaken, type Answer } from "./protocol";

/** An answer that was sent and of which nothing has come yet. */
export interface Sent {
  answer: Answer;
  /**
   * "late": the kernel has been silent for longer than a click should take; "taken": it has the
   * answer, from whichever view, and goes on when its event loop is free.
   */
  state: "sent" | "late" | "taken";
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
    this.#sent.set(request, { answer, state: "sent" });
    this.#timers.set(
      request,
      setTimeout(() => {
        this.#sent.set(request, { answer, state: "late" });
        this.#late();
      }, LATE_MS),
    );
    this.#send(request, answer);
    return true;
  }

  /** The kernel says at once that it has an answer; whether the message is one of those. */
  take(message: unknown): boolean {
    const taken = parseTaken(message);
    if (taken === null) return false;
    clearTimeout(this.#timers.get(taken.request));
    const answer = { behavior: taken.behavior, suggestion: null, answers: null };
    this.#sent.set(taken.request, { answer, state: "taken" });
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
