/** A unified diff, coloured, its signs kept. */

import { element } from "../dom";
import { focusWhenScrolling } from "../scroll";
import { exactText } from "../text";

type LineKind = "file" | "hunk" | "added" | "removed" | "same";

/** Says of each line of a unified diff what it is. */
function* linesOf(diff: string): Generator<[LineKind, string]> {
  let [removed, added] = [0, 0];
  for (const line of diff.replace(/\n$/, "").split("\n")) {
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

/** Takes the headings, which name the file, off a diff that stands under its file's name. */
export function withoutHeadings(diff: string): string {
  return diff.replace(/^--- .*\n\+\+\+ .*\n/, "");
}

/** Whether a diff makes a file that is not there yet. */
export function makesFile(diff: string): boolean {
  return diff.startsWith("--- /dev/null\n");
}

/** The diff as a block of lines. */
export function diffView(diff: string): HTMLPreElement {
  const lines = Array.from(linesOf(diff), ([kind, line]) => {
    const span = element("span", { class: `jc-line jc-line-${kind}` }, exactText(line), "\n");
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
