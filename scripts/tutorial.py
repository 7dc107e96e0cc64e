"""The tutorial as a notebook, and its pictures: ``python -m scripts.tutorial``.

`docs/tutorial.md` has the cells. JupyterLab, the kernel and Claude Code are real; only the model's
words come from the practice model. A test runs the same cells with it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import nbformat

from jupyter_claude._paths import find_cli
from jupyter_claude._practice import script

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
PICTURES = PAGE.parent / "images"


def notebook() -> nbformat.NotebookNode:
    """Return the cells of the page as a notebook. Each request in it is approved."""
    found = re.findall(
        r"^(?:<!-- (fails|asks) -->\n)?```ipython3\n(.+?)\n```$",
        PAGE.read_text("utf-8"),
        re.M | re.S,
    )
    made: nbformat.NotebookNode = nbformat.v4.new_notebook()
    for number, (what, source) in enumerate(found):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}")
        if what == "fails":
            cell.metadata["tags"] = ["raises-exception"]
        if what == "asks":
            cell.metadata["jupyter_claude"] = {"headless": "approve"}
        made.cells.append(cell)
    return made


def place(words: str, number: int = 0) -> int:
    """Return the place of the first cell that has these words, or of a later one."""
    return [i for i, cell in enumerate(notebook().cells) if words in cell.source][number]


def main() -> int:
    """Take the pictures."""
    from playwright.sync_api import expect, sync_playwright  # only for pictures

    from tests.browser.chromium import launch
    from tests.browser.fixtures import serve
    from tests.browser.lab import Notebook, press

    with (
        tempfile.TemporaryDirectory() as made,
        script.start() as model,
        serve(find_cli(), model, Path(made)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        page = browser.new_page(viewport={"width": 900, "height": 900}, device_scale_factor=1.5)
        shown = Notebook(server, page, server.root / "tutorial" / "tutorial.ipynb")
        cells = notebook().cells
        shown.write([cell.source for cell in cells])
        shown.open()
        page.keyboard.press("Control+b")  # the file browser away
        pictures = {
            place("What is wrong"): "answer",
            place("Plot how many"): "plot",
            place("dry_run"): "rewind",
        }
        for index, cell in enumerate(cells):
            shown.run(index, stay=True)
            if "jupyter_claude" in cell.metadata:
                expect(shown.output(index).get_by_role("alertdialog")).to_be_visible()
                if index == place("Clean `orders`"):
                    shown.cell(index).evaluate("cell => cell.scrollIntoView({block: 'start'})")
                    page.mouse.move(0, 0)
                    expect(shown.button(index)).to_be_enabled()  # and no more faint
                    shown.cell(index).screenshot(path=PICTURES / "tutorial-request.png")
                press(shown.button(index))
            shown.done(index)
            if index in pictures:
                page.mouse.move(0, 0)
                shown.cell(index).screenshot(path=PICTURES / f"tutorial-{pictures[index]}.png")
        page.close()
        server.end_kernels()
    return 0


if __name__ == "__main__":
    sys.exit(main())
