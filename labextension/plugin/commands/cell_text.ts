/** Reads a notebook's cell as text. */

import type { Cell, ICodeCellModel } from "@jupyterlab/cells";
import type { IError, IOutput } from "@jupyterlab/nbformat";
import type { NotebookPanel } from "@jupyterlab/notebook";

import { exact } from "../../src/text";
import { isCode } from "../bars";
import { plain, type CellText } from "./prompts";

const INTERRUPTED = "KeyboardInterrupt";

/** The last error of a code cell, if it has a traceback; null if it is one clear line. */
export function lastError(cell: Cell): IError | null {
  if (!isCode(cell)) return null;
  const { outputs } = cell.model;
  for (let index = outputs.length - 1; index >= 0; index--) {
    if (outputs.get(index).type !== "error") continue;
    const error = outputs.get(index).toJSON() as unknown as IError;
    const isLong = traceback(error).trim().includes("\n");
    return isLong && error.ename !== INTERRUPTED ? error : null;
  }
  return null;
}

export function cellText(notebook: NotebookPanel, cell: Cell): CellText {
  const { model } = cell;
  const { widgets } = notebook.content;
  const name = exact(notebook.context.path.split("/").pop() ?? "").replaceAll("\n", " ");
  const number = `cell ${String(widgets.indexOf(cell) + 1)} of ${String(widgets.length)} in ${name}`;
  const count = isCode(cell) ? cell.model.executionCount : null;
  const error = lastError(cell);
  return {
    label: count === null ? number : `In [${String(count)}] (${number})`,
    language: isCode(cell) ? language(notebook) : model.type === "markdown" ? "markdown" : "text",
    source: model.sharedModel.getSource(),
    output: isCode(cell) ? outputText(cell.model) : "",
    error: error === null ? "" : plain(traceback(error)),
  };
}

/**
 * Whether the kernel can have a session; "": a new notebook's kernel has not said its language yet.
 */
export function speaksPython(notebook: NotebookPanel): boolean {
  return ["", "python"].includes(language(notebook));
}

function language(notebook: NotebookPanel): string {
  return notebook.content.model?.defaultKernelLanguage ?? "";
}

const traceback = ({ traceback: lines }: IError): string =>
  Array.isArray(lines) ? lines.join("\n") : "";

function outputText(model: ICodeCellModel): string {
  const texts: string[] = [];
  for (let index = 0; index < model.outputs.length; index++) {
    const output: IOutput = model.outputs.get(index).toJSON();
    const bundle = output["data"] as Record<string, unknown> | undefined;
    if (output.output_type !== "error")
      texts.push(joined(output["text"] ?? bundle?.["text/plain"]));
  }
  return plain(texts.join("\n")).trim();
}

/** A notebook's multi-line string. */
function joined(value: unknown): string {
  if (Array.isArray(value)) return value.join("");
  return typeof value === "string" ? value : "";
}
