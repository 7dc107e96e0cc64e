"""Permission requests in the running cell: on each kernel, in each front end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import FRONT_ENDS, FrontEnd, Notebook, deny, press, until
from tests.kernels.harness import VERSIONS

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

#: Those that differ least from another one; only `make test-all` runs them.
ALIKE = {("lab-no-subshells", "6.31.0"), ("lab-no-subshells", "7.3.0"), ("notebook", "6.31.0")}
COMBINATIONS = [
    pytest.param(
        *(front_end, version),
        id=f"{front_end}-{version}",
        marks=[pytest.mark.endurance] if (front_end, version) in ALIKE else [],
    )
    for front_end in FRONT_ENDS
    for version in VERSIONS
]


@pytest.mark.parametrize(("front_end", "version"), COMBINATIONS)
def test_approve_deny_and_reload(open_notebook: Open, front_end: FrontEnd, version: str) -> None:
    """Otherwise: on this kernel and front end a user's click arrives too late, or never."""
    notebook = open_notebook(
        ["%%claude\ntouch made", "order = 'queued cell'\norder", "%%claude\ntouch other",
         "%%claude\ntouch made"],
        version=version,
        front_end=front_end,
    )  # fmt: skip
    # Approve while the cell runs and another one is queued.
    notebook.run(1)
    notebook.run(2)
    expect(notebook.request(1)).to_contain_text("touch made.txt")
    assert not (notebook.folder / "made.txt").exists()
    expect(notebook.output(2)).not_to_contain_text("queued cell")
    press(notebook.button(1))
    notebook.done(1)
    notebook.done(2)
    expect(notebook.tool(1)).to_contain_text("done")
    expect(notebook.turn(1)).to_contain_text("That is done.")
    expect(notebook.output(2)).to_contain_text("queued cell")
    assert (notebook.folder / "made.txt").exists()

    # Deny.
    notebook.run(3)
    deny(notebook.button(3, "Deny"))
    notebook.done(3)
    expect(notebook.tool(3)).to_contain_text("denied")
    assert not (notebook.folder / "other.txt").exists()

    # Save and reload while a request waits: it is back, and its button works.
    (notebook.folder / "made.txt").unlink()
    notebook.run(4)
    expect(notebook.button(4)).to_be_enabled()
    notebook.save()
    notebook.reload()
    expect(notebook.request(4)).to_contain_text("touch made.txt")
    press(notebook.button(4))
    expect(notebook.turn(4)).to_contain_text("That is done.")
    assert (notebook.folder / "made.txt").exists()


def test_always_allow(open_notebook: Open) -> None:
    """Otherwise: "Always allow" is asked again the next time."""
    notebook = open_notebook(["%%claude\ntouch made"] * 2)
    notebook.run(1)
    press(notebook.button(1, "Always allow"))
    rule = re.compile(r"^Always allow the command “touch made\.txt”, in this project, for me")
    press(notebook.output(1).get_by_role("menuitem", name=rule))
    notebook.done(1)
    (notebook.folder / "made.txt").unlink()
    notebook.run(2)
    notebook.done(2)
    expect(notebook.tool(2)).to_contain_text("done")
    assert (notebook.folder / "made.txt").exists()
    rules = json.loads((notebook.folder / ".claude" / "settings.local.json").read_text())
    assert "Bash(touch made.txt)" in rules["permissions"]["allow"]


def test_keys(open_notebook: Open) -> None:
    """Otherwise: without a mouse, nobody can answer."""
    notebook = open_notebook(["%%claude\ntwo requests", "%%claude\ntouch other"])
    keys = notebook.page.keyboard
    notebook.run(1, stay=True)
    # The focus came from the running cell, to the dialog: no key answers by accident. From there
    # Tab goes through the buttons in their order.
    expect(notebook.request(1)).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(notebook.button(1)).to_be_focused()
    keys.press("Tab")
    expect(notebook.button(1, "Deny")).to_be_focused()
    keys.press("Tab")
    expect(notebook.button(1, "Edit")).to_be_focused()
    keys.press("Tab")
    expect(notebook.button(1, "Always allow")).to_be_focused()
    # The menu opens by key. What went down before it could be read answers nothing, and Escape
    # closes only the menu.
    expect(notebook.button(1, "Always allow")).to_be_enabled()
    keys.press("Enter")
    items = notebook.output(1).get_by_role("menu", name="Always allow").get_by_role("menuitem")
    expect(items.first).to_be_focused()
    keys.press("Enter")
    keys.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    keys.press("Enter")
    keys.press("Escape")
    expect(items).to_have_count(0)
    expect(notebook.button(1, "Always allow")).to_be_focused()
    for _ in range(3):
        keys.press("Shift+Tab")
    expect(notebook.button(1)).to_be_focused()
    expect(notebook.button(1)).to_be_enabled()
    assert not (notebook.folder / ".claude").exists()
    assert not (notebook.folder / "first.txt").exists()
    keys.press("Enter")
    # The next request has the focus again; Escape denies it, and the focus goes back.
    expect(notebook.request(1)).to_contain_text("touch second.txt")
    expect(notebook.request(1)).to_be_focused()
    expect(notebook.button(1)).to_be_enabled()
    keys.press("Escape")
    notebook.done(1)
    assert (notebook.folder / "first.txt").exists()
    assert not (notebook.folder / "second.txt").exists()
    expect(notebook.cell(1)).to_have_class(re.compile("jp-mod-active"))
    inside = "cell => cell.contains(document.activeElement)"
    until(lambda: notebook.cell(1).evaluate(inside), "the focus in the cell again")
    # In command mode as well: Shift+Enter on a cell selects the next one, and focus stays there.
    keys.press("Escape")
    keys.press("ArrowDown")
    keys.press("Control+Enter")
    expect(notebook.request(2)).to_be_focused()
    expect(notebook.button(2)).to_be_enabled()
    keys.press("Tab")
    keys.press("Enter")
    notebook.done(2)
    assert (notebook.folder / "other.txt").exists()


def test_a_click_leaves_the_active_cell(open_notebook: Open) -> None:
    """Otherwise: after a click on Approve, Shift+Enter runs the same prompt again."""
    notebook = open_notebook(
        ["%%claude\ntouch made", "a = 'second'\na", "%%claude\ntouch other", "b = 'last'\nb"]
    )
    active = re.compile("jp-mod-active")
    for index, name in ((1, "Approve"), (3, "Deny")):
        notebook.run(index)
        expect(notebook.cell(index + 1)).to_have_class(active)
        (press if name == "Approve" else deny)(notebook.button(index, name))
        notebook.done(index)
        expect(notebook.cell(index + 1)).to_have_class(active)
        expect(notebook.cell(index)).not_to_have_class(active)
        notebook.page.keyboard.press("Shift+Enter")
        notebook.done(index + 1)
        expect(notebook.cell(index + 1).locator(".jp-OutputArea-output")).to_be_visible()
    # Out of an editor it goes back there.
    notebook.run(1)
    notebook.editor(2).click()
    press(notebook.button(1, "Approve"))
    notebook.done(1)
    expect(notebook.editor(2)).to_be_focused()
    expect(notebook.cell(2)).to_have_class(active)


def test_saving_while_a_request_has_the_focus(open_notebook: Open) -> None:
    """Otherwise: Ctrl+S does nothing there, or a plain key deletes the cell."""
    notebook = open_notebook(["%%claude\ntouch made", "text = 1"])
    keys = notebook.page.keyboard
    notebook.run(1, stay=True)
    expect(notebook.request(1)).to_be_focused()
    keys.press("Tab")
    expect(notebook.button(1)).to_be_focused()
    before = notebook.cells.count()
    keys.press("d")
    keys.press("d")
    with notebook.saves():
        keys.press("Control+s")
    assert notebook.cells.count() == before
    expect(notebook.button(1)).to_be_focused()
    keys.press("Control+Enter")  # does not run the cell again
    expect(notebook.button(1)).to_be_enabled()
    keys.press("Enter")
    notebook.done(1)
    assert (notebook.folder / "made.txt").exists()
    expect(notebook.cell(1).locator(".jp-InputPrompt")).to_have_text("[2]:")


def test_a_long_command_can_be_read_to_its_end(open_notebook: Open) -> None:
    """Otherwise: what stands at a command's end is approved unread; or nothing fits."""
    notebook = open_notebook(["%%claude\nlong command"])
    notebook.run(1)
    dialog = notebook.request(1)
    expect(dialog).to_contain_text(re.compile(r"[78],\d{3} characters"))
    block = dialog.locator("pre")
    assert block.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
    assert block.evaluate("pre => pre.scrollHeight > pre.clientHeight")
    height = "button => button.getBoundingClientRect().height"
    assert notebook.button(1, re.compile("^Always allow")).first.evaluate(height) < 200
    # In a very narrow view the dialog scrolls sideways; its words stay words.
    dialog.evaluate("dialog => { dialog.closest('.jc-root').style.width = '60px' }")
    assert dialog.evaluate("dialog => dialog.scrollWidth > dialog.clientWidth")
    assert notebook.button(1, "Approve").evaluate(height) < 40
    deny(notebook.button(1, "Deny"))
    notebook.done(1)


def test_no_focus_from_somewhere_that_the_user_types(open_notebook: Open) -> None:
    """Otherwise: whoever types in another cell approves a command with the next Enter."""
    notebook = open_notebook(["%%claude\ntouch made", "text = 1"])
    notebook.run(1)
    notebook.editor(2).click()
    notebook.page.keyboard.type("a")
    expect(notebook.button(1)).to_be_visible()
    notebook.page.keyboard.type("bc\n")
    expect(notebook.editor(2)).to_contain_text("abc")
    expect(notebook.editor(2)).to_be_focused()
    expect(notebook.button(1)).to_be_enabled()
    assert not (notebook.folder / "made.txt").exists()
    deny(notebook.button(1, "Deny"))
    notebook.done(1)


def test_question(open_notebook: Open) -> None:
    """Otherwise: Claude's question cannot be answered, or gets another answer than was chosen."""
    notebook = open_notebook(["%%claude --as asked\nask me", "print(asked.tools[0].output)"])
    notebook.run(1, stay=True)
    dialog = notebook.request(1, "Question from Claude")
    expect(dialog).to_be_focused()
    keys = notebook.page.keyboard
    keys.press("Tab")
    expect(dialog.get_by_role("radio", name="Blue")).to_be_focused()
    keys.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Green")).to_be_checked()
    dialog.get_by_role("checkbox", name="Apple").check()
    dialog.get_by_role("checkbox", name="Plum").check()
    press(dialog.get_by_role("button", name="Submit"))
    expect(dialog.get_by_text("Choose an answer, or write your own under Other.")).to_be_visible()
    town = dialog.get_by_role("group", name=re.compile("Which town"))
    town.get_by_role("textbox").fill("Lima")
    expect(town.get_by_role("radio", name="Other")).to_be_checked()
    press(dialog.get_by_role("button", name="Submit"))
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("Thanks.")
    notebook.run(2)
    for answer in ("Green", "Apple, Plum", "Lima"):
        expect(notebook.output(2)).to_contain_text(answer)
    # The card keeps the questions and what was chosen.
    card = notebook.tool(1, "AskUserQuestion")
    expect(card.locator("summary")).to_contain_text("Which colour? Green; Which fruits?")
    expect(card.locator("pre")).to_contain_text("Which town?\n→ Lima")


def test_a_file_shows_as_the_diff_that_it_will_be(open_notebook: Open) -> None:
    """Otherwise: a user approves a file without having seen it."""
    notebook = open_notebook(["%%claude\nwrite a file"])
    notebook.run(1)
    dialog = notebook.request(1, "Permission request: Write")
    expect(dialog).to_contain_text("notes.txt")
    expect(dialog).to_contain_text("+two <b>")
    press(dialog.get_by_role("button", name="Approve"))
    notebook.done(1)
    assert (notebook.folder / "notes.txt").read_text() == "one\ntwo <b>\n"
    expect(notebook.tool(1, "Write")).to_contain_text("done")


def test_hidden_characters_are_marked(open_notebook: Open) -> None:
    """Otherwise: a command reads as another one than the one that runs."""
    notebook = open_notebook(["%%claude\nhidden marks"])
    notebook.run(1)
    expect(notebook.request(1)).to_contain_text("touch a⟨U+202E⟩b⟨U+200B⟩c.txt")
    deny(notebook.button(1, "Deny"))
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("Text ⟨U+202E⟩turned.")
    expect(notebook.tool(1)).to_contain_text("touch a⟨U+202E⟩b⟨U+200B⟩c.txt")


def test_a_request_of_plain_python(open_notebook: Open) -> None:
    """Otherwise: `await claude.ask(…)` in a cell of one's own waits for ever, with no buttons."""
    notebook = open_notebook(["turn = await claude.ask('touch made')\nprint('said:', turn.text)"])
    notebook.run(1)
    press(notebook.button(1))
    notebook.done(1)
    expect(notebook.output(1)).to_contain_text("That is **done**.")
    assert (notebook.folder / "made.txt").exists()
