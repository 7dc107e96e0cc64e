/**
 * Formulas in the model's Markdown, told apart from prices; as `_views/formulas.py` does.
 *
 * A formula stands as it was written, no emphasis between its underscores, in an element of its
 * own, which is typeset where the front end can. All other text is never typeset.
 */

import type { MarkdownIt } from "markdown-it";

import { askHost } from "./host";

/** The class of a formula's element; the other two tell MathJax 3 and 2 that it is one. */
export const FORMULA_CLASS = "jc-formula mathjax_process tex2jax_process";
/** The classes of what MathJax shall leave alone. */
export const NO_FORMULAS = "mathjax_ignore tex2jax_ignore";

// A single dollar opens a formula only where no word or space touches its inner side, or a word
// its outer side: "$5 and $6" and "$PATH:$HOME" are text. No formula holds what opens one of its
// kind, so no part of a text is looked through twice.
const FORMULA =
  /\$\$[^$]+\$\$|(?<!\\)\\\((?:[^\\]|\\[^()])+\\\)|(?<!\\)\\\[(?:[^\\]|\\[^[\]])+\\\]|(?<![\p{L}\p{N}_$\\])\$(?![\s$])(?:\\.|[^\\$`])+(?<!\s)\$(?![\p{L}\p{N}_$])/suy;
const AMOUNT = /^\$[\d.,]+\s*[-–—/]?\s*(?:[A-Za-z]{2,}|\$)/;
// What reaches HTML, defines other commands, or loads something.
const UNSAFE =
  /\\(?:href|url|html\w*|style|class|cssId|data|require|includegraphics|unicode|mmlToken|bbox|csname|[egx]?def|let|futurelet|(?:re|provide)?newcommand|(?:re)?newenvironment|Declare\w+|input|include)(?![A-Za-z])/;
const OPENS = /(?<!\\)\\\[/; // not the end of a line with its distance: \\[2pt]
const CLOSING: Record<string, string> = { $$: "$$", "\\[": "\\]" };

const isFormula = (text: string): boolean => !UNSAFE.test(text) && !AMOUNT.test(text);

/** Lets a Markdown renderer keep formulas. */
export function keepFormulas(markdown: MarkdownIt): void {
  // Before "escape", which would make "(" of "\(".
  markdown.inline.ruler.before("escape", "formula", (state, silent) => {
    FORMULA.lastIndex = state.pos;
    const found = FORMULA.exec(state.src)?.[0];
    if (found === undefined || !isFormula(found)) return false;
    if (!silent) state.push("formula", "", 0).content = found;
    state.pos += found.length;
    return true;
  });
  markdown.block.ruler.before(
    "fence",
    "formula",
    (state, first, end, silent) => {
      const begin = (state.bMarks[first] ?? 0) + (state.tShift[first] ?? 0);
      const closing = CLOSING[state.src.slice(begin, begin + 2)];
      if (closing === undefined || (state.sCount[first] ?? 0) - state.blkIndent >= 4) return false;
      for (let line = first; line < end; line++) {
        const start =
          line === first ? begin + 2 : (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
        if (line > first && (state.sCount[line] ?? 0) < state.blkIndent) return false;
        const text = state.src.slice(start, state.eMarks[line]).trimEnd();
        if (!text.includes(closing)) {
          if (OPENS.test(text)) return false;
          continue;
        }
        const content = state.src.slice(begin, start + text.length);
        if (!text.endsWith(closing) || !isFormula(content)) return false;
        if (!silent) {
          const token = state.push("formula_block", "", 0);
          token.content = content;
          token.map = [first, line + 1];
          state.line = line + 1;
        }
        return true;
      }
      return false;
    },
    { alt: ["paragraph", "reference", "blockquote", "list"] },
  );
  const { escapeHtml } = markdown.utils;
  markdown.renderer.rules["formula"] = (tokens, index) =>
    `<span class="${FORMULA_CLASS}">${escapeHtml(tokens[index]?.content ?? "")}</span>`;
  markdown.renderer.rules["formula_block"] = (tokens, index) =>
    `<div class="${FORMULA_CLASS}">${escapeHtml(tokens[index]?.content ?? "")}</div>\n`;
}

/** What of MathJax's interfaces is used: of version 3 and 4, and of version 2. */
interface MathJax {
  typesetPromise?: (nodes: HTMLElement[]) => Promise<unknown>;
  Hub?: { Queue: (...calls: unknown[]) => void };
}

/** Typesets a formula, if the front end can; else it stays readable TeX. */
export function typeset(node: HTMLElement): void {
  if (askHost(node, "typeset", { node })) return;
  const { MathJax: mathjax } = globalThis as { MathJax?: MathJax };
  if (mathjax?.typesetPromise === undefined && mathjax?.Hub === undefined) return;
  // Not every page lets a single dollar begin a formula.
  const inline = /^\$([^$]+)\$$/su.exec(node.textContent)?.[1];
  if (inline !== undefined) node.textContent = `\\(${inline}\\)`;
  if (mathjax.typesetPromise !== undefined)
    mathjax.typesetPromise([node]).catch((error: unknown) => {
      console.warn("Claude: a formula could not be typeset:", error);
    });
  else mathjax.Hub?.Queue(["Typeset", mathjax.Hub, node]);
}
