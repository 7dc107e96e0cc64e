import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { host } from "../src/host";
import { practiceNote } from "../src/kernel_texts";
import type { PanelFromPage, SessionState } from "../src/messages.generated";
import { PanelLine } from "../src/panel/line";
import { VirtualList } from "../src/panel/list";
import { Outbox } from "../src/panel/outbox";
import { PanelView } from "../src/panel/view";
import { byRole, press, session } from "./fixtures";

let closing: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  closing = new AbortController();
  const ignore = (): void => undefined;
  class Observer {
    observe = ignore;
    unobserve = ignore;
    disconnect = ignore;
  }
  vi.stubGlobal("ResizeObserver", Observer); // jsdom has no layout
});
afterEach(() => {
  closing.abort();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const MODES = ["default", "acceptEdits", "plan", "dontAsk", "bypassPermissions"].map((value) => ({
  value,
  label: `label of ${value}`,
  description: "",
}));
const HEAD = {
  id: "one",
  number: 1,
  prompt: "hi",
  state: "done",
  time: "",
  requests: 0,
  withdrawable: false,
};

/** A panel in the page. */
class Shown {
  readonly sent: PanelFromPage[] = [];
  readonly said: string[] = [];
  readonly node: HTMLElement;
  readonly #line: PanelLine;
  #seq = 0;

  constructor(state: Partial<SessionState> = {}, turns: object[] = [HEAD]) {
    const send = (message: PanelFromPage): void => {
      this.sent.push(message);
    };
    const line = (this.#line = new PanelLine(send, new Outbox(localStorage, "place", "kernel")));
    const say = (sentence: string): void => {
      this.said.push(sentence);
    };
    const history = (node: HTMLElement) => {
      node.append("the history");
      return () => undefined;
    };
    const view = new PanelView(line, say, closing.signal, history);
    line.subscribe((changes) => {
      view.update(changes);
    });
    this.node = view.node;
    document.body.append(view.node);
    view.start();
    const panel = { state: session({ modes: MODES, ...state }), draft: "", turns };
    this.tell({ type: "snapshot", panel });
  }

  tell(message: object): void {
    this.#line.receive({ ...message, seq: ++this.#seq });
  }

  of(type: PanelFromPage["type"]): PanelFromPage[] {
    return this.sent.filter((message) => message.type === type);
  }

  button(name: string): HTMLButtonElement {
    return byRole(this.node, "button", name) as HTMLButtonElement;
  }

  find(selector: string): HTMLElement {
    const found = this.node.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`no ${selector}`);
    return found;
  }

  get sheet(): HTMLElement | null {
    return this.node.querySelector(".jc-fold:not([hidden])");
  }
}

describe("the sheet over the conversation", () => {
  // If it fails: the keyboard reaches what is covered, or gets lost when the sheet closes.
  test("covers the chat, and gives the focus back", () => {
    const panel = new Shown();
    panel.button("Tools").focus();
    panel.button("Tools").click();
    expect(panel.sheet?.getAttribute("aria-label")).toBe("Tools");
    expect(panel.sheet?.contains(document.activeElement)).toBe(true);
    expect(panel.find(".jc-list").hasAttribute("inert")).toBe(true);
    expect(panel.find(".jc-composer").closest("[inert]")).toBeNull();
    press("Escape");
    expect(panel.sheet).toBeNull();
    expect(document.activeElement).toBe(panel.button("Tools"));
    expect(panel.find(".jc-list").hasAttribute("inert")).toBe(false);

    panel.button("History").click();
    panel.button("Close").focus();
    panel.button("Close").click();
    expect(panel.sheet).toBeNull();
    expect(document.activeElement).toBe(panel.button("History"));
  });

  // If it fails: Escape closes the sheet instead of stopping the turn, or takes the text's focus.
  test("closes by Escape in the text field, unless that stops a turn", () => {
    const panel = new Shown({ status: "working" });
    panel.button("Tools").click();
    panel.find("textarea").focus();
    press("Escape");
    expect(panel.of("interrupt")).toHaveLength(1);
    expect(panel.sheet).not.toBeNull();
    panel.tell({ type: "patch", ops: [["state", { status: "idle" }]] });
    press("Escape");
    expect(panel.sheet).toBeNull();
    expect(document.activeElement).toBe(panel.find("textarea"));
  });
});

describe("what fills the context", () => {
  const USE = {
    type: "context",
    context: { tokens: 30_000, max: 200_000, percent: 15 },
    parts: [
      { name: "Messages\u202e", tokens: 20_000, kind: "used" },
      { name: "Free space", tokens: 170_000, kind: "free" },
      "nonsense",
    ],
  };

  // If it fails: the user cannot tell what takes the room, or makes none.
  test("is shown with its parts, and compacted on request", () => {
    const panel = new Shown({ context: USE.context });
    const open = panel.button("What fills the context");
    open.click();
    expect(panel.of("context")).toHaveLength(1);
    panel.tell(USE);
    const rows = [...panel.node.querySelectorAll(".jc-context-parts tr")];
    expect(rows.map((row) => row.textContent)).toEqual(["Messages⟨U+202E⟩20k", "Free space170k"]);
    expect(panel.sheet?.textContent).toContain("30k of 200k tokens, 15%");
    panel.tell({ type: "patch", ops: [["state", { status: "working" }]] });
    panel.tell({ type: "patch", ops: [["state", { status: "idle" }]] });
    expect(panel.of("context")).toHaveLength(3); // a turn has changed it
    panel.button("Compact").click();
    expect(panel.of("ask")).toMatchObject([{ prompt: "/compact" }]);
    expect(panel.sheet).toBeNull();
  });

  // If it fails: the meter says 0 % of something that nobody has counted.
  test("is not known before the first message", () => {
    const panel = new Shown({}, []);
    expect(panel.find("[role=meter]").hidden).toBe(true);
    panel.button("What fills the context").click();
    panel.tell({ type: "context", context: null, parts: [] });
    expect(panel.sheet?.textContent).toContain("Nothing is known yet");
    expect(panel.button("Compact").closest("[hidden]")).not.toBeNull();
  });
});

describe("the servers", () => {
  const server = (fields: object): object => ({
    name: "mail",
    state: "needs a sign-in",
    problem: true,
    tools: [],
    actions: [],
    sign_in: "",
    ...fields,
  });
  const listed = (...servers: object[]): object => ({
    type: "tools",
    servers,
    own: "",
    skills: [{ name: "tidy", description: "Tidies <b>" }],
    agents: [],
  });

  // If it fails: a server that has failed needs a terminal and a restart.
  test("have buttons for what helps", () => {
    const panel = new Shown();
    panel.button("Tools").click();
    panel.tell(listed(server({ actions: ["sign in", "turn off", "format the disk"] })));
    const names = [...panel.node.querySelectorAll(".jc-server-actions button")];
    expect(names.map(({ textContent }) => textContent)).toEqual(["Sign in", "Turn off"]);
    const signIn = panel.button("Sign in: mail");
    signIn.focus();
    signIn.click();
    signIn.click(); // it waits for the kernel
    expect(panel.of("server")).toEqual([{ type: "server", name: "mail", action: "sign in" }]);
    expect(panel.sheet?.textContent).toContain("1 skill");
    expect(panel.sheet?.textContent).toContain("Tidies <b>");

    // The page to sign in opens beside; the list asks until that has ended.
    const asked = panel.of("tools").length;
    panel.tell(listed(server({ sign_in: "https://user@login.example.org/a?b=c" })));
    const link = panel.find(".jc-server-sign-in a");
    expect(link.textContent).toBe("Open the sign-in page of login.example.org");
    expect(link.getAttribute("rel")).toContain("noopener");
    expect(document.activeElement).toBe(link);
    vi.advanceTimersByTime(3_000);
    expect(panel.of("tools")).toHaveLength(asked + 1);
    const address = byRole(panel.node, "textbox", "Address of the last page") as HTMLInputElement;
    address.value = "http://localhost:5/callback?code=1";
    panel.button("Finish").click();
    expect(panel.of("server_signed_in")).toEqual([
      { type: "server_signed_in", name: "mail", address: "http://localhost:5/callback?code=1" },
    ]);
    panel.tell(listed(server({ state: "connected", problem: false })));
    vi.advanceTimersByTime(9_000);
    expect(panel.of("tools")).toHaveLength(asked + 1);
  });

  // If it fails: a server's page runs code in this page.
  test.each(["javascript:alert(1)", "file:///etc/passwd", "no address"])(
    "link to no page such as %s",
    (page) => {
      const panel = new Shown();
      panel.button("Tools").click();
      panel.tell(listed(server({ sign_in: page })));
      expect(panel.node.querySelector(".jc-server a")).toBeNull();
    },
  );
});

describe("Shift+Tab in the text field", () => {
  // If it fails: the key turns permission requests off, or the modes need a mouse.
  test.each([
    ["default", "acceptEdits"],
    ["acceptEdits", "plan"],
    ["plan", "default"],
    ["bypassPermissions", "default"],
  ])("goes from %s to %s", (mode, next) => {
    const panel = new Shown({ mode });
    panel.find("textarea").focus();
    expect(press("Tab", { shiftKey: true }).defaultPrevented).toBe(true);
    expect(panel.of("mode")).toEqual([{ type: "mode", name: next }]);
    expect(panel.said).toContain(`Permission mode: label of ${next}.`);
  });

  // If it fails: the keyboard cannot go back from the text field.
  test("moves the focus after Escape", () => {
    const panel = new Shown();
    panel.find("textarea").focus();
    press("Escape");
    press("Shift", { shiftKey: true });
    expect(press("Tab", { shiftKey: true }).defaultPrevented).toBe(false);
    press("x");
    expect(press("Tab", { shiftKey: true }).defaultPrevented).toBe(true);
    expect(panel.of("mode")).toHaveLength(1);
  });
});

describe("the practice note", () => {
  // If it fails: somebody takes scripted replies for Claude's.
  test("is a row, and a pill once there are turns; always with its whole text", () => {
    const empty = new Shown({ practice: true }, []);
    const note = empty.button(practiceNote());
    expect(note.getAttribute("aria-expanded")).toBe("true");
    empty.tell({ type: "patch", ops: [["turns", [HEAD]]] });
    expect(note.getAttribute("aria-expanded")).toBe("false");
    expect([note.textContent, note.title, note.hidden]).toEqual([
      practiceNote(),
      practiceNote(),
      false,
    ]);
    note.click();
    expect(note.getAttribute("aria-expanded")).toBe("true");
    empty.tell({ type: "patch", ops: [["state", { practice: false }]] });
    expect(note.hidden).toBe(true);
  });

  // If it fails: a newcomer without an account believes that each try costs money.
  test("is part of what the cost says of itself", () => {
    const shown = new Shown({ practice: true, cost: "$0.0084", cost_usd: 0.0084 }, [HEAD]);
    const cost = shown.node.querySelector<HTMLElement>(".jc-panel-cost") as HTMLElement;
    expect(cost.textContent).toBe("$0.0084");
    expect(cost.title).toContain("The practice model costs nothing");
    shown.tell({ type: "patch", ops: [["state", { practice: false }]] });
    expect(cost.title).toBe("Spent in this session");
  });
});

describe("the place of the chat", () => {
  // If it fails: a button does nothing where the page has no main area.
  test("changes only where the page can do that", () => {
    const asked: string[] = [];
    expect(new Shown().button("Open in main area").hidden).toBe(true);
    document.body.replaceChildren();
    const act = (): void => {
      asked.push("to-main");
    };
    host({ "to-main": { can: () => true, act } }, closing.signal);
    const panel = new Shown();
    expect(panel.button("Move back to the side bar").hidden).toBe(true);
    panel.button("Open in main area").click();
    expect(asked).toEqual(["to-main"]);
  });
});

describe("a list that changes its size", () => {
  // If it fails: after a change of the window's size the newest message is out of sight.
  test("stays at its end when the browser scrolls it", () => {
    let height = 300;
    vi.spyOn(Element.prototype, "clientHeight", "get").mockImplementation(() => height);
    vi.spyOn(Element.prototype, "scrollHeight", "get").mockReturnValue(9_000);
    vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(100);
    const create = () => ({ node: document.createElement("div"), remove: () => undefined });
    const ignore = (): void => undefined;
    const list = new VirtualList({ create, drawn: ignore, followed: ignore }, closing.signal);
    list.update(Array.from({ length: 50 }, (_, row) => String(row)));
    const end = list.node.scrollTop;
    height = 200;
    list.node.scrollTop = end - 200; // by the browser: the rows have become higher, too
    list.node.dispatchEvent(new Event("scroll"));
    expect(list.atEnd).toBe(true);
    expect(list.node.scrollTop).toBeGreaterThan(end);
    list.node.scrollTop = 1_000; // by the user
    list.node.dispatchEvent(new Event("scroll"));
    expect(list.atEnd).toBe(false);
  });
});
