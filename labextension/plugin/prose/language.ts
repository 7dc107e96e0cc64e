/**
 * Markdown whose first line is the magic. It extends JupyterLab's Markdown, so that code in it
 * looks as usual.
 */

import { Language } from "@codemirror/language";
import { Prec, type Extension } from "@codemirror/state";
import type { IEditorLanguageRegistry } from "@jupyterlab/codemirror";
import type { MarkdownConfig, MarkdownParser } from "@lezer/markdown";

import { MAGIC } from "./magic";

/** Without single dollars: a price or `$HOME` is no formula. */
const NO_INLINE_MATH = ["InlineMathDollar"];

/** Keeps the magic's line apart from the paragraph below it. */
export const magicBlock: MarkdownConfig = {
  defineNodes: [{ name: "ClaudeMagic", block: true }],
  parseBlock: [
    {
      name: "ClaudeMagic",
      before: "IndentedCode",
      parse(context, line) {
        if (context.depth > 1 || !MAGIC.test(line.text)) return false;
        const from = context.lineStart;
        const to = from + line.text.length;
        context.addElement(context.elt("ClaudeMagic", from + line.pos, to));
        context.nextLine();
        return true;
      },
    },
  ],
  remove: NO_INLINE_MATH,
};

/** The language of all `%%claude` cells, loaded with the first of them. */
export class Prose {
  private loading: Promise<void> | null = null;
  private loaded: Extension | null = null;

  constructor(private readonly languages: IEditorLanguageRegistry) {}

  /** Null until it is loaded. */
  get extension(): Extension | null {
    return this.loaded;
  }

  async load(): Promise<void> {
    await (this.loading ??= this.find());
  }

  private async find(): Promise<void> {
    const support = (await this.languages.getLanguage("ipythongfm"))?.support;
    const parser = support?.language.parser as MarkdownParser | undefined;
    if (support === undefined || typeof parser?.configure !== "function") return;
    const language = new Language(
      support.language.data,
      parser.configure(magicBlock),
      [],
      "claude-prose",
    );
    // It comes before the language of the cell's MIME type, which stays; the first one counts.
    this.loaded = [Prec.highest(language.extension), support.support];
  }
}
