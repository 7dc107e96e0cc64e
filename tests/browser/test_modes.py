"""Permission requests are turned off on purpose only, and that stays in sight, in JupyterLab."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
SANDBOX = "import os; os.environ['IS_SANDBOX'] = '1'; claude.settings.permission_mode = 'plan'"


def panel_of(notebook: Notebook) -> Locator:
    """Open the side bar's chat panel."""
    notebook.page.get_by_role("tab", name=re.compile("^Claude chat")).click()
    return notebook.page.get_by_role("region", name="Claude chat")


def shot(notebook: Notebook, name: str) -> None:
    """Keep a picture, if they are wanted."""
    shots = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    if shots:
        notebook.page.screenshot(path=f"{shots}/modes-{name}.png")


def is_whole(locator: Locator) -> bool:
    """Whether all of a text is to be seen."""
    return bool(
        locator.evaluate(
            "node => node.scrollWidth <= node.clientWidth + 1 && "
            "node.getBoundingClientRect().right <= innerWidth"
        )
    )


def poor_contrast(notebook: Notebook) -> list[str]:
    """Return what is hard to read of the panel and of the status bar's item."""
    return list(
        notebook.page.evaluate(
            "axe.run({include: [['.jc-bypass'], ['.jc-composer-row'], ['.jp-ClaudeStatus']]}, "
            "{runOnly: ['color-contrast']}).then(({ violations }) => "
            "violations.flatMap(({ nodes }) => nodes.map(node => node.html)))"
        )
    )


def test_bypassing_permissions_in_jupyterlab(open_notebook: Open) -> None:
    """Otherwise: one slip in a list lets every command run, and nothing says so afterwards."""
    notebook = open_notebook([SANDBOX, "%%claude\ntouch made"])
    notebook.run(1)
    notebook.done(1)
    page, panel = notebook.page, panel_of(notebook)
    status = page.locator(".jp-ClaudeStatus")
    mode = panel.get_by_role("combobox", name="Permission mode")
    expect(mode).to_have_value("plan")
    notice = panel.get_by_text("Bypass permissions", exact=True).and_(panel.locator("strong"))

    # Escape leaves all as it is.
    mode.select_option("Bypass permissions")
    dialog = panel.get_by_role("alertdialog", name="Turn off permission requests?")
    turn_off = dialog.get_by_role("button", name="Turn off requests")
    expect(dialog).to_be_focused()
    shot(notebook, "question")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(mode).to_have_value("plan")
    expect(mode).to_be_focused()
    expect(notice).to_be_hidden()

    mode.select_option("Bypass permissions")
    press(turn_off)
    expect(notice).to_be_visible()
    expect(status).to_contain_text("Bypass permissions")
    assert is_whole(notice) and is_whole(status) and is_whole(mode)
    notebook.run(2)
    notebook.done(2)
    expect(notebook.turn(2)).to_contain_text("That is done.")
    expect(notebook.tool(2)).to_contain_text("done")
    page.add_script_tag(path=AXE)
    for theme in ("JupyterLab Dark High Contrast", "JupyterLab Dark", "JupyterLab Light"):
        notebook.menu("Settings", "Theme", theme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        assert poor_contrast(notebook) == []
        shot(notebook, theme.replace(" ", "-"))

    # After a reload, too; and back by one click.
    notebook.connected = False
    notebook.reload()
    notebook.wait_until_ready()
    expect(status).to_contain_text("Bypass permissions")
    expect(notice).to_be_visible()
    panel.get_by_role("button", name="Ask again").click()
    expect(mode).to_have_value("default")
    expect(notice).to_be_hidden()
    expect(status).not_to_contain_text("Bypass")
