"""What an answer holds besides words: code to copy, images of tools, a subagent's work."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook, press
from tests.browser.script import CODE

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAA"
    "AABJRU5ErkJggg=="
)


def test_what_an_answer_holds(open_notebook: Open) -> None:
    """Otherwise: code must be selected by hand, a chart that Claude reads stays unseen.

    A subagent's words would pass for Claude's own, and all that would be gone in a saved notebook.
    """
    notebook = open_notebook(["%%claude\ndelegate"])
    (notebook.folder / "chart.png").write_bytes(PNG)
    page, turn = notebook.page, notebook.turn(1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(1)
    expect(notebook.button(1)).to_be_visible()

    agent = notebook.tool(1, "Agent")
    expect(agent).to_contain_text("1 tool call")
    expect(agent.get_by_role("group", name="Tool: Read")).to_be_hidden()
    agent.locator("summary").first.click()
    expect(agent.get_by_role("group", name="Tool: Read")).to_contain_text("done")
    expect(agent.locator("em")).to_have_text("wave")

    copy = turn.get_by_role("button", name="Copy", exact=True)
    expect(turn.locator(".hljs-keyword").first).to_have_text("def")
    copy.focus()
    page.keyboard.press("Enter")
    expect(turn.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == CODE

    images = turn.get_by_role("img", name="Image from Read: chart.png")
    enlarge = turn.get_by_role("button", name="Open image: Image from Read: chart.png").first
    enlarge.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Image from Read: chart.png")
    expect(dialog.get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(enlarge).to_be_focused()
    press(notebook.button(1))
    notebook.done(1)
    for saved in (False, True):
        if saved:
            notebook.save()
            notebook.reload()
        expect(turn).to_contain_text("All shown.")
        # What was unfolded stays so when the turn ends; a reopened one has its subagent folded.
        expect(images).to_have_count(1 if saved else 2)
        assert images.last.evaluate("image => image.naturalWidth") == 2
        expect(agent.locator("em")).to_have_text("wave")
    assert notebook.foreign == []
