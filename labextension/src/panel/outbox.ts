/**
 * Keeps what the user typed until the kernel has it: the draft, and prompts on their way.
 *
 * The browser's storage holds it, under the notebook's name: a prompt until its turn begins,
 * because the kernel's queue is lost with the kernel, and the draft until it is sent. So a reload,
 * a busy kernel or a restart loses nothing. Each prompt has its own entry, because several tabs
 * write there.
 */

import type { Given } from "../messages.generated";
import { isFields } from "../protocol";
import type { Storage } from "../storage";
import { uuid } from "../uuid";
import { kept, parseKept, type Kept } from "./kept";

/** A prompt whose turn has not begun, as far as this page knows. */
export interface Unsent extends Kept {
  id: string;
  prompt: string;
  /** The kernel that the prompt is for. */
  session: string;
  /** When it was first sent. */
  at: number;
}

/** The draft of a conversation that is not shown now. */
export interface Parked extends Kept {
  text: string;
}

interface Draft {
  text: string;
  session: string;
  /** Whether that kernel has the draft; then the kernel's draft counts. */
  confirmed: boolean;
}

const PREFIX = "jupyter-claude:";
const MOST_PARKED = 20;

export class Outbox {
  readonly #storage: Storage | null;
  readonly #prefix: string;
  readonly #session: string;
  /** The prompts in the storage, and those that it refused. */
  readonly #unsent = new Map<string, Unsent>();
  #draft: Draft | null;
  #attached: Kept;
  readonly #parked: Map<string, Parked>;

  /** `notebook` names the notebook, `session` the kernel. */
  constructor(storage: Storage | null, notebook: string, session: string) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}${notebook}:`;
    this.#session = session;
    this.#draft = this.#readDraft();
    this.#attached = parseKept(this.#read("attached"));
    this.#parked = this.#readParked();
    for (const entry of this.#stored()) this.#unsent.set(entry.id, entry);
    this.#adopt();
  }

  /** Prompts whose turn has not begun, in the order in which they were sent. */
  get unsent(): Unsent[] {
    return [...this.#unsent.values()].sort((one, other) => one.at - other.at);
  }

  /** The draft, if the kernel does not have it yet. */
  get draft(): string | null {
    return this.#draft === null || this.#draft.confirmed ? null : this.#draft.text;
  }

  /** The draft's attachments, and the names of those that a reload has lost. */
  get attached(): Kept {
    return this.#attached;
  }

  setAttached(attached: readonly Given[], lost: readonly string[] = []): void {
    this.#attached = { attached, lost };
    if (attached.length === 0) this.#remove("attached");
    else this.#writeKept("attached", { attached, lost: [] }, {});
  }

  /** Keeps the draft of a conversation while another one is shown. */
  park(conversation: string, draft: Parked): void {
    this.#parked.delete(conversation);
    if (draft.text !== "" || draft.attached.length > 0) this.#parked.set(conversation, draft);
    for (const id of [...this.#parked.keys()].slice(0, -MOST_PARKED)) this.#parked.delete(id);
    const small = [...this.#parked].map(([id, { text, attached }]) => [
      id,
      { text, ...kept(attached, 50_000) },
    ]);
    if (small.length === 0) this.#remove("drafts");
    else this.#write("drafts", JSON.stringify(Object.fromEntries(small)));
  }

  /** The draft that was kept for a conversation. */
  parked(conversation: string): Parked | undefined {
    return this.#parked.get(conversation);
  }

  setDraft(text: string): void {
    this.#draft = { text, session: this.#session, confirmed: false };
    this.#write("draft", JSON.stringify(this.#draft));
  }

  /** The kernel has this draft. */
  confirmDraft(text: string): void {
    if (this.#draft?.text !== text) return;
    this.#draft.confirmed = true;
    if (text === "") this.#remove("draft");
    else this.#write("draft", JSON.stringify(this.#draft));
  }

  add(prompt: string, id = uuid(), attached: readonly Given[] = []): Unsent {
    const at = Math.max(Date.now(), ...this.unsent.map((entry) => entry.at + 1));
    const entry = { id, prompt, session: this.#session, at, attached, lost: [] };
    this.#unsent.set(entry.id, entry);
    this.#writeKept(`prompt:${entry.id}`, entry, { id, prompt, session: this.#session, at });
    return entry;
  }

  has(id: string): boolean {
    return this.#unsent.has(id);
  }

  remove(id: string): Unsent | undefined {
    const entry = this.#unsent.get(id);
    this.#unsent.delete(id);
    this.#remove(`prompt:${id}`);
    return entry;
  }

  /**
   * Turns prompts for another kernel into a draft, so that the user decides whether to send them.
   */
  #adopt(): void {
    const lost = this.unsent.filter(({ session }) => session !== this.#session);
    if (lost.length === 0) return;
    const texts = lost.map(({ id, prompt }) => {
      this.remove(id);
      return prompt;
    });
    const all = [...lost, this.#attached];
    const attached = all.flatMap((entry) => entry.attached);
    const names = all.flatMap((entry) => entry.lost);
    this.setAttached(attached, names);
    if (this.draft) texts.push(this.draft);
    this.setDraft(texts.join("\n\n"));
  }

  #stored(): Unsent[] {
    const found: Unsent[] = [];
    try {
      for (let index = 0; index < (this.#storage?.length ?? 0); index++) {
        const key = this.#storage?.key(index) ?? "";
        if (!key.startsWith(`${this.#prefix}prompt:`)) continue;
        const entry = JSON.parse(this.#storage?.getItem(key) ?? "null") as Partial<Unsent> | null;
        const { id, prompt, session, at } = entry ?? {};
        if (typeof id === "string" && typeof prompt === "string")
          found.push({
            id,
            prompt,
            session: String(session),
            at: Number(at) || 0,
            ...parseKept(entry),
          });
      }
    } catch {
      // The page may not use the storage, or the entry is not ours.
    }
    return found;
  }

  #readDraft(): Draft | null {
    try {
      const stored = this.#storage?.getItem(`${this.#prefix}draft`) ?? "null";
      const { text, session, confirmed } = (JSON.parse(stored) ?? {}) as Partial<Draft>;
      if (typeof text !== "string") return null;
      // A new kernel does not have the draft of the kernel before.
      const isKnown = confirmed === true && session === this.#session;
      return { text, session: this.#session, confirmed: isKnown };
    } catch {
      return null; // as below
    }
  }

  #readParked(): Map<string, Parked> {
    const stored = this.#read("drafts");
    const entries = isFields(stored) ? Object.entries(stored) : [];
    return new Map(
      entries.map(([id, draft]) => {
        const text = isFields(draft) && typeof draft["text"] === "string" ? draft["text"] : "";
        return [id, { text, ...parseKept(draft) }];
      }),
    );
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(this.#storage?.getItem(this.#prefix + name) ?? "null");
    } catch {
      return null; // as below
    }
  }

  /** Writes attachments and other fields; if the storage is full, only the attachments' names. */
  #writeKept(name: string, { attached }: Kept, fields: object): void {
    const written = this.#write(name, JSON.stringify({ ...fields, ...kept(attached) }));
    if (!written) this.#write(name, JSON.stringify({ ...fields, ...kept(attached, 0) }));
  }

  #write(name: string, text: string): boolean {
    try {
      this.#storage?.setItem(this.#prefix + name, text);
      return true;
    } catch {
      // The storage is full or closed to us. This page keeps the entry.
      return false;
    }
  }

  #remove(name: string): void {
    try {
      this.#storage?.removeItem(this.#prefix + name);
    } catch {
      // As above.
    }
  }
}
