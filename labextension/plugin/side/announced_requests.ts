/** Remembers which requests this browser tab has announced, even after a reload. */

const NAME = "jupyter-claude:told";
const KEPT = 50;

export class AnnouncedRequests {
  readonly #storage: Storage | null;
  #keys: string[] = [];

  constructor(storage: Storage | null) {
    this.#storage = storage;
    try {
      const stored: unknown = JSON.parse(storage?.getItem(NAME) ?? "[]");
      if (Array.isArray(stored)) this.#keys = stored.map(String);
    } catch {
      // The entry is not ours, or the storage is closed to us.
    }
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  add(key: string): void {
    if (!this.has(key)) this.#keys = [...this.#keys, key].slice(-KEPT);
    try {
      this.#storage?.setItem(NAME, JSON.stringify(this.#keys));
    } catch {
      // The storage is full or closed to us.
    }
  }
}

/** The storage of this tab; null if the page has none. */
export function tabStorage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
