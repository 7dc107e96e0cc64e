/** A request to use a tool. */

import { element } from "../dom";
import type { Answer, InputField, PermissionRequest } from "../protocol";
import { ALLOW, DENY, type Sent } from "../answers";
import { exact, exactLine, exactText } from "../text";
import { button, Card, type RequestView } from "./card";
import { CodeRequest } from "./code_request";
import { diffCounts, diffView, withoutHeadings } from "./diff";
import { codeView } from "./tool";

const MANY_LINES = 20;
const MANY_CHARACTERS = 1_000;
const INSTEAD = "Tell Claude what to do instead";

export class PermissionView implements RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  readonly buttons: HTMLElement;
  readonly #card: Card;
  /** What Claude should do instead of what is denied. */
  readonly #instead = element("input", {
    type: "text",
    class: "jc-textfield jc-instead",
    "aria-label": INSTEAD,
    placeholder: INSTEAD,
    maxlength: "10000",
  });

  constructor(request: PermissionRequest, send: (answer: Answer) => void) {
    this.title = `Permission request: ${exactLine(request.tool)}`;
    const deny = (): void => {
      send({ ...DENY, message: this.#instead.value.trim() });
    };
    this.#card = new Card(this.title, deny);
    this.node = this.#card.node;
    this.buttons = this.#card.buttons;
    const code = request.code === null ? null : new CodeRequest(request.code, request.effects);
    this.#card.body.append(...detail(request, code));
    const allow = (suggestion: number | null) => () => {
      const edited = code === null ? null : code.edited();
      if (edited !== undefined) send({ ...ALLOW, suggestion, edited });
    };
    const more = request.suggestions.map(({ index, label }) =>
      button(exact(label), "plain", allow(index)),
    );
    const approve = button("Approve", "primary", allow(null));
    const denyButton = button("Deny", "plain", deny);
    this.#card.buttons.append(
      ...(code === null
        ? [approve, denyButton, ...more]
        : [approve, ...more, code.button, denyButton]),
    );
    this.#instead.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.repeat) return;
      event.preventDefault();
      if (this.#instead.value.trim() !== "") deny();
    });
    this.#card.row.append(this.#instead);
  }

  update(request: PermissionRequest, sent: Sent | undefined, count: string): void {
    const sending = sent?.answer.behavior === "allow" ? "Approving…" : "Denying…";
    this.#card.update(request.waiting, sent, sending, count);
  }
}

/**
 * All of a call, in the order of every view: why the CLI asks, the command, the code or the change,
 * the rest of the input by name, and Claude's description.
 */
function detail(request: PermissionRequest, code: CodeRequest | null): Node[] {
  const { reason, command, path, diff, fields, says } = request;
  const nodes: Node[] = [];
  if (reason !== "") nodes.push(element("p", { class: "jc-why" }, exact(reason)));
  if (command !== null) nodes.push(...block(command, codeView(exactText(command))));
  if (code !== null) nodes.push(...code.nodes);
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
