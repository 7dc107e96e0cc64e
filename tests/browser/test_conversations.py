"""Conversations and the actions of turns in the panel, in a real JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, until
from tests.browser.test_panel import AXE, Panel

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

CELLS = [
    "claude.settings.permission_mode = 'acceptEdits'\n"
    "claude.settings.allowed_tools = ['Bash(echo:*)']",
    "claude.panel()",
    "%%claude\ndraft one",
    "%%claude\ndraft two",
    "%%claude\nthe word is plum",
    "claude.session_id",
]
PANEL, ONE, TWO, PLUM, ID = range(2, 7)


class Conversations:
    """The list in a panel, by roles and names."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.opener = panel.button("Conversations")
        self.list = panel.region.get_by_role("dialog", name="Conversations", exact=True)
        self.search = self.list.get_by_role("searchbox", name="Search conversations")
        self.rows = self.list.get_by_role("list", name=re.compile("^This ")).get_by_role("listitem")

    def open(self) -> None:
        """Open the list."""
        self.opener.click()
        expect(self.search).to_be_focused()

    def row(self, title: str) -> Locator:
        """Return the row with a title."""
        return self.rows.filter(has_text=title)


def action(panel: Panel, turn: int, name: str) -> Locator:
    """Return a button of a turn."""
    tools = panel.region.get_by_role("toolbar", name=f"Actions for turn {turn}", exact=True)
    return tools.get_by_role("button", name=name, exact=True)


def test_find_rename_delete_and_resume(open_notebook: Open) -> None:
    """Else an earlier conversation cannot be found, or a deleted one is lost for good."""
    notebook = open_notebook(CELLS)
    for cell in (1, PANEL, PLUM):
        notebook.run(cell)
        notebook.done(cell)
    panel, keys = Panel(notebook), notebook.page.keyboard
    panel.button("New conversation").click()
    expect(panel.articles).to_have_count(0)
    # The cell says that its turn does not count any more, and knows the way back.
    expect(notebook.turn(PLUM)).to_contain_text("From an earlier conversation")
    panel.ask("hello")
    expect(panel.turn(1)).to_contain_text("$")

    chats = Conversations(panel)
    chats.open()
    expect(chats.rows).to_have_count(2)
    expect(chats.row("hello")).to_contain_text("open")
    expect(chats.row("plum")).to_contain_text(re.compile(r"1 turn · \$0\.\d+"))
    notebook.page.add_script_tag(path=AXE)
    assert panel.axe() == []
    chats.search.fill("PLUM")
    expect(chats.rows).to_have_count(1)
    chats.search.fill("no such words")
    expect(chats.list).to_contain_text("No conversation has “no such words”.")
    chats.search.fill("")
    expect(chats.rows).to_have_count(2)

    # By keys: down to the row, to its buttons, and Escape back to where it was opened.
    chats.search.focus()
    for key in ("ArrowDown", "ArrowDown"):
        keys.press(key)
    expect(chats.row("plum").get_by_role("button").first).to_be_focused()
    keys.press("Tab")
    expect(chats.list.get_by_role("button", name="Rename the word is plum")).to_be_focused()
    keys.press("Enter")
    expect(chats.list.get_by_role("textbox", name="New title")).to_be_focused()
    keys.type("Fruit")
    keys.press("Enter")
    expect(chats.row("Fruit")).to_have_count(1)
    keys.press("Escape")
    expect(chats.opener).to_be_focused()
    expect(chats.list).to_have_count(0)

    chats.open()
    chats.list.get_by_role("button", name="Delete hello").focus()
    keys.press("Enter")
    expect(chats.list.get_by_role("alert")).to_contain_text("is open in this notebook")
    chats.row("Fruit").hover()
    chats.list.get_by_role("button", name="Delete Fruit").click()
    expect(chats.row("Fruit")).to_have_count(0)
    notebook.save()
    notebook.reload()
    chats.open()
    expect(chats.rows).to_have_count(1)
    chats.list.get_by_role("button", name="Undo: delete Fruit").click()
    expect(chats.row("Fruit")).to_have_count(1)

    chats.row("Fruit").get_by_role("button").first.click()
    expect(panel.turn(1)).to_contain_text("plum")
    expect(panel.text).to_be_focused()
    expect(panel.region).to_contain_text("Fruit")
    expect(notebook.turn(PLUM)).not_to_contain_text("From an earlier conversation")
    panel.ask("which word was it?")
    expect(panel.turn(2)).to_contain_text("$")


def test_edit_retry_and_go_back(open_notebook: Open, model: ScriptedModel) -> None:
    """Else a prompt that is asked in better words costs the user's files, or is asked twice."""
    notebook = open_notebook(CELLS)
    notes = notebook.folder / "notes.txt"
    for cell in (1, PANEL, ONE, TWO, PLUM):
        notebook.run(cell)
        notebook.done(cell)
    panel, keys = Panel(notebook), notebook.page.keyboard
    expect(panel.turn(3)).to_contain_text("$")

    # The last turn changed no file: it is asked again at once.
    action(panel, 3, "Retry").click()
    expect(notebook.turn(PLUM)).to_contain_text("A rewind took this turn back")
    expect(panel.turn(3)).to_contain_text("$")
    expect(panel.articles).to_have_count(3)
    expect(panel.text).to_have_value("")

    # An edited prompt: first the files that would change, and nothing happens before it is sent.
    panel.text.fill("my own draft")
    panel.turn(2).hover()
    action(panel, 2, "Edit and resend").click()
    expect(panel.text).to_have_value("draft two")
    expect(panel.region).to_contain_text("Editing turn 2: sending removes turns 2 to 3.")
    preview = panel.region.get_by_role("region", name="Rewind preview", exact=True)
    expect(preview).to_contain_text("notes.txt")
    notebook.page.add_script_tag(path=AXE)
    assert panel.axe() == []
    panel.shot("edit")
    keys.press("Escape")
    expect(panel.text).to_have_value("my own draft")
    expect(preview).to_be_hidden()
    action(panel, 2, "Edit and resend").focus()
    keys.press("Enter")
    expect(preview).to_contain_text("notes.txt")
    panel.text.fill("hello instead")
    notes.write_text("mine\n")
    keys.press("Enter")
    expect(panel.region).to_contain_text("The result has changed")
    assert notes.read_text() == "mine\n"
    notes.write_text("two\ntwo\n")
    keys.press("Enter")
    expect(panel.region).to_contain_text("The result has changed")
    expect(preview).not_to_contain_text("changed by you")
    keys.press("Enter")
    expect(panel.turn(2)).to_contain_text("hello instead")
    expect(panel.turn(2)).to_contain_text("$")
    expect(panel.articles).to_have_count(2)
    expect(panel.text).to_have_value("my own draft")
    assert notes.read_text() == "one\n"
    assert "draft two" not in str(model.requests[-1]["messages"])

    # The way back, from the cell of a turn that left.
    notebook.turn(TWO).get_by_role("button", name="Undo rewind").click()
    expect(panel.articles).to_have_count(3)
    expect(notebook.turn(TWO)).not_to_contain_text("took this turn back")
    until(lambda: notes.read_text() == "two\ntwo\n", "the undo")
    expect(panel.text).to_have_value("my own draft")

    # Back to a turn's end: the history shows it, and does nothing by itself.
    panel.turn(1).hover()
    action(panel, 1, "Back to here").click()
    slider = panel.region.get_by_role("slider", name="Conversation history", exact=True)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^After turn 1 of 3"))
    expect(panel.region.get_by_role("region", name="Rewind preview")).to_be_focused()
    keys.press("Escape")
    expect(slider).to_have_count(0)

    # A copy also without the clipboard's permission.
    notebook.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }"
    )
    panel.text.fill("")
    action(panel, 2, "Copy").focus()
    keys.press("Enter")
    expect(action(panel, 2, "Copy")).to_have_class(re.compile("jc-copied"))
    notebook.page.evaluate("() => { delete navigator.clipboard.writeText }")
    panel.text.focus()
    keys.press("ControlOrMeta+v")
    expect(panel.text).to_have_value(re.compile("Redrafted"))
    panel.text.fill("")
