"""`%%claude` cells as prose: highlighted, completed, and marked while their turn runs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from jupyter_claude._cell_usage import CELL_USAGE
from jupyter_claude._ipython.help import HELP
from tests.browser.lab import FrontEnd, Notebook, press

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

PROSE = """%%claude --as plan --modle x
Look at **all** of `data.csv`, for $5 or $6; don't be long, but as this line does, go on until the \
window's right edge has been passed, which is where prose goes on in the next line.

```python
def mean(rows): ...
```"""
IS_PROSE = re.compile(r"\bjp-Claude-prose\b")


def editor(notebook: Notebook, index: int) -> Locator:
    """Return a cell's editor, of which what one types into is a part."""
    return notebook.cell(index).locator(".cm-editor")


def colour(notebook: Notebook, index: int, text: str) -> str:
    """Return the colour of a piece of text in a cell, once the piece stands alone."""
    piece = notebook.editor(index).locator(".cm-line span").get_by_text(text, exact=True).last
    return str(piece.evaluate("piece => getComputedStyle(piece).color"))


def completions(notebook: Notebook) -> Locator:
    """Press Tab; return what the completer then offers."""
    notebook.page.keyboard.press("Tab")
    return notebook.page.locator(".jp-Completer:visible .jp-Completer-match")


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_prose(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise a prompt looks like broken Python, or typing `%%claude` costs cursor or undo."""
    notebook = open_notebook([PROSE, "def mean(rows): ...", ""], front_end=front_end, load=False)
    keyboard = notebook.page.keyboard

    # It is Markdown from the second line on, softly wrapped; code in it looks as in a cell.
    expect(editor(notebook, 0)).to_have_class(IS_PROSE)
    expect(editor(notebook, 1)).not_to_have_class(IS_PROSE)
    bold = notebook.editor(0).locator("span").get_by_text("all", exact=True)
    expect(bold).to_have_css("font-weight", "700")
    assert colour(notebook, 0, "def") == colour(notebook, 1, "def")
    assert colour(notebook, 0, "%%claude") != colour(notebook, 0, "--as")
    wrapped = notebook.editor(0).locator(".cm-line").nth(1)
    assert wrapped.evaluate("line => line.offsetHeight") > 1.5 * wrapped.evaluate(
        "line => parseFloat(getComputedStyle(line).lineHeight)"
    )
    # What cannot run is marked, with the reason; a price is no formula.
    wrong = notebook.editor(0).locator("[title$='is not an option; did you mean --model?']")
    assert wrong.all_inner_texts() == ["--modle"]
    expect(notebook.editor(0).locator("span").get_by_text("5 or", exact=False)).to_have_count(0)

    # The cell turns with the last letter, and back; nothing that was typed is lost.
    notebook.editor(2).click()
    keyboard.type("%%claud")
    expect(editor(notebook, 2)).not_to_have_class(IS_PROSE)
    keyboard.type("e")
    expect(editor(notebook, 2)).to_have_class(IS_PROSE)
    keyboard.press("Enter")
    keyboard.type("**Hi**")
    expect(notebook.editor(2).locator("span").get_by_text("Hi", exact=True)).to_have_css(
        "font-weight", "700"
    )
    keyboard.press("Control+Home")
    keyboard.press("Delete")
    expect(editor(notebook, 2)).not_to_have_class(IS_PROSE)
    keyboard.type("%")
    expect(editor(notebook, 2)).to_have_class(IS_PROSE)
    expect(notebook.editor(2)).to_have_text("%%claude**Hi**")
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    expect(notebook.editor(2)).not_to_have_text("%%claude**Hi**")
    keyboard.press("Control+Shift+z")
    keyboard.press("Control+Shift+z")
    expect(notebook.editor(2)).to_have_text("%%claude**Hi**")


def test_completion(open_notebook: Open) -> None:
    """Otherwise the options have to be known by heart, and Python's names pop up in prose."""
    notebook = open_notebook(["%%claude ", "%claude ", "value = 1\nval"])
    keyboard = notebook.page.keyboard

    notebook.editor(1).click()
    keyboard.press("End")
    offered = completions(notebook)
    options = sorted(re.findall(r"--[\w-]+", CELL_USAGE))
    expect(offered).to_have_text(options)
    # The one that is chosen is put in; and after it, a model's name.
    keyboard.press("Escape")
    keyboard.type("--mo")
    expect(completions(notebook)).to_have_text(["--model"])
    keyboard.press("Enter")
    expect(notebook.editor(1)).to_have_text("%%claude --model ")
    expect(completions(notebook).filter(has_text="sonnet")).to_be_visible()
    keyboard.press("Escape")

    notebook.editor(2).click()
    keyboard.press("End")
    offered = completions(notebook)
    commands = re.findall(r"^%claude (\w+)", HELP, re.MULTILINE)
    expect(offered).to_have_text(commands)
    keyboard.press("Escape")

    # In Python the kernel answers as ever. In prose nobody does: the kernel, asked after it, has.
    notebook.editor(1).click()
    keyboard.press("Control+End")
    keyboard.type("\nval")
    keyboard.press("Tab")
    notebook.editor(3).click()
    keyboard.press("Control+End")
    expect(completions(notebook)).to_contain_text(["value"])
    keyboard.press("Enter")
    expect(notebook.editor(3)).to_have_text("value = 1value")
    # What the kernel has can be named in prose.
    notebook.editor(3).fill("value = 1")
    notebook.run(3)
    notebook.done(3)
    notebook.editor(1).click()
    keyboard.press("Control+End")
    keyboard.type(" @valu")
    keyboard.press("Tab")
    expect(completions(notebook)).to_have_text(["value"])
    keyboard.press("Enter")
    expect(notebook.editor(1)).to_have_text("%%claude --model val @value")
    for _ in " @value":
        keyboard.press("Backspace")
    expect(notebook.editor(1)).to_have_text("%%claude --model val")


def test_running(open_notebook: Open) -> None:
    """Otherwise nobody sees in a long notebook which prompt runs, and which one waits for them."""
    notebook = open_notebook(["%%claude\ntouch made", "%%claude\nnever ends", "1 + 1"])
    marks = [notebook.editor(index).locator(".jp-Claude-running") for index in range(4)]
    notebook.run_all()
    expect(marks[1]).to_have_text("waiting for you")
    expect(marks[2]).to_have_text("queued")
    expect(marks[3]).to_have_count(0)
    press(notebook.button(1))
    expect(marks[2]).to_have_text("thinking")
    expect(marks[1]).to_have_count(0)
    # Saved and copied is the prompt only.
    assert notebook.save().cells[2].source == "%%claude\nnever ends"
    notebook.stop()
    notebook.done(2)
    expect(marks[2]).to_have_count(0)
