/** No accidental answers: no press answers a request that the user has not read. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type * as Keys from "../src/keys";
import type { Answer, TurnOp } from "../src/messages.generated";
import { HOLD_MS } from "../src/views/guard";
import { Bench, byRole, permission, press, question } from "./fixtures";

// Only a real key begins a shortcut, so this code stands for the second key of one.
vi.mock("../src/keys", async (original) => ({
  ...(await original<typeof Keys>()),
  continuesShortcut: ({ code }: KeyboardEvent) => code === "second",
}));

// Long enough to draw, and much shorter than the time in which a request takes no answer.
const DRAWN_MS = 300;

let bench: Bench;
let view: HTMLElement;
beforeEach(() => {
  bench = new Bench();
  view = bench.view();
  bench.snapshot();
});
afterEach(() => {
  vi.restoreAllMocks();
  bench.close();
});

const answers = (): Answer[] => bench.sent.filter((message) => message.type === "answer");
const card = (id = "ask"): HTMLElement => {
  const node = view.querySelector<HTMLElement>(`[data-request="${id}"]`);
  if (node === null) throw new Error(`no request ${id}`);
  return node;
};
const approve = (id = "ask"): HTMLElement => byRole(card(id), "button", "Approve");
/** Shows requests, and lets only the time for drawing pass. */
const ask = (...requests: ReturnType<typeof permission | typeof question>[]): void => {
  bench.patchNow(...requests.map((request): TurnOp => ["request", request]));
  vi.advanceTimersByTime(DRAWN_MS);
};
const pointer = (node: Element, type: string): void => {
  node.dispatchEvent(new Event(type, { bubbles: true }));
};

const release = (): void => {
  document.body.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
  vi.advanceTimersByTime(0);
};

/** The vertical position of all requests' buttons, as the browser would report it. */
let top = 0;
function layOut(): void {
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(
    () => new DOMRect(0, top, 100, 30),
  );
}

describe("a request that has just come takes no answer", () => {
  // If it fails: a click or key that was meant for something else runs a command unread.
  test.each<[string, () => void]>([
    [
      "a click",
      () => {
        approve().click();
      },
    ],
    ["Escape", () => press("Escape")],
    [
      "a click on Deny",
      () => {
        byRole(card(), "button", "Deny").click();
        if (card().querySelector("input") !== null) press("Enter");
      },
    ],
    [
      "a click on Always allow",
      () => {
        byRole(card(), "button", "Always allow ls commands").click();
      },
    ],
  ])("from %s", (_name, act) => {
    ask(permission());
    act();
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(HOLD_MS);
    act();
    expect(answers()).toHaveLength(1);
    expect(answers()[0]?.waited).toBeGreaterThanOrEqual(HOLD_MS);
  });

  // If it fails: text that the user typed for something else answers a question.
  test("from Enter in a question", () => {
    ask(question({ questions: question().questions.slice(0, 1) }));
    const option = card().querySelector("input");
    option?.click();
    option?.focus();
    press("Enter");
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(HOLD_MS);
    press("Enter");
    expect(answers()).toHaveLength(1);
  });

  // If it fails: Ctrl+K Y does nothing while the request has the focus, as it has when it comes.
  test("after a typed letter, but the second key of a shortcut is not one", () => {
    ask(permission());
    vi.advanceTimersByTime(HOLD_MS);
    const isDisabled = (): string | null => approve().getAttribute("aria-disabled");
    approve().focus();
    vi.advanceTimersByTime(HOLD_MS);
    expect(isDisabled()).toBe("false");
    press("y", { code: "second" });
    expect(isDisabled()).toBe("false");
    press("y");
    expect(isDisabled()).toBe("true");
    approve().click();
    expect(answers()).toEqual([]);
  });

  // If it fails: a screen reader says that the buttons work already, or that they never will.
  test("and its buttons say so", () => {
    ask(permission());
    const states = (): (string | null)[] =>
      [...card().querySelectorAll("button")].map((node) => node.getAttribute("aria-disabled"));
    expect(new Set(states())).toEqual(new Set(["true"]));
    // A screen reader announces it at once all the same.
    expect(view.querySelector(".jc-announcer")?.textContent).toContain("Permission request: Bash");
    vi.advanceTimersByTime(HOLD_MS);
    expect(new Set(states())).toEqual(new Set(["false"]));
  });

  // If it fails: a button or key that went down before the request came answers it.
  test("from a press that began too early", () => {
    ask(permission());
    pointer(approve(), "pointerdown");
    vi.advanceTimersByTime(HOLD_MS);
    approve().click();
    expect(answers()).toEqual([]);
    pointer(approve(), "pointerup");
    vi.advanceTimersByTime(HOLD_MS);
    pointer(approve(), "pointerdown");
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: a held key, released when the request may be answered, answers it.
  test("from a key that went down too early", () => {
    ask(permission());
    approve().focus();
    press(" ");
    vi.advanceTimersByTime(HOLD_MS);
    approve().click(); // what a browser does when Space comes up
    expect(answers()).toEqual([]);
  });
});

describe("no answer comes from", () => {
  beforeEach(() => {
    ask(permission());
    vi.advanceTimersByTime(HOLD_MS);
  });

  // If it fails: a user who keeps typing "a(\n\tb)\n" after the focus has moved approves.
  test.each(["x", "Enter", " ", "Backspace"])("typing %s, then Tab and Enter", (key) => {
    expect(document.activeElement).toBe(card());
    press(key);
    press("Tab");
    press("Enter");
    approve().click(); // what a browser does on Enter
    expect(answers()).toEqual([]);
    release();
    vi.advanceTimersByTime(HOLD_MS);
    press("Enter");
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: when a key comes up, a click that began too early counts.
  test("a press that began too early, though a key comes up meanwhile", () => {
    bench.patchNow(["request_done", "ask", "Denied"], ["request", permission({ id: "two" })]);
    vi.advanceTimersByTime(DRAWN_MS);
    pointer(approve("two"), "pointerdown");
    release();
    vi.advanceTimersByTime(HOLD_MS);
    approve("two").click();
    expect(answers()).toEqual([]);
  });
});

describe("a request takes no answer again for a while", () => {
  beforeEach(() => {
    top = 100;
    layOut();
    ask(permission());
    vi.advanceTimersByTime(HOLD_MS);
    expect(approve().getAttribute("aria-disabled")).toBe("false");
  });

  // If it fails: the user answers what moved under the pointer, not what was there.
  test("when it moved, even since the last look", () => {
    top = 300;
    approve().click();
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(HOLD_MS / 2);
    expect(approve().getAttribute("aria-disabled")).toBe("true");
    vi.advanceTimersByTime(HOLD_MS);
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: JupyterLab scrolls to the pressed cell, and the press is lost.
  test("but a press that began in time counts, even if it moves the page", () => {
    pointer(approve(), "pointerdown");
    top = 300;
    vi.advanceTimersByTime(200);
    pointer(approve(), "pointerup");
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: a click on a closing menu or dialog hits the button below it.
  test("when something covered it", () => {
    const click = (): void => {
      pointer(approve(), "pointerdown");
      approve().click();
      pointer(approve(), "pointerup");
      vi.advanceTimersByTime(0);
    };
    const menu = document.body.appendChild(document.createElement("div"));
    Object.assign(document, { elementsFromPoint: () => [menu, approve()] });
    vi.advanceTimersByTime(200);
    expect(approve().getAttribute("aria-disabled")).toBe("true");
    Object.assign(document, { elementsFromPoint: () => [approve(), card()] });
    click();
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(HOLD_MS);
    click();
    expect(answers()).toHaveLength(1);
    Reflect.deleteProperty(document, "elementsFromPoint");
  });

  // If it fails: a click on a disappearing notification hits "Always allow" below its edge.
  test("when something covered a part of the pressed button", () => {
    const always = byRole(card(), "button", "Always allow ls commands");
    const click = (node: HTMLElement): void => {
      pointer(node, "pointerdown");
      node.click();
      pointer(node, "pointerup");
      vi.advanceTimersByTime(0);
    };
    Object.assign(document, {
      elementsFromPoint: (x: number) => (x < 80 ? [always] : [document.body, always]),
    });
    vi.advanceTimersByTime(200);
    Object.assign(document, { elementsFromPoint: () => [always] });
    click(always);
    expect(answers()).toEqual([]);
    expect(approve().getAttribute("aria-disabled")).toBe("false");
    click(approve());
    expect(answers()).toHaveLength(1);
    Reflect.deleteProperty(document, "elementsFromPoint");
  });

  // If it fails: nobody can answer a request that the text above it moves all the time.
  test("but the keyboard can answer it while it moves", () => {
    approve().focus();
    const move = (times: number): void => {
      for (let moves = 0; moves < times; moves++) {
        top += 20;
        vi.advanceTimersByTime(DRAWN_MS);
      }
    };
    move(3);
    press("Enter");
    approve().click();
    expect(answers()).toEqual([]);
    // It keeps moving.
    move(20);
    expect(approve().getAttribute("aria-disabled")).toBe("false");
    press("Enter");
    top += 20;
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: Tab and Enter approve a request below the window's edge unread.
  test("when it came into the window", () => {
    let notice = (): void => undefined;
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        readonly observe = (): void => undefined;
        readonly disconnect = (): void => undefined;
        constructor(callback: () => void) {
          notice = callback;
        }
      },
    );
    bench.patch(["request_done", "ask", "Denied"], ["request", permission({ id: "two" })]);
    vi.unstubAllGlobals();
    vi.advanceTimersByTime(HOLD_MS);
    press("Tab");
    notice();
    press("Enter");
    approve("two").click();
    expect(answers()).toEqual([]);
  });

  // If it fails: an answer that came too early, from any view, blocks the request of a running turn
  // for ever.
  test("but only once after an answer that came too early", () => {
    bench.tellNow({ type: "early", request: "ask" });
    for (let told = 0; told < 5; told++) {
      bench.patchNow(["request", permission({ id: `more${String(told)}` })]);
      vi.advanceTimersByTime(DRAWN_MS);
    }
    approve().click();
    expect(answers()).toHaveLength(1);
  });

  // If it fails: "Approve Claude's Request" in a menu or the palette does nothing.
  test("but a command counts, even if its menu covered the button", () => {
    Object.assign(document, { elementsFromPoint: () => [document.body, approve()] });
    vi.advanceTimersByTime(200);
    approve().click(); // as the command does
    expect(answers()).toHaveLength(1);
    Reflect.deleteProperty(document, "elementsFromPoint");
  });

  // If it fails: a click that shows a hidden page approves a request that came meanwhile.
  test("when the page was hidden", () => {
    document.dispatchEvent(new Event("visibilitychange"));
    approve().click();
    expect(answers()).toEqual([]);
  });

  // If it fails: an answer that the kernel refused leaves dead buttons, or counts as given.
  test("when the kernel says that the answer came too early", () => {
    approve().click();
    bench.tellNow({ type: "early", request: "ask" });
    vi.advanceTimersByTime(DRAWN_MS);
    expect(card().textContent).toContain("answered too soon");
    approve().click();
    expect(answers()).toHaveLength(1);
    vi.advanceTimersByTime(HOLD_MS);
    approve().click();
    expect(answers()).toHaveLength(2);
    bench.tellNow({ type: "taken", request: "ask", behavior: "allow" });
    bench.tellNow({ type: "early", request: "ask" }); // the same answer, on another channel
    vi.advanceTimersByTime(DRAWN_MS);
    expect(card().textContent).toContain("Received. Claude continues");
  });
});

describe("several requests", () => {
  // If it fails: the next request moves under the pointer, and the second click answers it.
  test("keep the place of an answered one while the mouse is there", () => {
    const list = view.querySelector(".jc-requests");
    const shown = (): Element[] =>
      [...(list?.children ?? [])].filter((node) => !node.matches(".jc-approve-all"));
    list?.dispatchEvent(new Event("pointerenter"));
    ask(permission(), permission({ id: "two" }), permission({ id: "three" }));
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(
      new DOMRect(0, 0, 100, 120.5),
    );
    const [, second, third] = shown();
    bench.patch(["request_done", "ask", "Approved"]);
    const settled = shown()[0] as HTMLElement;
    expect(settled.textContent).toBe("Permission request: Bash: Approved");
    expect(settled.style.blockSize).toBe("120.5px");
    expect(settled.querySelector("button")).toBeNull();
    expect(shown()).toEqual([settled, second, third]);
    // The mouse leaves.
    list?.dispatchEvent(new Event("pointerleave"));
    expect(shown()).toEqual([second, third]);
    expect(second?.textContent).toContain("2 of 3");
    bench.patch(["request_done", "two", "Denied"]);
    expect(shown()).toEqual([third]);
    bench.patch(["request_done", "three", "Denied"]);
    expect(shown()).toEqual([]);
  });

  // If it fails: a user answers one request and does not know that more wait.
  test("say which of how many they are, also to screen readers", () => {
    ask(permission(), permission({ id: "two" }));
    const count = (id?: string): string | undefined =>
      card(id).querySelector(".jc-request-count:not([hidden])")?.textContent;
    expect([count(), count("two")]).toEqual(["1 of 2", "2 of 2"]);
    expect(card("two").getAttribute("aria-label")).toBe("Permission request: Bash");
    expect(view.querySelector(".jc-announcer")?.textContent).toContain("Bash, 2 of 2.");
    bench.patch(["request_done", "ask", "Approved"], ["request_done", "two", "Approved"]);
    ask(permission({ id: "three" }));
    expect(count("three")).toBeUndefined();
  });

  // If it fails: Enter, Enter approves the second request unread.
  test("give the focus to the next one, and no key answers it at once", () => {
    ask(permission(), permission({ id: "two" }));
    vi.advanceTimersByTime(HOLD_MS);
    approve().focus();
    approve().click();
    bench.patchNow(["request_done", "ask", "Approved"]);
    vi.advanceTimersByTime(DRAWN_MS);
    expect(document.activeElement).toBe(card("two"));
    press("Enter");
    press("Escape");
    approve("two").click();
    expect(answers().map(({ request }) => request)).toEqual(["ask"]);
  });
});

describe("Approve all", () => {
  let notice: (parts: { target: Element; isIntersecting: boolean }[]) => void = () => undefined;
  const observed = new Set<Element>();
  beforeEach(() => {
    const noticers: (typeof notice)[] = [];
    observed.clear();
    notice = (parts) => {
      for (const each of noticers) each(parts);
    };
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        readonly observe = (node: Element): void => void observed.add(node);
        readonly disconnect = (): void => undefined;
        constructor(callback: typeof notice) {
          noticers.push(callback);
        }
      },
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const all = (): HTMLElement | null => view.querySelector<HTMLElement>(".jc-approve-all button");
  const see = (id: string): void => {
    const parts = [...observed].filter((node) => card(id).contains(node));
    notice(parts.map((target) => ({ target, isIntersecting: true })));
  };

  // If it fails: one press approves a command that was never on screen.
  test("counts only once each was on screen for long enough", () => {
    ask(permission(), permission({ id: "two" }), permission({ id: "three", danger: "Deletes" }));
    expect(all()?.textContent).toBe("Approve all of these (2)");
    vi.advanceTimersByTime(HOLD_MS);
    see("ask");
    vi.advanceTimersByTime(HOLD_MS);
    all()?.click();
    expect(answers()).toEqual([]);
    expect(all()?.getAttribute("aria-disabled")).toBe("true");
    see("two");
    all()?.click();
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(2 * HOLD_MS);
    expect(all()?.getAttribute("aria-disabled")).toBe("false");
    all()?.focus();
    all()?.click();
    vi.advanceTimersByTime(DRAWN_MS);
    expect(document.activeElement).toBe(card()); // the button goes, and would take the focus along
    // Never the one that deletes.
    expect(answers().map(({ request, behavior }) => [request, behavior])).toEqual([
      ["ask", "allow"],
      ["two", "allow"],
    ]);
    for (const { waited } of answers()) expect(waited).toBeGreaterThanOrEqual(HOLD_MS);
  });

  // If it fails: a request that has just come is approved with those that the user has read.
  test("begins anew when another request comes", () => {
    ask(permission(), permission({ id: "two" }));
    for (const id of ["ask", "two"]) see(id);
    vi.advanceTimersByTime(2 * HOLD_MS);
    ask(permission({ id: "three" }));
    see("three");
    all()?.click();
    expect(answers()).toEqual([]);
  });

  // If it fails: the button stands below a single request.
  test("is only there for several", () => {
    ask(permission(), permission({ id: "two", danger: "Deletes files" }));
    expect(all()).toBeNull();
  });
});

describe("the keyboard", () => {
  // If it fails: a keyboard user must tab through the command's text first, or finds no button.
  test("Tab goes from the dialog to Approve, and to a question's first field", () => {
    ask(permission());
    expect(document.activeElement).toBe(card());
    press("Tab");
    expect(document.activeElement).toBe(approve());
    bench.patch(["request_done", "ask", "Denied"], ["request", question({ id: "two" })]);
    card("two").focus();
    press("Tab");
    expect(document.activeElement).toBe(card("two").querySelector("input"));
  });
});
