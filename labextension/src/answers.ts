/** The answers to requests that are on their way to the kernel. */

import { parseVerdict, type Answer, type GivenAnswer } from "./protocol";

/** An answer without anything that the user chose or wrote. */
const PLAIN = { suggestion: null, answers: null, edited: null, message: "" };
export const ALLOW: Answer = { ...PLAIN, behavior: "allow" };
export const DENY: Answer = { ...PLAIN, behavior: "deny" };

/** An answer that was sent, and what is known of it. */
export interface Sent {
  answer: Answer;
  /**
   * "late": the kernel has been silent for longer than a click should take; "taken": it has an
   * answer, from any view, and continues when its event loop is free; "early": the kernel refused
   * the answer as too early, and the request still waits.
   */
  state: "sent" | "late" | "taken" | "early";
}

const LATE_MS = 5_000;

export class Answers {
  readonly #send: (request: string, answer: GivenAnswer) => void;
  readonly #late: () => void;
  readonly #sent = new Map<string, Sent>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `late` is called when the kernel has been silent for too long. */
  constructor(send: (request: string, answer: GivenAnswer) => void, late: () => void) {
    this.#send = send;
    this.#late = late;
  }

  /** The answer to this request that is on its way. */
  sent(request: string): Sent | undefined {
    return this.#sent.get(request);
  }

  /** Sends an answer, once. Returns whether it was sent now. */
  answer(request: string, answer: GivenAnswer): boolean {
    if ((this.#sent.get(request)?.state ?? "early") !== "early") return false;
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

  /** Takes the kernel's verdict on an answer. Returns whether the message is one. */
  handleVerdict(message: unknown): boolean {
    const said = parseVerdict(message);
    if (said === null) return false;
    const { request, verdict } = said;
    const state = verdict === "early" ? "early" : "taken";
    // A taken answer stays taken. The same answer came too early on a second channel.
    if (state === "early" && this.#sent.get(request)?.state === "taken") return true;
    clearTimeout(this.#timers.get(request));
    const answer = verdict === "allow" ? ALLOW : DENY;
    this.#sent.set(request, { answer, state });
    return true;
  }

  /** Forgets an answer: the request is settled, or the user must answer again. */
  forget(request: string): void {
    clearTimeout(this.#timers.get(request));
    this.#timers.delete(request);
    this.#sent.delete(request);
  }

  forgetAll(): void {
    for (const request of [...this.#sent.keys()]) this.forget(request);
  }
}
