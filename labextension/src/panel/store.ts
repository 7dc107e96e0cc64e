/** The panel's state as the kernel reports it: the heads of all turns, and the contents of some. */

import type { Request } from "../protocol";
import { mergeChanges, noChanges, Sequence, TurnStore, type Changes } from "../store";
import type { Head, PanelMessage, PanelOp, SessionState } from "./protocol";

/** The parts that a view must draw again. */
export interface PanelChanges {
  /** The session's state. */
  state: boolean;
  /** Turns came, went, or changed their heads. */
  list: boolean;
  /** The changes in the turns that the store holds. */
  turns: Map<string, Changes>;
  draft: boolean;
  /** The traffic with the kernel: a prompt on its way, an answer, silence. */
  line: boolean;
}

export function noPanelChanges(): PanelChanges {
  return { state: false, list: false, turns: new Map(), draft: false, line: false };
}

export function mergePanelChanges(changes: PanelChanges, more: PanelChanges): void {
  changes.state ||= more.state;
  changes.list ||= more.list;
  changes.draft ||= more.draft;
  changes.line ||= more.line;
  for (const [id, turn] of more.turns) {
    const before = changes.turns.get(id);
    if (before === undefined) changes.turns.set(id, copy(turn));
    else mergeChanges(before, turn);
  }
}

function copy(changes: Changes): Changes {
  const own = noChanges();
  mergeChanges(own, changes);
  return own;
}

// When the user scrolls back to a dropped turn, the panel fetches it again.
const KEPT = 60;

export class PanelStore {
  state: SessionState | null = null;
  heads: readonly Head[] = [];
  draft = { text: "", from: "" };
  /** The last problem; "" if there was none. */
  problem = "";
  readonly #sequence = new Sequence();
  #byId = new Map<string, Head>();
  /** In order of use, the last used at the end. */
  readonly #turns = new Map<string, TurnStore>();

  /** Whether only a snapshot can bring this store up to date. */
  get stale(): boolean {
    return this.#sequence.stale;
  }

  head(id: string): Head | undefined {
    return this.#byId.get(id);
  }

  /** The contents of a turn, if the store holds them. */
  turn(id: string): TurnStore | undefined {
    return this.#turns.get(id);
  }

  /** All waiting requests of the turns that the store holds. */
  get requests(): Request[] {
    return this.heads.flatMap(({ id, requests }) =>
      requests > 0 ? (this.#turns.get(id)?.turn?.requests ?? []) : [],
    );
  }

  /** Drops turns that were not used for long, except these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of ids) {
      const turn = this.#turns.get(id);
      if (turn === undefined) continue;
      this.#turns.delete(id);
      this.#turns.set(id, turn);
    }
    for (const id of [...this.#turns.keys()]) {
      if (this.#turns.size <= KEPT + ids.size) break;
      if (!ids.has(id) && (this.#byId.get(id)?.requests ?? 0) === 0) this.#turns.delete(id);
    }
  }

  /** Applies the message; null if the store ignored it (it is old, or the store is stale). */
  receive(message: PanelMessage): PanelChanges | null {
    const changes = noPanelChanges();
    if (message.type === "snapshot") {
      this.#sequence.restart(message.seq);
      const { state, draft, turns } = message.panel;
      this.state = state;
      this.draft = { text: draft, from: "" };
      this.#turns.clear(); // the page may have missed changes
      this.#setHeads(turns);
      return { ...changes, state: true, list: true, draft: true };
    }
    if (!this.#sequence.follows(message.seq)) return null;
    if (message.type === "turn") {
      const { turn } = message;
      if (!this.#byId.has(turn.id)) return changes;
      const store = this.#turns.get(turn.id) ?? new TurnStore();
      this.#turns.set(turn.id, store);
      changes.turns.set(turn.id, store.set(turn));
      return changes;
    }
    if (message.type === "patch") for (const op of message.ops) this.#apply(op, changes);
    return changes;
  }

  #apply(op: PanelOp, changes: PanelChanges): void {
    switch (op[0]) {
      case "turn_op": {
        const [, id, change] = op;
        const more = this.#turns.get(id)?.apply([change]);
        if (more === undefined) break;
        const before = changes.turns.get(id);
        if (before === undefined) changes.turns.set(id, more);
        else mergeChanges(before, more);
        break;
      }
      case "head": {
        const [, head] = op;
        const known = this.#byId.has(head.id);
        this.heads = known
          ? this.heads.map((old) => (old.id === head.id ? head : old))
          : [...this.heads, head];
        this.#byId.set(head.id, head);
        changes.list = true;
        break;
      }
      case "turns":
        this.#setHeads(op[1]);
        changes.list = true;
        break;
      case "state":
        if (this.state !== null) Object.assign(this.state, op[1]);
        changes.state = true;
        break;
      case "draft":
        this.draft = op[1];
        changes.draft = true;
        break;
      case "problem":
        this.problem = op[1];
        changes.line = true;
        break;
      case "taken":
      case "undone":
      case "withdrawn":
        break;
    }
  }

  #setHeads(heads: Head[]): void {
    this.heads = heads;
    this.#byId = new Map(heads.map((head) => [head.id, head]));
    for (const id of [...this.#turns.keys()]) if (!this.#byId.has(id)) this.#turns.delete(id);
  }
}
