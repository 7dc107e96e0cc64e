/** Does what the views ask of their host: turns code blocks into cells, and typesets formulas. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IEditorLanguageRegistry } from "@jupyterlab/codemirror";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ILatexTypesetter } from "@jupyterlab/rendermime";

import { host, type CodeBlock, type Hosting } from "../../src/host";
import { ISessions, ISuggestions } from "../tokens";
import { askedCell } from "./prompt_cells";
import { cellOf, type CellText } from "./block";
import { insertBelow } from "./insert";
import { cellLocationOf, type CellLocation } from "./cell_location";
import { Replacing } from "./replace";

function asCell(block: CodeBlock, { content }: NotebookPanel): CellText {
  const spec = content.model?.sharedModel.getMetadata("kernelspec") as
    { language?: string } | undefined;
  return cellOf(block, content.model?.defaultKernelLanguage || (spec?.language ?? "python"));
}

const turnOf = (node: Element): string =>
  node.closest<HTMLElement>("[data-turn]")?.dataset["turn"] ?? "";

const isOpen = ({ content }: NotebookPanel): boolean => content.model?.readOnly === false;

export const cells: JupyterFrontEndPlugin<ISuggestions> = {
  id: "jupyter-claude:cells",
  description: "Puts Claude's code into cells, and typesets its formulas.",
  autoStart: true,
  provides: ISuggestions,
  requires: [INotebookTracker, ISessions],
  optional: [IEditorLanguageRegistry, ILatexTypesetter],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    sessions: ISessions,
    languages: IEditorLanguageRegistry | null,
    latex: ILatexTypesetter | null,
  ) => {
    const replacing = new Replacing(app, languages);
    const locate = (node: Element): CellLocation | null => {
      const found = cellLocationOf(node, app, notebooks, sessions);
      return found !== null && isOpen(found.panel) ? found : null;
    };
    const actions: Hosting = {
      "insert-cell": {
        can: (_block, from) => locate(from) !== null,
        act: (block, from) => {
          const found = locate(from);
          if (found !== null) insertBelow(app, found, asCell(block, found.panel));
        },
      },
      "replace-cell": {
        // A block that would not be code in a new cell must not replace a code cell either.
        can: (block, from) => {
          const found = locate(from);
          if (found === null) return false;
          const { cell_type: type } = asCell(block, found.panel);
          const asked = askedCell(turnOf(from), found.panel.content);
          return type === "code" || asked?.model.type === type;
        },
        act: (block, from) => {
          const found = locate(from);
          if (found === null) return;
          const made = asCell(block, found.panel);
          replacing.propose({
            panel: found.panel,
            near: found.cell ?? found.panel.content.activeCell,
            turn: turnOf(from),
            textFor: (type) => (type === made.cell_type ? made.source : block.text),
            button: from,
          });
        },
      },
    };
    if (latex !== null)
      actions.typeset = {
        can: () => true,
        act: ({ node }) => {
          latex.typeset(node);
        },
      };
    host(actions, new AbortController().signal);
    return {
      suggest(panel, turn, block) {
        const cell = askedCell(turn, panel.content);
        const made = asCell(block, panel);
        if (!isOpen(panel) || cell?.model.type !== made.cell_type) return;
        const button = cell.node;
        const near = panel.content.activeCell;
        replacing.propose({ panel, near, turn, textFor: () => made.source, button, unasked: true });
      },
    };
  },
};
