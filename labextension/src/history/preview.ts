/** Shows what a rewind would do: which files change, which turns go, what cannot come back. */

import { element, setLine } from "../dom";
import { changedByYou, lost, perhapsChanged } from "../kernel_texts";
import { exact, exactText } from "../text";
import { trans } from "../trans";
import { diffView } from "../views/diff";
import type { FileChange, Plan, RewindChoice } from "./protocol";
import { countedFiles, grouped, countsOf, filesLine } from "./words";

const SHOWN_TURNS = 5;

export class PreviewView {
  readonly node = element("div", {
    class: "jc-preview",
    role: "region",
    "aria-label": trans.__("Rewind preview"),
    tabindex: "-1",
  });
  /** The files that the user changed and wants to rewind all the same. */
  readonly include = new Set<string>();
  readonly #headline = element("p", { class: "jc-preview-headline" });
  readonly #body = element("div", { class: "jc-preview-body" });
  #key = "";
  #summarize: () => void = () => undefined;
  readonly #turns: boolean;

  /** `turns` is false if what stands around it says already which turns go. */
  constructor({ turns }: { turns: boolean } = { turns: true }) {
    this.#turns = turns;
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
    if (this.#key === "") setLine(this.#headline, sentence);
  }

  /** Shows why there is no plan. */
  fail(sentence: string): void {
    this.clear();
    this.node.hidden = false;
    this.node.removeAttribute("aria-busy");
    setLine(this.#headline, sentence);
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
      const says = this.#turns ? headline : filesHeadline;
      setLine(this.#headline, says(plan, this.include, choice, total));
    };
    this.#summarize();
    this.#body.replaceChildren(...this.#parts(plan));
    return this.#headline.textContent;
  }

  *#parts(plan: Plan): Generator<Node> {
    if (plan.files.length > 0)
      yield element(
        "ul",
        { class: "jc-files", "aria-label": trans.__("Files") },
        ...this.#files(plan.files),
      );
    if (this.#turns && plan.turns.length > 0) {
      const lines = plan.turns.map((line) => element("li", {}, exact(line)));
      const title = trans._n(
        "%2 turn would be removed",
        "%2 turns would be removed",
        plan.turns.length,
        grouped(plan.turns.length),
      );
      const [first, rest] = [lines.slice(0, SHOWN_TURNS), lines.slice(SHOWN_TURNS)];
      const block = part("turns", title, element("ul", {}, ...first));
      if (rest.length > 0)
        block.append(
          element(
            "details",
            {},
            element("summary", {}, trans.__("%1 more", grouped(rest.length))),
            element("ul", {}, ...rest),
          ),
        );
      yield block;
    }
    if (plan.irreversible.length > 0)
      yield part(
        "lost",
        lost(),
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
      const end = element("span", { class: "jc-file-end" });
      if (badge !== "") end.append(element("span", { class: "jc-badge" }, badge), " ");
      end.append(element("span", { class: "jc-counts" }, countsOf(file)));
      row.append(end);
      const details = element("details", {}, row);
      details.addEventListener(
        "toggle",
        () => {
          const diff = file.diff === "" ? trans.__("There is no text to compare.") : file.diff;
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
        cell
          ? trans.__("Also undo my changes to %1; otherwise the cell stays as it is", exact(name))
          : trans.__("Also undo my changes to %1; otherwise the file stays as it is", exact(name)),
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
  if (changed_by_you === null) return perhapsChanged();
  return changed_by_you ? changedByYou() : "";
}

/** The plan in a sentence. */
function headline(
  plan: Plan,
  include: ReadonlySet<string>,
  choice: RewindChoice,
  total: number,
): string {
  if (!plan.can_rewind) return whyNot(plan);
  const { acted, alone } = changes(plan, include);
  const parts = choice.files ? [acted === "" ? trans.__("no files change") : acted] : [];
  if (alone !== "") parts.push(alone);
  if (choice.conversation)
    parts.push(
      trans._n(
        "%2 later turn is removed",
        "%2 later turns are removed",
        plan.turns.length,
        grouped(plan.turns.length),
      ),
    );
  const [all, does] = [grouped(total), parts.join("; ")];
  return choice.stop === 0
    ? trans.__("Rewind to before the first turn of %1: %2.", all, does)
    : trans.__("Rewind to after turn %1 of %2: %3.", grouped(choice.stop), all, does);
}

/** What the plan does with files; "" if nothing. */
function filesHeadline(plan: Plan, include: ReadonlySet<string>): string {
  if (!plan.can_rewind) return whyNot(plan);
  const { acted, alone } = changes(plan, include);
  return [acted, alone].filter((part) => part !== "").join("; ");
}

const whyNot = ({ reason }: Plan): string =>
  exact(reason) || trans.__("There is nothing to rewind here.");

/** The files that change, and those that the user changed and that stay; "" for none. */
function changes({ files }: Plan, include: ReadonlySet<string>): { acted: string; alone: string } {
  const isActedOn = (file: FileChange): boolean => file.chosen || include.has(file.path);
  const acted = files.filter(isActedOn);
  const alone = files.filter((file) => !isActedOn(file));
  return {
    acted: acted.length > 0 ? filesLine(acted) : "",
    alone: alone.length > 0 ? trans.__("%1 changed by you left alone", countedFiles(alone)) : "",
  };
}
