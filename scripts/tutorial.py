"""The tutorial as a notebook, and its pictures: ``python -m scripts.tutorial``.

`docs/tutorial.md` has the cells. JupyterLab, the kernel and Claude Code are real; only the model's
words come from a script. A test runs the same cells with the same script.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._paths import find_cli

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
PICTURES = PAGE.parent / "images"

_CLEAN = """\
before = len(orders)
orders = orders.drop_duplicates().dropna(subset=["count"])
orders["city"] = orders["city"].str.strip().str.title()
orders["price"] = orders["price"].str.replace(",", ".").astype(float)
orders["count"] = orders["count"].astype(int)
orders["date"] = pd.to_datetime(orders["date"])
print(before, "rows became", len(orders))"""
_PLOT = """\
import matplotlib.pyplot as plt

sold = orders.groupby("city")["count"].sum()
sold.plot.bar(figsize=(6, 2.6), rot=0, xlabel="", ylabel="pieces sold", color="tab:blue")
plt.show()"""
_REVENUE = 'orders["revenue"] = orders["price"] * orders["count"]'
_FAULTS = """\
1. `price` is text with a decimal comma.
2. `city` has several spellings of each name.
3. One row has no `count`.
4. One row is there twice."""
_FINDINGS = [
    {"claim": "Coffee is sold most", "proven": True},
    {"claim": "Zurich is the most expensive city", "proven": True},
    {"claim": "People drink more tea when it rains", "proven": False},
]
_REPORT = """\
Eight orders from three cities in one week.
Bern sold twice as many pieces as Basel.
Coffee is sold most.
"""


def _run(code: str, why: str) -> list[dict[str, Any]]:
    return [{"tool": "mcp__kernel__run_code", "input": {"code": code, "why": why}}]


#: What the model says.
SCRIPT: list[dict[str, Any]] = [
    {"when": "What is wrong", "replies": [[{"text": _FAULTS}]]},
    {
        "when": "Clean `orders`",
        "replies": [
            _run(_CLEAN, "To correct the four faults"),
            [{"text": "`orders` is clean. **Eight rows** are left of ten."}],
        ],
    },
    {
        "when": "Plot how many",
        "replies": [
            _run(_PLOT, "To draw the pieces of each city"),
            [{"text": "**Bern** sold most, twice as many pieces as Basel."}],
        ],
    },
    {
        "when": "went wrong in",
        "replies": [
            _run(_REVENUE, "To add the missing column"),
            [{"text": "`orders` had no column `revenue`. It is price times count, and now there."}],
        ],
    },
    {
        "when": "Three findings",
        "replies": [[{"tool": "mcp__answer__give", "input": {"value": _FINDINGS}}]],
    },
    {
        "when": "Write a report",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "report.md", "content": _REPORT}}],
            [{"text": "`report.md` has three lines."}],
        ],
    },
]


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
        ScriptedModel(SCRIPT) as model,
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
