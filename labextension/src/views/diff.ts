/** Shows a unified diff with its signs and with colours. */

import { element } from "../dom";
import { newLines } from "../kernel_texts";
import { focusWhenScrolling } from "../scroll";
import { exactText } from "../text";

type LineKind = "file" | "hunk" | "added" | "removed" | "same";

/** Yields each line of a unified diff with its kind. */
function* linesOf(diff: string): Generator<[LineKind, string]> {
  let [removed, added] = [0, 0];
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null && removed <= 0 && added <= 0) {
      [removed, added] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      yield ["hunk", line];
    } else if (line.startsWith("\\")) {
      yield ["same", line];
    } else if (removed <= 0 && added <= 0) {
      // Outside of a hunk "--- name" and "+++ name" are headings; inside, they are content.
      yield ["file", line];
    } else if (line.startsWith("+")) {
      added--;
      yield ["added", line];
    } else if (line.startsWith("-")) {
      removed--;
      yield ["removed", line];
    } else {
      removed--;
      added--;
      yield ["same", line];
    }
  }
}

/** Removes the two headings, for a diff that is shown below the file's name. */
export function withoutHeadings(diff: string): string {
  return diff.split("\n").slice(2).join("\n");
}

/** A readable heading: "9 new lines" for a new file. */
function headingText(line: string): string {
  const found = /^@@ -0,0 \+1(?:,(\d+))? @@$/.exec(line);
  return found === null ? line : newLines(Number(found[1] ?? 1));
}

/** The diff as a block of lines. */
export function diffView(diff: string): HTMLPreElement {
  const lines = Array.from(linesOf(diff), ([kind, line]) => {
    const shown = kind === "hunk" ? headingText(line) : line;
    const span = element("span", { class: `jc-line jc-line-${kind}` }, exactText(shown), "\n");
    return span;
  });
  const node = element("pre", { class: "jc-code jc-diff mathjax_ignore", dir: "ltr" }, ...lines);
  focusWhenScrolling(node);
  return node;
}

/** How many lines a diff adds and removes, such as "+3 −1". */
export function diffCounts(diff: string): string {
  const kinds = Array.from(linesOf(diff), ([kind]) => kind);
  const count = (kind: LineKind): number => kinds.filter((each) => each === kind).length;
  return `+${count("added")} −${count("removed")}`;
}
