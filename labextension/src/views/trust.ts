/** Asks whether a folder's settings for Claude Code count. */

import { element } from "../dom";
import { trustFolder } from "../kernel_texts";
import type { Answer, Finding, TrustRequest } from "../protocol";
import { ALLOW, DENY, type Sent } from "../answers";
import { exact, exactLine, exactText } from "../text";
import { trans } from "../trans";
import { button, Card, type RequestView } from "./card";
import { codeView } from "./tool";

export class TrustView implements RequestView {
  readonly node: HTMLElement;
  readonly title: string;
  readonly buttons: HTMLElement;
  readonly #card: Card;

  constructor(request: TrustRequest, send: (answer: Answer) => void) {
    const heading = exactLine(request.tool);
    this.title = trans.__("Permission request: %1", heading);
    const deny = (): void => {
      send(DENY);
    };
    this.#card = new Card(this.title, deny, heading);
    this.node = this.#card.node;
    this.buttons = this.#card.buttons;
    this.#card.body.append(
      element(
        "div",
        { class: "jc-file" },
        element("span", { dir: "ltr", class: "jc-path" }, exactText(request.path)),
      ),
      element("p", { class: "jc-trust-why" }, request.description),
      element("p", { class: "jc-trust-why" }, trans.__("Found: %1.", exact(request.summary))),
      ...byFile(request.findings).map(fileView),
    );
    if (request.trustable)
      this.#card.buttons.append(
        button(trustFolder(), "plain", () => {
          send(ALLOW);
        }),
      );
    this.#card.buttons.append(
      button(trans.__("Continue without its settings"), "plain", () => {
        send(DENY);
      }),
    );
  }

  update(request: TrustRequest, sent: Sent | undefined, count: string): void {
    const sending =
      sent?.answer.behavior === "allow" ? trans.__("Trusting…") : trans.__("Continuing without…");
    this.#card.update(request.waiting, sent, sending, count);
  }
}

/** Groups consecutive findings of one file. */
function byFile(findings: readonly Finding[]): Finding[][] {
  const files: Finding[][] = [];
  for (const finding of findings) {
    const last = files.at(-1);
    if (last?.[0]?.file === finding.file) last.push(finding);
    else files.push([finding]);
  }
  return files;
}

function fileView(findings: readonly Finding[]): HTMLElement {
  const list = element("ul", { class: "jc-findings" });
  for (const { title, text } of findings) {
    const item = element("li", {}, element("span", { dir: "ltr" }, exactText(title)));
    if (text !== "") item.append(codeView(exactText(text)));
    list.append(item);
  }
  const file = findings[0]?.file ?? "";
  const path = element("span", { dir: "ltr", class: "jc-path" }, exactText(file));
  return element("div", {}, element("div", { class: "jc-file" }, path), list);
}
