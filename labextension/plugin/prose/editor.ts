/** The CodeMirror extension that makes the editor of a `%%claude` cell one for prose. */

import { syntaxTree } from "@codemirror/language";
import {
  Compartment,
  EditorState,
  Prec,
  StateEffect,
  StateField,
  type Extension,
  type Range,
  type Text,
} from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, WidgetType } from "@codemirror/view";
import type { ISignal } from "@lumino/signaling";

import { trans } from "../../src/trans";
import { readMagic, type MagicLine } from "./magic";
import type { Prose } from "./language";

/** What the cell's turn is doing; "" if nothing runs. */
export type Running = "" | "queued" | "working" | "waiting";

const SAYS = {
  queued: () => trans.__("queued"),
  working: () => trans.__("thinking"),
  waiting: () => trans.__("waiting for you"),
};

/** Reports what an editor's cell is doing. */
export interface Watch {
  readonly running: Running;
  readonly changed: ISignal<unknown, unknown>;
}

const magicOf = (doc: Text): MagicLine | null => readMagic(doc.iterLines());

const magicField = StateField.define<MagicLine | null>({
  create: (state) => magicOf(state.doc),
  update: (magic, { docChanged, newDoc }) => (docChanged ? magicOf(newDoc) : magic),
});

const setRunning = StateEffect.define<Running>();

const runningField = StateField.define<Running>({
  create: () => "",
  update: (running, { effects }) =>
    effects.reduce((before, effect) => (effect.is(setRunning) ? effect.value : before), running),
});

class Mark extends WidgetType {
  constructor(private readonly running: keyof typeof SAYS) {
    super();
  }

  override eq(other: Mark): boolean {
    return other.running === this.running;
  }

  override toDOM(): HTMLElement {
    const mark = document.createElement("span");
    mark.className = `jp-Claude-running jp-mod-${this.running}`;
    mark.textContent = SAYS[this.running]();
    return mark;
  }
}

function decorate(state: EditorState): readonly Range<Decoration>[] {
  const magic = state.field(magicField);
  const running = state.field(runningField);
  if (magic === null) return [];
  const { head } = state.selection.main;
  const parts = [Decoration.mark({ class: "jp-Claude-magic" }).range(magic.from, magic.nameEnd)];
  for (const { kind, problem, from, to } of magic.words) {
    if (from === to) continue;
    if (kind === "option")
      parts.push(Decoration.mark({ class: "jp-Claude-option" }).range(from, to));
    // Not while the user types the word.
    if (problem !== "" && !(head >= from && head <= to))
      parts.push(
        Decoration.mark({ class: "jp-Claude-problem", attributes: { title: problem } }).range(
          from,
          to,
        ),
      );
  }
  if (running !== "")
    parts.push(Decoration.widget({ widget: new Mark(running), side: 1 }).range(magic.to));
  return parts;
}

/** Turns the automatic closing of quotes and brackets off in prose, but not in its code blocks. */
const brackets = EditorState.languageData.of((state, position) => {
  for (let node = syntaxTree(state).resolveInner(position, -1); ;) {
    if (node.name === "FencedCode") return [];
    if (node.parent === null) return [{ closeBrackets: { brackets: [] } }];
    node = node.parent;
  }
});

const look = EditorView.baseTheme({
  "&.jp-Claude-prose": {
    boxShadow: "inset 3px 0 0 var(--jp-brand-color2)",
  },
  ".jp-Claude-magic": { color: "var(--jp-mirror-editor-keyword-color)", fontWeight: "bold" },
  ".jp-Claude-option": { color: "var(--jp-mirror-editor-attribute-color)" },
  ".jp-Claude-problem": {
    textDecoration: "underline wavy var(--jp-error-color1)",
    textDecorationSkipInk: "none",
  },
  ".jp-Claude-running": {
    marginInlineStart: "2ch",
    color: "var(--jp-ui-font-color1)",
    fontFamily: "var(--jp-ui-font-family)",
    fontSize: "var(--jp-ui-font-size1)",
    whiteSpace: "nowrap",
    userSelect: "none",
  },
  ".jp-Claude-running::before": {
    content: "''",
    boxSizing: "border-box",
    display: "inline-block",
    width: "0.7em",
    height: "0.7em",
    marginInlineEnd: "0.5em",
    border: "2px solid var(--jp-brand-color1)",
    borderRadius: "50%",
  },
  ".jp-Claude-running.jp-mod-working::before": { backgroundColor: "var(--jp-brand-color1)" },
  ".jp-Claude-running.jp-mod-waiting": { fontWeight: "bold" },
  ".jp-Claude-running.jp-mod-waiting::before": {
    borderColor: "var(--jp-warn-color1)",
    borderRadius: "0",
    backgroundColor: "var(--jp-warn-color1)",
    transform: "rotate(45deg)",
  },
  "@media (prefers-reduced-motion: no-preference)": {
    ".jp-Claude-running.jp-mod-working::before": {
      animation: "jp-Claude-breathe 2s ease-in-out infinite alternate",
    },
  },
  "@keyframes jp-Claude-breathe": { to: { opacity: 0.25 } },
});

/**
 * The extension for one editor.
 *
 * Each change of the text decides in the same transaction whether the text is prose, so that
 * history and cursor are not affected.
 */
export function proseEditor(source: string, prose: Prose, watch: Watch): Extension {
  const here = new Compartment();
  const extensions = (magic: MagicLine | null): Extension =>
    magic === null
      ? []
      : [
          EditorView.lineWrapping,
          EditorView.editorAttributes.of({ class: "jp-Claude-prose" }),
          Prec.highest(brackets),
          prose.extension ?? [],
        ];
  return [
    look,
    magicField,
    runningField.init(() => watch.running),
    here.of(extensions(readMagic(source.split("\n")))),
    EditorView.decorations.compute([magicField, runningField, "selection"], (state) =>
      Decoration.set(decorate(state), true),
    ),
    EditorState.transactionExtender.of(({ docChanged, newDoc, startState }) => {
      const magic = docChanged ? magicOf(newDoc) : null;
      const same = !docChanged || (magic === null) === (startState.field(magicField) === null);
      return same ? null : { effects: here.reconfigure(extensions(magic)) };
    }),
    ViewPlugin.define((view) => {
      let gone = false;
      const load = async (): Promise<void> => {
        await prose.load();
        const magic = view.state.field(magicField);
        if (!gone && magic !== null)
          view.dispatch({ effects: here.reconfigure(extensions(magic)) });
      };
      const lacking = (state: EditorState): boolean =>
        state.field(magicField) !== null && prose.extension === null;
      if (lacking(view.state)) void load();
      const show = (): void => {
        if (view.state.field(runningField) !== watch.running)
          view.dispatch({ effects: setRunning.of(watch.running) });
      };
      watch.changed.connect(show);
      return {
        update: ({ docChanged, startState, state }) => {
          if (docChanged && startState.field(magicField) === null && lacking(state)) void load();
        },
        destroy: () => {
          gone = true;
          watch.changed.disconnect(show);
        },
      };
    }),
  ];
}
