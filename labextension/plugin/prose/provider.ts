/** Offers completions on the line of a magic to JupyterLab's completer. */

import type { ICodeCellModel } from "@jupyterlab/cells";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import type {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider,
  ICompletionProviderManager,
} from "@jupyterlab/completer";
import type { SourceChange } from "@jupyter/ydoc";
import { Text } from "@jupyterlab/coreutils";

import { trans, translatedName } from "../../src/trans";
import type { ISession } from "../tokens";
import { isClaudes, isMention, suggest, type Known, type Suggestion } from "./completions";

/** The names that Claude Code always knows. */
const newest = (): readonly Suggestion[] =>
  ["opus", "sonnet", "haiku"].map((text) => ({ text, does: trans.__("The newest of this kind") }));

/** Whether an editor belongs to a code cell, in a notebook or a console. */
export const isCode = (model: CodeEditor.IModel): model is ICodeCellModel =>
  (model as Partial<ICodeCellModel>).type === "code";

function isOurs({ editor }: ICompletionContext): boolean {
  if (!editor || !isCode(editor.model)) return false;
  return isClaudes(
    editor.model.sharedModel.getSource(),
    editor.getOffsetAt(editor.getCursorPosition()),
  );
}

export class MagicCompletions implements ICompletionProvider {
  readonly identifier = "jupyter-claude:magic";
  readonly rank = 540;
  readonly renderer = null;

  constructor(private readonly session: (context: ICompletionContext) => ISession | null) {}

  isApplicable(context: ICompletionContext): Promise<boolean> {
    return Promise.resolve(isOurs(context));
  }

  fetch(
    { text, offset }: CompletionHandler.IRequest,
    context: ICompletionContext,
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const at = Text.charIndexToJsIndex(offset, text);
    if (isMention(text, at)) return named(text, offset, context);
    const found = suggest(text, at, known(this.session(context)));
    if (found === null) return Promise.resolve({ start: offset, end: offset, items: [] });
    return Promise.resolve({
      start: Text.jsIndexToCharIndex(found.from, text),
      end: Text.jsIndexToCharIndex(found.to, text),
      items: found.items.map(({ text, does, more }) => ({
        label: text,
        insertText: more === true ? `${text} ` : text,
        type: "magic",
        documentation: does,
      })),
    });
  }

  /** With "Enable autocompletion", suggests at the beginning of a word, but never in prose. */
  shouldShowContinuousHint(
    visible: boolean,
    { sourceChange }: SourceChange,
    context?: ICompletionContext,
  ): boolean {
    const editor = context?.editor;
    if (visible || !editor) return false;
    if (sourceChange?.some(({ insert }) => typeof insert === "string") !== true) return false;
    const text = editor.model.sharedModel.getSource();
    const at = editor.getOffsetAt(editor.getCursorPosition());
    return isMention(text, at) || suggest(text, at, known(null)) !== null;
  }
}

/** Asks the kernel what the prompt can name: it knows the variables and the files. */
async function named(
  text: string,
  offset: number,
  { session }: ICompletionContext,
): Promise<CompletionHandler.ICompletionItemsReply> {
  const kernel = session?.kernel;
  const reply = await kernel?.requestComplete({ code: text, cursor_pos: offset });
  if (reply?.content.status !== "ok") return { start: offset, end: offset, items: [] };
  const { matches, cursor_start: start, cursor_end: end } = reply.content;
  return { start, end, items: matches.map((label) => ({ label })) };
}

function known(session: ISession | null): Known {
  const { models = [], modes = [], kernels = [] } = session?.state ?? {};
  const suggestions = (choices: typeof models): Suggestion[] =>
    choices
      .filter(({ value }) => value !== "")
      .map(({ value, label, description }) => ({
        text: value,
        does: translatedName(description || label),
      }));
  const named = suggestions(models);
  return {
    models: named.length > 0 ? named : newest(),
    modes: suggestions(modes),
    kernels: suggestions(kernels),
  };
}

/**
 * Silences all other providers where ours answers: Python's names do not belong in prose.
 *
 * JupyterLab has no interface for that, so this wraps `isApplicable` of the others.
 */
export function quietOthers(
  manager: ICompletionProviderManager,
  ours: ICompletionProvider,
): () => void {
  const quiet = new WeakSet([ours]);
  return () => {
    const { getProviders } = manager as Partial<{
      getProviders(): Map<string, ICompletionProvider>;
    }>;
    for (const provider of getProviders?.call(manager).values() ?? []) {
      if (quiet.has(provider)) continue;
      quiet.add(provider);
      const applies = provider.isApplicable.bind(provider);
      provider.isApplicable = async (context) => !isOurs(context) && applies(context);
    }
  };
}
