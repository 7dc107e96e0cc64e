/** A request to use a tool. */

import { element } from "../dom";
import type { Answer, PermissionRequest } from "../protocol";
import type { Sent } from "../answers";
import { exactLine, exactText } from "../text";
import { button, Card, DENY, type RequestView } from "./card";
import { diffCounts, diffView, makesFile, withoutHeadings } from "./diff";
import { codeView } from "./tool";

const MANY_LINES = 20;
const MANY_CHARACTERS = 1_000;

export class PermissionView implements RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  readonly #card: Card;
  readonly #approve: HTMLElement;

  constructor(request: PermissionRequest, send: (answer: Answer) => void) {
    this.title = `Permission request: ${exactLine(request.tool)}`;
    this.#card = new Card(this.title, send);
    this.node = this.#card.node;
    this.#card.body.append(...detail(request));
    const allow = (suggestion: number | null) => () => {
      send({ behavior: "allow", suggestion, answers: null });
    };
    this.#approve = button("Approve", "primary", allow(null));
    this.#card.buttons.append(
      this.#approve,
      button("Deny", "plain", () => {
        send(DENY);
      }),
      ...request.suggestions.map(({ index, label }) =>
        button(exactLine(label), "plain", allow(index)),
      ),
    );
  }

  update(request: PermissionRequest, sent: Sent | undefined): void {
    const sending = sent?.answer.behavior === "allow" ? "Approving…" : "Denying…";
    this.#card.update(request.waiting, sent, sending);
  }

  focus(): void {
    this.#approve.focus();
  }
}

/** Exactly what the tool would do, under why it asks. */
function detail(request: PermissionRequest): Node[] {
  const { command, diff, path, input } = request;
  const why = [request.description, request.reason].filter((text) => text !== "");
  const nodes: Node[] = why.map((text) => element("p", { class: "jc-why" }, exactLine(text)));
  if (path !== null || diff !== null) {
    const heading = element("div", { class: "jc-file" });
    if (path !== null) heading.append(element("span", { dir: "ltr" }, exactText(path)));
    if (diff !== null && makesFile(diff)) heading.append(element("span", {}, "new file"));
    if (diff !== null) heading.append(element("span", { class: "jc-counts" }, diffCounts(diff)));
    nodes.push(heading);
  }
  const change = diff === null || path === null ? diff : withoutHeadings(diff);
  const shown = command ?? change ?? input;
  // A long text scrolls; its length is said so that nobody takes the visible part for the whole.
  const length = lengthOf(shown);
  if (length !== "") nodes.push(element("div", { class: "jc-label" }, length));
  if (command === null && change !== null) nodes.push(diffView(change));
  else if (shown !== "") nodes.push(codeView(exactText(shown)));
  return nodes;
}

/** How long a long text is, such as "40 lines" or "7,900 characters"; "" for a short one. */
function lengthOf(text: string): string {
  const lines = text.split("\n");
  const said: string[] = [];
  if (lines.length > MANY_LINES) said.push(`${lines.length.toLocaleString("en")} lines`);
  if (lines.some((line) => line.length > MANY_CHARACTERS))
    said.push(`${text.length.toLocaleString("en")} characters`);
  return said.join(", ");
}
