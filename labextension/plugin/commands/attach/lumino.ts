/**
 * Cells of a notebook, and files of the file browser, that are dropped on a chat panel.
 *
 * JupyterLab drags them by Lumino's events. A file is named in the prompt by its path; nothing is
 * copied. A cell is attached as text, with the pictures that it shows.
 */

import type { Cell } from "@jupyterlab/cells";
import { PathExt } from "@jupyterlab/coreutils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";

import type { Given } from "../../../src/messages.generated";
import { askPanel } from "../../../src/panel/actions";
import { trans } from "../../../src/trans";
import { isCode } from "../../bars";
import { cellText } from "../cell_text";
import { capped } from "../prompts";
import type { ISessions } from "../../tokens";
import { pictureFile } from "./files";
import { attachFiles, mark } from "./native";

const FILES = "application/x-jupyter-icontents";
/** The cells themselves, for drops in the same page. */
const WIDGETS = "internal:cells";
const MOST_CHARACTERS = 60_000;
const MOST_PICTURES = 3;

/** What we use of Lumino's drag event. */
interface DragEvent extends Event {
  mimeData: { hasData(mime: string): boolean; getData(mime: string): unknown };
  dropAction: string;
  readonly proposedAction: string;
}

/** Takes what is dropped on a panel. */
export function listenToDrags(tracker: INotebookTracker, sessions: ISessions): void {
  /** The notebook whose session a panel shows. */
  const notebookOf = (panel: Element): NotebookPanel | null =>
    tracker.find(({ node }) => node.contains(panel)) ?? sessions.current?.notebook ?? null;
  const listen = (type: string, act: (event: DragEvent, panel: Element) => void): void => {
    document.addEventListener(
      type,
      (event) => {
        const drag = event as DragEvent;
        const panel = event.target instanceof Element ? event.target.closest(".jc-panel") : null;
        const { mimeData } = drag;
        if (panel === null || !(mimeData.hasData(FILES) || mimeData.hasData(WIDGETS))) return;
        event.preventDefault();
        event.stopPropagation();
        act(drag, panel);
      },
      true, // before the notebook, whose own listeners take each drop inside it
    );
  };
  listen("lm-dragenter", (_event, panel) => {
    mark(panel);
  });
  listen("lm-dragleave", () => {
    mark(null);
  });
  listen("lm-dragover", (event, panel) => {
    mark(panel);
    event.dropAction = event.proposedAction;
  });
  listen("lm-drop", (event, panel) => {
    mark(null);
    event.dropAction = event.proposedAction;
    const { mimeData } = event;
    const notebook = notebookOf(panel);
    if (notebook === null) return;
    if (mimeData.hasData(FILES)) {
      askPanel(panel, "attach", named(mimeData.getData(FILES) as string[], notebook.context.path));
      return;
    }
    for (const [owner, cell] of withNotebooks(tracker, mimeData.getData(WIDGETS) as Cell[])) {
      askPanel(panel, "attach", { given: [cellAsText(owner, cell)] });
      void attachFiles(panel, picturesOf(owner, cell));
    }
  });
}

/** Files as a prompt names them, with a line on those that it cannot name. */
export function named(
  paths: readonly string[],
  notebook: string,
): { given: []; text: string; problem: string } {
  const found = paths.flatMap((path) => mention(path, notebook) ?? []);
  const problem =
    found.length === paths.length
      ? ""
      : trans.__("Claude can read only files of this server. Save the others here first.");
  return { given: [], text: found.map((name) => `${name} `).join(""), problem };
}

function withNotebooks(tracker: INotebookTracker, cells: Cell[]): [NotebookPanel, Cell][] {
  return cells.flatMap((cell): [NotebookPanel, Cell][] => {
    const owner = tracker.find(({ content }) => content.widgets.includes(cell));
    return owner === undefined ? [] : [[owner, cell]];
  });
}

/** A file as a prompt names it, from the notebook's folder; null if it is not on the server. */
function mention(path: string, notebook: string): string | null {
  const local = (name: string): string => name.replace(/^RTC:/, "");
  if (/^[^/]*:/.test(local(path))) return null; // another drive
  const relative = PathExt.relative(PathExt.dirname(local(notebook)), local(path));
  const name = relative === "" ? "." : relative;
  return /[\s"]/.test(name) ? `@"${name}"` : `@${name}`;
}

/** A cell's source, output and error as a text. */
function cellAsText(notebook: NotebookPanel, cell: Cell): Given {
  const { label, source, output, error } = cellText(notebook, cell);
  const parts = [
    source,
    output === "" ? "" : `# Output:\n${output}`,
    error === "" ? "" : `# Error:\n${error}`,
  ];
  const data = capped(parts.filter(Boolean).join("\n\n"), MOST_CHARACTERS);
  return { name: label, kind: "text", data };
}

/** The pictures that a cell shows. */
function picturesOf(notebook: NotebookPanel, cell: Cell): File[] {
  if (!isCode(cell)) return [];
  const { label } = cellText(notebook, cell);
  const { outputs } = cell.model;
  const found: File[] = [];
  for (let index = 0; index < outputs.length && found.length < MOST_PICTURES; index++) {
    const { data } = outputs.get(index);
    for (const type of ["image/png", "image/jpeg"]) {
      const shown = data[type];
      if (typeof shown !== "string") continue;
      found.push(pictureFile(trans.__("Picture of %1", label), type, shown));
      break;
    }
  }
  return found;
}
