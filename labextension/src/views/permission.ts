/** A request to use a tool. */

import { element } from "../dom";
import type { Answer, InputField, PermissionRequest } from "../protocol";
import type { Sent } from "../answers";
import { exact, exactLine, exactText } from "../text";
import { button, Card, DENY, type RequestView } from "./card";
import { diffCounts, diffView, withoutHeadings } from "./diff";
import { codeView } from "./tool";

const MANY_LINES = 20;
const MANY_CHARACTERS = 1_000;

export class PermissionView implements RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  readonly buttons: HTMLElement;
  readonly #card: Card;

  constructor(request: PermissionRequest, send: (answer: Answer) => void) {
    this.title = `Permission request: ${exactLine(request.tool)}`;
    this.#card = new Card(this.title, send);
    this.node = this.#card.node;
    this.buttons = this.#card.buttons;
    this.#card.body.append(...detail(request));
    const allow = (suggestion: number | null) => () => {
      send({ behavior: "allow", suggestion, answers: null });
    };
    this.#card.buttons.append(
      button("Approve", "primary", allow(null)),
      button("Deny", "plain", () => {
        send(DENY);
      }),
      ...request.suggestions.map(({ index, label }) => button(exact(label), "plain", allow(index))),
    );
  }

  update(request: PermissionRequest, sent: Sent | undefined, count: string): void {
    const sending = sent?.answer.behavior === "allow" ? "Approving…" : "Denying…";
    this.#card.update(request.waiting, sent, sending, count);
  }
}

/**
 * All of a call, in the order of every view: why the CLI asks, the command or the change, the rest
 * of the input by name, and Claude's description.
 */
function detail(request: PermissionRequest): Node[] {
  const { reason, command, path, diff, fields, says } = request;
  const nodes: Node[] = [];
  if (reason !== "") nodes.push(element("p", { class: "jc-why" }, exact(reason)));
  if (command !== null) nodes.push(...block(command, codeView(exactText(command))));
  if (path !== null || diff !== null) nodes.push(heading(request));
  if (diff !== null) {
    const change = path === null ? diff : withoutHeadings(diff);
    nodes.push(...block(change, diffView(change)));
  }
  if (fields.length > 0)
    nodes.push(element("dl", { class: "jc-fields" }, ...fields.map((field) => inputField(field))));
  if (says !== "") nodes.push(element("p", { class: "jc-says" }, `Claude says: ${exact(says)}`));
  return nodes;
}

/** The file that changes, and by how much. */
function heading({ path, new_file: isNew, diff }: PermissionRequest): HTMLElement {
  const node = element("div", { class: "jc-file" });
  if (path !== null) node.append(element("span", { dir: "ltr" }, oneLine(path)));
  if (isNew) node.append(element("span", {}, "new file"));
  if (diff !== null) node.append(element("span", { class: "jc-counts" }, diffCounts(diff)));
  return node;
}

/**
 * A text that scrolls if it is long; a label gives its length, so that the user looks for the rest.
 */
function block(text: string, view: HTMLElement): HTMLElement[] {
  const length = lengthOf(text);
  return length === "" ? [view] : [element("div", { class: "jc-label" }, length), view];
}

/** A part of the input: a short value beside its name, a long value as a block below it. */
function inputField({ name, value }: InputField): HTMLElement {
  const isBlock = value.includes("\n") || value.length > MANY_CHARACTERS;
  const shown = isBlock
    ? block(value, codeView(exactText(value)))
    : [element("code", { dir: "ltr" }, exactText(value))];
  return element(
    "div",
    isBlock ? { class: "jc-field jc-field-long" } : { class: "jc-field" },
    element("dt", {}, oneLine(name)),
    element("dd", {}, ...shown),
  );
}

/** A name on one line: line ends and tabs become marks. */
function oneLine(text: string): DocumentFragment {
  return exactText(text.replaceAll("\n", "⟨U+000A⟩").replaceAll("\t", "⟨U+0009⟩"));
}

/** The length of a long text, such as "40 lines" or "7,900 characters"; "" for a short text. */
function lengthOf(text: string): string {
  const lines = text.split("\n");
  const said: string[] = [];
  if (lines.length > MANY_LINES) said.push(`${lines.length.toLocaleString("en")} lines`);
  if (lines.some((line) => line.length > MANY_CHARACTERS))
    said.push(`${text.length.toLocaleString("en")} characters`);
  return said.join(", ");
}
