"""Other programs that show notebooks: nbclassic and Voilà, each with the built wheel.

They run when JUPYTER_CLAUDE_ENVIRONMENTS is set. `test_vs_code.py` is about VS Code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_claude_sdk.testing import ScriptedModel
from playwright.sync_api import BrowserContext, Locator, Page, expect

from scripts import setup
from scripts.front_ends import PAGE
from tests.browser.fixtures import serve
from tests.browser.lab import TIMEOUT, Server, kernel_name, press, until
from tests.kernels.harness import VERSIONS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cli,
    pytest.mark.skipif(
        not os.environ.get("JUPYTER_CLAUDE_ENVIRONMENTS"),
        reason="JUPYTER_CLAUDE_ENVIRONMENTS unset",
    ),
]
CLASSIC = ["nbclassic==1.3.3"]
VOILA = ["voila==0.5.13"]
LOAD = "%load_ext jupyter_claude\nfrom jupyter_claude import claude"


@pytest.fixture(scope="module")
def server(
    cli: Path,
    model: ScriptedModel,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Server]:
    """Start a server of the environment with the wheel and what the test names."""
    folder = tmp_path_factory.mktemp("other")
    with serve(cli, model, folder, setup.wheel(*request.param)) as server:
        yield server


@pytest.fixture
def page(server: Server, context: BrowserContext) -> Iterator[Page]:
    """Open a page."""
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    yield page
    page.close()
    server.end_kernels()


def write(server: Server, name: str, cells: list[str]) -> Path:
    """Write a notebook into a folder of its own."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": kernel_name(VERSIONS[-1]),
        "display_name": "Python",
        "language": "python",
    }
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = server.root / name / "test.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def shown(server: Server, place: str, path: Path) -> str:
    relative = path.relative_to(server.root).as_posix()
    return f"{server.url}{place}/{relative}?token={server.token}"


def picture(page: Page, name: str) -> None:
    """Take a picture of the whole page, wide and narrow."""
    shots = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    for width in (1200, 480) if shots else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)


class Classic:
    """A notebook in nbclassic."""

    def __init__(self, server: Server, page: Page, path: Path) -> None:
        self.page = page
        self.cells = page.locator(".cell.code_cell")
        page.goto(shown(server, "nbclassic/notebooks", path))
        page.wait_for_function("() => window.Jupyter?.notebook?.kernel?.is_connected()")

    def run(self, index: int) -> Locator:
        """Run a cell; return its outputs."""
        self.cells.nth(index).locator(".CodeMirror").click()
        self.page.keyboard.press("Control+Enter")
        return self.cells.nth(index).locator(".output")

    def done(self, index: int) -> None:
        prompt = self.cells.nth(index).locator(".input_prompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"))


@pytest.mark.parametrize("server", [CLASSIC], indirect=True)
def test_nbclassic(server: Server, page: Page) -> None:
    """Otherwise: who stays with the classic notebook has no answers, requests, chat or rewind."""
    cells = [LOAD, "%%claude\ntouch made", "%claude panel", "%claude history"]
    path = write(server, "classic", cells)
    notebook = Classic(server, page, path)
    notebook.run(0)
    notebook.done(0)
    output = notebook.run(1)
    request = output.get_by_role("alertdialog", name="Permission request: Bash")
    expect(request).to_contain_text("touch made.txt")
    press(request.get_by_role("button", name="Approve", exact=True))
    notebook.done(1)
    turn = output.get_by_role("article", name="Claude turn 1")
    expect(turn).to_contain_text("That is done.")
    assert path.with_name("made.txt").exists()

    panel = notebook.run(2).get_by_role("region", name="Claude chat")
    panel.get_by_role("textbox", name="Message Claude").click()
    page.keyboard.type("please add: write a file")  # no letter is a command of the notebook's
    page.keyboard.press("Enter")
    request = panel.get_by_role("alertdialog", name="Permission request: Write")
    press(request.get_by_role("button", name="Approve", exact=True))
    expect(panel).to_contain_text("Written.")
    expect(notebook.cells).to_have_count(4)

    history = notebook.run(3)
    slider = history.get_by_role("slider", name="Conversation history")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^After turn 2 of 2"))
    slider.press("ArrowLeft")
    history.get_by_role("button", name="Rewind", exact=True).click()
    until(lambda: not path.with_name("notes.txt").exists(), "the rewind")
    picture(page, "nbclassic")

    page.evaluate("Jupyter.notebook.save_notebook()")
    until(lambda: "That is" in path.read_text("utf-8"), "the saved notebook")
    server.end_kernels()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(turn).to_contain_text("That is done.")


#: The page's example, with a prompt that the scripted model knows.
BUTTON = re.sub(
    r"ask\(\".*?\"\)",
    'ask("touch other")',
    PAGE.read_text("utf-8").partition("```python\n")[2].partition("```")[0],
)


@pytest.mark.parametrize("server", [VOILA], indirect=True)
def test_voila(server: Server, page: Page) -> None:
    """Otherwise: a dashboard shows no answers, or lets its visitors approve what Claude does."""
    cells = [
        f"{LOAD}\nclaude.settings.allowed_tools += ['Bash(touch made.txt)']",
        *("%%claude\ntouch made", "claude.panel()", "%claude history", BUTTON),
    ]
    path = write(server, "dashboard", cells)
    page.goto(shown(server, "voila/render", path))
    turn = page.get_by_role("article", name="Claude turn 1")
    expect(turn).to_contain_text("That is done.")
    assert path.with_name("made.txt").exists()  # the author has allowed it
    expect(page.get_by_text("everyone who sees the page could approve")).to_be_visible()
    expect(page.get_by_role("region", name="Claude chat")).to_have_count(0)
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.get_by_role("table")).to_contain_text("touch made")

    page.get_by_role("button", name="Ask Claude").click()
    expect(page.get_by_text("Denied: nobody can be asked here.")).to_be_visible()
    assert not path.with_name("other.txt").exists()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    picture(page, "voila")


@pytest.mark.parametrize("server", [VOILA], indirect=True)
def test_voila_for_people_who_may_approve(server: Server, page: Page) -> None:
    """Otherwise: who publishes a chat for colleagues on purpose gets none that works."""
    setting = '%config ClaudeMagics.widgets = "on"'
    path = write(server, "trusted", [LOAD, setting, "claude.panel()"])
    page.goto(shown(server, "voila/render", path))
    panel = page.get_by_role("region", name="Claude chat")
    panel.get_by_role("textbox", name="Message Claude").fill("touch made")
    page.keyboard.press("Enter")
    request = panel.get_by_role("alertdialog", name="Permission request: Bash")
    press(request.get_by_role("button", name="Approve", exact=True))
    expect(panel).to_contain_text("That is done.")
    assert path.with_name("made.txt").exists()
    picture(page, "voila-trusted")
