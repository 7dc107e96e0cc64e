/** What the kernel gets to know of a cell: its source and the text of its outputs, limited. */

import type { ISharedCell, ISharedNotebook } from "@jupyter/ydoc";

import type {
  CellImage,
  CellOutput,
  CellsRead,
  ReadCells,
  ShownCell,
} from "../../src/messages.generated";
import { isFields, list, text } from "../../src/protocol";

/** Our own output, a turn; its text is what Claude said itself. */
const TURN = "application/vnd.jupyter-claude.turn+json";
/** The kinds of text that stand for an output, the most readable first. */
const TEXTS = ["text/plain", "text/markdown", "text/latex", "application/json"];
const IMAGES: readonly CellImage["mime"][] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MOST_OUTPUTS = 100;
const MOST_IMAGES = 4;
const LARGEST_IMAGE = 1_500_000; // characters of Base64

/** The beginning of a text, in whole characters, and how many characters are left out. */
export function cut(whole: string, longest: number): { text: string; left: number } {
  if (whole.length <= longest) return { text: whole, left: 0 };
  const end = /[\uD800-\uDBFF]/.test(whole.charAt(longest - 1)) ? longest - 1 : longest;
  return { text: whole.slice(0, end), left: whole.length - end };
}

/** A text of a notebook's file: one string, or its lines. */
function joined(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((part) => text(part)).join("");
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function bundleOf(output: unknown): Record<string, unknown> {
  const data = isFields(output) ? output["data"] : undefined;
  return isFields(data) ? data : {};
}

function outputOf(output: unknown, longest: number): CellOutput {
  const fields = isFields(output) ? output : {};
  const none = { images: 0 };
  switch (fields["output_type"]) {
    case "stream":
      return { kind: "stream", ...none, ...cut(joined(fields["text"]), longest) };
    case "error": {
      const trace = list(fields["traceback"]).map((line) => text(line));
      const said = `${text(fields["ename"])}: ${text(fields["evalue"])}`;
      return { kind: "error", ...none, ...cut(trace.join("\n") || said, longest) };
    }
    default: {
      const bundle = bundleOf(fields);
      if (TURN in bundle) return { kind: "claude", ...none, text: "", left: 0 };
      const mime = TEXTS.find((name) => name in bundle);
      const images = Object.keys(bundle).filter((name) => name.startsWith("image/")).length;
      const shown = mime === undefined ? "" : joined(bundle[mime]);
      return { kind: "result", images, ...cut(shown, longest) };
    }
  }
}

/** The parts of a code cell that the interface of shared cells lacks. */
interface CodeCell {
  readonly execution_count?: number | null;
  getOutputs?(): unknown[];
}

/** A cell for the kernel. */
export function shownCell(
  cell: ISharedCell,
  index: number,
  longest: number,
  running: boolean,
): ShownCell {
  const source = cut(cell.getSource(), longest);
  const code = cell as unknown as CodeCell;
  const outputs = code.getOutputs?.() ?? [];
  const kind = cell.cell_type;
  return {
    id: cell.getId(),
    index,
    kind: kind === "code" || kind === "markdown" ? kind : "raw",
    source: source.text,
    left: source.left,
    number: code.execution_count ?? null,
    running,
    outputs: outputs.slice(-MOST_OUTPUTS).map((output) => outputOf(output, longest)),
  };
}

const sizeOf = ({ source, outputs }: ShownCell): number =>
  outputs.reduce((size, output) => size + output.text.length, source.length);

/** The cells that the kernel asks for, in order, as far as they fit; at least one. */
export function readCells(
  shared: ISharedNotebook,
  { start, ids, most, longest }: ReadCells,
  isRunning: (id: string) => boolean,
): CellsRead {
  const wanted = new Set(ids);
  const cells: ShownCell[] = [];
  let size = 0;
  let more = false;
  for (const [index, cell] of shared.cells.entries()) {
    if (index < start || (wanted.size > 0 && !wanted.has(cell.getId()))) continue;
    const shown = shownCell(cell, index, longest, isRunning(cell.getId()));
    size += sizeOf(shown);
    more = cells.length > 0 && size > most;
    if (more) break;
    cells.push(shown);
  }
  return { result: "read", total: shared.cells.length, more, cells };
}

/** The first images among a cell's outputs; those that are too large are left out. */
export function imagesOf(cell: ISharedCell): CellImage[] {
  const outputs = (cell as unknown as CodeCell).getOutputs?.() ?? [];
  const images = outputs.flatMap((output) => {
    const bundle = bundleOf(output);
    const mime = IMAGES.find((name) => name in bundle);
    const data = mime === undefined ? "" : joined(bundle[mime]).replaceAll(/\s/g, "");
    return mime === undefined || data === "" || data.length > LARGEST_IMAGE ? [] : [{ mime, data }];
  });
  return images.slice(0, MOST_IMAGES);
}
