import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SignInFromKernel, SignInFromPage, SignInState } from "../src/messages.generated";
import { openSaved } from "../src/saved";
import { checkedLink } from "../src/signin/protocol";
import { SignInView } from "../src/signin/view";
import widget from "../src/widget";
import { byRole } from "./fixtures";

const LINK =
  "https://claude.com/cai/oauth/authorize?client_id=1&redirect_uri=https%3A%2F%2Fclaude.com&state=2";
const KEY = "sk-ant-api03-nobody-may-see";

/** The kernel's end of a connection, and a view. */
class Bench {
  readonly sent: SignInFromPage[] = [];
  readonly said: string[] = [];
  #listener: (value: unknown) => void = () => undefined;
  readonly view = new SignInView(
    {
      send: (message) => {
        if (message.type === "signin") this.sent.push(message);
      },
      subscribe: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
    },
    (sentence) => this.said.push(sentence),
  );

  constructor() {
    document.body.append(this.view.node);
  }

  tell(fields: Partial<SignInState>): void {
    const state = { stage: "closed", text: "", link: "", problem: "", progress: "" } as const;
    this.#send({ type: "signin", state: { ...state, console: false, ...fields } });
  }

  #send(message: SignInFromKernel): void {
    this.#listener({ seq: 1, ...message });
  }

  button(name: string): HTMLButtonElement {
    return byRole(this.view.node, "button", name) as HTMLButtonElement;
  }

  field(name: string): HTMLInputElement {
    const field = this.view.node.querySelector<HTMLInputElement>(`[aria-label="${name}"]`);
    if (field === null) throw new Error(`no field ${name}`);
    return field;
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});

const choose = { stage: "choose", text: "You are not signed in to Claude." } as const;

describe("the sign-in", () => {
  // If it fails: a user with a keyboard is thrown out of the panel by "Sign in" and "Not now".
  test("takes the focus of the turn's button, which the panel hides, and gives it back", () => {
    const panel = document.body.appendChild(document.createElement("div"));
    panel.className = "jc-panel";
    panel.innerHTML =
      '<div class="jc-turn-problem" data-remedy="sign_in"><button></button></div>' +
      '<textarea class="jc-input"></textarea>';
    panel.append(bench.view.node);
    panel.querySelector("button")?.focus();
    bench.tell(choose);
    expect(document.activeElement).toBe(bench.button("Sign in…"));
    bench.tell({});
    expect(document.activeElement).toBe(panel.querySelector("textarea"));
  });

  // If it fails: the ways to sign in do not work, or a screen reader does not find them.
  test("offers each way to sign in, and sends the kernel one message for it", () => {
    bench.tell(choose);
    expect(bench.view.node.getAttribute("aria-label")).toBe("Sign in to Claude");
    expect(bench.view.node.textContent).toContain("You are not signed in to Claude.");
    expect(bench.said).toContain("You are not signed in to Claude.");
    bench.button("Sign in…").click();
    bench.button("Try the practice model").click();
    bench.button("Not now").click();
    expect(bench.sent).toEqual([
      { type: "signin", do: "login", console: false },
      { type: "signin", do: "practice" },
      { type: "signin", do: "cancel" },
    ]);
  });

  // If it fails: a key stays in the page, where a script, a screenshot or a saved form finds it.
  test("hides a key, sends it once, by Enter or the button, and forgets it", () => {
    bench.tell(choose);
    const way = bench.button("Use an API key for this kernel");
    way.click();
    way.click(); // there must be no second field
    const field = bench.field("API key");
    expect(document.activeElement).toBe(field);
    expect([field.type, field.autocomplete, way.getAttribute("aria-expanded")]).toEqual([
      "password",
      "off",
      "true",
    ]);
    field.value = KEY;
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    bench.button("Use this key").click(); // empty now
    expect(bench.sent).toEqual([{ type: "signin", do: "key", text: KEY }]);
    expect(field.value).toBe("");
    expect(document.documentElement.outerHTML).not.toContain(KEY);
    expect(JSON.stringify(localStorage)).not.toContain(KEY);
  });

  // If it fails: the user does not see what was wrong with a key, or loses what they typed.
  test("says beside the field what is wrong with a key", () => {
    bench.tell(choose);
    bench.button("Use an API key for this kernel").click();
    bench.tell({ ...choose, problem: "The sign-in failed" });
    expect(bench.field("API key").isConnected).toBe(true);
    expect(bench.view.node.textContent).toContain("The sign-in failed");
  });

  // If it fails: the user cannot enter the code, or does not see the CLI's message on a wrong one.
  test("shows the page's link and takes its code", () => {
    bench.tell({ stage: "code", link: LINK });
    const link = bench.view.node.querySelector("a");
    expect(link?.textContent).toBe("Open the sign-in page");
    expect([link?.href, link?.target, link?.rel]).toEqual([LINK, "_blank", "noopener noreferrer"]);
    expect(bench.view.node.textContent).toContain("claude.com");
    bench.field("Code from that page").value = "a#b";
    bench.button("Continue").click();
    bench.tell({ stage: "checking", link: LINK });
    bench.tell({ stage: "code", link: LINK, problem: "That is not the full code." });
    expect(bench.field("Code from that page").value).toBe("");
    expect(bench.view.node.textContent).toContain("That is not the full code.");
    bench.button("Use the Anthropic Console").click();
    expect(bench.sent).toEqual([
      { type: "signin", do: "code", text: "a#b" },
      { type: "signin", do: "login", console: true },
    ]);
  });

  // If it fails: a click leads to a page that is not Anthropic's.
  test.each([
    "http://claude.com/oauth/authorize",
    "https://claude.com.example.org/oauth/authorize",
    "https://claude.com@example.org/",
    "https://claude.com:8443/",
    "https://claude.com\\example.org/",
    "javascript:alert(1)//claude.com",
    "https://clаude.com/",
  ])("%s is no link", (link) => {
    expect(checkedLink(link)).toBe("");
    bench.tell({ stage: "code", link });
    expect(bench.view.node.querySelector("a")?.hasAttribute("href")).toBe(false);
  });

  // If it fails: without the CLI the user must find a terminal, or sees no progress for a minute.
  test("installs Claude Code, with progress", () => {
    bench.tell({ stage: "no_cli", text: "Claude Code is not installed." });
    bench.button("Install Claude Code").click();
    expect(bench.sent).toEqual([{ type: "signin", do: "install" }]);
    bench.tell({
      stage: "installing",
      text: "Installing Claude Code…",
      progress: "12 MB after 4 s",
    });
    expect(bench.view.node.querySelector("progress")?.ariaLabel).toBe("Installing Claude Code");
    expect(bench.view.node.textContent).toContain("12 MB after 4 s");
  });

  // If it fails: each step throws a keyboard user to the top of the page.
  test("keeps the focus from step to step, and never takes it", () => {
    const other = document.body.appendChild(document.createElement("button"));
    other.focus();
    bench.tell(choose);
    expect(document.activeElement).toBe(other);
    bench.button("Sign in…").focus();
    bench.tell({ stage: "code", link: LINK });
    expect(bench.view.node.contains(document.activeElement)).toBe(true);
  });

  // If it fails: the form of a dead kernel takes a key, and loses it or sends it to another kernel.
  test("is empty before a kernel speaks and after it is gone", () => {
    expect(bench.view.node.hidden).toBe(true);
    expect(bench.view.node.querySelector("input, button, a")).toBeNull();
    bench.tell(choose);
    bench.view.clear();
    expect(bench.view.node.hidden).toBe(true);
    expect(bench.view.node.querySelector("input, button, a")).toBeNull();
  });
});

// If it fails: a stranger's notebook shows a form that asks for the user's key.
test("nothing that is saved in a notebook shows the form", () => {
  const state = { stage: "choose", text: "Your key, please", kind: "signin" };
  const el = document.body.appendChild(document.createElement("div"));
  openSaved(
    el,
    { version: 1, number: 1, kind: "signin", state, signin: state, items: [], cost: "" },
    "",
  );
  expect(el.querySelector("input")).toBeNull();
  // A saved model without a kernel: the view does not read its state.
  const sent: unknown[] = [];
  const model = {
    get: (name: string) => (name === "kind" ? "signin" : state),
    send: (message: unknown) => sent.push(message),
    on: () => undefined,
    off: () => undefined,
  };
  const shown = widget();
  shown.initialize({ model });
  const close = shown.render({ model, el });
  expect(sent).toEqual([{ type: "signin", do: "hello" }]);
  expect(el.querySelector("input")).toBeNull();
  expect([...el.querySelectorAll("button")].filter(({ hidden }) => !hidden)).toEqual([]);
  close();
});
