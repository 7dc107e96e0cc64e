/** "Replace cell…": finds the cell, and opens a review of the change. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { isCodeCellModel, type Cell } from "@jupyterlab/cells";
import { jupyterTheme, type IEditorLanguageRegistry } from "@jupyterlab/codemirror";
import { NotebookActions, type Notebook, type NotebookPanel } from "@jupyterlab/notebook";
import { CommandRegistry } from "@lumino/commands";
import { Menu } from "@lumino/widgets";

import { trans } from "../../src/trans";
import { askedCell } from "./prompt_cells";
import { Review, type End } from "./review";

const LABEL_LENGTH = 60;
const CELLS_IN_MENU = 24;
/** Shows a notification for a moment; without this only JupyterLab's list has it. */
const SHORTLY = { autoClose: 8_000 };

/** Whether a suggestion can replace the cell's text; prompts to Claude cannot be replaced. */
function isReplaceable({ model, readOnly }: Cell): boolean {
  const text = model.sharedModel.getSource();
  return model.type === "code" && !readOnly && text.trim() !== "" && !text.startsWith("%%claude");
}

/** A cell as the notebook shows it: its number and its first line. */
function labelOf({ model, promptNode }: Cell): string {
  const lines = model.sharedModel.getSource().split("\n");
  const line = lines.find((text) => text.trim() !== "")?.trim() ?? "";
  const text = line.length > LABEL_LENGTH ? `${line.slice(0, LABEL_LENGTH)}…` : line;
  return `${promptNode?.textContent.trim().replace(/:$/, "") ?? "[ ]"} ${text}`;
}

/** What a review of a code block needs. */
export interface Proposal {
  readonly panel: NotebookPanel;
  /** The cell with the answer, or the active one. */
  readonly near: Cell | null;
  /** The turn of the code block; "" if unknown. */
  readonly turn: string;
  /** The suggested text for a cell of a type. */
  readonly textFor: (type: string) => string;
  /** The button that the user pressed, or the cell. */
  readonly button: Element;
  /** Whether it opens by itself. Then the user may also run the changed cell. */
  readonly unasked?: boolean;
}

/**
 * The cell that the menu selects first: it shares most lines with the text, or is the nearest
 * above.
 */
function likeliest(cells: readonly Cell[], { panel, near, textFor }: Proposal): number {
  const linesOf = (text: string): string[] =>
    text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  const suggested = new Set(linesOf(textFor("code")));
  const shared = cells.map(
    ({ model }) =>
      new Set(linesOf(model.sharedModel.getSource()).filter((line) => suggested.has(line))).size,
  );
  const most = Math.max(...shared);
  if (most > 0) return shared.indexOf(most);
  const { widgets } = panel.content;
  const place = near === null ? 0 : widgets.indexOf(near);
  return Math.max(
    0,
    cells.findLastIndex((cell) => widgets.indexOf(cell) <= place),
  );
}

export class Replacing {
  readonly #app: JupyterFrontEnd;
  readonly #languages: IEditorLanguageRegistry | null;
  /** The open reviews, by their cells' ids. */
  readonly #reviews = new Map<string, Review>();

  constructor(app: JupyterFrontEnd, languages: IEditorLanguageRegistry | null) {
    this.#app = app;
    this.#languages = languages;
  }

  /** Opens the review for the cell that the prompt was about, or lets the user choose a cell. */
  propose(proposal: Proposal): void {
    const cell = askedCell(proposal.turn, proposal.panel.content);
    if (cell?.readOnly === true)
      Notification.warning(trans.__("The cell that you asked about is read-only."), SHORTLY);
    else if (cell) void this.#review(cell, proposal);
    else this.#choose(proposal, cell === null);
  }

  #choose(proposal: Proposal, isGone: boolean): void {
    const notebook = proposal.panel.content;
    const cells = notebook.widgets.filter(isReplaceable);
    if (cells.length === 0) {
      Notification.warning(trans.__("There is no code cell in this notebook to replace."), SHORTLY);
      return;
    }
    const likely = likeliest(cells, proposal);
    const first = Math.max(0, Math.min(likely - CELLS_IN_MENU / 2, cells.length - CELLS_IN_MENU));
    const commands = new CommandRegistry();
    const menu = new Menu({ commands });
    menu.title.label = trans.__("Replace which cell?");
    menu.addClass("jc-replace-menu");
    menu.node.setAttribute("aria-label", trans.__("Replace which cell?"));
    commands.addCommand("title", {
      label: isGone
        ? trans.__("The cell that you asked about no longer exists. Replace which one?")
        : trans.__("Replace which cell?"),
      isEnabled: () => false,
      execute: () => undefined,
    });
    menu.addItem({ command: "title" });
    cells.slice(first, first + CELLS_IN_MENU).forEach((cell, index) => {
      const command = String(index);
      commands.addCommand(command, {
        label: labelOf(cell),
        execute: () => this.#review(cell, proposal),
      });
      menu.addItem({ command });
    });
    const { left, bottom } = proposal.button.getBoundingClientRect();
    menu.aboutToClose.connect(() => {
      focus(proposal.button);
      requestAnimationFrame(() => {
        menu.dispose();
      });
    });
    menu.open(left, bottom);
    menu.activeIndex = likely - first + 1;
  }

  async #review(cell: Cell, { panel, textFor, button, unasked = false }: Proposal): Promise<void> {
    const notebook = panel.content;
    const { id, type, mimeType, sharedModel } = cell.model;
    const suggested = textFor(type);
    if (sharedModel.getSource() === suggested) {
      Notification.info(trans.__("The cell has this text already."), SHORTLY);
      return;
    }
    const [merge, support] = await Promise.all([
      import("@codemirror/merge"),
      this.#support(mimeType),
    ]);
    const find = (): Cell | null => notebook.widgets.find(({ model }) => model.id === id) ?? null;
    const show = (found: Cell, text: string): Review => {
      this.#reviews.get(id)?.dispose();
      const review = new Review(found, {
        merge,
        extensions: [jupyterTheme, support],
        suggested: text,
        canRun: unasked,
        ended: (end, left) => {
          this.#reviews.delete(id);
          if (notebook.isDisposed) return;
          const now = find();
          if (now !== null && (end === "accepted" || end === "run")) dropErrors(now);
          if (end === "lost" && now !== null) show(now, left);
          else if (end === "run" && now !== null) void runCell(panel, now);
          else leave(notebook, end, now, button);
        },
      });
      this.#reviews.set(id, review);
      return review;
    };
    const found = find();
    if (found === null) return;
    if (!panel.isVisible && !unasked) this.#app.shell.activateById(panel.id);
    await notebook.scrollToItem(notebook.widgets.indexOf(found));
    const { node } = show(found, suggested);
    node.scrollIntoView({ block: "nearest" });
    // The user may be typing something else by now.
    if (!unasked) node.focus({ preventScroll: true });
  }

  async #support(mimeType: string): Promise<import("@codemirror/state").Extension> {
    const language = this.#languages?.findByMIME(mimeType) ?? null;
    if (language === null) return [];
    return (await this.#languages?.getLanguage(language))?.support ?? [];
  }
}

/** Removes the errors of the cell's last run: they are about another text. */
function dropErrors({ model }: Cell): void {
  if (!isCodeCellModel(model)) return;
  const kept = model.outputs.toJSON().filter(({ output_type: type }) => type !== "error");
  if (kept.length < model.outputs.length) model.outputs.fromJSON(kept);
}

/** Runs the cell as the user would, and leaves it active. */
async function runCell(panel: NotebookPanel, cell: Cell): Promise<void> {
  const notebook = panel.content;
  notebook.activeCellIndex = notebook.widgets.indexOf(cell);
  notebook.deselectAll();
  notebook.mode = "command";
  notebook.activate();
  await NotebookActions.run(notebook, panel.sessionContext);
}

function focus(node: Element): void {
  if (node instanceof HTMLElement && node.isConnected) node.focus({ preventScroll: true });
}

/** Moves the focus to the changed cell, where Ctrl+Z undoes the change, or to the button. */
function leave(notebook: Notebook, end: End, cell: Cell | null, button: Element): void {
  if (cell === null) {
    const line = trans.__("The cell was deleted, so Claude's suggestion could not be used.");
    Notification.warning(line, SHORTLY);
  } else if (end === "accepted") {
    notebook.activeCellIndex = notebook.widgets.indexOf(cell);
    notebook.deselectAll();
    notebook.mode = "edit";
    cell.editor?.focus(); // needed if the notebook was in edit mode before
  } else if (button.isConnected) focus(button);
  else notebook.activate();
}
