"""Other environments: other people's extensions beside ours, and the oldest JupyterLab.

Each is a fresh one with the wheel. CI takes jupyter-collaboration; the others, which download much
more, run when JUPYTER_CLAUDE_ENVIRONMENTS is set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import BrowserContext, Locator, expect

from scripts import setup
from tests.browser.fixtures import serve
from tests.browser.lab import FrontEnd, Notebook, Server, press, until
from tests.browser.script import CODE
from tests.browser.test_notebook_cells import (
    EDIT,
    READ,
    TARGET,
    expect_source,
    type_at_end,
    undo,
)
from tests.browser.test_saved_widgets import (
    Write,
    open_and_trust,
    page,
    write,
)

__all__ = ["page", "write"]  # fixtures

Open = Callable[..., Notebook]
pytestmark = [pytest.mark.browser, pytest.mark.cli]
large = pytest.mark.skipif(
    not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"), reason="JUPYTER_CLAUDE_ENVIRONMENTS unset"
)


@pytest.fixture
def server(
    cli: Path, model: ScriptedModel, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """Start a server of the environment with the wheel and what the test names."""
    with serve(cli, model, tmp_path, setup.wheel(*request.param), "/user/ann/") as server:
        yield server


@pytest.fixture
def kept_pages() -> None:
    """Keep no page: each test has a server of its own."""


def panel_of(notebook: Notebook) -> Locator:
    """Open the side bar's chat panel."""
    notebook.page.get_by_role("tab", name=re.compile("^Claude chat")).click()
    return notebook.page.get_by_role("region", name="Claude chat")


def approve(panel: Locator) -> None:
    """Approve the command that waits, in the panel."""
    request = panel.get_by_role("alertdialog", name="Permission request: Bash")
    press(request.get_by_role("button", name="Approve", exact=True))


@pytest.mark.parametrize("server", [["jupyter-collaboration==5.0.4"]], indirect=True)
def test_a_notebook_that_is_edited_together(
    server: Server, context: BrowserContext, open_notebook: Open
) -> None:
    """Otherwise: with jupyter-collaboration only the one who asked can see, answer and use it."""
    ann = open_notebook(["%%claude\ntouch made"])
    bob = Notebook(server, context.new_page(), ann.path)
    bob.open()
    expect(bob.cells).to_have_count(2)
    ann.run(1, stay=True)
    expect(ann.request(1)).to_be_visible()
    # JupyterLab draws a running cell's widget only where it was run; the panel is everybody's.
    panel = panel_of(bob)
    approve(panel)
    for notebook in (ann, bob):
        notebook.done(1)
        expect(notebook.turn(1)).to_contain_text("That is done.")
        expect(notebook.page.get_by_role("alertdialog")).to_have_count(0)
    assert (ann.folder / "made.txt").exists()

    bob.cell(1).click()
    panel.get_by_role("textbox", name="Message Claude").fill("write a function")
    bob.page.keyboard.press("Enter")
    panel.get_by_role("button", name="Insert as cell below").click()
    for notebook in (ann, bob):
        expect(notebook.cells).to_have_count(3)
        expect(notebook.editor(2)).to_contain_text("def mean(rows):")

    # What one takes of a suggestion leaves what the other types meanwhile to be seen and undone to.
    def lines(notebook: Notebook) -> Locator:
        return notebook.cell(2).locator(".jp-InputArea-editor .cm-line")

    written = CODE.split("\n")
    lines(ann).first.click()
    ann.page.keyboard.press("Control+Home")
    ann.page.keyboard.type("import math\n")
    expect(lines(bob).first).to_have_text("import math")
    panel.get_by_role("button", name="Replace cell…").click()
    bob.page.keyboard.press("Enter")
    suggestion = bob.panel.get_by_role("region", name="Suggested replacement")
    expect(suggestion).to_contain_text("import math")
    ann.page.keyboard.type("import this\n")
    expect(suggestion).to_contain_text("import this")
    suggestion.get_by_role("button", name="Accept all").click()
    for notebook in (ann, bob):
        expect(lines(notebook)).to_have_text(written)
    bob.page.keyboard.press("Control+z")
    for notebook in (ann, bob):
        expect(lines(notebook)).to_have_text(["import math", "import this", *written])
    bob.page.close()


@pytest.mark.parametrize("server", [["jupyter-collaboration==5.0.4"]], indirect=True)
def test_claude_changes_a_notebook_that_is_edited_together(
    server: Server, context: BrowserContext, open_notebook: Open
) -> None:
    """Otherwise: Claude overwrites what others type, or its change cannot be taken back alone."""
    ann = open_notebook([TARGET, READ, EDIT])
    bob = Notebook(server, context.new_page(), ann.path)
    bob.open()
    ann.run(2, stay=True)
    expect(ann.output(2)).to_contain_text("read total = 1")
    type_at_end(bob, 1, "  # bob")
    expect_source(ann, 1, f"{TARGET}  # bob")
    ann.run(3, stay=True)
    expect(ann.output(3)).to_contain_text("has changed since it was read")
    ann.run(2, stay=True)
    expect(ann.output(2)).to_contain_text("# bob")
    ann.run(3, stay=True)
    expect(ann.output(3)).to_contain_text("changed to")
    expect_source(bob, 1, "total = 2\nprint(total)")
    type_at_end(bob, 1, "  # more")
    expect_source(ann, 1, "total = 2\nprint(total)  # more")
    undo(ann, 1)
    for notebook in (ann, bob):
        expect(notebook.editor(1)).to_contain_text("total = 1")
        expect(notebook.editor(1)).to_contain_text("# more")
    bob.page.close()


@large
@pytest.mark.parametrize(
    "server", [["jupyter-ai==3.2.0", "jupyter-ai-magic-commands==0.0.4"]], indirect=True
)
def test_jupyter_ai_beside_ours(server: Server, open_notebook: Open) -> None:
    """Otherwise: one must choose between jupyter-ai and jupyter-claude."""
    magics = "get_ipython().magics_manager.magics['cell']"
    notebook = open_notebook(
        [
            "%load_ext jupyter_ai_magic_commands",
            f"sorted({{'ai', 'claude'}} & {magics}.keys())",
            "%%claude\ntouch made",
        ]
    )
    for index in (1, 2):
        notebook.run(index)
        notebook.done(index)
    expect(notebook.output(2)).to_contain_text("['ai', 'claude']")
    panel = panel_of(notebook)
    notebook.page.get_by_role("tab", name="Jupyter Chat").click()
    expect(notebook.page.get_by_text("No chat opened")).to_be_visible()
    notebook.run(3)
    approve(panel)
    notebook.done(3)
    expect(notebook.turn(3)).to_contain_text("That is done.")
    expect(panel).to_contain_text("That is done.")


@large
@pytest.mark.parametrize("server", [["jupyterlab==4.2.*", "notebook==7.2.*"]], indirect=True)
@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_the_oldest_jupyterlab(server: Server, open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise: the extension breaks the JupyterLab of those who do not update theirs."""
    notebook = open_notebook(["%%claude\ntouch made"], front_end=front_end)
    notebook.run(1, stay=True)
    press(notebook.button(1))
    notebook.done(1)
    expect(notebook.turn(1)).to_contain_text("That is done.")
    if front_end == "notebook":
        return
    panel = panel_of(notebook)
    panel.get_by_role("textbox", name="Message Claude").fill("write a function")
    notebook.page.keyboard.press("Enter")
    panel.get_by_role("button", name="Insert as cell below").click()
    expect(notebook.editor(2)).to_contain_text("def mean(rows):")
    lines = notebook.cell(2).locator(".jp-InputArea-editor .cm-line")
    written = CODE.split("\n")
    lines.first.click()
    notebook.page.keyboard.press("Control+Home")
    notebook.page.keyboard.type("import math\n")
    panel.get_by_role("button", name="Replace cell…").click()
    notebook.page.keyboard.press("Enter")
    suggestion = notebook.panel.get_by_role("region", name="Suggested replacement")
    expect(suggestion).to_contain_text("import math")
    suggestion.get_by_role("button", name="Accept all").click()
    expect(lines).to_have_text(written)
    notebook.page.keyboard.press("Control+z")
    expect(lines).to_have_text(["import math", *written])


@large
@pytest.mark.parametrize("server", [["jupyterlab==4.2.*", "notebook==7.2.*"]], indirect=True)
@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_panel_slider_and_file_in_the_oldest_jupyterlab(
    server: Server, open_notebook: Open, front_end: FrontEnd
) -> None:
    """Otherwise: who does not update JupyterLab has no chat in a cell, no way back, or no file."""
    cells = ["%claude panel", "%claude history", "%%claude\nhello"]
    notebook = open_notebook(cells, front_end=front_end)
    notebook.run(1, stay=True)
    panel = notebook.output(1).get_by_role("region", name="Claude chat")
    panel.get_by_role("textbox", name="Message Claude").fill("write a file")
    notebook.page.keyboard.press("Enter")
    request = panel.get_by_role("alertdialog", name="Permission request: Write")
    press(request.get_by_role("button", name="Approve", exact=True))
    expect(panel).to_contain_text("Written.")

    notebook.run(2, stay=True)
    slider = notebook.output(2).get_by_role("slider", name="Conversation history")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^After turn 1 of 1"))
    slider.press("Home")
    notebook.button(2, "Rewind").click()
    until(lambda: not (notebook.folder / "notes.txt").exists(), "the rewind")

    notebook.run(3, stay=True)
    notebook.done(3)
    notebook.save()
    server.end_kernels()
    notebook.page.reload()
    expect(notebook.turn(3)).to_contain_text("Hi there.")


@large
@pytest.mark.parametrize("server", [["jupyterlab==4.2.*", "notebook==7.2.*"]], indirect=True)
@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_mailed_widgets_in_the_oldest_jupyterlab(
    server: Server, write: Write, front_end: FrontEnd
) -> None:
    """Otherwise: in the oldest JupyterLab an opened file presses Approve for the user."""
    open_and_trust(write, front_end)
