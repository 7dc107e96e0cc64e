/**
 * A long list that keeps only the rows on screen, and a margin, in the page.
 *
 * A row has its measured height, or an estimate until it is drawn. The rows on screen stay in place
 * when rows above them get their true height. The list stays at its end while it grows, unless the
 * user has scrolled away.
 */

import { arrange, element, focused } from "../dom";

/** One row of the list, while it is drawn. */
export interface Row {
  readonly node: HTMLElement;
  /** The list no longer draws the row. */
  remove(): void;
}

interface Options {
  /** Draws a row. */
  create: (key: string) => Row;
  /** Called after the list has drawn its rows. */
  drawn: () => void;
  /** Called when the list reaches its end, or leaves it. */
  followed: (atEnd: boolean) => void;
}

const ESTIMATE = 140;
const MARGIN = 600;
const NEAR_END = 24;
const MOST_ROUNDS = 8;

export class VirtualList {
  readonly node = element("div", { class: "jc-list", tabindex: "0" });
  readonly rows = new Map<string, Row>();
  readonly #options: Options;
  readonly #before = element("div", { class: "jc-space" });
  readonly #after = element("div", { class: "jc-space" });
  readonly #heights = new Map<string, number>();
  readonly #observer: ResizeObserver;
  #keys: readonly string[] = [];
  /** The first row on screen, and how far its top is from the top of the screen. */
  #anchor: { key: string; offset: number } | null = null;
  #atEnd = true;
  #scrolled = 0;
  /** The size of the list, and of its contents, when it was last drawn. */
  #size = { width: 0, height: 0, content: 0 };

  constructor(options: Options, signal: AbortSignal) {
    this.#options = options;
    this.node.append(this.#before, this.#after);
    this.#observer = new ResizeObserver(() => {
      this.#draw();
    });
    this.#observer.observe(this.node);
    signal.addEventListener("abort", () => {
      this.#observer.disconnect();
    });
    this.node.addEventListener("scroll", () => {
      this.#scroll();
    });
    this.node.addEventListener("keydown", (event) => {
      // The browser would scroll smoothly, and miss the target because heights are only estimates.
      if (event.target !== this.node || !["Home", "End"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "End") this.toEnd();
      else this.show(this.#keys[0] ?? "");
    });
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Shows these rows, in this order. */
  update(keys: readonly string[]): void {
    this.#keys = keys;
    const known = new Set(keys);
    for (const key of [...this.#heights.keys()]) if (!known.has(key)) this.#heights.delete(key);
    this.#draw();
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#follow(true);
    this.#draw();
  }

  /** Brings a row to the top of the screen. */
  show(key: string): void {
    if (!this.#keys.includes(key)) return;
    this.#follow(false);
    this.#anchor = { key, offset: 0 };
    this.#draw();
  }

  #scroll(): void {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.node;
    const { width, height, content } = this.#size;
    // After a change of size the browser may scroll by itself. Only the user leaves the end.
    const isSame = clientWidth === width && clientHeight === height && scrollHeight >= content - 1;
    const away = isSame && scrollTop < this.#scrolled - 1;
    this.#scrolled = scrollTop;
    if (scrollHeight - scrollTop - clientHeight <= NEAR_END) this.#follow(true);
    else if (away) this.#follow(false);
    this.#remember();
    this.#draw();
  }

  #follow(atEnd: boolean): void {
    if (this.#atEnd === atEnd) return;
    this.#atEnd = atEnd;
    this.#options.followed(atEnd);
  }

  #height(key: string): number {
    return this.#heights.get(key) ?? ESTIMATE;
  }

  /** Measures the drawn rows. Returns whether a height differs. */
  #measure(): boolean {
    let differs = false;
    for (const [key, { node }] of this.rows) {
      const height = node.offsetHeight;
      if (height === 0 || height === this.#heights.get(key)) continue;
      this.#heights.set(key, height);
      differs = true;
    }
    return differs;
  }

  #draw(): void {
    this.#measure();
    this.#drawRows();
    // New rows may be lower than estimated, and leave room for more.
    for (let round = 0; round < MOST_ROUNDS && this.#measure(); round++) this.#drawRows();
    this.#remember();
    this.#options.drawn();
  }

  #drawRows(): void {
    const view = this.node.clientHeight;
    const tops = this.#tops();
    const total = tops.at(-1) ?? 0;
    let top = this.#atEnd ? Math.max(0, total - view) : this.node.scrollTop;
    const anchor = this.#anchor;
    const anchored = anchor === null ? -1 : this.#keys.indexOf(anchor.key);
    if (!this.#atEnd && anchor !== null && anchored >= 0)
      top = Math.max(0, (tops[anchored] ?? 0) - anchor.offset);
    let first = 0;
    while (first < this.#keys.length - 1 && (tops[first + 1] ?? 0) < top - MARGIN) first++;
    let end = first;
    while (end < this.#keys.length && (tops[end] ?? 0) <= top + view + MARGIN) end++;
    this.#arrange(this.#keys.slice(first, end));
    this.#before.style.height = `${tops[first] ?? 0}px`;
    this.#after.style.height = `${total - (tops[end] ?? total)}px`;
    if (Math.abs(this.node.scrollTop - top) >= 1) this.node.scrollTop = top;
    this.#scrolled = this.node.scrollTop;
    const { clientWidth: width, clientHeight: height, scrollHeight: content } = this.node;
    this.#size = { width, height, content };
  }

  /** Where each row begins, and where the last one ends. */
  #tops(): number[] {
    const tops = [0];
    let top = 0;
    for (const key of this.#keys) tops.push((top += this.#height(key)));
    return tops;
  }

  #arrange(keys: readonly string[]): void {
    const wanted = new Set(keys);
    for (const [key, row] of [...this.rows]) {
      if (wanted.has(key)) continue;
      // Otherwise the page's body would get the focus.
      if (row.node.contains(focused())) this.node.focus({ preventScroll: true });
      this.#observer.unobserve(row.node);
      this.rows.delete(key);
      row.remove();
    }
    const nodes = keys.map((key) => {
      let row = this.rows.get(key);
      if (row === undefined) {
        row = this.#options.create(key);
        this.rows.set(key, row);
        this.#observer.observe(row.node);
      }
      return row.node;
    });
    arrange(this.node, [this.#before, ...nodes, this.#after]);
  }

  #remember(): void {
    // While it is out of sight, as in a closed side bar, the list keeps its old position.
    if (this.node.clientHeight === 0) return;
    const top = this.node.scrollTop;
    const tops = this.#tops();
    const index = this.#keys.findIndex((_, at) => (tops[at + 1] ?? 0) > top);
    const key = this.#keys[index];
    this.#anchor = key === undefined ? null : { key, offset: (tops[index] ?? 0) - top };
  }
}
