"""The quickstart in JupyterLab with the practice model, as a newcomer meets it.

With JUPYTER_CLAUDE_TEST_SHOTS=FOLDER it also takes the README's pictures.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.lab import Notebook, Server, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]

TOUR = Path(__file__).resolve().parents[2] / "notebooks" / "quickstart.ipynb"
AXE = TOUR.parents[1] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
PRACTICE = "Practice model: scripted replies, no network"


def picture(notebook: Notebook, name: str) -> None:
    """Take a picture of the page, where pictures are wanted."""
    folder = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    if folder:
        notebook.page.mouse.move(0, 0)
        notebook.page.screenshot(path=f"{folder}/quickstart-{name}.png")


@pytest.mark.parametrize(
    ("name", "theme", "width"),
    [
        ("light", "JupyterLab Light", 1300),
        # Each takes as long as ten other tests, so only `make test-all` runs them.
        pytest.param("dark", "JupyterLab Dark", 1000, marks=pytest.mark.endurance),
        pytest.param("narrow", "JupyterLab Light", 400, marks=pytest.mark.endurance),
    ],
    ids=["light", "dark", "narrow"],
)
def test_the_tour(
    server: Server, context: BrowserContext, name: str, theme: str, width: int
) -> None:
    """Otherwise: the first thing that a newcomer tries does not work."""
    server.set("@jupyterlab/apputils-extension:themes", {"theme": theme})
    page = context.new_page()
    page.set_viewport_size({"width": 1300, "height": 1120})
    notebook = Notebook(server, page, server.root / f"tour-{name}" / "quickstart.ipynb")
    notebook.folder.mkdir()
    shutil.copy(TOUR, notebook.path)
    tour = Tour(notebook, name)
    try:
        notebook.open()
        page.keyboard.press("Control+b")  # the file browser away
        page.set_viewport_size({"width": width, "height": 1120})
        tour.ask_and_plot()
        if name == "light":
            tour.fix()
        tour.write_and_deny()
        if name == "light":
            tour.chat()
            tour.go_back_and_stop()
    finally:
        page.close()
        server.end_kernels()
        server.set("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})


class Tour:
    """Somebody who goes through the tour."""

    def __init__(self, notebook: Notebook, name: str) -> None:
        self.notebook = notebook
        self.name = name
        self.ids = [cell.id for cell in nbformat.read(TOUR, as_version=4).cells]
        self.side = notebook.page.locator("#jupyter-claude-panel")

    def run(self, id: str) -> int:
        """Run a cell to its end; return its place."""
        index = self.ids.index(id)
        self.notebook.run(index)
        self.notebook.done(index)
        return index

    def begin(self, id: str, request: str) -> tuple[int, Locator]:
        """Run a cell until it asks for permission; return its place and the request."""
        index = self.ids.index(id)
        self.notebook.run(index, stay=True)
        found = self.notebook.request(index, f"Permission request: {request}")
        expect(found).to_be_visible()
        return index, found

    def approve(self, index: int) -> None:
        press(self.notebook.button(index))
        self.notebook.done(index)

    def picture(self, name: str) -> None:
        picture(self.notebook, f"{self.name}-{name}")

    def ask_and_plot(self) -> None:
        notebook = self.notebook
        for id in ("load", "data"):
            self.run(id)
        first = self.run("ask")
        expect(notebook.turn(first).get_by_text(PRACTICE)).to_be_visible()
        expect(notebook.turn(first)).to_contain_text("bikes has 365 rows")
        self.picture("answer")
        plot, request = self.begin("plot", "mcp__kernel__run_code")
        expect(request).to_contain_text("by_weekday (new)")
        # From the prompt down to the buttons.
        notebook.cell(plot).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        self.picture("code")
        self.approve(plot)
        expect(notebook.turn(plot).locator("img").first).to_be_visible()
        expect(notebook.turn(plot)).to_contain_text("56% at the weekend")
        notebook.cell(plot).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        self.picture("plot")
        expect(notebook.output(self.run("use"))).to_contain_text("Saturday")

    def fix(self) -> None:
        notebook = self.notebook
        error = self.run("error")
        expect(notebook.output(error)).to_contain_text("KeyError")
        notebook.button(error, "Fix error").click()
        review = notebook.panel.get_by_role("region", name="Suggested replacement")
        accept = review.get_by_role("button", name="Accept and run", exact=True)
        expect(accept).to_be_visible()
        review.scroll_into_view_if_needed()
        self.picture("fix")
        accept.click()
        expect(notebook.output(error).locator("img")).to_be_visible()
        expect(notebook.output(error)).not_to_contain_text("KeyError")
        expect(notebook.cell(error)).to_contain_text('["cyclists"]')
        expect(notebook.turn(self.run("explain"))).to_contain_text("write cyclists")

    def write_and_deny(self) -> None:
        notebook = self.notebook
        write, request = self.begin("write", "Write")
        expect(request).to_contain_text("14% fewer cyclists")
        expect(request).to_be_focused()
        notebook.cell(write).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        self.picture("file")
        self.approve(write)
        expect(notebook.output(self.run("read"))).to_contain_text("Rain keeps cyclists at home")
        deny, request = self.begin("deny", "Bash")
        expect(request).to_contain_text("rm bikes.csv")
        press(notebook.button(deny, "Deny"))
        words = notebook.request(deny).get_by_role("textbox", name="Tell Claude what to do instead")
        words.press_sequentially("Keep it. Copy it to bikes-backup.csv.")
        words.press("Enter")
        expect(notebook.request(deny)).to_contain_text("cp bikes.csv bikes-backup.csv")
        self.picture("denied")
        self.approve(deny)
        expect(notebook.tool(deny).first).to_contain_text("denied")
        expect(notebook.output(self.run("kept"))).to_contain_text("bikes-backup.csv")
        self.picture("after")

    def chat(self) -> None:
        """Ask in the side bar, with the prompts that the panel offers."""
        chat = self.side.get_by_role("region", name="Claude chat")
        if not chat.is_visible():
            self.notebook.page.get_by_role("tab", name="Claude chat").click()
        box = chat.get_by_role("textbox", name="Message Claude")
        chat.get_by_text("Prompts to try").click()
        self.picture("prompts")
        self.notebook.page.add_script_tag(path=AXE)
        found = self.notebook.page.evaluate(
            "axe.run('.jc-prompts').then(({ violations }) => violations.map(({ id }) => id))"
        )
        assert found == []
        chat.get_by_role("button", name="What is in this folder?").click()
        expect(box).to_have_value("What is in this folder?")
        expect(box).to_be_focused()
        box.press("Enter")
        expect(chat.get_by_role("article").last).to_contain_text("bikes-backup.csv")
        box.fill("Explain what this notebook does, step by step.")
        box.press("Enter")
        press(chat.get_by_role("button", name="Approve", exact=True))
        expect(chat.get_by_role("article").last).to_contain_text("Ten minutes with Claude")
        self.picture("chat")

    def go_back_and_stop(self) -> None:
        notebook = self.notebook
        shorten, request = self.begin("shorten", "Write")
        expect(request).to_contain_text("56% fewer")
        self.approve(shorten)
        expect(notebook.output(self.run("preview"))).to_contain_text("findings.md")
        expect(notebook.output(self.run("rewind"))).to_contain_text("56% fewer")
        self.picture("rewound")
        expect(notebook.output(self.run("cost"))).to_contain_text("total")
        story = self.ids.index("interrupt")
        notebook.run(story)
        expect(notebook.turn(story)).to_contain_text("Night 3.")
        notebook.stop()
        notebook.done(story)
        self.picture("stopped")
