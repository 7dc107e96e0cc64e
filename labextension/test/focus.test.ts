import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Bench, byRole, permission, press } from "./fixtures";

let bench: Bench;
let running: HTMLElement;

/** A notebook with the running cell and another one; Lab's classes, its focusable nodes. */
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
/** Whether a dialog has the focus, and none of its buttons: the next key answers nothing. */
const onDialog = (): boolean => document.activeElement?.getAttribute("role") === "alertdialog";

describe("a new request takes the focus", () => {
  // If it fails: answering by keyboard takes a walk through the page.
  test("when nothing has it", () => {
    request();
    expect(onDialog()).toBe(true);
  });

  // If it fails: after Ctrl+Enter, Enter does not answer.
  test.each(["#running", "#running .cm-content"])("from %s", (selector) => {
    find(selector).focus();
    request();
    expect(onDialog()).toBe(true);
  });

  // If it fails: with the notebook itself in focus the request is out of reach.
  test("from the notebook, when the running cell is the active one", () => {
    find(".jp-Notebook").focus();
    running.classList.add("jp-mod-active");
    request();
    expect(onDialog()).toBe(true);
  });
});

describe("a new request leaves the focus", () => {
  // If it fails: Shift+Enter's next cell loses its place to the request of the cell before.
  test("where it is on its way to another cell", () => {
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

  // If it fails: the same, for who writes the next prompt in the running cell.
  test("in the running cell's editor while the user types there", () => {
    find("#running .cm-content").focus();
    press("x");
    request();
    expect(document.activeElement).toBe(find("#running .cm-content"));
    vi.advanceTimersByTime(5_000);
    request("later");
    expect(onDialog()).toBe(true);
  });

  // If it fails: a second request snatches the focus while the user decides on the first.
  test("on the request that has it", () => {
    request();
    byRole(running, "button", "Deny").focus();
    request("second");
    expect(document.activeElement).toBe(byRole(running, "button", "Deny"));
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
  test("returns to where it was, when the whole view is replaced before", () => {
    running.focus();
    request();
    expect(onDialog()).toBe(true);
    for (const view of bench.views) bench.replace(view);
    expect(document.activeElement).toBe(running);
  });

  // If it fails: the focus jumps to a cell while the user works elsewhere.
  test("stays where the user has put it meanwhile", () => {
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
      // Of the notebook as a whole it is the cell that has the focus.
      const back = selector === ".jp-Notebook" ? next : find(selector);
      expect(document.activeElement).toBe(back);
    },
  );

  // If it fails: several requests at once can't be answered one after the other by keyboard.
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
  test("stays when it was not here", () => {
    find("#search").focus();
    request();
    bench.patch(["request_done", "ask", "Approved"]);
    expect(document.activeElement).toBe(find("#search"));
  });
});
