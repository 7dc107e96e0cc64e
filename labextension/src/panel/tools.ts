/** What Claude has: servers and tools with their state, and what it may do in the kernel. */

import { element, setLine } from "../dom";
import type { ToolList, ToolServer } from "../messages.generated";
import { each, isFields, list, text } from "../protocol";
import { exact, exactLine } from "../text";
import type { PanelLine } from "./line";
import { Picker } from "./pickers";
import type { SessionState } from "./protocol";

const ASKING = "Asking Claude Code for its tools…";
/** More tools of one server than this are folded. */
const MANY = 12;

/** The list in a message of the kernel; null if it is another message. */
export function parseTools(value: unknown): Pick<ToolList, "servers" | "own"> | null {
  if (!isFields(value) || value["type"] !== "tools") return null;
  return {
    servers: each(value["servers"], (server) => ({
      name: text(server["name"]),
      state: text(server["state"]),
      problem: server["problem"] === true,
      tools: list(server["tools"]).map(text),
    })),
    own: text(value["own"]),
  };
}

export class ToolsView {
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  readonly #may: Picker;
  readonly #row: HTMLElement;
  readonly #means = element("p", { class: "jc-tools-means" });
  readonly #servers = element("ul", { class: "jc-servers", "aria-label": "Servers" });
  readonly #own = element("p", { class: "jc-tools-own" }, ASKING);
  readonly #ends: (() => void)[];
  #shown = "";

  constructor(line: PanelLine) {
    this.#line = line;
    this.#may = new Picker("What Claude may do in the kernel", (name) => {
      line.choose("kernel", name);
    });
    this.#row = element(
      "div",
      { class: "jc-tools-may" },
      element("span", { "aria-hidden": "true" }, "Claude may"),
      this.#may.node,
      this.#means,
    );
    this.node = element(
      "section",
      { class: "jc-tools mathjax_ignore", "aria-label": "Tools" },
      this.#row,
      this.#servers,
      this.#own,
    );
    this.#servers.hidden = true;
    this.#ends = [
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
    setLine(this.#means, sentence(exact(chosen?.description ?? "")));
    this.#ask(state);
  }

  /** Asks for the list when it is opened, and when something may have changed it. */
  #ask({ kernel, status, version, session_id: id }: SessionState): void {
    const now = JSON.stringify([kernel, status === "idle", version, id]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.#line.send({ type: "tools" });
  }

  #show({ servers, own }: Pick<ToolList, "servers" | "own">): void {
    this.#servers.replaceChildren(...servers.map(serverView));
    this.#servers.hidden = servers.length === 0;
    setLine(this.#own, exact(own));
  }
}

function serverView({ name, state, problem, tools }: ToolServer): HTMLElement {
  const names = element("div", { class: "jc-server-tools" }, tools.map(exactLine).join(", "));
  const folded = element(
    "details",
    {},
    element("summary", {}, `${String(tools.length)} tools`),
    names,
  );
  return element(
    "li",
    { class: "jc-server" },
    element("span", { class: "jc-server-name" }, exactLine(name)),
    " ",
    element(
      "span",
      { class: "jc-server-state", ...(problem ? { "data-level": "high" } : {}) },
      exactLine(state),
    ),
    ...(tools.length === 0 ? [] : [tools.length > MANY ? folded : names]),
  );
}

const sentence = (words: string): string =>
  words && `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
