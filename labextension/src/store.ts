/** The state of one turn, as the kernel reports it, and what each message changes in it. */

import type { Item, KernelMessage, Op, Request, Turn } from "./protocol";

/** The parts that a view must draw again. */
export interface Changes {
  /** Everything may differ: a snapshot came. */
  all: boolean;
  /** The turn's fields other than items and requests. */
  turn: boolean;
  /** The list of requests. */
  requests: boolean;
  /** The ids of the items that are new or have changed. */
  items: Set<string>;
  /** How requests ended, by their id: "Approved", "Denied", … */
  outcomes: Map<string, string>;
}

export function noChanges(): Changes {
  return { all: false, turn: false, requests: false, items: new Set(), outcomes: new Map() };
}

/** Adds what `more` names to `changes`. */
export function mergeChanges(changes: Changes, more: Changes): void {
  changes.all ||= more.all;
  changes.turn ||= more.turn;
  changes.requests ||= more.requests;
  for (const id of more.items) changes.items.add(id);
  for (const [id, outcome] of more.outcomes) changes.outcomes.set(id, outcome);
}

/**
 * Checks the numbers of the kernel's messages.
 *
 * A gap means that the server dropped a message. The page then ignores patches until a snapshot
 * comes.
 */
export class Sequence {
  #seq = 0;
  #stale = true;

  /** Whether a message was lost, so that only a snapshot can help. */
  get stale(): boolean {
    return this.#stale;
  }

  restart(seq: number): void {
    this.#seq = seq;
    this.#stale = false;
  }

  /** Whether the message with this number is the next one. */
  follows(seq: number): boolean {
    if (this.#stale || seq <= this.#seq) return false;
    this.#stale = seq !== this.#seq + 1;
    if (!this.#stale) this.#seq = seq;
    return !this.#stale;
  }
}

/** Holds a turn and applies snapshots and patches to it. */
export class TurnStore {
  readonly #sequence = new Sequence();
  #turn: Turn | null = null;

  get turn(): Turn | null {
    return this.#turn;
  }

  /** Whether only a snapshot can bring this store up to date. */
  get stale(): boolean {
    return this.#sequence.stale;
  }

  item(id: string): Item | undefined {
    return this.#turn?.items.find((item) => item.id === id);
  }

  /** Applies the message; null if the store ignored it (it is old, or the store is stale). */
  receive(message: KernelMessage): Changes | null {
    if (message.type === "snapshot") {
      this.#sequence.restart(message.seq);
      return this.set(message.turn);
    }
    if (this.#turn === null || !this.#sequence.follows(message.seq)) return null;
    return this.apply(message.ops);
  }

  /** Takes the whole turn. */
  set(turn: Turn): Changes {
    this.#turn = turn;
    return { ...noChanges(), all: true };
  }

  /** Applies changes to the turn. */
  apply(ops: readonly Op[]): Changes {
    const changes = noChanges();
    for (const op of ops) if (this.#turn !== null) apply(this.#turn, op, changes);
    return changes;
  }
}

function apply(turn: Turn, op: Op, changes: Changes): void {
  switch (op[0]) {
    case "put":
      put(turn.items, op[1]);
      changes.items.add(op[1].id);
      break;
    case "append": {
      // From the end: the item that grows is nearly always the last one.
      const item = turn.items.findLast(({ id }) => id === op[1]);
      if (item === undefined) break;
      if (item.kind === "tool") item.output += op[2];
      else item.text += op[2];
      changes.items.add(item.id);
      break;
    }
    case "output": {
      const item = turn.items.find(({ id }) => id === op[1]);
      if (item?.kind !== "tool") break;
      item.whole = op[2];
      changes.items.add(item.id);
      break;
    }
    case "turn":
      Object.assign(turn, op[1]);
      changes.turn = true;
      break;
    case "request":
      put<Request>(turn.requests, op[1]);
      changes.requests = true;
      break;
    case "request_done":
      turn.requests = turn.requests.filter(({ id }) => id !== op[1]);
      changes.requests = true;
      changes.outcomes.set(op[1], op[2]);
      break;
  }
}

function put<T extends { id: string }>(list: T[], entry: T): void {
  const index = list.findIndex(({ id }) => id === entry.id);
  if (index === -1) list.push(entry);
  else list[index] = entry;
}
