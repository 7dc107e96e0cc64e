"""What a newcomer does first: a prompt before Claude is loaded, on the first line; and waiting."""

from __future__ import annotations

import re
from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.lab import TWO_FRAMES, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]


def mailed(source: str, *, hidden: bool = False) -> nbformat.NotebookNode:
    """Return a cell as a stranger's file has it: with an output that the file alone says."""
    said = "UsageError: Cell magic `%%claude` not found. (Saved)\n"
    return nbformat.v4.new_code_cell(
        source,
        metadata={"jupyter": {"source_hidden": hidden}},
        outputs=[nbformat.v4.new_output("stream", name="stderr", text=said)],
    )


def test_first_steps(open_notebook: Open) -> None:
    """Otherwise the first cell is a dead end, and a rate limit is a minute of silence.

    Or a button that speaks of Claude runs code that the user has not read.
    """
    notebook = open_notebook(
        [
            "%%claude What is in this folder?",
            "%claude status",
            "%%claude The rate limit",
            "open('ran', 'a').close()\n%claude status",
            mailed("%%claude Hello", hidden=True),
            mailed("open('ran', 'a').close()", hidden=True),
            mailed("%%claude Hello"),
        ],
        load=False,
    )
    offers = notebook.panel.get_by_role("group", name="Load Claude", exact=True)

    # The cell is coloured as Claude's already, but nothing has loaded it.
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text("Cell magic `%%claude` not found")
    notebook.run(1)
    offer = notebook.output(1).get_by_role("group", name="Load Claude", exact=True)
    expect(offer).to_contain_text("Claude is not loaded in this kernel.")

    # Nothing that is hidden, that is more than a prompt or that never ran here has the button.
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("magic function `%claude` not found")
    notebook.page.keyboard.press("Shift+Enter")  # the next cell is the active one
    expect(notebook.output(4)).to_have_text(re.compile(r"%%claude` not found\.\s*$"))
    notebook.page.evaluate(TWO_FRAMES)
    expect(offers).to_have_count(2)
    notebook.output(0).get_by_role("button", name="Load Claude and run again").click()
    expect(notebook.turn(0)).to_contain_text("You said: What is in this folder?")
    expect(notebook.button(0, "Load Claude and run again")).to_have_count(0)
    offer.get_by_role("button", name="Run again", exact=True).click()
    expect(notebook.output(1).get_by_role("row", name="Claude Code running")).to_be_visible()
    expect(offer).to_have_count(0)

    # A rate limit counts down; the other model answers in the same cell.
    notebook.run(2)
    waiting = notebook.output(2)
    expect(waiting).to_contain_text(
        re.compile(r"Rate limit reached \(429\); trying again in \d+ s")
    )
    expect(waiting).to_contain_text("trying again in 1 s")
    expect(notebook.button(2, "Stop")).to_be_visible()
    another = notebook.button(2, "Another model…")
    another.focus()
    notebook.page.keyboard.press("Enter")
    expect(notebook.output(2).get_by_role("group", name="Ask another model")).to_be_visible()
    haiku = notebook.button(2, "Haiku")
    haiku.focus()
    notebook.page.keyboard.press("Enter")
    expect(notebook.output(2)).to_contain_text("Haiku was asked: The rate limit")
    notebook.done(2)
    expect(notebook.output(2)).to_contain_text("Stopped; asking Haiku instead")
