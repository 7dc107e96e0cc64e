/** What Claude has: servers, tools, skills and agents, and what it may do in the kernel. */

import { element, setLine } from "../dom";
import type { Named, ToolList } from "../messages.generated";
import { each, isFields, text } from "../protocol";
import { exact, exactLine } from "../text";
import { trans, translatedName } from "../trans";
import type { PanelLine } from "./line";
import { Picker } from "./pickers";
import type { SessionState } from "./protocol";
import { parseServers, ServersView } from "./servers";

type Tools = Omit<ToolList, "type">;

const parseNamed = (value: unknown): Named[] =>
  each(value, (one) => ({ name: text(one["name"]), description: text(one["description"]) }));

/** The list in a message of the kernel; null if it is another message. */
export function parseTools(value: unknown): Tools | null {
  if (!isFields(value) || value["type"] !== "tools") return null;
  return {
    servers: parseServers(value["servers"]),
    own: text(value["own"]),
    skills: parseNamed(value["skills"]),
    agents: parseNamed(value["agents"]),
  };
}

export class ToolsView {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #may: Picker;
  readonly #row: HTMLElement;
  readonly #means = element("p", { class: "jc-tools-means" });
  readonly #servers: ServersView;
  readonly #own = element(
    "p",
    { class: "jc-tools-own" },
    trans.__("Asking Claude Code for its tools…"),
  );
  readonly #more = element("div", { class: "jc-tools-more" });
  readonly #ends: (() => void)[];
  #shown = "";

  constructor(line: PanelLine) {
    this.#line = line;
    this.#servers = new ServersView((message) => {
      line.send(message);
    });
    this.#may = new Picker(trans.__("What Claude may do in the kernel"), (name) => {
      line.choose("kernel", name);
    });
    this.#row = element(
      "div",
      { class: "jc-tools-may" },
      element("span", { "aria-hidden": "true" }, trans.__("In the kernel")),
      this.#may.node,
      this.#means,
    );
    this.node = element(
      "section",
      { class: "jc-tools mathjax_ignore", "aria-label": trans.__("Tools") },
      this.#row,
      this.#servers.node,
      this.#own,
      this.#more,
    );
    this.#ends = [
      () => {
        this.#servers.dispose();
      },
      line.subscribe(({ state }) => {
        if (state) this.#update();
      }),
      line.listen((message) => {
        const tools = parseTools(message);
        if (tools !== null) this.#show(tools);
      }),
    ];
    this.#update();
  }

  dispose(): void {
    for (const end of this.#ends) end();
  }

  #update(): void {
    const { state } = this.#line.store;
    this.#row.hidden = state === null || state.kernels.length === 0;
    if (state === null) return;
    this.#may.update(state.kernels, state.kernel);
    const chosen = state.kernels.find(({ value }) => value === state.kernel);
    setLine(this.#means, sentence(exact(translatedName(chosen?.description ?? ""))));
    this.#ask(state);
  }

  /** Asks for the list when it is opened, and when something may have changed it. */
  #ask({ kernel, status, version, session_id: id }: SessionState): void {
    const now = JSON.stringify([kernel, status === "idle", version, id]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#line.send({ type: "tools" });
  }

  #show({ servers, own, skills, agents }: Tools): void {
    this.#servers.show(servers);
    setLine(this.#own, exact(own));
    const lists = [
      named(trans._n("%1 skill", "%1 skills", skills.length), skills),
      named(trans._n("%1 agent", "%1 agents", agents.length), agents),
    ];
    // A list that stays the same stays open.
    if (!sameText(this.#more, lists)) this.#more.replaceChildren(...lists);
  }
}

const sameText = (node: HTMLElement, parts: readonly HTMLElement[]): boolean =>
  node.textContent === parts.map(({ textContent }) => textContent).join("");

/** A folded list of skills or agents. */
function named(title: string, all: readonly Named[]): HTMLDetailsElement {
  const node = element(
    "details",
    {},
    element("summary", {}, title),
    element(
      "dl",
      { class: "jc-named" },
      ...all.flatMap(({ name, description }) => [
        element("dt", {}, exactLine(name)),
        element("dd", {}, exactLine(description)),
      ]),
    ),
  );
  node.hidden = all.length === 0;
  return node;
}

const sentence = (words: string): string =>
  words && `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
