/**
 * Collects what a reader sees in a part of a page; `tests/rendering.py` does the same for static
 * HTML.
 */

const BLOCKS = new Set(
  "P DIV H1 H2 H3 H4 H5 H6 PRE BLOCKQUOTE UL OL LI TABLE THEAD TBODY TR HR DETAILS".split(" "),
);
const SPACES = /[ \t\n\r\f]+/g;
const MARK = /⟨U\+[0-9A-F]{4,6}⟩/g;

export interface Shown {
  text: string;
  /** Words and address. */
  links: string[][];
  /** The marks for hidden characters. */
  marks: string[];
}

/** What a reader sees of a text without links. */
export const seen = (text: string): Shown => ({
  text: text.replace(/\n$/, ""),
  links: [],
  marks: text.match(MARK) ?? [],
});

/** What a reader sees of a part of a page. */
export function seenIn(part: Element): Shown {
  const lines = new Lines();
  lines.add(part, false);
  const text = lines.end();
  const links = Array.from(part.querySelectorAll("a[href]"), (link) => [
    link.textContent.replace(SPACES, " "),
    link.getAttribute("href") ?? "",
  ]);
  return { text, links, marks: text.match(MARK) ?? [] };
}

/**
 * Text as a browser lays it out: each block on its own line, and outside of code one space for
 * several.
 */
class Lines {
  #text = "";

  add(node: Element, exact: boolean): void {
    for (const child of node.childNodes)
      if (child instanceof Text) this.#addText(child.data, exact);
      else if (child instanceof Element) this.#addElement(child, exact);
  }

  #addElement(node: Element, exact: boolean): void {
    if (node.tagName === "BUTTON") return;
    if (node.tagName === "BR") {
      this.#break(true);
      return;
    }
    if (/^T[DH]$/.test(node.tagName) && node.previousElementSibling !== null)
      this.#text = `${this.#text.replace(/ $/, "")} | `;
    const isBlock = BLOCKS.has(node.tagName);
    if (isBlock) this.#break();
    this.add(node, exact || node.tagName === "PRE");
    if (isBlock) this.#break();
  }

  #addText(text: string, exact: boolean): void {
    if (exact) this.#text += text;
    else {
      const spaced = text.replace(SPACES, " ");
      this.#text += /(?:^|[ \n])$/.test(this.#text) ? spaced.replace(/^ /, "") : spaced;
    }
  }

  #break(evenIfEmpty = false): void {
    if (this.#text !== "" && (evenIfEmpty || !this.#text.endsWith("\n")))
      this.#text = `${this.#text.replace(/ $/, "")}\n`;
  }

  end(): string {
    this.#break();
    return this.#text.replace(/\n$/, "");
  }
}
