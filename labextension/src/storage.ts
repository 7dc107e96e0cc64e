/** The browser's storage, which a page may not be allowed to use. */

/** The part of the browser's storage that we use. */
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem" | "key"> & {
  readonly length: number;
};

/** The browser's storage; null if the page has none, for example in a sandboxed frame. */
export function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
