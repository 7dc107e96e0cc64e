/**
 * A panel's connection to the kernel; all views of the panel in this page share it.
 *
 * It sends the user's actions as messages. Prompts and drafts wait in the outbox until the kernel
 * has confirmed them, so that none gets lost.
 */

import { Answers, type Sent } from "../answers";
import type { Answering, TurnLine } from "../connection";
import { SnapshotRequest } from "../snapshot_request";
import type { Given } from "../messages.generated";
import type { GivenAnswer } from "../protocol";
import { TurnStore } from "../store";
import { uuid } from "../uuid";
import type { Outbox, Unsent } from "./outbox";
import { parsePanelMessage, type PanelFromPage, type PanelMessage } from "./protocol";
import { noPanelChanges, PanelStore, type PanelChanges } from "./store";

const SILENT_MS = 1_000;
const DRAFT_MS = 400;
const WRITING_MS = 5_000;
const WANT_AGAIN_MS = 5_000;
const MOST_SENT = 10;
/** The most attachments of one prompt. */
export const MOST_ATTACHED = 20;

export class PanelLine implements Answering {
  readonly store = new PanelStore();
  readonly outbox: Outbox;
  readonly #name = uuid();
  readonly #send: (message: PanelFromPage) => void;
  readonly #listeners = new Set<(changes: PanelChanges) => void>();
  readonly #raw = new Set<(message: unknown) => void>();
  readonly #snapshotRequest: SnapshotRequest;
  readonly #answers: Answers;
  readonly #lines = new Map<string, TurnLine>();
  readonly #wanted = new Map<string, number>();
  readonly #withdrawn = new Map<string, (prompt: string) => void>();
  #wanting: Set<string> | null = null;
  /** The attachments of the last prompts, which the user may edit again. */
  readonly #sent = new Map<string, readonly Given[]>();
  #attached: readonly Given[];
  #draft = "";
  /** The conversation that is shown; null before the kernel has said it, "" without an id. */
  #conversation: string | null = null;
  #turns: ReadonlySet<string> = new Set();
  /** The turns before all of them were replaced; null while they are the same conversation's. */
  #left: ReadonlySet<string> | null = null;
  #replaced = 0;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the kernel last heard that the user writes. */
  #wrote = -Infinity;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #silent = false;
  #gone = false;

  constructor(send: (message: PanelFromPage) => void, outbox: Outbox) {
    this.#send = (message) => {
      try {
        send(message);
      } catch {
        this.lost(); // the model's connection is closed
        return;
      }
      this.#silence ??= setTimeout(() => {
        this.#silent = true;
        this.#tell({ line: true });
      }, SILENT_MS);
    };
    this.outbox = outbox;
    this.#draft = outbox.draft ?? "";
    this.#attached = outbox.attached.attached;
    this.#snapshotRequest = new SnapshotRequest(() => {
      this.#send({ type: "hello" });
    });
    this.#answers = new Answers(
      (request, answer) => {
        this.#send({ type: "answer", request, ...answer });
      },
      () => {
        this.#tell({ line: true });
        this.hello();
      },
    );
  }

  // --- what views read --------------------------------------------------------------------------

  /** The text in the composer, in every view. */
  get draft(): string {
    return this.#draft;
  }

  /** What is attached to the draft. */
  get attached(): readonly Given[] {
    return this.#attached;
  }

  /** The names of attachments that a reload has lost, until the user attaches or sends something. */
  get lostNames(): readonly string[] {
    return this.outbox.attached.lost;
  }

  /** How often the draft was replaced, even while the user was writing it. */
  get replaced(): number {
    return this.#replaced;
  }

  /** The prompts that the kernel has not listed yet. */
  get unsent(): Unsent[] {
    return this.outbox.unsent.filter(({ id }) => this.store.head(id) === undefined);
  }

  /** Whether the kernel has been silent for longer than an answer should take. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Whether the kernel, or the connection to it, is gone. */
  get gone(): boolean {
    return this.#gone;
  }

  /** What a view of one turn needs; undefined unless the store holds the turn. */
  turnLine(id: string): TurnLine | undefined {
    const store: TurnStore | undefined = this.store.turn(id);
    if (store === undefined) return undefined;
    const known = this.#lines.get(id);
    if (known?.store === store) return known;
    const line: TurnLine = {
      store,
      sent: (request) => this.sent(request),
      answer: (request, answer) => this.answer(request, answer),
      typing: (request) => {
        this.typing(request);
      },
      act: (action) => {
        this.send({ type: "turn_action", turn: id, ...action });
      },
    };
    this.#lines.set(id, line);
    return line;
  }

  sent(request: string): Sent | undefined {
    return this.#answers.sent(request);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: (changes: PanelChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Calls `listener` with each message, not parsed yet. */
  listen(listener: (message: unknown) => void): () => void {
    this.#raw.add(listener);
    return () => {
      this.#raw.delete(listener);
    };
  }

  // --- what the user does -----------------------------------------------------------------------

  hello(): void {
    this.#snapshotRequest.start();
  }

  /** Sends a prompt with what is attached; the outbox keeps it until its turn begins. */
  ask(prompt: string, id?: string): void {
    const entry = this.outbox.add(prompt, id, this.#attached);
    if (entry.attached.length > 0) {
      this.#sent.set(entry.id, entry.attached);
      for (const old of [...this.#sent.keys()].slice(0, -MOST_SENT)) this.#sent.delete(old);
    }
    this.#post(entry);
    this.#setAttached([]);
    if (this.#draft.trim() === prompt) {
      this.type(""); // otherwise another view is writing it
      this.#sendDraft();
    }
    this.#tell({ list: true, line: true });
  }

  /** Cancels a waiting prompt; calls `back` with it, if that was not too late. */
  withdraw(id: string, back: (prompt: string) => void): void {
    const unsent = this.store.head(id) === undefined ? this.outbox.remove(id) : undefined;
    if (unsent === undefined) this.#withdrawn.set(id, back);
    else this.#bringBack(unsent, back);
    this.#send({ type: "withdraw", turn: id });
    this.#tell({ list: true });
  }

  /** Attaches to the draft; returns how many there is no room for. */
  attach(items: readonly Given[]): number {
    const all = [...this.#attached, ...items];
    if (items.length > 0) this.#setAttached(all.slice(0, MOST_ATTACHED));
    return Math.max(0, all.length - MOST_ATTACHED);
  }

  detach(item: Given): void {
    this.#setAttached(this.#attached.filter((other) => other !== item));
  }

  /** Attaches what belonged to a prompt, which the user edits again. */
  attachAgain(id: string): void {
    this.attach((this.#sent.get(id) ?? []).filter((item) => !this.#attached.includes(item)));
  }

  /** The user changed the composer's text. */
  type(text: string): void {
    if (text === this.#draft) return;
    if (text !== "" && performance.now() - this.#wrote > WRITING_MS) {
      this.#wrote = performance.now();
      this.#send({ type: "writing" });
    }
    this.#draft = text;
    this.outbox.setDraft(text);
    this.#draftTimer ??= setTimeout(() => {
      this.#sendDraft();
    }, DRAFT_MS);
    this.#tell({ draft: true });
  }

  answer(request: string, answer: GivenAnswer): boolean {
    const isNew = this.#answers.answer(request, answer);
    if (isNew) this.#tell({ line: true });
    return isNew && !this.#gone;
  }

  typing(request: string): void {
    this.#send({ type: "typing", request });
  }

  /** Stops what runs; `id` names this press, which the host may send on another channel too. */
  interrupt(id: string): void {
    this.#send({ type: "interrupt", id });
  }

  newConversation(): void {
    this.#send({ type: "new" });
  }

  /** `confirmed` says that the user has confirmed a mode that needs it. */
  choose(type: "model" | "mode" | "kernel", name: string, confirmed = false): void {
    this.#send({ type, name, ...(confirmed && type === "mode" ? { confirmed } : {}) });
  }

  /** Asks for the contents of these turns; calls of one moment share one message. */
  want(ids: Iterable<string>): void {
    const now = performance.now();
    for (const id of ids) {
      if (this.store.stale || this.store.turn(id) !== undefined) continue;
      if (this.store.head(id) === undefined) continue;
      if (now - (this.#wanted.get(id) ?? -Infinity) < WANT_AGAIN_MS) continue;
      this.#wanted.set(id, now);
      if (this.#wanting === null) {
        this.#wanting = new Set();
        queueMicrotask(() => {
          const turns = [...(this.#wanting ?? [])];
          this.#wanting = null;
          this.#send({ type: "want", turns });
        });
      }
      this.#wanting.add(id);
    }
  }

  /** Sends a message of another kind, such as the history's. */
  send(message: PanelFromPage): void {
    this.#send(message);
  }

  // --- what comes -------------------------------------------------------------------------------

  /** The kernel, or the connection to it, is gone, until a message comes. */
  lost(): void {
    this.#gone = true;
    this.#tell({ line: true });
  }

  /** Takes a custom message of the model, not parsed yet. */
  receive(value: unknown): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    const wasAway = this.#silent || this.#gone;
    this.#silent = this.#gone = false;
    for (const listener of [...this.#raw]) listener(value);
    if (this.#answers.handleVerdict(value)) {
      this.#tell({ line: true });
      return;
    }
    const message = parsePanelMessage(value);
    const wasStale = this.store.stale;
    const changes = message === null ? null : this.store.receive(message);
    if (message !== null && changes !== null) this.#applied(message, changes);
    else if (this.store.stale && !wasStale) this.hello();
    if (changes !== null || wasAway) this.#tell({ ...changes, line: wasAway || !!changes?.line });
  }

  dispose(): void {
    this.#snapshotRequest.stop();
    this.#answers.forgetAll();
    clearTimeout(this.#silence);
    if (this.#draftTimer !== undefined) this.#sendDraft();
    this.#listeners.clear();
    this.#raw.clear();
  }

  // --- inside -----------------------------------------------------------------------------------

  #applied(message: PanelMessage, changes: PanelChanges): void {
    if (message.type === "snapshot") {
      this.#snapshotRequest.stop();
      // A request that still waits in the snapshot has got no answer.
      this.#answers.forgetAll();
      this.#lines.clear();
      this.#wanted.clear();
      this.#settle();
      for (const entry of this.unsent) {
        // Without its attachments the prompt would be another one: the user decides.
        if (entry.lost.length > 0) this.#bringBack(this.outbox.remove(entry.id) ?? entry);
        else this.#post(entry);
      }
      this.#follow(true, true);
      const own = this.outbox.draft;
      if (own === null) this.#adopt(message.panel.draft);
      else this.#sendDraft();
    } else if (message.type === "turn") {
      this.#wanted.delete(message.turn.id);
      this.#settle();
    } else if (message.type === "patch") {
      for (const op of message.ops) {
        if (op[0] === "taken") {
          const [, prompt] = op;
          // The kernel refused a prompt that it does not list, and has said why.
          const isListed = this.store.head(prompt) !== undefined;
          const refused = isListed ? undefined : this.outbox.remove(prompt);
          if (refused === undefined) continue;
          changes.list = true;
          const isKept = refused.attached.length > 0 || refused.prompt !== "/login";
          if (isKept && this.#draft === "") this.#bringBack(refused);
        } else if (op[0] === "undone") this.#drop(op[1]);
        else if (op[0] === "draft") this.#takeDraft(op[1].text, op[1].from);
        else if (op[0] === "withdrawn") {
          const [, turn, prompt] = op;
          const entry = this.outbox.remove(turn);
          const back = this.#withdrawn.get(turn);
          this.#withdrawn.delete(turn);
          if (back === undefined) continue;
          if (entry === undefined) back(prompt);
          else this.#bringBack({ ...entry, prompt }, back);
        }
      }
      if (changes.list) this.#settle();
      if (changes.list || changes.state)
        this.#follow(
          message.ops.some(([op]) => op === "turns"),
          message.ops.some(([op]) => op === "state"),
        );
      for (const turn of changes.turns.values())
        for (const request of turn.outcomes.keys()) this.#answers.forget(request);
    }
  }

  /**
   * Removes prompts whose turn has begun: the transcript has those. A queued prompt stays, because
   * it would be lost with the kernel.
   */
  #settle(): void {
    for (const { id } of this.outbox.unsent)
      if ((this.store.head(id)?.state ?? "queued") !== "queued") this.outbox.remove(id);
  }

  #post({ id, prompt, attached }: Unsent): void {
    const more = attached.length > 0 ? { attached: [...attached] } : {};
    this.#send({ type: "ask", id, prompt, ...more });
  }

  /** Puts a prompt that was not sent, and what is attached to it, into the draft. */
  #bringBack({ prompt, attached, lost }: Unsent, back?: (prompt: string) => void): void {
    if (back !== undefined) back(prompt);
    else {
      this.#replaced++;
      this.type(this.#draft === "" ? prompt : `${prompt}\n\n${this.#draft}`);
    }
    this.#setAttached([...attached, ...this.#attached], lost);
  }

  #setAttached(items: readonly Given[], lost: readonly string[] = []): void {
    if (items.length === 0 && this.#attached.length === 0 && lost.length === this.lostNames.length)
      return;
    this.#attached = items;
    this.outbox.setAttached(items, lost);
    this.#tell({ draft: true });
  }

  /**
   * Follows the user to another conversation: each one has its own draft.
   *
   * `replaced` says that the kernel has sent all turns, `told` that it has told its state after
   * that. A first prompt gives a conversation its id, and a rewind may change the id; in both cases
   * the conversation is the same.
   */
  #follow(replaced: boolean, told: boolean): void {
    const { state, heads } = this.store;
    const turns = new Set(heads.map(({ id }) => id));
    if (replaced) this.#left = heads.some(({ id }) => this.#turns.has(id)) ? null : this.#turns;
    this.#turns = turns;
    if (!told || state === null) return;
    const [before, now, left] = [this.#conversation, state.session_id ?? "", this.#left];
    this.#conversation = now;
    this.#left = null;
    if (before === null || before === now || left === null) return;
    const { taken_back: gone, ways_back: ways } = state;
    const isRewound = (id: string): boolean => (gone[id] ?? "") !== "" && ways[id] !== "resume";
    if ([...left].some(isRewound)) return;
    const found = this.outbox.parked(now);
    // What was written before any conversation goes along, unless that one has its own draft.
    if (before === "" && found === undefined) return;
    this.outbox.park(before, { text: this.#draft, attached: this.#attached, lost: [] });
    this.#replaced++;
    this.type(found?.text ?? "");
    this.#setAttached(found?.attached ?? [], found?.lost);
  }

  #takeDraft(text: string, from: string): void {
    if (from === this.#name) this.outbox.confirmDraft(text);
    else if (this.#draftTimer === undefined) this.#adopt(text);
  }

  /** Takes the kernel's draft. */
  #adopt(text: string): void {
    this.#draft = text;
    this.outbox.setDraft(text);
    this.outbox.confirmDraft(text);
  }

  /** Removes a prompt that a rewind put into the draft: the conversation has it again. */
  #drop(prompt: string): void {
    const isAll = this.#draft.trim() === prompt.trim();
    if (!isAll && !this.#draft.startsWith(`${prompt}\n\n`)) return;
    this.#replaced++;
    this.type(isAll ? "" : this.#draft.slice(prompt.length + 2));
  }

  #sendDraft(): void {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = undefined;
    this.#send({ type: "draft", text: this.#draft, from: this.#name });
  }

  #tell(changes: Partial<PanelChanges>): void {
    for (const listener of [...this.#listeners]) listener({ ...noPanelChanges(), ...changes });
  }
}
