/**
 * Links and images in the model's Markdown: what is a link, and what is only its words.
 *
 * A link needs an ordinary address of its own. A bare `https://…` is a link too. An image is never
 * loaded: it is a link with its words. The kernel's side is `jupyter_claude/_views/links.py`.
 */

import type { MarkdownIt, Token } from "markdown-it";

/** With an address of their own, so nothing that JupyterLab would take for its own. */
export const SAFE_LINK = /^(?:https?:\/\/|mailto:)/i;

// What stands before the ":" of a bare address.
const SCHEME = /(?<![A-Za-z0-9+.-])(?:https?|mailto)$/i;
const LONGEST_SCHEME = "mailto".length;
// No quotes, no brackets but round ones in pairs, no marks of hidden characters. A part that cannot
// match ends at once, so no part of a text is looked through twice.
const PART = String.raw`[\p{L}\p{N}_\-.~:\/?#@!$&'*+,;=%]`;
const ADDRESS = new RegExp(
  String.raw`[A-Za-z]+:(?:\/\/[\p{L}\p{N}]${PART}*(?:\(${PART}*\)${PART}*)*|` +
    String.raw`[\p{L}\p{N}_.+\-]+@[\p{L}\p{N}][\p{L}\p{N}_.\-]*)`,
  "uy",
);
const AFTER = "?!.,:;'*_~"; // belongs to the sentence, or to its emphasis

function withoutEnd(text: string): string {
  let end = text.length;
  while (AFTER.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Lets the renderer read them. */
export function readLinks(markdown: MarkdownIt): void {
  // Any other address loses only its link, below; the default would show raw Markdown.
  markdown.validateLink = () => true;
  markdown.inline.ruler.before("escape", "bare_address", (state, silent) => {
    // Within the words of a link, and where words are only skipped, nothing is a link.
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

/** Leaves of a link without an ordinary address its words, and makes links of images. */
function settled(tokens: readonly Token[], New: typeof Token): Token[] {
  const made: Token[] = [];
  const kept: boolean[] = []; // of the links around a token
  for (const token of tokens) {
    if (token.type === "link_open") kept.push(SAFE_LINK.test(String(token.attrGet("href") ?? "")));
    if (token.type === "image") made.push(...image(token, kept.includes(true), New));
    else if (!token.type.startsWith("link_") || kept.at(-1) === true) made.push(token);
    if (token.type === "link_close") kept.pop();
  }
  return made;
}

/** What stands for an image; `inside` says that it stands in a link. */
function image(token: Token, inside: boolean, New: typeof Token): Token[] {
  const words = new New("text", "", 0);
  words.content = token.content || "image";
  const address = String(token.attrGet("src") ?? "");
  if (inside || !SAFE_LINK.test(address)) return [words];
  const open = new New("link_open", "a", 1);
  open.attrSet("href", address);
  return [open, words, new New("link_close", "a", -1)];
}
