/** One model's connection to the kernel: feeds the store, asks for snapshots, sends answers. */

import { Answers, type Sent } from "./answers";
import { SnapshotRequest } from "./snapshot_request";
import { parseMessage, type GivenAnswer, type ViewMessage, type TurnAction } from "./protocol";
import { noChanges, TurnStore, type Changes } from "./store";

/** Answers the requests of a turn. */
export interface Answering {
  /** The answer to this request that is on its way. */
  sent(request: string): Sent | undefined;
  /**
   * Sends an answer; the view shows the request as answered until the kernel says more. Returns
   * whether the answer was sent now: false for a second one, and where the connection is gone.
   */
  answer(request: string, answer: GivenAnswer): boolean;
  /** Says that the user writes in this request. */
  typing(request: string): void;
}

/** What a view of a turn needs: the turn, and the means to answer its requests and to stop it. */
export interface TurnLine extends Answering {
  readonly store: TurnStore;
  readonly act: (action: TurnAction) => void;
}

export class Connection implements TurnLine {
  readonly store = new TurnStore();
  readonly #listeners = new Set<(changes: Changes) => void>();
  readonly #snapshotRequest: SnapshotRequest;
  readonly #answers: Answers;
  readonly act: (action: TurnAction) => void;
  readonly typing: (request: string) => void;

  constructor(send: (message: ViewMessage) => void) {
    this.act = (action) => {
      send({ type: "turn_action", ...action });
    };
    this.typing = (request) => {
      send({ type: "typing", request });
    };
    this.#snapshotRequest = new SnapshotRequest(() => {
      send({ type: "hello" });
    });
    this.#answers = new Answers(
      (request, answer) => {
        send({ type: "answer", request, ...answer });
      },
      () => {
        this.#tell({ ...noChanges(), requests: true });
        this.hello();
      },
    );
  }

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  sent(request: string): Sent | undefined {
    return this.#answers.sent(request);
  }

  answer(request: string, answer: GivenAnswer): boolean {
    const isNew = this.#answers.answer(request, answer);
    if (isNew) this.#tell({ ...noChanges(), requests: true });
    return isNew;
  }

  /** Takes a custom message of the model, not parsed yet. */
  receive(value: unknown): void {
    if (this.#answers.handleVerdict(value)) {
      this.#tell({ ...noChanges(), requests: true });
      return;
    }
    const message = parseMessage(value);
    if (message === null) return;
    const wasStale = this.store.stale;
    const changes = this.store.receive(message);
    if (message.type === "snapshot") {
      this.#snapshotRequest.stop();
      // A request in the snapshot still waits: the kernel has not received its answer.
      this.#answers.forgetAll();
    } else if (this.store.stale && !wasStale) {
      this.hello();
    }
    for (const id of changes?.outcomes.keys() ?? []) this.#answers.forget(id);
    if (changes !== null) this.#tell(changes);
  }

  /** Asks for a snapshot, and asks again a few times until one comes. */
  hello(): void {
    this.#snapshotRequest.start();
  }

  dispose(): void {
    this.#snapshotRequest.stop();
    this.#answers.forgetAll();
    this.#listeners.clear();
  }

  #tell(changes: Changes): void {
    for (const listener of this.#listeners) listener(changes);
  }
}
