/** One model's line to the kernel: feeds the store, asks for snapshots, sends answers. */

import { parseMessage, type Answer, type ViewMessage } from "./protocol";
import { noChanges, TurnStore, type Changes } from "./store";

/** An answer that was sent and of which the kernel has not yet said that it counts. */
export interface Sent {
  answer: Answer;
  /** Whether the kernel has been silent for longer than a click should take. */
  late: boolean;
}

const LATE_MS = 5_000;
// A snapshot can get lost like any message; a kernel that is gone must not be asked for ever.
const HELLO_AGAIN_MS = [2_000, 5_000, 15_000];

/** What a view of a turn needs: the turn, and a way to answer its requests. */
export interface TurnLine {
  readonly store: TurnStore;
  sent(request: string): Sent | undefined;
  answer(request: string, answer: Answer): void;
}

export class Connection implements TurnLine {
  readonly store = new TurnStore();
  readonly #send: (message: ViewMessage) => void;
  readonly #listeners = new Set<(changes: Changes) => void>();
  readonly #sent = new Map<string, Sent>();
  readonly #lateTimers = new Map<string, ReturnType<typeof setTimeout>>();
  #helloTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (message: ViewMessage) => void) {
    this.#send = send;
  }

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The answer on its way for this request. */
  sent(request: string): Sent | undefined {
    return this.#sent.get(request);
  }

  /** Takes a custom message of the model as it came. */
  receive(value: unknown): void {
    const message = parseMessage(value);
    if (message === null) return;
    const wasStale = this.store.stale;
    const changes = this.store.receive(message);
    if (message.type === "snapshot") {
      clearTimeout(this.#helloTimer);
      // A request that is still in the snapshot still waits: its answer has not arrived.
      for (const id of [...this.#sent.keys()]) this.#forget(id);
    } else if (this.store.stale && !wasStale) {
      this.hello();
    }
    for (const id of changes?.outcomes.keys() ?? []) this.#forget(id);
    if (changes !== null) this.#tell(changes);
  }

  /** Asks for a snapshot, and asks again while none comes. */
  hello(): void {
    this.#hello(0);
  }

  /** Sends an answer; the request shows as answered until the kernel says more. */
  answer(request: string, answer: Answer): void {
    if (this.#sent.has(request)) return;
    this.#sent.set(request, { answer, late: false });
    this.#lateTimers.set(
      request,
      setTimeout(() => {
        this.#sent.set(request, { answer, late: true });
        this.#tell({ ...noChanges(), requests: true });
        this.hello();
      }, LATE_MS),
    );
    this.#send({ type: "answer", request, ...answer });
    this.#tell({ ...noChanges(), requests: true });
  }

  dispose(): void {
    clearTimeout(this.#helloTimer);
    for (const id of [...this.#sent.keys()]) this.#forget(id);
    this.#listeners.clear();
  }

  #hello(attempt: number): void {
    clearTimeout(this.#helloTimer);
    this.#send({ type: "hello" });
    const wait = HELLO_AGAIN_MS[attempt];
    if (wait === undefined) return;
    this.#helloTimer = setTimeout(() => {
      this.#hello(attempt + 1);
    }, wait);
  }

  #forget(request: string): void {
    clearTimeout(this.#lateTimers.get(request));
    this.#lateTimers.delete(request);
    this.#sent.delete(request);
  }

  #tell(changes: Changes): void {
    for (const listener of this.#listeners) listener(changes);
  }
}
