/** Turns a code block of an answer into a notebook's cell. */

import type { CodeBlock } from "../../src/host";

export interface CellText {
  readonly cell_type: "code" | "markdown";
  readonly source: string;
}

const ALIASES: Record<string, string> = {
  py: "python",
  python3: "python",
  ipython: "python",
  ipython3: "python",
  js: "javascript",
  jl: "julia",
  "c++": "cpp",
  md: "markdown",
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  tex: "latex",
  rb: "ruby",
  pl: "perl",
};
/** IPython's own cell magics for other languages. */
const MAGICS: Record<string, string> = {
  bash: "%%bash",
  html: "%%html",
  javascript: "%%javascript",
  latex: "%%latex",
  perl: "%%perl",
  ruby: "%%ruby",
  svg: "%%svg",
};

const known = (language: string): string => {
  const name = language.toLowerCase();
  return ALIASES[name] ?? name;
};

/**
 * The cell for a code block.
 *
 * A block in the kernel's language, or without one, becomes code. A block in a language that has a
 * cell magic in IPython becomes code below that magic. Markdown becomes Markdown. Any other block
 * is fenced in a Markdown cell, because the kernel would run it in the wrong language.
 */
export function cellOf({ text, language }: CodeBlock, kernelLanguage: string): CellText {
  const block = known(language);
  const kernel = known(kernelLanguage);
  if (block === "" || block === kernel) return { cell_type: "code", source: text };
  if (block === "markdown") return { cell_type: "markdown", source: text };
  const magic = kernel === "python" ? MAGICS[block] : undefined;
  if (magic !== undefined) {
    const source = text.startsWith("%%") ? text : `${magic}\n${text}`;
    return { cell_type: "code", source };
  }
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return { cell_type: "markdown", source: `${fence}${language}\n${text}\n${fence}` };
}
