"""An approval while the kernel is busy in a synchronous cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import FrontEnd, Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

ASK = "import asyncio\nasked = asyncio.create_task(claude.ask('touch made'))"
BUSY = (
    "import pathlib, time\n"
    "print('busy')\n"
    "while not pathlib.Path('go').exists(): time.sleep(0.01)\n"
    "print('free')"
)


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_an_approval_counts_while_a_cell_keeps_the_kernel_busy(
    open_notebook: Open, front_end: FrontEnd
) -> None:
    """Otherwise the user presses Approve and is told that the kernel may be gone."""
    notebook = open_notebook([ASK, BUSY], front_end=front_end)
    notebook.run(1)
    request = notebook.request(1)
    expect(request).to_be_visible()
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("busy")
    press(notebook.button(1))
    expect(request).to_contain_text("Received. Claude continues")
    if front_end == "lab":
        bar = notebook.page.locator("#jp-main-statusbar")
        expect(bar).to_contain_text("Claude:")
        expect(bar).not_to_contain_text("waiting for you")
    expect(notebook.output(2)).not_to_contain_text("free")
    (notebook.folder / "go").touch()
    notebook.done(2)
    expect(notebook.output(1)).to_contain_text("touch made.txt — Approved")
    notebook.wait_for((notebook.folder / "made.txt").exists, "what was approved")
