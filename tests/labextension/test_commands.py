"""Commands in JupyterLab and Notebook 7: palette, menu, shortcuts, and buttons on failed cells."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, Server

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

KEYS = ("keys", "macKeys", "winKeys", "linuxKeys")
FAILING = "def half(x):\n    return x / 0\nhalf(4)"
DISGUISED = (
    "from IPython.display import HTML\n"
    "HTML('<button data-commandlinker-command=\"jupyter-claude:approve\">Show the plot</button>')"
)
TALL = "from IPython.display import HTML\nHTML('<div style=\"height: 300vh\"></div>')"
OWN_ERROR = "import jupyter_claude\nraise jupyter_claude.ClaudeError('No.')"


def panel(notebook: Notebook) -> Locator:
    """Return the chat in the side bar."""
    return notebook.page.locator("#jupyter-claude-panel").get_by_role("region", name="Claude chat")


def turn(notebook: Notebook, number: int) -> Locator:
    """Return a turn in the panel."""
    return panel(notebook).get_by_role("article", name=f"Claude turn {number}", exact=True)


def error_buttons(notebook: Notebook, index: int) -> Locator:
    """Return the buttons below a cell's error."""
    group = notebook.output(index).get_by_role("group", name="Ask Claude about this error")
    return group.get_by_role("button")


def chord(notebook: Notebook, key: str) -> None:
    """Press Ctrl+K and a key."""
    notebook.page.keyboard.press("Control+k")
    notebook.page.keyboard.press(key)


def test_the_shortcuts_are_free() -> None:
    """Otherwise a key that users know does something else, in JupyterLab or in Notebook 7."""
    ours, others = [], []
    shared = Path(sys.prefix) / "share" / "jupyter"
    for schema in (shared / "lab" / "schemas").rglob("*.json"):
        contents = json.loads(schema.read_text("utf-8"))
        for shortcut in contents.get("jupyter.lab.shortcuts", []):
            others += [shortcut[keys] for keys in KEYS if keys in shortcut]
    own = shared / "labextensions" / "jupyter-claude" / "schemas" / "jupyter-claude"
    commands: dict[tuple[str, ...], set[str]] = {}
    for shortcut in json.loads((own / "commands.json").read_text("utf-8"))["jupyter.lab.shortcuts"]:
        ours.append(shortcut["keys"])
        # In a notebook, and in the panel.
        commands.setdefault(tuple(shortcut["keys"]), set()).add(shortcut["command"])
    assert len(others) > 100
    assert len(commands) == 10
    assert all(len(names) == 1 for names in commands.values())
    firsts = {keys[0] for keys in others if keys}
    assert not [keys for keys in ours if keys in others or keys[0] in firsts]


def test_an_error_is_brought_to_claude(open_notebook: Open, server: Server) -> None:
    """Otherwise users copy tracebacks by hand, or have buttons where nothing is to be explained."""
    notebook = open_notebook([FAILING, "x = 1"], load=False)
    page = notebook.page
    notebook.run(0, stay=True)
    expect(error_buttons(notebook, 0)).to_have_text(["Explain error", "Fix error"])

    # The button loads the extension, asks, and shows where the answer comes.
    error_buttons(notebook, 0).last.click()
    expect(turn(notebook, 1)).to_contain_text("Fix the error of In [1] (cell 1 of 2 in test.ipynb)")
    expect(turn(notebook, 1)).to_contain_text("Dividing by zero cannot work.")
    expect(turn(notebook, 1).locator("pre", has_text="return x / 2")).to_be_visible()
    turn(notebook, 1).get_by_role("button", name="Show all").click()
    expect(turn(notebook, 1)).to_contain_text("return x / 0")
    expect(turn(notebook, 1)).to_contain_text("ZeroDivisionError: division by zero")

    # The fix is shown at the cell, by itself.
    suggestion = notebook.panel.get_by_role("region", name="Suggested replacement")
    suggestion.get_by_role("button", name="Reject", exact=True).click()
    expect(suggestion).to_have_count(0)

    # By the palette, about the active cell.
    notebook.editor(0).click()
    page.keyboard.press("Control+Shift+c")
    page.keyboard.type("explain error claude")
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text("Explain This")
    page.keyboard.press("Enter")
    expect(turn(notebook, 2)).to_contain_text("Nothing can be divided by zero.")

    # They go with the error, and come with the next one, but for one clear line of our own.
    for source, count in (("half = 2", 0), (FAILING, 2), (OWN_ERROR, 0), (FAILING, 2)):
        notebook.editor(0).fill(source)
        notebook.run(0, stay=True)
        expect(error_buttons(notebook, 0)).to_have_count(count)
        notebook.done(0)
    notebook.save()
    notebook.reload()
    expect(error_buttons(notebook, 0)).to_have_count(2)

    server.set("jupyter-claude:commands", {"errorButtons": False})
    try:
        notebook.reload()
        expect(notebook.output(0)).to_contain_text("ZeroDivisionError")
        notebook.wait_until_ready()  # JupyterLab runs no cell before it has the kernel
        notebook.run(1)
        notebook.done(1)
        expect(error_buttons(notebook, 0)).to_have_count(0)
    finally:
        server.set("jupyter-claude:commands", {})


def test_the_session_is_steered_from_the_notebook(open_notebook: Open) -> None:
    """Otherwise an approval, a stop or a question wants the mouse, and the right cell in view."""
    notebook = open_notebook(
        ["%%claude\ntouch made.txt", "%%claude\ntouch other.txt", "%%claude\nnever ends", "x = 1"]
    )
    page = notebook.page
    notebook.run(1)
    expect(notebook.request(1)).to_be_visible()
    notebook.editor(4).click()
    # A command presses the request's button, so it waits for what that waits for.
    expect(notebook.button(1)).to_be_enabled()
    chord(notebook, "y")
    expect(notebook.turn(1)).to_contain_text("That is done.")
    assert (notebook.folder / "made.txt").exists()

    notebook.run(2)
    expect(notebook.button(2)).to_be_enabled()
    notebook.menu("Run", "Claude", "Deny Claude's Request: Bash")
    notebook.done(2)
    assert not (notebook.folder / "other.txt").exists()

    notebook.run(3)
    expect(notebook.turn(3)).to_contain_text("I begin.")
    notebook.editor(4).click()
    chord(notebook, "s")
    expect(notebook.output(3)).to_contain_text("TurnInterrupted")

    # A question about a cell is written in the panel; the cell goes along.
    notebook.run(4, stay=True)
    notebook.done(4)
    chord(notebook, "a")
    message = panel(notebook).get_by_role("textbox", name="Message Claude")
    expect(message).to_be_focused()
    expect(message).to_have_value(
        re.compile(r"^\n\nThis is about In \[\d+\] \(cell 5 of 5 in test.ipynb\)")
    )
    page.keyboard.type("Say hello.")
    expect(message).to_have_value(re.compile(r"^Say hello.\n\nThis is about"))
    page.keyboard.press("Enter")
    expect(turn(notebook, 4)).to_contain_text("Hi there.")

    notebook.editor(4).click()
    chord(notebook, "h")
    expect(panel(notebook).get_by_role("slider", name="Conversation history")).to_be_visible()
    notebook.menu("Run", "Claude", "New Conversation with Claude")
    expect(turn(notebook, 4)).to_have_count(0)


def test_nothing_is_approved_unseen(open_notebook: Open) -> None:
    """Otherwise a button in a stranger's notebook approves, or a key what nobody has read."""
    notebook = open_notebook([DISGUISED, "%%claude\ntouch made.txt", TALL, "x = 1"])
    page = notebook.page
    made = notebook.folder / "made.txt"
    notebook.run(1)
    notebook.done(1)
    notebook.run(3)
    notebook.done(3)
    notebook.run(2)
    expect(notebook.request(2)).to_be_visible()
    notebook.output(1).get_by_role("button", name="Show the plot").click()
    expect(page.get_by_text("A button in a document cannot control Claude")).to_be_visible()
    expect(notebook.request(2)).to_be_visible()

    notebook.editor(4).click()
    expect(notebook.request(2)).not_to_be_in_viewport()
    chord(notebook, "y")
    expect(page.locator("[role=alertdialog][data-request]:focus")).to_be_in_viewport()
    assert not made.exists()
    # The command presses the button, so it counts when the button does.
    expect(notebook.button(2)).to_be_enabled()
    notebook.menu("Run", "Claude", "Approve Claude's Request: Bash")
    notebook.done(2)
    assert made.exists()


def test_notebook_7_has_the_commands(open_notebook: Open) -> None:
    """Otherwise they work in JupyterLab alone, or a new cell's magic is not known to the kernel."""
    notebook = open_notebook([FAILING, "x = 1"], front_end="notebook", load=False)
    notebook.editor(0).click()
    chord(notebook, "c")
    expect(notebook.editor(1)).to_be_focused()
    notebook.page.keyboard.type("hello")
    expect(notebook.cells).to_have_count(3)
    expect(notebook.editor(1).locator(".cm-line")).to_have_text(["%%claude", "hello"])
    notebook.run(1)
    expect(notebook.turn(1)).to_contain_text("Hi there.")

    notebook.run(0, stay=True)
    expect(error_buttons(notebook, 0)).to_have_count(2)
    notebook.menu("Run", "Claude", "Fix This Error with Claude")
    expect(turn(notebook, 2)).to_contain_text("Dividing by zero cannot work.")
