"""Claude Code starts when somebody begins to write, in a cell or in the panel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import expect

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.cli]

#: Ends once Claude Code runs.
RUNS = """\
import asyncio
while not claude.client.connected:
    await asyncio.sleep(0.01)
print(len(claude.history), "turns")"""
NOT_YET = "print(claude.client.connected)\nawait claude.new()"


def test_writing_starts_it(open_notebook: Callable[..., Notebook], model: ScriptedModel) -> None:
    """Otherwise the first answer takes half a second more, or Claude is asked half a question."""
    notebook = open_notebook(
        ["%%claude\n", "x = 1", NOT_YET, RUNS, NOT_YET, "claude.panel()", RUNS]
    )
    before = len(model.requests)
    keyboard = notebook.page.keyboard

    # Neither looking at a prompt nor writing code starts it.
    notebook.editor(2).click()
    keyboard.type("2")
    notebook.run(3)
    notebook.done(3)
    expect(notebook.output(3)).to_have_text("False")
    notebook.editor(1).click()
    keyboard.press("Control+End")
    keyboard.type("What is")
    notebook.run(4)
    notebook.done(4)
    expect(notebook.output(4)).to_have_text("0 turns")

    # A new conversation needs a new process.
    notebook.run(5)
    notebook.done(5)
    expect(notebook.output(5)).to_have_text("True")
    notebook.run(6)
    notebook.done(6)
    text = notebook.output(6).get_by_role("textbox", name="Message Claude", exact=True)
    text.click()
    keyboard.type("W")
    notebook.run(7)
    notebook.done(7)
    expect(notebook.output(7)).to_have_text("0 turns")
    assert len(model.requests) == before
