/** Questions from Claude, with options to choose from. */

import { element, setLine } from "../dom";
import { questionTitle } from "../kernel_texts";
import type { Answer, Question, QuestionRequest } from "../protocol";
import { ALLOW, DENY, type Sent } from "../answers";
import { exact } from "../text";
import { trans } from "../trans";
import { button, Card, type RequestView } from "./card";

export class QuestionView implements RequestView {
  readonly node: HTMLElement;
  readonly title = questionTitle();
  readonly buttons: HTMLElement;
  readonly #card: Card;
  readonly #fields: QuestionField[];
  readonly #send: (answer: Answer) => void;

  constructor(request: QuestionRequest, send: (answer: Answer) => void) {
    this.#send = send;
    this.#card = new Card(this.title, () => {
      send(DENY);
    });
    this.node = this.#card.node;
    this.buttons = this.#card.buttons;
    this.#fields = request.questions.map((question) => new QuestionField(question));
    this.#card.body.append(...this.#fields.map(({ node }) => node));
    this.#card.body.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.repeat) return;
      event.preventDefault();
      this.#submit();
    });
    this.#card.buttons.append(
      button(trans.__("Submit"), "primary", () => {
        this.#submit();
      }),
      button(trans.__("Decline"), "plain", () => {
        send(DENY);
      }),
    );
  }

  update(request: QuestionRequest, sent: Sent | undefined, count: string): void {
    const sending =
      sent?.answer.behavior === "allow" ? trans.__("Submitting…") : trans.__("Declining…");
    this.#card.update(request.waiting, sent, sending, count);
  }

  #submit(): void {
    const open = this.#fields.filter((field) => !field.check());
    if (open[0] !== undefined) {
      open[0].focus();
      return;
    }
    const answers = Object.fromEntries(
      this.#fields.map((field) => [field.question.question, field.answer()]),
    );
    this.#send({ ...ALLOW, answers });
  }
}

// Radio buttons of one name are one group in the whole page, and each model may have its own copy
// of this module. So the name has a random part; `crypto.randomUUID` is missing on plain http.
const PAGE_WIDE = Math.random().toString(36).slice(2);
let groups = 0;

/** One question with its options and "Other". */
class QuestionField {
  readonly node = element("fieldset", { class: "jc-question" });
  readonly question: Question;
  readonly #choices: HTMLInputElement[];
  readonly #other: HTMLInputElement;
  readonly #otherText = element("input", {
    type: "text",
    class: "jc-textfield jc-other",
    "aria-label": trans.__("Other answer"),
    placeholder: trans.__("Your own answer"),
  });
  readonly #problem = element("p", { class: "jc-problem", role: "alert" });

  constructor(question: Question) {
    this.question = question;
    const group = `jc-question-${PAGE_WIDE}-${groups++}`;
    const type = question.multiSelect ? "checkbox" : "radio";
    const choice = (value: string): HTMLInputElement =>
      element("input", { type, name: group, value });
    this.#choices = question.options.map(({ label }) => choice(label));
    this.#other = choice("");
    const legend = element("legend", {}, exact(question.question));
    if (question.header !== "")
      legend.prepend(element("span", { class: "jc-label" }, exact(question.header)), " ");
    const options = question.options.map(({ label, description }, index) => {
      const text = element("span", {}, exact(label));
      const row = element("label", { class: "jc-option" }, this.#choices[index] ?? "", text);
      if (description !== "")
        text.append(element("span", { class: "jc-hint" }, exact(description)));
      return row;
    });
    const other = element(
      "div",
      { class: "jc-option" },
      element("label", { class: "jc-option" }, this.#other, trans.__("Other")),
      this.#otherText,
    );
    this.#otherText.addEventListener("input", () => {
      this.#other.checked = this.#otherText.value !== "";
    });
    this.#other.addEventListener("change", () => {
      if (this.#other.checked) this.#otherText.focus();
    });
    setLine(this.#problem, "");
    this.node.append(legend, ...options, other, this.#problem);
  }

  /** The chosen answers, joined by ", ". */
  answer(): string {
    const chosen = this.#choices.filter(({ checked }) => checked).map(({ value }) => value);
    if (this.#other.checked) chosen.push(this.#otherText.value.trim());
    return chosen.filter((text) => text !== "").join(", ");
  }

  /** Whether there is an answer; shows a problem if there is none. */
  check(): boolean {
    const answered = this.answer() !== "";
    setLine(
      this.#problem,
      answered ? "" : trans.__("Choose an answer, or write your own under Other."),
    );
    return answered;
  }

  focus(): void {
    const chosen = [...this.#choices, this.#other].find(({ checked }) => checked);
    (chosen ?? this.#choices[0] ?? this.#other).focus();
  }
}
