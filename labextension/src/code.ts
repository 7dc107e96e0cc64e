/** The frame of a code block: its language, its colours and its buttons. */

import { copy } from "./clipboard";
import { element } from "./dom";
import { highlighted } from "./highlight";
import { askHost, hostCan, type CodeBlock } from "./host";
import { whenIdle } from "./idle";
import { focusWhenScrolling } from "./scroll";
import { trans } from "./trans";
import { whenVisible } from "./when_visible";

type Say = (sentence: string) => void;

const SAID_MS = 2_000;
/** The usual content of a button that shows for a moment what it did. */
const WORDS = new WeakMap<HTMLButtonElement, readonly ChildNode[]>();

/** Frames a `pre` that Markdown made; `complete` says that no more code comes. */
export function frameCode(
  pre: HTMLElement,
  language: string,
  complete: boolean,
  say: Say,
): HTMLElement {
  const code = pre.querySelector("code") ?? pre;
  const text = (): string => code.textContent.replace(/\n$/, "");
  const frame = withButtons(language, text, complete, say);
  pre.replaceWith(frame);
  frame.append(pre);
  focusWhenScrolling(pre);
  if (complete && language !== "")
    whenIdle(() => {
      const parts = highlighted(code.textContent, language);
      if (parts === null) return;
      code.setAttribute("aria-live", "off"); // the screen reader has read the code
      code.replaceChildren(parts);
    });
  return frame;
}

/**
 * Frames code that ran. `shown` may have marks for hidden characters; the buttons take the code as
 * it is.
 */
export function frameRanCode(shown: HTMLElement, code: string, say: Say): HTMLElement {
  const frame = withButtons("python", () => code, false, say);
  frame.append(shown);
  return frame;
}

/** A frame with a bar; with `replace`, its code may take the place of a cell. */
function withButtons(
  language: string,
  text: () => string,
  replace: boolean,
  say: Say,
): HTMLElement {
  const frame = element("div", { class: "jc-codeblock", dir: "ltr" });
  const buttons = element("span", { class: "jc-codebuttons" }, copyButton(text, say));
  // The frame can ask its host only once it is on the page.
  whenVisible(frame, () => {
    const block = (): CodeBlock => ({ text: text(), language });
    if (hostCan(frame, "insert-cell", block()))
      buttons.append(
        actionButton(trans.__("Insert[ as cell below]"), (button) => {
          if (askHost(button, "insert-cell", block())) confirm(button, trans.__("Inserted"), say);
        }),
      );
    if (replace && hostCan(frame, "replace-cell", block()))
      buttons.append(
        actionButton(trans.__("Replace[ cell]…"), (button) => {
          askHost(button, "replace-cell", block());
        }),
      );
  });
  // The live region around it reads the code out; it must not read the buttons out.
  const bar = element("div", { class: "jc-codebar", "aria-live": "off" });
  bar.append(element("span", { class: "jc-language" }, language), buttons);
  frame.append(bar);
  return frame;
}

/** A small button beside a piece of content; a narrow view hides the part in brackets. */
function actionButton(
  label: string,
  press: (button: HTMLButtonElement) => void,
): HTMLButtonElement {
  const [word = "", spare = "", end = ""] = label.split(/[[\]]/);
  const node = element("button", { type: "button", class: "jc-action" }, word);
  if (spare !== "") {
    node.append(element("span", { class: "jc-spare" }, spare), end);
    node.title = node.textContent;
    node.setAttribute("aria-label", node.textContent);
  }
  node.addEventListener("click", () => {
    press(node);
  });
  return node;
}

export function copyButton(text: () => string, say: Say): HTMLButtonElement {
  return actionButton(trans.__("Copy"), (button) => {
    copy(text()).then(
      () => {
        confirm(button, trans.__("Copied"), say);
      },
      () => {
        confirm(button, trans.__("Could not copy"), say);
      },
    );
  });
}

/** Announces what was done, and shows it on the button for a moment. */
function confirm(button: HTMLButtonElement, done: string, say: Say): void {
  const words = WORDS.get(button) ?? [...button.childNodes];
  WORDS.set(button, words);
  button.replaceChildren(done);
  say(done);
  setTimeout(() => {
    button.replaceChildren(...words);
  }, SAID_MS);
}
