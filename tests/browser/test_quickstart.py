"""The quickstart in JupyterLab with the practice model, as a newcomer meets it.

With JUPYTER_CLAUDE_TEST_SHOTS=FOLDER it also takes the README's pictures.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.lab import Notebook, Server, deny, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]

TOUR = Path(__file__).resolve().parents[2] / "notebooks" / "quickstart.ipynb"
PRACTICE = "Practice model: scripted replies, no network"


def picture(notebook: Notebook, name: str) -> None:
    """Take a picture of the notebook, where pictures are wanted."""
    folder = os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS")
    if folder:
        notebook.page.mouse.move(0, 0)
        notebook.panel.screenshot(path=f"{folder}/quickstart-{name}.png")


@pytest.mark.parametrize(
    ("name", "theme", "width"),
    [("light", "JupyterLab Light", 1000), ("dark", "JupyterLab Dark", 1000),
     ("narrow", "JupyterLab Light", 400)],
    ids=["light", "dark", "narrow"],
)  # fmt: skip
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
    sources = [cell.source for cell in nbformat.read(TOUR, as_version=4).cells]

    def index(text: str) -> int:
        return next(number for number, source in enumerate(sources) if text in source)

    try:
        notebook.open()
        page.keyboard.press("Control+b")  # the file browser away
        page.set_viewport_size({"width": width, "height": 1120})
        load, first, follow = index("%load_ext"), index("What is a"), index("Say that again")
        write, look = index("Write the eight"), index("import csv")
        delete, there = index("Delete planets"), index(".exists()")
        for number in (load, first, follow):
            notebook.run(number)
            notebook.done(number)
        expect(notebook.turn(first).get_by_text(PRACTICE)).to_be_visible()
        expect(notebook.turn(first).locator("table")).to_be_visible()
        picture(notebook, f"{name}-answer")

        notebook.run(write, stay=True)
        expect(notebook.request(write, "Permission request: Write")).to_contain_text("+Earth")
        expect(notebook.request(write, "Permission request: Write")).to_be_focused()
        # From the prompt down to the buttons.
        notebook.cell(write).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        picture(notebook, name)
        press(notebook.button(write))
        notebook.done(write)
        notebook.run(look)
        expect(notebook.output(look)).to_contain_text("'Neptune'")

        notebook.run(delete, stay=True)
        expect(notebook.request(delete)).to_contain_text("rm planets.csv")
        picture(notebook, f"{name}-command")
        deny(notebook.button(delete, "Deny"))
        notebook.done(delete)
        expect(notebook.tool(delete)).to_contain_text("denied")
        notebook.run(there)
        expect(notebook.output(there)).to_contain_text("True")
        picture(notebook, f"{name}-after")
        if name == "light":
            for text in ("most moons", "winner", "turns so far"):
                notebook.run(index(text))
                notebook.done(index(text))
            expect(notebook.output(index("winner"))).to_contain_text("Saturn has 274 moons")
            story = index("lighthouse")
            notebook.run(story)
            expect(notebook.turn(story)).to_contain_text("Night 3.")
            notebook.stop()
            notebook.done(story)
            picture(notebook, f"{name}-stopped")
    finally:
        page.close()
        server.end_kernels()
        server.set("@jupyterlab/apputils-extension:themes", {"theme": "JupyterLab Light"})
