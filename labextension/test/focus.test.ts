import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Bench, byRole, permission, press, tool } from "./fixtures";

let bench: Bench;
let running: HTMLElement;

/** A notebook with the running cell and another cell, with Lab's classes and focusable nodes. */
beforeEach(() => {
  document.body.innerHTML = `
    <input id="search">
    <div class="jp-Notebook" tabindex="0">
      <div class="jp-Cell" id="running" tabindex="-1">
        <div class="cm-content" contenteditable="true" tabindex="0"></div><div id="out"></div>
      </div>
      <div class="jp-Cell" id="next" tabindex="-1">
        <div class="cm-content" contenteditable="true" tabindex="0"></div>
      </div>
    </div>`;
  running = find("#running");
  bench = new Bench();
  bench.view(find("#out"));
  bench.snapshot();
});
afterEach(() => {
  bench.close();
});

function find(selector: string): HTMLElement {
  const node = document.querySelector<HTMLElement>(selector);
  if (node === null) throw new Error(`no ${selector}`);
  return node;
}
const request = (id = "ask"): void => {
  bench.patch(["request", permission({ id })]);
};
/** Whether a dialog has the focus, and no button, so that the next key answers nothing. */
const onDialog = (): boolean => document.activeElement?.getAttribute("role") === "alertdialog";

describe("a new request takes the focus", () => {
  // If it fails: a keyboard user must tab through the page to answer.
  test("when no element has it", () => {
    request();
    expect(onDialog()).toBe(true);
  });

  // If it fails: after Ctrl+Enter, Enter does not answer.
  test.each(["#running", "#running .cm-content"])("from %s", (selector) => {
    find(selector).focus();
    request();
    expect(onDialog()).toBe(true);
  });

  // If it fails: with the focus on the notebook itself, the keyboard does not reach the request.
  test("from the notebook, when the running cell is the active one", () => {
    find(".jp-Notebook").focus();
    running.classList.add("jp-mod-active");
    request();
    expect(onDialog()).toBe(true);
  });
});

describe("a new request leaves the focus", () => {
  // If it fails: after Shift+Enter, the request of the cell before takes the focus from the next
  // cell.
  test("when it is on its way to another cell", () => {
    find("#next").classList.add("jp-mod-active");
    request();
    expect(onDialog()).toBe(false);
  });

  // If it fails: the user's next Enter, meant for their text, approves a command unread.
  test.each(["#search", "#next", "#next .cm-content", ".jp-Notebook"])("on %s", (selector) => {
    find(selector).focus();
    request();
    expect(document.activeElement).toBe(find(selector));
  });

  // If it fails: the same, if the user writes the next prompt in the running cell.
  test("in the running cell's editor while the user types there", () => {
    find("#running .cm-content").focus();
    press("x");
    request();
    expect(document.activeElement).toBe(find("#running .cm-content"));
    vi.advanceTimersByTime(5_000);
    request("later");
    expect(onDialog()).toBe(true);
  });

  // If it fails: a second request takes the focus while the user decides on the first.
  test("on another request", () => {
    request();
    byRole(running, "button", "Deny").focus();
    request("second");
    expect(document.activeElement).toBe(byRole(running, "button", "Deny"));
  });
});

describe("after the answer the approved call", () => {
  const scrolled = vi.spyOn(Element.prototype, "scrollIntoView");
  const approve = (): void => {
    bench.patch(["put", tool()]);
    request();
    scrolled.mockClear();
    byRole(running, "button", "Approve").focus();
    bench.patch(["request_done", "ask", "Approved"]);
  };

  // If it fails: after a high request the page jumps, and its plot is drawn above the upper edge.
  test("stays in sight", () => {
    approve();
    const card = byRole(running, "group", "Tool: Bash");
    expect(scrolled.mock.contexts).toEqual([card]);
  });

  // If it fails: its plot grows upwards, out of sight; or what the user reads later moves.
  test("grows downwards, until the user does something", () => {
    find(".jp-Notebook").classList.add("jp-WindowedPanel-outer");
    const box = find(".jp-Notebook");
    approve();
    expect(box.style.overflowAnchor).toBe("none");
    box.dispatchEvent(new Event("wheel", { bubbles: true }));
    expect(box.style.overflowAnchor).toBe("");
  });

  // If it fails: an answer in the side bar scrolls the notebook.
  test("does not come into sight if the user answered elsewhere", () => {
    bench.patch(["put", tool()]);
    find("#search").focus();
    request();
    scrolled.mockClear();
    bench.patch(["request_done", "ask", "Approved"]);
    expect(scrolled).not.toHaveBeenCalled();
  });
});

describe("after the answer the focus", () => {
  // If it fails: the user is thrown to the top of the page after each answer.
  test("returns to where it was", () => {
    running.focus();
    request();
    byRole(running, "button", "Approve").click();
    vi.advanceTimersByTime(300);
    expect(document.activeElement).toBe(byRole(running, "alertdialog", "Permission request: Bash"));
    bench.patch(["request_done", "ask", "Approved"]);
    expect(document.activeElement).toBe(running);
  });

  // If it fails: the user is thrown to the top of the page when the turn's end is drawn first.
  test("returns to where it was, even if the view is replaced first", () => {
    running.focus();
    request();
    expect(onDialog()).toBe(true);
    for (const view of bench.views) bench.replace(view);
    expect(document.activeElement).toBe(running);
  });

  // If it fails: the focus jumps to a cell while the user works elsewhere.
  test("stays where the user has moved it", () => {
    running.focus();
    request();
    find("#search").focus();
    for (const view of bench.views) bench.replace(view);
    expect(document.activeElement).toBe(find("#search"));
  });

  // If it fails: after a click on Approve, Shift+Enter runs the same prompt again.
  test.each(["#next", "#next .cm-content", "#search", ".jp-Notebook"])(
    "returns to %s after a click, and the active cell is the one before",
    (selector) => {
      const next = find("#next");
      const activate = (cell: HTMLElement): void => {
        for (const each of [running, next]) each.classList.toggle("jp-mod-active", each === cell);
      };
      for (const cell of [running, next])
        cell.addEventListener("focusin", () => {
          activate(cell);
        });
      find(selector).focus();
      activate(next);
      request();
      const approve = byRole(running, "button", "Approve");
      approve.dispatchEvent(new Event("pointerdown", { bubbles: true }));
      activate(running); // what Lab does on mousedown
      running.focus();
      approve.focus();
      approve.dispatchEvent(new Event("pointerup", { bubbles: true }));
      approve.click();
      bench.patch(["request_done", "ask", "Approved"]);
      expect(next.classList.contains("jp-mod-active")).toBe(true);
      // If the notebook itself had the focus, the cell gets it.
      const back = selector === ".jp-Notebook" ? next : find(selector);
      expect(document.activeElement).toBe(back);
    },
  );

  // If it fails: the keyboard cannot answer several requests one after the other.
  test("goes on to the next request first", () => {
    running.focus();
    request();
    request("second");
    bench.patch(["request_done", "ask", "Denied"]);
    expect(onDialog()).toBe(true);
    bench.patch(["request_done", "second", "Denied"]);
    expect(document.activeElement).toBe(running);
  });

  // If it fails: an answer given elsewhere moves the focus away from the user's text.
  test("stays when it was elsewhere", () => {
    find("#search").focus();
    request();
    bench.patch(["request_done", "ask", "Approved"]);
    expect(document.activeElement).toBe(find("#search"));
  });
});
