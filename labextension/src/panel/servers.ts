/** The MCP servers that Claude has, with their state and what the user can do about it. */

import { element, focused } from "../dom";
import type { ToolServer } from "../messages.generated";
import { each, list, text } from "../protocol";
import { exact, exactLine } from "../text";
import { trans } from "../trans";
import { button } from "../views/card";
import type { PanelFromPage } from "./protocol";

/** More tools of one server than this are folded. */
const MANY = 12;
const AGAIN_MS = 2_000;

type ServerAction = ToolServer["actions"][number];

const ACTIONS: readonly ServerAction[] = ["reconnect", "sign in", "turn on", "turn off"];

export const parseServers = (value: unknown): ToolServer[] =>
  each(value, (server) => ({
    name: text(server["name"]),
    state: text(server["state"]),
    problem: server["problem"] === true,
    tools: list(server["tools"]).map(text),
    actions: ACTIONS.filter((action) => list(server["actions"]).includes(action)),
    sign_in: text(server["sign_in"]),
  }));

function label(action: ServerAction): string {
  switch (action) {
    case "reconnect":
      return trans.__("Reconnect");
    case "sign in":
      return trans.__("Sign in");
    case "turn on":
      return trans.__("Turn on");
    case "turn off":
      return trans.__("Turn off");
  }
}

export class ServersView {
  readonly node = element("ul", {
    class: "jc-servers",
    "aria-label": trans.__("Servers"),
    hidden: "",
  });
  readonly #send: (message: PanelFromPage) => void;
  #shown = "[]";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (message: PanelFromPage) => void) {
    this.#send = send;
  }

  show(servers: readonly ToolServer[]): void {
    clearTimeout(this.#timer);
    // The sign-in goes on in another page: its end comes with no message.
    if (servers.some(({ sign_in: page }) => page !== ""))
      this.#timer = setTimeout(() => {
        this.#send({ type: "tools" });
      }, AGAIN_MS);
    const now = JSON.stringify(servers);
    if (now === this.#shown) {
      for (const node of this.node.querySelectorAll("[aria-disabled]")) free(node);
      return;
    }
    this.#shown = now;
    const server = focused()?.closest<HTMLElement>(".jc-server")?.dataset["name"];
    const hadFocus = this.node.contains(focused());
    this.node.replaceChildren(...servers.map((each) => this.#row(each)));
    this.node.hidden = servers.length === 0;
    if (!hadFocus) return;
    const row = [...this.node.children].find(
      (each) => each instanceof HTMLElement && each.dataset["name"] === server,
    );
    const sheet = this.node.closest<HTMLElement>("[tabindex]");
    (row?.querySelector<HTMLElement>("a, button") ?? sheet)?.focus({ preventScroll: true });
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #row(server: ToolServer): HTMLElement {
    const { name, state, problem, tools, actions } = server;
    const names = element("div", { class: "jc-server-tools" }, tools.map(exactLine).join(", "));
    const folded = element(
      "details",
      {},
      element("summary", {}, trans._n("%1 tool", "%1 tools", tools.length)),
      names,
    );
    const row = element(
      "li",
      { class: "jc-server" },
      element("span", { class: "jc-server-name" }, exactLine(name)),
      " ",
      element(
        "span",
        { class: "jc-server-state", ...(problem ? { "data-level": "high" } : {}) },
        exactLine(state),
      ),
      ...(actions.length === 0 ? [] : [this.#buttons(server)]),
      ...(server.sign_in === "" ? [] : [this.#signIn(server)]),
      ...(tools.length === 0 ? [] : [tools.length > MANY ? folded : names]),
    );
    row.dataset["name"] = name;
    return row;
  }

  #buttons({ name, actions }: ToolServer): HTMLElement {
    return element(
      "span",
      { class: "jc-server-actions" },
      ...actions.map((action) => {
        const node = button(label(action), "plain", () => {
          if (node.ariaDisabled === "true") return;
          node.ariaDisabled = "true"; // until the kernel answers
          this.#send({ type: "server", name, action });
        });
        node.ariaLabel = `${label(action)}: ${exactLine(name)}`;
        return node;
      }),
    );
  }

  /** The page to sign in, and a way out where that page cannot reach the kernel's computer. */
  #signIn({ name, sign_in: page }: ToolServer): HTMLElement {
    const node = element("div", { class: "jc-server-sign-in" });
    if (/^https?:\/\//i.test(page) && URL.canParse(page)) {
      const link = element(
        "a",
        { href: page, target: "_blank", rel: "noopener noreferrer" },
        trans.__("Open the sign-in page of %1", exact(new URL(page).host)),
      );
      node.append(link);
    }
    const address = element("input", { type: "text", class: "jc-textfield", spellcheck: "false" });
    address.ariaLabel = trans.__("Address of the last page");
    const finish = (): void => {
      if (address.value.trim() === "") return;
      this.#send({ type: "server_signed_in", name, address: address.value });
    };
    address.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      finish();
    });
    node.append(
      element(
        "details",
        {},
        element("summary", {}, trans.__("The last page does not load?")),
        element(
          "p",
          { class: "jc-quiet" },
          trans.__(
            "Your browser does not reach the kernel's computer. Copy the address of that page, and paste it here.",
          ),
        ),
        address,
        button(trans.__("Finish"), "plain", finish),
      ),
    );
    return node;
  }
}

function free(node: Element): void {
  node.removeAttribute("aria-disabled");
}
