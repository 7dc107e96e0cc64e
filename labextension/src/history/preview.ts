/** Shows what a rewind would do: which files change, which turns go, what cannot come back. */

import { element } from "../dom";
import { CHANGED_BY_YOU, LOST, PERHAPS_CHANGED } from "../kernel_texts";
import { exact, exactText } from "../text";
import { diffView } from "../views/diff";
import type { FileChange, Plan, RewindChoice } from "./protocol";
import { counted, countedFiles, grouped, countsOf, filesLine, stopLabel } from "./words";

const SHOWN_TURNS = 5;

export class PreviewView {
  readonly node = element("div", {
    class: "jc-preview",
    role: "region",
    "aria-label": "Rewind preview",
    tabindex: "-1",
  });
  /** The files that the user changed and wants to rewind all the same. */
  readonly include = new Set<string>();
  readonly #headline = element("p", { class: "jc-preview-headline" });
  readonly #body = element("div", { class: "jc-preview-body" });
  #key = "";
  #summarize: () => void = () => undefined;

  constructor() {
    this.node.append(this.#headline, this.#body);
    this.clear();
  }

  /** Shows nothing. */
  clear(): void {
    this.node.hidden = true;
    this.#key = "";
    this.include.clear();
    this.#body.replaceChildren();
  }

  /** Says that the kernel is checking the plan again. */
  wait(sentence: string): void {
    this.node.hidden = false;
    this.node.setAttribute("aria-busy", "true");
    if (this.#key === "") this.#headline.textContent = sentence;
  }

  /** Shows why there is no plan. */
  fail(sentence: string): void {
    this.clear();
    this.node.hidden = false;
    this.node.removeAttribute("aria-busy");
    this.#headline.textContent = sentence;
  }

  /** Shows a plan; returns its headline. */
  show(plan: Plan, choice: RewindChoice, total: number): string {
    this.node.hidden = false;
    this.node.removeAttribute("aria-busy");
    // The same plan again: keep what the user has opened and chosen.
    if (plan.key === this.#key && plan.key !== "") return this.#headline.textContent;
    this.#key = plan.key;
    const paths = new Set(plan.files.map(({ path }) => path));
    for (const path of this.include) if (!paths.has(path)) this.include.delete(path);
    this.#summarize = () => {
      this.#headline.textContent = headline(plan, choice, total, this.include);
    };
    this.#summarize();
    this.#body.replaceChildren(...this.#parts(plan));
    return this.#headline.textContent;
  }

  *#parts(plan: Plan): Generator<Node> {
    if (plan.files.length > 0)
      yield element("ul", { class: "jc-files", "aria-label": "Files" }, ...this.#files(plan.files));
    if (plan.turns.length > 0) {
      const lines = plan.turns.map((line) => element("li", {}, exact(line)));
      const title = `${counted(plan.turns.length, "turn")} would be removed`;
      const [first, rest] = [lines.slice(0, SHOWN_TURNS), lines.slice(SHOWN_TURNS)];
      const block = part("turns", title, element("ul", {}, ...first));
      if (rest.length > 0)
        block.append(
          element(
            "details",
            {},
            element("summary", {}, `${grouped(rest.length)} more`),
            element("ul", {}, ...rest),
          ),
        );
      yield block;
    }
    if (plan.irreversible.length > 0)
      yield part(
        "lost",
        LOST,
        element("ul", {}, ...plan.irreversible.map((line) => element("li", {}, exact(line)))),
      );
  }

  #files(files: readonly FileChange[]): HTMLElement[] {
    return files.map((file) => {
      const row = element(
        "summary",
        {},
        element("span", { class: "jc-file-action" }, file.action),
        element("span", { class: "jc-file-path", dir: "ltr" }, exactText(file.name)),
      );
      const badge = badgeOf(file);
      if (badge !== "") row.append(element("span", { class: "jc-badge" }, badge));
      row.append(element("span", { class: "jc-counts" }, countsOf(file)));
      const details = element("details", {}, row);
      details.addEventListener(
        "toggle",
        () => {
          const diff = file.diff === "" ? "There is no text to compare." : file.diff;
          details.append(
            file.diff === "" ? element("p", { class: "jc-hint" }, diff) : diffView(diff),
          );
        },
        { once: true },
      );
      const item = element("li", { class: "jc-file-change" }, details);
      if (!file.chosen) item.append(this.#choice(file));
      return item;
    });
  }

  #choice({ path, name, cell }: FileChange): HTMLElement {
    const box = element("input", { type: "checkbox" });
    box.checked = this.include.has(path);
    box.addEventListener("change", () => {
      if (box.checked) this.include.add(path);
      else this.include.delete(path);
      this.#summarize();
    });
    return element(
      "label",
      { class: "jc-choose jc-file-choice" },
      box,
      element(
        "span",
        {},
        `Also undo my changes to ${exact(name)}; otherwise the ${cell ? "cell" : "file"} stays as it is`,
      ),
    );
  }
}

function part(kind: string, title: string, ...content: Node[]): HTMLElement {
  return element(
    "div",
    { class: `jc-preview-part jc-preview-${kind}`, role: "group", "aria-label": title },
    element("p", { class: "jc-preview-title", "aria-hidden": "true" }, title),
    ...content,
  );
}

function badgeOf({ changed_by_you }: FileChange): string {
  if (changed_by_you === null) return PERHAPS_CHANGED;
  return changed_by_you ? CHANGED_BY_YOU : "";
}

/** The plan in a sentence. */
function headline(
  plan: Plan,
  choice: RewindChoice,
  total: number,
  include: ReadonlySet<string>,
): string {
  if (!plan.can_rewind) return exact(plan.reason) || "There is nothing to rewind here.";
  const isActedOn = (file: FileChange): boolean => file.chosen || include.has(file.path);
  const acted = plan.files.filter(isActedOn);
  const alone = plan.files.filter((file) => !isActedOn(file));
  const parts: string[] = [];
  if (choice.files) parts.push(acted.length > 0 ? filesLine(acted) : "no files change");
  if (alone.length > 0) parts.push(`${countedFiles(alone)} changed by you left alone`);
  if (choice.conversation)
    parts.push(
      `${counted(plan.turns.length, "later turn")} ${plan.turns.length === 1 ? "is" : "are"} removed`,
    );
  const label = stopLabel(choice.stop, total);
  return `Rewind to ${label.charAt(0).toLowerCase()}${label.slice(1)}: ${parts.join("; ")}.`;
}
