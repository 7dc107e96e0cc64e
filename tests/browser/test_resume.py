"""A conversation that outlives its kernel, in a real JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import expect

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]


def test_after_a_kernel_restart_the_notebook_goes_on(
    open_notebook: Open, model: ScriptedModel
) -> None:
    """Else a restarted kernel would have forgotten the conversation, and its slider be empty."""
    notebook = open_notebook(
        [
            "%%claude\nthe word is plum",
            "%claude resume",
            "%claude history",
            "%%claude\nwhich word was it?",
        ]
    )
    notebook.run(1)
    notebook.done(1)
    notebook.menu("Kernel", re.compile("^Restart Kernel…"))
    with notebook.page.expect_response(lambda response: "/restart" in response.url):
        notebook.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    notebook.run(0)
    # The cell says that this kernel does not know it, until the conversation is resumed.
    before = notebook.output(1).get_by_text("From before the kernel restarted")
    back = notebook.output(1).get_by_role("button", name="Resume that conversation")
    expect(before).to_be_visible()
    expect(back).to_be_visible()
    for index in (2, 3):
        notebook.run(index)
    notebook.done(3)
    said = notebook.output(2)
    expect(said).to_contain_text("The next prompt continues conversation")
    expect(said).to_contain_text("the word is plum (1 turn)")
    expect(before).to_be_hidden()
    expect(back).to_be_hidden()
    slider = notebook.output(3).get_by_role("slider", name="Conversation history", exact=True)
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile("^After turn 1 of 1: the word is plum")
    )
    notebook.run(4)
    notebook.done(4)
    expect(notebook.turn(4)).to_have_attribute("aria-label", "Claude turn 2")
    assert "the word is plum" in str(model.requests[-1]["messages"])
