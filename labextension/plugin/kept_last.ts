/**
 * Remembers over a reload that a notebook's last session had a conversation. After a restart of a
 * JupyterHub's server the page is a new one.
 */

import { PageConfig } from "@jupyterlab/coreutils";

import type { Storage } from "../src/storage";
import type { Ended } from "./tokens";

/** All users of a JupyterHub share the storage of one browser, but each has a base URL. */
const nameOf = (path: string): string => `jupyter-claude:last:${PageConfig.getBaseUrl()}${path}`;

/** What is known of the last session of the notebook at this path; null without a conversation. */
export function keptLast(storage: Storage | null, path: string): Ended | null {
  try {
    const id = storage?.getItem(nameOf(path)) ?? "";
    return id === "" ? null : { session_id: id, practice: false };
  } catch {
    return null; // the storage is closed to us
  }
}

/** Remembers the last session of the notebook at this path. */
export function keepLast(storage: Storage | null, path: string, last: Ended): void {
  try {
    // The practice model's conversation cannot be resumed.
    if (last.session_id === null || last.practice) storage?.removeItem(nameOf(path));
    else storage?.setItem(nameOf(path), last.session_id);
  } catch {
    // The storage is full or closed to us.
  }
}
