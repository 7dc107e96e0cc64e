/**
 * Finds formulas in the model's Markdown and leaves prices alone, as `_views/formulas.py` does.
 *
 * A formula keeps its source text (underscores make no emphasis) in its own element. The front end
 * typesets that element if it can, and never any other text.
 */

import type { MarkdownIt } from "markdown-it";

import { askHost } from "./host";

/** Our class of a formula's element, then the classes that MathJax 3 and MathJax 2 look for. */
export const FORMULA_CLASS = "jc-formula mathjax_process tex2jax_process";
/** The classes of elements that MathJax must leave alone. */
export const NO_FORMULAS = "mathjax_ignore tex2jax_ignore";

// A single dollar bounds a formula only if its inner side touches no space and its outer side no
// word: "$5 and $6" and "$PATH:$HOME" are text. A formula cannot hold the opening of its own kind,
// so the pattern scans no part of a text twice.
const FORMULA =
  /\$\$[^$]+\$\$|(?<!\\)\\\((?:[^\\]|\\[^()])+\\\)|(?<!\\)\\\[(?:[^\\]|\\[^[\]])+\\\]|(?<![\p{L}\p{N}_$\\])\$(?![\s$])(?:\\.|[^\\$`])+(?<!\s)\$(?![\p{L}\p{N}_$])/suy;
const AMOUNT = /^\$[\d.,]+\s*[-–—/]?\s*(?:[A-Za-z]{2,}|\$)/;
// TeX commands that reach HTML, define other commands, or load something.
const UNSAFE =
  /\\(?:href|url|html\w*|style|class|cssId|data|require|includegraphics|unicode|mmlToken|bbox|csname|[egx]?def|let|futurelet|(?:re|provide)?newcommand|(?:re)?newenvironment|Declare\w+|input|include)(?![A-Za-z])/;
const OPENS = /(?<!\\)\\\[/; // not a line end with its distance: \\[2pt]
const CLOSING: Record<string, string> = { $$: "$$", "\\[": "\\]" };

const isFormula = (text: string): boolean => !UNSAFE.test(text) && !AMOUNT.test(text);

/** Makes a Markdown renderer keep formulas. */
export function keepFormulas(markdown: MarkdownIt): void {
  // Before "escape", which would turn "\(" into "(".
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

/** The parts of MathJax that we use: of versions 3 and 4, and of version 2. */
interface MathJax {
  typesetPromise?: (nodes: HTMLElement[]) => Promise<unknown>;
  Hub?: { Queue: (...calls: unknown[]) => void };
}

/** Typesets a formula if the front end can; otherwise it stays readable TeX. */
export function typeset(node: HTMLElement): void {
  if (askHost(node, "typeset", { node })) return;
  const { MathJax: mathjax } = globalThis as { MathJax?: MathJax };
  if (mathjax?.typesetPromise === undefined && mathjax?.Hub === undefined) return;
  // On some pages a single dollar does not begin a formula.
  const inline = /^\$([^$]+)\$$/su.exec(node.textContent)?.[1];
  if (inline !== undefined) node.textContent = `\\(${inline}\\)`;
  if (mathjax.typesetPromise !== undefined)
    mathjax.typesetPromise([node]).catch((error: unknown) => {
      console.warn("Claude: a formula could not be typeset:", error);
    });
  else mathjax.Hub?.Queue(["Typeset", mathjax.Hub, node]);
}
