/** The history as the kernel reports it, and the one question that the view waits for. */

import type { LiveLine } from "../live";
import { parseMessage, type Ask, type HistoryAnswer, type Situation, type Stop } from "./protocol";
import { uuid } from "../uuid";

// A state can get lost, so we ask again, but not for ever: the kernel may be gone.
const HELLO_AGAIN_MS = [2_000, 5_000, 15_000];
/** A preview comes at once; for the others Claude Code may have to start again. */
const LATE_MS: Record<Ask["action"], number> = {
  preview: 2_000,
  rewind: 10_000,
  resend: 10_000,
  undo: 10_000,
  branch: 10_000,
};

export interface Listener {
  /** The stops or the situation changed. */
  changed: () => void;
  /** The kernel answered the last question. */
  answered: (answer: HistoryAnswer, asked: Ask["action"]) => void;
  /** The kernel has been silent for longer than an answer should take. */
  late: () => void;
}

export class HistoryStore {
  stops: readonly Stop[] = [];
  situation: Situation = { busy: "", undo: "", branches: [] };
  /** Whether the kernel has sent a state yet. */
  known = false;
  readonly #line: LiveLine;
  readonly #listener: Listener;
  readonly #unsubscribe: () => void;
  readonly #name = uuid();
  #version = 0;
  #asked = 0;
  #waiting: Ask["action"] | null = null;
  #helloTimer: ReturnType<typeof setTimeout> | undefined;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: LiveLine, listener: Listener) {
    this.#line = line;
    this.#listener = listener;
    this.#unsubscribe = line.subscribe((message) => {
      this.#receive(message);
    });
    this.hello();
  }

  /** Asks for everything, and asks again a few times until a state comes. */
  hello(): void {
    this.#hello(0);
  }

  /** The action that waits for an answer; null if none does. */
  get waiting(): Ask["action"] | null {
    return this.#waiting;
  }

  /** Asks the kernel; the store ignores answers to earlier questions from now on. */
  ask(ask: Ask): void {
    this.#asked++;
    this.#waiting = ask.action;
    clearTimeout(this.#lateTimer);
    this.#lateTimer = setTimeout(() => {
      this.#listener.late();
    }, LATE_MS[ask.action]);
    this.#line.send({ type: "history", ...ask, ask: this.#ask });
  }

  /** Ignores the answer to the last question. */
  forget(): void {
    this.#asked++;
    this.#settle();
  }

  dispose(): void {
    this.#unsubscribe();
    clearTimeout(this.#helloTimer);
    clearTimeout(this.#lateTimer);
  }

  get #ask(): string {
    return `${this.#name}/${String(this.#asked)}`;
  }

  #settle(): void {
    clearTimeout(this.#lateTimer);
    this.#waiting = null;
  }

  #hello(attempt: number): void {
    clearTimeout(this.#helloTimer);
    this.#line.send({ type: "history", action: "hello" });
    const wait = HELLO_AGAIN_MS[attempt];
    if (wait === undefined) return;
    this.#helloTimer = setTimeout(() => {
      this.#hello(attempt + 1);
    }, wait);
  }

  #receive(value: unknown): void {
    const message = parseMessage(value);
    if (message === null) return;
    if (message.event !== "state") {
      const asked = this.#waiting;
      if (message.ask !== this.#ask || asked === null) return;
      this.#settle();
      this.#listener.answered(message, asked);
      return;
    }
    // The kernel sends only the stops that changed. A store that missed some asks for all.
    const isNext =
      this.known && message.version === this.#version + 1 && message.from <= this.stops.length;
    if (message.from > 0 && !isNext) {
      if (!this.known || message.version > this.#version) this.hello();
      return;
    }
    clearTimeout(this.#helloTimer);
    this.#version = message.version;
    this.known = true;
    this.stops = [...this.stops.slice(0, message.from), ...message.stops];
    const { busy, undo, branches } = message;
    this.situation = { busy, undo, branches };
    this.#listener.changed();
  }
}
