"""No accidental answers: what a user presses for something else answers no request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import TWO_FRAMES, Notebook, deny, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

MOVED_AND_PRESSED = """button => {
    const spacer = document.createElement("div");
    spacer.style.height = "60px";
    button.closest(".jc-request").before(spacer);
    button.click();
    return button.getAttribute("aria-disabled");
}"""


def centre(button: Locator) -> tuple[float, float]:
    """Return the middle of a button that can be pressed."""
    button.scroll_into_view_if_needed()
    button.evaluate(TWO_FRAMES)
    expect(button).to_be_enabled()
    box = button.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


#: Presses Approve of each request that comes, at once and a third of a second later, as the second
#: click of a user does who is quick.
QUICK = """root => {
    window.pressed = 0;
    const dialogs = () => [...root.querySelectorAll("[role=alertdialog]")];
    const pressed = new Set(dialogs().map(dialog => dialog.dataset.request));
    new MutationObserver(() => {
        for (const dialog of dialogs()) {
            if (pressed.has(dialog.dataset.request)) continue;
            pressed.add(dialog.dataset.request);
            const press = () => { dialog.querySelector("button").click(); window.pressed++; };
            press();
            setTimeout(press, 350);
        }
    }).observe(root, { childList: true, subtree: true });
}"""


def test_scrolling_with_space_answers_nothing(open_notebook: Open) -> None:
    """Otherwise: whoever scrolls while a cell runs approves what it asks for, unread."""
    notebook = open_notebook(["%%claude\ntouch made", "text = 1"])
    keys = notebook.page.keyboard
    notebook.run(1, stay=True)
    dialog = notebook.request(1)
    expect(dialog).to_be_focused()
    for key in ("Space", "Enter", "Space"):
        keys.press(key)
    expect(notebook.button(1)).to_be_enabled()
    # Also when it could be answered: the dialog has the focus, not its button.
    for key in ("Enter", "Space"):
        keys.press(key)
    expect(notebook.button(1)).to_be_enabled()
    assert not (notebook.folder / "made.txt").exists()
    deny(notebook.button(1, "Deny"))
    notebook.done(1)
    expect(notebook.tool(1)).to_contain_text("denied")


def test_what_moves_takes_no_answer(open_notebook: Open) -> None:
    """Otherwise: a request that slides under the pointer is answered instead of what was there."""
    notebook = open_notebook(["%%claude\ntouch made"])
    notebook.run(1)
    expect(notebook.button(1)).to_be_enabled()
    assert notebook.button(1).evaluate(MOVED_AND_PRESSED) == "true"
    expect(notebook.button(1)).to_be_enabled()
    assert not (notebook.folder / "made.txt").exists()
    press(notebook.button(1))
    notebook.done(1)
    assert (notebook.folder / "made.txt").exists()


def test_a_quick_second_click_answers_nothing(open_notebook: Open) -> None:
    """Otherwise: a second click on Approve runs the next command, which nobody has read."""
    notebook = open_notebook(["%%claude\ntwo requests"])
    notebook.run(1)
    notebook.request(1)
    expect(notebook.button(1)).to_be_enabled()
    notebook.cell(1).evaluate(QUICK)
    press(notebook.button(1))
    expect(notebook.request(1)).to_contain_text("touch second.txt")
    notebook.page.wait_for_function("window.pressed == 2")
    expect(notebook.button(1)).to_be_enabled()
    assert not (notebook.folder / "second.txt").exists()
    deny(notebook.button(1, "Deny"))
    notebook.done(1)
    assert (notebook.folder / "first.txt").exists()
    assert not (notebook.folder / "second.txt").exists()


#: By how much a request has moved at the moment in which another one is replaced by its outcome.
MOVED_WHEN_SETTLED = """(request) => {
  const { top } = request.getBoundingClientRect();
  const root = request.getRootNode();
  const moved = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (root.querySelector(".jc-settled") === null) return;
      observer.disconnect();
      resolve(request.isConnected ? request.getBoundingClientRect().top - top : NaN);
    }).observe(root, { childList: true, subtree: true });
  });
  return { get pixels() { return moved; } };
}"""


#: A request's height with the shortest and with the longest text of its state line.
HEIGHTS = """(request) => {
  const line = request.querySelector(".jc-request-state");
  const said = line.firstElementChild;
  const present = said.textContent;
  const heights = ["x", line.dataset.room].map((text) => {
    said.textContent = text;
    return request.getBoundingClientRect().height;
  });
  said.textContent = present;
  return heights;
}"""


@pytest.mark.parametrize("width", [0, 320, 900])
def test_an_answered_request_keeps_its_place(open_notebook: Open, width: int) -> None:
    """Otherwise: the next request moves under the pointer, and a second click answers it."""
    notebook = open_notebook(["%claude panel", "%%claude\ntwo at once"])
    root = notebook.output(2)
    if width:
        notebook.run(1)
        notebook.done(1)
        root = notebook.output(1).get_by_role("region", name="Claude chat")
        root.evaluate("(panel, width) => { panel.style.width = `${width}px` }", width)
    notebook.run(2)
    requests = root.get_by_role("alertdialog", name="Permission request: Read")
    expect(requests).to_have_count(2)
    expect(requests.nth(0)).to_contain_text("1 of 2")
    expect(requests.nth(1)).to_contain_text("2 of 2")
    root.evaluate("node => node.scrollIntoView({ block: 'end' })")
    # Also while the answer is on its way, however long that takes.
    shortest, longest = requests.nth(0).evaluate(HEIGHTS)
    assert shortest == longest
    first = requests.nth(0).get_by_role("button", name="Approve")
    spot = centre(first)
    moved = requests.nth(1).evaluate_handle(MOVED_WHEN_SETTLED)
    notebook.page.mouse.click(*spot)
    expect(requests).to_have_count(1)
    expect(requests).to_contain_text("2 of 2")
    expect(root.locator(".jc-settled")).to_contain_text("Approved")
    # Later it may move: the turn above it grows. Then it takes no answer for a while.
    assert moved.evaluate("moved => moved.pixels") == 0
    notebook.page.mouse.click(*spot)
    deny(requests.get_by_role("button", name="Deny"))
    notebook.done(2)
    expect(notebook.turn(2).get_by_role("group", name="Tool: Read").nth(1)).to_contain_text(
        "denied"
    )


def test_all_are_approved_only_when_all_were_seen(open_notebook: Open) -> None:
    """Otherwise: one press approves a request that was never on screen."""
    notebook = open_notebook(["%%claude\ntwo at once"])
    # The second one is far below the first one, from the beginning.
    below = "[role=alertdialog] ~ [role=alertdialog] { margin-block: 2000px 1000px !important }"
    notebook.page.add_style_tag(content=below)
    notebook.run(1)
    root = notebook.output(1)
    requests = root.get_by_role("alertdialog", name="Permission request: Read")
    expect(requests).to_have_count(2)
    every = root.get_by_role("button", name="Approve all of these (2)")
    requests.nth(0).scroll_into_view_if_needed()
    expect(requests.nth(0).get_by_role("button", name="Approve")).to_be_enabled()
    every.evaluate("button => button.click()")
    expect(every).to_be_disabled()
    requests.nth(1).scroll_into_view_if_needed()
    press(every)
    notebook.done(1)
    run = notebook.turn(1).get_by_role("group").filter(has_text="Read 2 files")
    expect(run).to_contain_text("done")
    run.click()
    cards = run.get_by_role("group", name="Tool: Read")
    expect(cards).to_have_count(2)
    for card in cards.all():
        expect(card).to_contain_text("done")
