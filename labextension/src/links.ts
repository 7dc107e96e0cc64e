/**
 * Links and images in the model's Markdown: which of them become links, and which only text.
 *
 * A link needs a full address (http, https or mailto). A bare `https://…` is a link too. The page
 * never loads an image: it shows a link with the image's text. The kernel's side is
 * `jupyter_claude/_views/links.py`.
 */

import type { MarkdownIt, Token } from "markdown-it";

/** Full addresses only: JupyterLab would resolve any other as one of its own. */
export const SAFE_LINK = /^(?:https?:\/\/|mailto:)/i;

// The part before the ":" of a bare address.
const SCHEME = /(?<![A-Za-z0-9+.-])(?:https?|mailto)$/i;
const LONGEST_SCHEME = "mailto".length;
// No quotes, no brackets except round ones in pairs, no marks of hidden characters. A part that
// cannot match ends at once, so the pattern scans no part of a text twice.
const PART = String.raw`[\p{L}\p{N}_\-.~:\/?#@!$&'*+,;=%]`;
const ADDRESS = new RegExp(
  String.raw`[A-Za-z]+:(?:\/\/[\p{L}\p{N}]${PART}*(?:\(${PART}*\)${PART}*)*|` +
    String.raw`[\p{L}\p{N}_.+\-]+@[\p{L}\p{N}][\p{L}\p{N}_.\-]*)`,
  "uy",
);
const AFTER = "?!.,:;'*_~"; // these belong to the sentence or to its emphasis

function withoutEnd(text: string): string {
  let end = text.length;
  while (AFTER.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Teaches the renderer these rules. */
export function readLinks(markdown: MarkdownIt): void {
  // By default a refused address would show as raw Markdown. `settled` removes such links.
  markdown.validateLink = () => true;
  markdown.inline.ruler.before("escape", "bare_address", (state, silent) => {
    // Not in the text of another link, and not where the parser only skips text.
    if (silent || state.linkLevel > 0 || state.src[state.pos] !== ":") return false;
    const before = state.src.slice(Math.max(0, state.pos - LONGEST_SCHEME - 1), state.pos);
    const scheme = SCHEME.exec(before)?.[0];
    if (scheme === undefined || !state.pending.endsWith(scheme)) return false;
    ADDRESS.lastIndex = state.pos - scheme.length;
    const found = ADDRESS.exec(state.src.slice(0, state.posMax))?.[0];
    if (found === undefined || (found[scheme.length + 1] === "/") !== /^h/i.test(scheme))
      return false;
    const words = withoutEnd(found);
    state.pending = state.pending.slice(0, -scheme.length);
    state.push("link_open", "a", 1).attrSet("href", markdown.normalizeLink(words));
    state.push("text", "", 0).content = words;
    state.push("link_close", "a", -1);
    state.pos += words.length - scheme.length;
    return true;
  });
  markdown.core.ruler.push("links", ({ tokens, Token }) => {
    for (const block of tokens)
      if (block.children !== null) block.children = settled(block.children, Token);
  });
}

/** Keeps only the text of a link without a full address, and turns images into links. */
function settled(tokens: readonly Token[], New: typeof Token): Token[] {
  const made: Token[] = [];
  const kept: boolean[] = []; // whether each link around the token is kept
  for (const token of tokens) {
    if (token.type === "link_open") kept.push(SAFE_LINK.test(String(token.attrGet("href") ?? "")));
    if (token.type === "image") made.push(...image(token, kept.includes(true), New));
    else if (!token.type.startsWith("link_") || kept.at(-1) === true) made.push(token);
    if (token.type === "link_close") kept.pop();
  }
  return made;
}

/** The tokens for an image; `inside` says that it is in a link. */
function image(token: Token, inside: boolean, New: typeof Token): Token[] {
  const words = new New("text", "", 0);
  words.content = token.content || "image";
  const address = String(token.attrGet("src") ?? "");
  if (inside || !SAFE_LINK.test(address)) return [words];
  const open = new New("link_open", "a", 1);
  open.attrSet("href", address);
  return [open, words, new New("link_close", "a", -1)];
}
