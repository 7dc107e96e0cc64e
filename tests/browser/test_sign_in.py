"""The sign-in in JupyterLab: in a cell and in the panel, by mouse and by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook
from tests.browser.test_panel import AXE, Panel
from tests.extension.test_sign_in import LINK, STAND_IN

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

SIGN_OUT = """\
import os
os.environ.pop('ANTHROPIC_API_KEY')
os.environ['STAND_IN'], os.environ['JUPYTER_CLAUDE_CLI'] = {folder!r}, {program!r}
"""


def shot(locator: Locator, name: str) -> None:
    if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
        locator.scroll_into_view_if_needed()
        locator.page.screenshot(path=f"{folder}/sign-in-{name}.png")


def test_in_cell_and_panel(
    open_notebook: Open, model: ScriptedModel, cli: Path, tmp_path: Path
) -> None:
    """Otherwise: who is not signed in cannot go on, or their key is kept by the page or the file.

    A form that a notebook has saved would do nothing, or ask for a key in somebody's name.
    """
    key = model.env["ANTHROPIC_API_KEY"]
    (tmp_path / "real").symlink_to(cli)
    (tmp_path / "link").write_text(LINK)
    (tmp_path / "key").write_text(key)
    sign_out = SIGN_OUT.format(folder=str(tmp_path), program=str(STAND_IN))
    notebook = open_notebook([sign_out, "%%claude\nhello", "%claude panel"])
    page = notebook.page
    notebook.run(1)
    notebook.done(1)

    # In the cell: the sentence, the buttons, the link, the code.
    notebook.run(2)
    card = notebook.output(2).get_by_role("group", name="Sign in to Claude", exact=True)
    expect(card).to_contain_text("You are not signed in to Claude.")
    expect(notebook.output(2)).to_contain_text("NotSignedIn")
    expect(card.get_by_role("button")).to_have_text(
        ["Sign in…", "Use an API key for this kernel", "Try the practice model", "Not now"]
    )
    shot(card, "cell")

    # The panel offers it once: in the turn, or, while that is open, in the card.
    notebook.run(3)
    panel = Panel(notebook)
    box = panel.region.get_by_role("group", name="Sign in to Claude", exact=True)
    of_turn = panel.region.get_by_role("article").get_by_role("button", name="Sign in")
    expect(box).to_be_visible()
    expect(of_turn).to_have_count(0)
    box.get_by_role("button", name="Not now", exact=True).click()
    expect(box).to_be_hidden()
    of_turn.focus()
    page.keyboard.press("Enter")
    expect(box.get_by_role("button", name="Sign in…", exact=True)).to_be_focused()
    expect(of_turn).to_have_count(0)
    notebook.run(2)

    page.add_script_tag(path=str(AXE))
    card.get_by_role("button", name="Sign in…", exact=True).click()
    link = card.get_by_role("link", name="Open the sign-in page", exact=True)
    expect(link).to_have_attribute("href", LINK)
    code = card.get_by_role("textbox", name="Code from that page", exact=True)
    code.fill("half-a-code")
    code.press("Enter")
    expect(card).to_contain_text("Copy all of it, including the # in the middle.")
    shot(card, "code")
    code.fill("right#code")
    card.get_by_role("button", name="Continue", exact=True).click()
    expect(notebook.output(2)).to_contain_text("You are signed in. Now ask again.")
    expect(card).to_have_count(0)
    notebook.run(2)
    expect(notebook.turn(2)).to_contain_text("Hi there.")

    # In the panel: `/login` leads there, and a key is forgotten as soon as it is given.
    (tmp_path / "signed-in").unlink()
    panel.ask("/login")
    way = box.get_by_role("button", name="Use an API key for this kernel", exact=True)
    way.focus()
    page.keyboard.press("Enter")
    field = box.get_by_label("API key", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("type", "password")
    shot(box, "panel")
    assert panel.axe() == []
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    expect(box).to_contain_text("The API key is set for this kernel.")
    assert key not in page.content()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert key not in kept
    panel.ask("hello")
    expect(panel.turn(3)).to_contain_text("Hi there.")
    expect(box).to_have_count(0)

    # What was saved has neither key nor form.
    panel.ask("/login")
    expect(way).to_be_visible()
    saved = notebook.save()
    assert key not in str(saved) and "right#code" not in str(saved)
    for path in notebook.folder.rglob("*"):
        assert path.is_dir() or key not in path.read_text(errors="replace"), path
    output = str(saved.cells[2].outputs)
    assert "signin" not in output and "<input" not in output
    notebook.menu("Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(panel.region).to_contain_text("This panel's kernel has ended")
    expect(way).to_have_count(0)
    notebook.wait_until_ready()  # else the test's end meets a kernel that restarts
