/**
 * Draws the turn that a notebook's file holds, without a kernel.
 *
 * `jupyter_claude/_protocol/saved.py` defines its form. Anybody may have written the file: it is
 * parsed like a kernel's messages, and the views show all of it as text.
 */

import type { SavedTurn } from "./messages.generated";
import { mount } from "./mount";
import {
  each,
  isFields,
  list,
  parentOf,
  parseTurn,
  text,
  type Fields,
  type Item,
  type Turn,
  type WayBack,
} from "./protocol";
import { TurnStore } from "./store";
import { unfoldAsLive } from "./open_details";
import { TurnView } from "./views/turn";

const VERSION: SavedTurn["version"] = 1;

// Far above any turn; a file with more would block the page.
const MOST_ITEMS = 2_000;
const DEEPEST = 20;
const MOST_CHARACTERS = 5_000_000;

/** A finished turn in an element. */
export interface Saved {
  /** Shows newer data and keeps open details open; false if this version cannot read the data. */
  update(data: unknown, html: string): boolean;
  /** Offers a way back for a turn that has left the conversation; undefined for none. */
  offerBack(way: WayBack | undefined, bringBack: () => void): void;
  /** Offers to ask a stale turn again; undefined: nobody here can. */
  offerAgain(again: (() => void) | undefined): void;
  close(): void;
}

/** The images in the output's HTML, in order; parsing a document loads and runs nothing. */
function imagesIn(html: string): Fields[] {
  const { images } = new DOMParser().parseFromString(html, "text/html");
  return Array.from(images, (image) => {
    const [, media_type, data] =
      /^data:([^;,]*);base64,(.*)$/s.exec(image.getAttribute("src") ?? "") ?? [];
    return { media_type, data, alt: image.alt };
  });
}

/**
 * The turn in the data of our MIME type; null if it is invalid or of another version.
 *
 * The file holds a turn's images only in the HTML beside the data. The data has their numbers.
 */
export function parseSaved(data: unknown, html: string): Turn | null {
  if (!isFields(data) || data["version"] !== VERSION || !Array.isArray(data["items"])) return null;
  if (data["items"].length > MOST_ITEMS) return null;
  if (JSON.stringify(data).length > MOST_CHARACTERS) return null;
  let images: Fields[] | undefined;
  const shown: unknown[] = [];
  const items = each(data["items"], (item) => {
    const numbers = list(item["images"]);
    if (numbers.length === 0) return item;
    images ??= imagesIn(html);
    const all = images;
    for (const number of numbers) shown.push(number);
    return { ...item, images: numbers.map((number) => all[Number(number)]) };
  });
  if (new Set(shown).size < shown.length) return null;
  const turn = parseTurn({
    id: data["id"],
    number: data["number"],
    practice: data["practice"],
    cost: text(data["cost"]),
    error: text(data["error"]),
    left: text(data["left"]),
    stale: text(data["stale"]),
    items,
    state: "done", // or another end: the items and the cell's error show it
  });
  return turn.items.length === data["items"].length && isTree(turn.items) ? turn : null;
}

/** Whether each item's parent comes before it, no item is too deep, and none is there twice. */
function isTree(items: readonly Item[]): boolean {
  const depths = new Map([["", -1]]);
  return items.every((item) => {
    const parent = parentOf(item);
    const depth = (depths.get(parent) ?? DEEPEST) + 1;
    const fits = depth < DEEPEST && !depths.has(item.id);
    depths.set(item.id, depth);
    return fits;
  });
}

/** Draws a saved turn in `el`; null if this version cannot read the data. */
export function openSaved(el: HTMLElement, data: unknown, html: string): Saved | null {
  const turn = parseSaved(data, html);
  if (turn === null) return null;
  const store = new TurnStore();
  const { root, say, signal, close } = mount(el);
  // A saved turn has no requests and no actions.
  const nothing = (): undefined => undefined;
  const line = { store, sent: nothing, answer: () => false, typing: nothing, act: nothing };
  const view = new TurnView(line, say, signal, { requests: false });
  view.offerAgain(undefined);
  root.prepend(view.node);
  try {
    view.update(store.set(turn));
  } catch (error) {
    close();
    throw error;
  }
  unfoldAsLive(turn.id, view.node);
  return {
    update(newer, withHtml) {
      const next = parseSaved(newer, withHtml);
      if (next !== null) view.update(store.set(next));
      return next !== null;
    },
    offerBack(way, bringBack) {
      view.offerBack(way, bringBack);
    },
    offerAgain(again) {
      view.offerAgain(again);
    },
    close,
  };
}
