"""What runs on after its turn, and what an error offers, in the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"


def test_a_task_is_seen_and_stopped_after_its_turn(open_notebook: Open) -> None:
    """Otherwise: a command that Claude left running works on, unseen, until the kernel ends."""
    notebook = open_notebook(["%%claude\nwatch the files", "%claude panel"])
    page = notebook.page
    notebook.run(1)
    press(notebook.button(1))
    notebook.done(1)
    notebook.run(2)
    panel = page.get_by_role("region", name="Claude chat", exact=True).first
    tasks = panel.get_by_role("group", name="1 task running")
    expect(tasks).to_contain_text("Watch the files")
    expect(tasks).to_contain_text("seen one")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "async () => (await axe.run(document.querySelector('.jc-tasks:not([hidden])')))"
        ".violations.map(({ id }) => id)"
    )
    assert found == []
    tasks.get_by_role("button", name="Stop Watch the files").click()
    expect(tasks).to_have_count(0)
    # Claude Code does not go on after that: the user stopped it.
    expect(panel.get_by_role("group", name="Tool: Bash")).to_contain_text("stopped")
