/**
 * Draws the model's Markdown while it streams.
 *
 * Model output is untrusted. HTML in it is text (markdown-it's `html: false`), the result is
 * sanitised against a short list of tags, images are never loaded, and links go to http, https and
 * mailto only.
 */

import DOMPurify from "dompurify";
import MarkdownIt, { type Token } from "markdown-it";

import { Clock, TooSlow } from "./clock";
import { frameCode } from "./code";
import { element } from "./dom";
import { readExtras } from "./markdown_extras";
import { FORMULA_CLASS, keepFormulas, typeset } from "./formulas";
import { whenIdle } from "./idle";
import { readLinks, SAFE_LINK } from "./links";
import { focusWhenScrolling } from "./scroll";
import { trans } from "./trans";
import { whenVisible } from "./when_visible";
import { visibleText } from "./text";

/** The state that markdown-it carries from one parse to the next: the link definitions. */
interface Env {
  [key: string | symbol]: unknown;
  references?: Record<string, { title: string; href: string }>;
}

const TAGS = (
  "p br hr h1 h2 h3 h4 h5 h6 strong em s a code pre blockquote ul ol li " +
  "table thead tbody tr th td div span"
).split(" ");

const markdown = new MarkdownIt({ html: false });
readLinks(markdown);
keepFormulas(markdown);
readExtras(markdown);
const clock = new Clock(markdown);

// The sanitiser lets the `align` attribute of columns through; a `style` could do more harm.
for (const cell of ["th_open", "td_open"])
  markdown.renderer.rules[cell] = (tokens, index, options, _env, renderer) => {
    const token = tokens[index];
    const style = token?.attrGet("style");
    if (token !== undefined && typeof style === "string")
      token.attrs = [["align", style.replace("text-align:", "")]];
    return renderer.renderToken(tokens, index, options);
  };

const sanitiser = DOMPurify(window);
sanitiser.addHook("afterSanitizeAttributes", (node) => {
  // Removes the classes that markdown-it makes of languages' names: they must not become ours.
  if (node.className !== FORMULA_CLASS) node.removeAttribute("class");
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

function toNodes(html: string): DocumentFragment {
  const nodes = sanitiser.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "title", "start", "class", "align"],
    ALLOWED_URI_REGEXP: SAFE_LINK,
    ADD_URI_SAFE_ATTR: ["align"],
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  // A link without a full address, as in "[words]()", would lead to the page itself.
  for (const link of nodes.querySelectorAll("a"))
    if (!SAFE_LINK.test(link.getAttribute("href") ?? "")) link.replaceWith(...link.childNodes);
  return nodes;
}

/** The HTML of a whole text, not sanitised yet. */
export function renderMarkdown(text: string): string {
  return markdown.render(text);
}

/** The most characters that are parsed at once, as in `inert.py`; more would block the page. */
const LONGEST = 300_000;

interface Block {
  tokens: Token[];
  firstLine: number;
}

/** Groups the tokens of a text by its top-level blocks. */
function blocksOf(tokens: Token[]): Block[] {
  const blocks: Block[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push({ tokens: [], firstLine: token.map?.[0] ?? 0 });
    blocks.at(-1)?.tokens.push(token);
    depth += token.nesting;
  }
  return blocks;
}

/** Where each line of `text` begins; the last one may still be growing. */
function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/g), (end) => end.index + end[0].length)];
}

/** A code fence that is still open at the end of the text, and the pattern that closes it. */
interface OpenFence {
  code: Text;
  closing: RegExp;
}

/**
 * Draws a growing Markdown text into an element.
 *
 * It draws a finished block once. It draws only the end of the text again while that grows, and
 * appends to an open code block. Finished blocks are in a polite live region, so that a screen
 * reader reads paragraphs instead of tokens.
 */
export class MarkdownStream {
  readonly #finished = element("div", { class: "jc-blocks" });
  readonly #growing = element("div", { class: "jc-blocks" });
  readonly #say: (sentence: string) => void;
  /** The text as it came; `#text` is the text with marks for hidden characters. */
  #source = "";
  #text = "";
  #complete = false;
  /** Where the unfinished part of the text begins. */
  #from = 0;
  #fence: OpenFence | null = null;
  /** The rest of the text as plain text, because it takes too long to parse. */
  #plain: Text | null = null;
  /** The link definitions of the finished part. */
  #env: Env = {};

  constructor(root: HTMLElement, say: (sentence: string) => void = () => undefined) {
    this.#say = say;
    root.append(this.#finished, this.#growing);
  }

  /** Shows `text`; if it only continues the text shown so far, just the new part costs time. */
  set(text: string, complete: boolean): void {
    if (text === this.#source && complete === this.#complete) return;
    if (this.#complete || !text.startsWith(this.#source)) this.#reset();
    const added = visibleText(text.slice(this.#source.length));
    this.#source = text;
    this.#text += added;
    this.#complete = complete;
    if (this.#plain !== null) this.#plain.appendData(added);
    else if (complete || !this.#growFence(added)) this.#drawInTime();
    // Only after the first drawing: a screen reader must not read out what was there from the
    // start.
    this.#finished.setAttribute("aria-live", "polite");
  }

  #reset(): void {
    this.#finished.replaceChildren();
    this.#source = "";
    this.#text = "";
    this.#from = 0;
    this.#fence = null;
    this.#plain = null;
    this.#env = {};
  }

  #drawInTime(): void {
    try {
      if (this.#text.length - this.#from > LONGEST) throw new TooSlow();
      clock.start();
      this.#draw();
    } catch (error) {
      if (!(error instanceof TooSlow)) throw error;
      this.#fence = null;
      this.#plain = document.createTextNode(this.#text.slice(this.#from));
      this.#growing.replaceChildren(element("div", { class: "jc-plain" }, this.#plain));
    }
  }

  #draw(): void {
    const text = this.#text.slice(this.#from);
    const starts = lineStarts(text);
    // The end may hold half a link definition. A copy keeps it out of `#env`.
    const env: Env = { references: { ...this.#env.references } };
    const blocks = blocksOf(markdown.parse(text, env));

    // A block is finished when a whole line of the next one is there.
    let count = blocks.length;
    if (!this.#complete)
      do count--;
      while (count > 0 && (blocks[count]?.firstLine ?? 0) >= starts.length - 1);
    const finished = blocks.slice(0, Math.max(count, 0));
    const growing = blocks.slice(finished.length);
    const next = finished.length > 0 ? growing[0] : undefined;
    const cut = next === undefined ? 0 : (starts[next.firstLine] ?? 0);
    const settled = text.slice(0, cut);
    if (settled.includes("]:")) markdown.parse(settled, this.#env);
    this.#finished.append(...finished.map((block) => this.#render(block, env, true)));
    this.#growing.replaceChildren(...growing.map((block) => this.#render(block, env, false)));
    this.#from += cut;
    this.#fence = this.#complete ? null : this.#openFence(growing);
  }

  /** The open fence, if the growing part consists of just that. */
  #openFence(growing: Block[]): OpenFence | null {
    const source = this.#text.slice(this.#from);
    const fence = growing[0]?.tokens[0];
    const marker = fence?.markup ?? "";
    const body = source.indexOf("\n") + 1;
    if (growing.length !== 1 || fence?.type !== "fence") return null;
    if (body === 0 || !source.startsWith(marker)) return null;
    const closing = new RegExp(`^ {0,3}${marker.slice(0, 1)}{${marker.length},}[ \\t]*$`, "m");
    const code = this.#growing.querySelector("code");
    if (code === null || closing.test(source.slice(body))) return null;
    const text = document.createTextNode(source.slice(body));
    code.replaceChildren(text);
    return { code: text, closing };
  }

  /** Appends to the open fence; false if there is none, or if `added` may close it. */
  #growFence(added: string): boolean {
    if (this.#fence === null) return false;
    const line = this.#text.lastIndexOf("\n", this.#text.length - added.length - 1) + 1;
    if (/[\r\0]/.test(added) || this.#fence.closing.test(this.#text.slice(line))) return false;
    this.#fence.code.appendData(added);
    return true;
  }

  #render(block: Block, env: Env, complete: boolean): DocumentFragment {
    const nodes = toNodes(markdown.renderer.render(block.tokens, markdown.options, env));
    const codes = block.tokens.filter(({ type }) => type === "fence" || type === "code_block");
    nodes.querySelectorAll("pre").forEach((pre, index) => {
      const language = /^[\w+#.-]+/.exec(codes[index]?.info.trim() ?? "")?.[0] ?? "";
      frameCode(pre, language, complete, this.#say);
    });
    for (const line of nodes.querySelectorAll("li"))
      if (/^\s*[☐☑]\s/u.test(line.textContent)) line.classList.add("jc-task");
    for (const table of nodes.querySelectorAll("table")) {
      const box = element("div", {
        class: "jc-table",
        role: "group",
        "aria-label": trans.__("Table"),
      });
      table.replaceWith(box);
      box.append(table);
      focusWhenScrolling(box);
    }
    if (complete)
      for (const formula of nodes.querySelectorAll<HTMLElement>(".jc-formula"))
        typesetLater(formula);
    return nodes;
  }
}

function typesetLater(formula: HTMLElement): void {
  whenVisible(formula, () => {
    whenIdle(() => {
      if (formula.isConnected) typeset(formula);
      else typesetLater(formula);
    });
  });
}
