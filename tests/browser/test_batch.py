"""A batch in JupyterLab: its bar, its button, and what the saved notebook keeps."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook
from tests.browser.script import FLAG
from tests.browser.test_panel import AXE

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

CELL = f"""\
from typing import Literal
evil = "fig <img src=x onerror=window.{FLAG}=21> $E=1$ \\u202etxt"
words = ["apple", "stone", evil, "pear", "plum", "busy", "kiwi"]
batch = claude.map(
    words, "Sort: {{text}}", schema=Literal["fruit"], retries=0, concurrency=1, budget_usd=2
)
await batch"""


def shot(notebook: Notebook, name: str) -> None:
    """Keep pictures, if they are wanted."""
    if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
        notebook.output(1).scroll_into_view_if_needed()
        notebook.page.screenshot(path=f"{folder}/batch-{name}.png")


def test_it_runs_is_stopped_and_stays_readable(open_notebook: Open) -> None:
    """Otherwise: nobody sees how far it is, cannot stop it, or the notebook keeps a dead bar."""
    notebook = open_notebook([CELL, "print('must not run')", "batch.rows"])
    notebook.run_all()
    view = notebook.output(1).get_by_role("group", name="Batch")
    bar = view.get_by_role("progressbar", name="Rows done")
    expect(view).to_contain_text(re.compile(r"5 of 7 .*\$0\.\d{4} of \$2\.00 · 1 failed"))
    expect(bar).to_have_attribute("value", "5")
    expect(view).to_contain_text(re.compile(r"Slowed down: the API is busy; next row in \d+ s"))
    notebook.page.add_script_tag(path=AXE)
    found = notebook.page.evaluate(
        "async () => (await axe.run(document.querySelector('.jc-batch'))).violations.map(v => v.id)"
    )
    assert found == []
    shot(notebook, "running")
    view.get_by_role("button", name="Stop", exact=True).click()
    notebook.done(1)
    expect(bar).to_have_count(0)
    output = notebook.output(1)
    expect(output).to_contain_text("4 of 7 rows answered · 1 failed")
    expect(output).to_contain_text("BatchError: Stopped: 4 of 7 rows are done and kept")
    expect(output.get_by_role("table", name="Failures to look into")).to_contain_text("stone")
    expect(notebook.output(2)).not_to_contain_text("must not run")
    notebook.run(3)
    notebook.done(3)
    expect(notebook.output(3)).to_contain_text("7 rows, 1 failed, 2 not asked yet")
    expect(notebook.output(3)).to_contain_text("fig <img src=x")
    expect(notebook.output(3)).to_contain_text("$E=1$ ⟨U+202E⟩txt")
    assert notebook.page.evaluate(f"window.{FLAG}") is None
    shot(notebook, "stopped")
    saved = notebook.save()
    kinds = [sorted(one.get("data", {})) for one in saved.cells[1].outputs]
    assert kinds == [["text/html", "text/plain"], []]
    notebook.server.end_kernels()
    notebook.page.reload()
    expect(output).to_contain_text("4 of 7 rows answered")
    expect(output.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
