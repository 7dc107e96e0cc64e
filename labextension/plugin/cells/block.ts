/** What becomes of a code block of an answer when it is put into a notebook. */

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
 * The kernel's own language, or none, is code; what IPython has a cell magic for is code below that
 * magic; Markdown is Markdown. Anything else stands fenced in a Markdown cell: the kernel could only
 * run it as something that it is not.
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
