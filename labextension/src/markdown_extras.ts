/**
 * What models write in addition to CommonMark: boxes of task lists, footnotes, `<br>`.
 *
 * All of it becomes text or a line break, never HTML of the model or a link. The kernel's side is
 * `jupyter_claude/_views/markdown_extras.py`.
 */

import type { MarkdownIt } from "markdown-it";

const BREAK = /<br ?\/?>/iy;
const NOTE = /\[\^([\p{L}\p{N}_-]{1,30})\]/uy;
const NOTE_TEXT = /\[\^[\p{L}\p{N}_-]{1,30}\]:/uy;
const BOX = /^\[([ xX])\](?=\s)/;

function at(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** Teaches the renderer these rules. */
export function readExtras(markdown: MarkdownIt): void {
  markdown.inline.ruler.before("autolink", "line_break", (state, silent) => {
    const found = at(BREAK, state.src, state.pos);
    if (found === null) return false;
    if (!silent) state.push("hardbreak", "br", 0);
    state.pos += found[0].length;
    return true;
  });
  markdown.inline.ruler.before("link", "footnote", (state, silent) => {
    const found = at(NOTE, state.src, state.pos);
    if (found === null) return false;
    if (!silent) state.pending += `[${found[1] ?? ""}]`;
    state.pos += found[0].length;
    return true;
  });
  // Each note is a paragraph. Otherwise "[^1]: https://…" would define a link and not be shown.
  markdown.block.ruler.before(
    "reference",
    "footnote_text",
    (state, start, end, silent) => {
      const first = (state.bMarks[start] ?? 0) + (state.tShift[start] ?? 0);
      if (at(NOTE_TEXT, state.src, first) === null) return false;
      const paragraph = markdown.block.ruler.getRules("").at(-1);
      return silent || paragraph?.(state, start, end, false) === true;
    },
    { alt: ["paragraph"] },
  );
  markdown.core.ruler.push("tasks", ({ tokens }) => {
    tokens.forEach(({ type, children }, place) => {
      const first = children?.[0];
      const isFirst = tokens[place - 2]?.type === "list_item_open";
      if (type !== "inline" || !isFirst || first?.type !== "text") return;
      first.content = first.content.replace(BOX, (_, mark: string) => (mark === " " ? "☐" : "☑"));
    });
  });
}
