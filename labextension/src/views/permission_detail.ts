/** All of a call in its request: nothing of its input is left out. */

import { element } from "../dom";
import type { InputField, PermissionRequest } from "../protocol";
import { exact, exactText } from "../text";
import { trans } from "../trans";
import { diffCounts, diffView, withoutHeadings } from "./diff";
import { codeView, pythonView } from "./tool";

/** How the names of the tools for cells begin. */
const CELLS = "mcp__notebook__";
const ABSOLUTE = /^(?:[/~]|[a-z]:[\\/])/i;
const MANY_LINES = 20;
const MANY_CHARACTERS = 1_000;

/** Why the CLI asks; what runs stands below it. */
export function detailAbove({ reason }: PermissionRequest): Node[] {
  return reason === "" ? [] : [element("p", { class: "jc-why" }, exact(reason))];
}

/** The change, the rest of the input by name, and Claude's description. */
export function detailBelow(request: PermissionRequest): Node[] {
  const { path, diff, fields, says, plan } = request;
  const nodes: Node[] = [];
  if (path !== null || diff !== null) nodes.push(heading(request));
  if (diff !== null) {
    const change = path === null ? diff : withoutHeadings(diff);
    nodes.push(...block(change, diffView(change)));
  }
  if (fields.length > 0)
    nodes.push(
      element(
        "dl",
        { class: "jc-fields" },
        ...fields.map((field) =>
          plan !== null && ABSOLUTE.test(field.value) ? pathField(field) : inputField(field),
        ),
      ),
    );
  if (says !== "")
    nodes.push(element("p", { class: "jc-says" }, trans.__("Claude says: %1", exact(says))));
  return nodes;
}

/** The file or the cell that changes, and by how much. */
function heading({ tool, path, new_file: isNew, diff }: PermissionRequest): HTMLElement {
  const node = element("div", { class: "jc-file" });
  // The kernel names a cell in words.
  const kind = tool.startsWith(CELLS) ? {} : { class: "jc-path" };
  if (path !== null) node.append(element("span", { dir: "ltr", ...kind }, oneLine(path)));
  if (isNew) node.append(element("span", {}, trans.__("new file")));
  if (diff !== null) node.append(element("span", { class: "jc-counts" }, diffCounts(diff)));
  return node;
}

/**
 * A text that scrolls if it is long; a label gives its length, so that the user looks for the rest.
 */
export function block(text: string, view: HTMLElement): HTMLElement[] {
  const length = lengthOf(text);
  return length === "" ? [view] : [element("div", { class: "jc-label" }, length), view];
}

/** A part of the input: a short value beside its name, a long value as a block below it. */
function inputField({ name, value, form }: InputField): HTMLElement {
  const isBlock = form !== undefined || value.includes("\n") || value.length > MANY_CHARACTERS;
  const shown = isBlock
    ? block(value, fieldView(value, form))
    : [element("code", { dir: "ltr" }, exactText(value))];
  return element(
    "div",
    isBlock ? { class: "jc-field jc-field-long" } : { class: "jc-field" },
    element("dt", {}, oneLine(name)),
    element("dd", {}, ...shown),
  );
}

/**
 * A path on one line, shortened before its last name, so that the buttons below stay in sight. It is
 * whole in the page, in its title, and on screen since it had the focus. It stays so: if it became
 * short again, a button would move away under the pointer that presses it.
 */
function pathField(field: InputField): HTMLElement {
  const node = inputField(field);
  const code = node.querySelector<HTMLElement>("dd > code");
  if (code === null) return node;
  const { value } = field;
  const at = Math.max(value.lastIndexOf("/"), value.lastIndexOf("\\")) + 1;
  const parts = [value.slice(0, at), value.slice(at)].filter((part) => part !== "");
  node.classList.add("jc-field-path");
  code.title = exact(value);
  code.tabIndex = 0;
  code.addEventListener("focus", () => {
    code.classList.add("jc-whole");
  });
  code.replaceChildren(...parts.map((part) => element("span", {}, exactText(part))));
  return node;
}

function fieldView(value: string, form: InputField["form"]): HTMLElement {
  if (form === "python") return pythonView(value);
  return form === "diff" ? diffView(value) : codeView(exactText(value));
}

/** A name on one line: line ends and tabs become marks. */
function oneLine(text: string): DocumentFragment {
  return exactText(text.replaceAll("\n", "⟨U+000A⟩").replaceAll("\t", "⟨U+0009⟩"));
}

/** The length of a long text, such as "40 lines" or "7,900 characters"; "" for a short text. */
function lengthOf(text: string): string {
  const lines = text.split("\n");
  const said: string[] = [];
  if (lines.length > MANY_LINES) said.push(trans.__("%1 lines", lines.length.toLocaleString("en")));
  if (lines.some((line) => line.length > MANY_CHARACTERS))
    said.push(trans.__("%1 characters", text.length.toLocaleString("en")));
  return said.join(", ");
}
