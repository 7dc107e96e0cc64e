/**
 * The sign-in: what the user can do without a sign-in, or without Claude Code.
 *
 * It is empty until a kernel sends the state: a saved notebook can never show it. A key or a code
 * goes from its field to the kernel in a message; the page keeps it nowhere.
 */

import { element, focused, setLine } from "../dom";
import type { LiveLine } from "../live";
import { exact } from "../text";
import { trans } from "../trans";
import { button } from "../views/card";
import { parseProblem, parseSignIn, type SignInMessage, type SignInState } from "./protocol";

export class SignInView {
  readonly node = element("div", {
    class: "jc-card jc-signin mathjax_ignore",
    role: "group",
    "aria-label": trans.__("Sign in to Claude"),
    hidden: "",
  });
  readonly #line: LiveLine;
  readonly #say: (sentence: string) => void;
  readonly #text = element("p", { class: "jc-signin-text" });
  readonly #body = element("div", { class: "jc-signin-body" });
  readonly #problem = element("p", { class: "jc-problem" });
  readonly #progress = element("p", { class: "jc-hint" });
  readonly #unsubscribe: () => void;
  #state: SignInState | null = null;
  #hasKeyForm = false;

  constructor(line: LiveLine, say: (sentence: string) => void) {
    this.#line = line;
    this.#say = say;
    this.node.append(this.#text, this.#progress, this.#body, this.#problem);
    for (const each of [this.#text, this.#progress, this.#problem]) setLine(each, "");
    this.#unsubscribe = line.subscribe((value) => {
      this.#receive(value);
    });
  }

  /** Asks the kernel for the state. */
  hello(): void {
    this.#send({ do: "hello" });
  }

  /** Shows nothing any more, for example because the kernel is gone. */
  clear(): void {
    this.#state = null;
    this.#body.replaceChildren();
    this.node.hidden = true;
  }

  dispose(): void {
    this.#unsubscribe();
    this.clear();
  }

  #send(message: SignInMessage): void {
    this.#line.send({ type: "signin", ...message });
  }

  #receive(value: unknown): void {
    const problem = parseProblem(value);
    if (problem !== null) this.#tell(problem);
    const state = parseSignIn(value);
    if (state !== null) this.#update(state);
  }

  #tell(problem: string): void {
    setLine(this.#problem, exact(problem));
    if (problem !== "") this.#say(problem);
  }

  #update(state: SignInState): void {
    const before = this.#state;
    const hadFocus = this.node.contains(focused()) || isSignInOfTurn(focused());
    this.#state = state;
    this.node.hidden = state.stage === "closed";
    setLine(this.#text, exact(state.text));
    setLine(this.#progress, exact(state.progress));
    if (before?.problem !== state.problem || state.problem === "") this.#tell(state.problem);
    if (before?.stage === state.stage && before.link === state.link) return;
    // Keep the field and its text: only the status changes.
    if (before?.stage === "checking" && state.stage === "code" && state.problem === "") return;
    this.#hasKeyForm = false;
    this.#draw(state);
    this.#say(state.text);
    if (!hadFocus) return;
    const next = this.#body.querySelector<HTMLElement>("a, input, button");
    // Closed: in the panel, go on in the text field.
    const after = this.node.closest(".jc-panel")?.querySelector<HTMLElement>("textarea.jc-input");
    (next ?? after)?.focus();
  }

  #draw(state: SignInState): void {
    this.#body.replaceChildren(...this.#parts(state));
  }

  #parts(state: SignInState): HTMLElement[] {
    const cancel = (name: string): HTMLButtonElement =>
      this.#button(name, "plain", { do: "cancel" });
    switch (state.stage) {
      case "closed":
        return [];
      case "no_cli":
        return [
          buttons(
            this.#button(trans.__("Install Claude Code"), "primary", { do: "install" }),
            cancel(trans.__("Not now")),
          ),
        ];
      case "installing":
        return [
          element("progress", { "aria-label": trans.__("Installing Claude Code") }),
          buttons(cancel(trans.__("Cancel"))),
        ];
      case "choose":
        return this.#ways(cancel(trans.__("Not now")));
      case "starting":
        setLine(this.#text, trans.__("Starting Claude Code's sign-in…"));
        return [buttons(cancel(trans.__("Cancel")))];
      case "code":
        return this.#codeForm(state, cancel(trans.__("Cancel")));
      case "checking":
        setLine(this.#text, trans.__("Checking the code…"));
        return [buttons(cancel(trans.__("Cancel")))];
      case "done":
        return [buttons(cancel(trans.__("Close")))];
    }
  }

  #ways(notNow: HTMLElement): HTMLElement[] {
    const useKey = button(trans.__("Use an API key for this kernel"), "plain", () => {
      if (this.#hasKeyForm) return;
      this.#hasKeyForm = true;
      useKey.setAttribute("aria-expanded", "true");
      const kept = trans.__(
        "Only this kernel's memory holds the key, for Claude Code alone. It is in no file and no notebook, and it is gone when the kernel ends.",
      );
      const form = this.#field(trans.__("API key"), "password", trans.__("Use this key"), "key");
      this.#body.append(form, element("p", { class: "jc-hint" }, kept));
      form.querySelector("input")?.focus();
    });
    useKey.setAttribute("aria-expanded", "false");
    return [
      buttons(
        this.#button(trans.__("Sign in…"), "primary", { do: "login", console: false }),
        useKey,
        this.#button(trans.__("Try the practice model"), "plain", { do: "practice" }),
        notNow,
      ),
    ];
  }

  #codeForm(state: SignInState, cancel: HTMLElement): HTMLElement[] {
    const link = element(
      "a",
      { class: "jc-button jc-button-primary", target: "_blank", rel: "noopener noreferrer" },
      trans.__("Open the sign-in page"),
    );
    if (state.link !== "") link.href = state.link;
    const place = state.link === "" ? "" : trans.__("It is on %1.", new URL(state.link).hostname);
    setLine(
      this.#text,
      trans.__("Sign in on Anthropic's page, then paste the code that it shows."),
    );
    return [
      element("p", {}, link, element("span", { class: "jc-hint" }, place)),
      this.#field(trans.__("Code from that page"), "text", trans.__("Continue"), "code"),
      buttons(
        this.#button(
          state.console
            ? trans.__("Use a Claude subscription")
            : trans.__("Use the Anthropic Console"),
          "plain",
          { do: "login", console: !state.console },
        ),
        cancel,
      ),
    ];
  }

  /** A field that sends its text once and then forgets it. */
  #field(
    name: string,
    type: "text" | "password",
    label: string,
    what: "code" | "key",
  ): HTMLElement {
    const input = element("input", {
      type,
      class: "jc-textfield jc-signin-field",
      "aria-label": name,
      placeholder: name,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
    });
    const give = (): void => {
      const given = input.value;
      input.value = "";
      if (given.trim() === "") input.focus();
      else this.#send({ do: what, text: given });
    };
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.repeat) return;
      event.preventDefault();
      give();
    });
    return element("div", { class: "jc-buttons" }, input, button(label, "primary", give));
  }

  #button(name: string, kind: "primary" | "plain", message: SignInMessage): HTMLButtonElement {
    return button(name, kind, () => {
      this.#send(message);
    });
  }
}

/** Whether this is the button of a failed turn, which the panel hides while this card is open. */
function isSignInOfTurn(node: Element | null): boolean {
  return node?.closest('.jc-panel .jc-turn-problem[data-remedy="sign_in"]') != null;
}

function buttons(...nodes: HTMLElement[]): HTMLElement {
  return element("div", { class: "jc-buttons" }, ...nodes);
}
