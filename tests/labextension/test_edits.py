"""What Claude writes becomes cells: inserted, or in place of one, as the user decides."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import FrontEnd, Notebook
from tests.labextension.script import MEAN

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

OLD = (
    "def mean(rows):\n    total = 0\n    for row in rows:\n        total += row\n"
    "    return total / len(rows)\n\n\nprint(mean([1, 2]))"
)
HALF = OLD.replace(
    "    total = 0\n    for row in rows:\n        total += row\n    return total / len(rows)",
    "    return sum(rows) / len(rows)",
)


def panel(notebook: Notebook) -> Locator:
    """Return the chat in the side bar."""
    return notebook.page.locator("#jupyter-claude-panel").get_by_role("region", name="Claude chat")


def review(notebook: Notebook) -> Locator:
    """Return the suggestion that is shown below a cell."""
    return notebook.panel.get_by_role("region", name="Suggested replacement")


def press(where: Locator, name: str, nth: int = 0) -> None:
    """Press one of the buttons with this name."""
    where.get_by_role("button", name=name, exact=True).nth(nth).click()


def expect_text(notebook: Notebook, index: int, text: str) -> None:
    """Wait until a cell has this text."""
    lines = notebook.cell(index).locator(".jp-InputArea-editor .cm-line")
    expect(lines).to_have_text(text.split("\n"))


def undo(notebook: Notebook, index: int) -> None:
    """Take the last change of a cell's text back."""
    notebook.cell(index).locator(".jp-InputArea-editor .cm-line").first.click()
    notebook.page.keyboard.press("Control+z")


def expect_formula(turn: Locator) -> None:
    """Wait until the formula of the answer is typeset, its prices not."""
    expect(turn.locator("mjx-container")).to_have_count(1)
    expect(turn).to_contain_text("It costs $5 today and $6 tomorrow: ")


@pytest.mark.parametrize(
    "front_end", ["lab", pytest.param("notebook", marks=pytest.mark.endurance)]
)
def test_code_is_inserted_below_its_turn(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise one copies by hand, or code lands in the wrong order, runs, or cannot go back."""
    notebook = open_notebook(["%%claude\ntidy up", "x = 1"], front_end=front_end)
    notebook.run(1)
    notebook.done(1)
    turn = notebook.turn(1)
    expect_formula(turn)
    # Each in turn: a pressed button says "Inserted" for a moment.
    for block, kind in enumerate(["code", "code", "markdown"]):
        button = turn.locator(".jc-codeblock").nth(block).get_by_role("button", name="Insert")
        button.click()
        expect(notebook.cells).to_have_count(4 + block)
        expect(notebook.cell(2 + block)).to_have_class(
            re.compile(rf"(?=.*jp-{kind.title()}Cell)(?=.*jp-mod-active)")
        )
    saved = notebook.save()
    assert [(cell.cell_type, cell.source) for cell in saved.cells[2:]] == [
        ("code", MEAN),
        ("code", "%%bash\nls -l"),
        ("markdown", '```json\n{"rows": 3}\n```'),
        ("code", "x = 1"),
    ]
    assert not any(cell.get("outputs") for cell in saved.cells[2:])
    notebook.cell(2).locator(".jp-InputPrompt").click()
    for count in (5, 4, 3):
        notebook.page.keyboard.press("z")
        expect(notebook.cells).to_have_count(count)
    expect_text(notebook, 2, "x = 1")


def test_a_suggestion_is_taken_whole_or_in_part(open_notebook: Open) -> None:
    """Otherwise an answer overwrites what was typed since, or cannot be taken back in one step."""
    notebook = open_notebook(["x = 1", OLD, "%%claude\ntidy up"])
    page = notebook.page
    notebook.run(3)
    notebook.done(3)
    suggestion = review(notebook)

    # Nobody said which cell this is about: the user chooses, at first the most alike.
    press(notebook.output(3), "Replace cell…")
    item = page.get_by_role("menuitem", name="def mean(rows):")
    expect(item).to_have_class(re.compile("lm-mod-active"))
    page.keyboard.press("Enter")
    expect(suggestion).to_be_focused()
    expect(suggestion).to_contain_text("2 changes")
    page.keyboard.press("Escape")
    expect(suggestion).to_have_count(0)
    expect(notebook.output(3).get_by_role("button", name="Replace cell…").first).to_be_focused()
    expect_text(notebook, 2, OLD)

    # One of two, with what is typed meanwhile; then the other is left.
    press(notebook.output(3), "Replace cell…")
    page.keyboard.press("Enter")
    press(suggestion, "Accept change 1 of 2")
    expect_text(notebook, 2, HALF)
    expect(suggestion.get_by_role("button", name="Accept change 1 of 1")).to_be_focused()
    notebook.cell(2).locator(".jp-InputArea-editor .cm-line").first.click()
    page.keyboard.press("Home")
    page.keyboard.type("# mine")
    page.keyboard.press("Enter")
    expect(suggestion).to_contain_text("2 changes")
    press(suggestion, "Reject change 1 of 2")
    press(suggestion, "Reject change 1 of 1")
    expect(suggestion).to_have_count(0)
    expect_text(notebook, 2, f"# mine\n{HALF}")
    undo(notebook, 2)
    expect_text(notebook, 2, HALF)
    undo(notebook, 2)
    expect_text(notebook, 2, OLD)

    # All of it, where there is room for one column only.
    page.set_viewport_size({"width": 700, "height": 900})
    press(notebook.output(3), "Replace cell…")
    page.keyboard.press("Enter")
    expect(suggestion.get_by_role("button", name="Accept change 2 of 2")).to_have_text("Accept")
    page.keyboard.press("Tab")
    expect(suggestion.get_by_role("button", name="Accept all")).to_be_focused()
    page.keyboard.press("Enter")
    expect_text(notebook, 2, MEAN)
    expect(suggestion).to_have_count(0)
    page.keyboard.press("Control+z")
    expect_text(notebook, 2, OLD)
    page.set_viewport_size({"width": 1200, "height": 900})

    # The cell goes while it is shown.
    press(notebook.output(3), "Replace cell…")
    page.keyboard.press("Enter")
    expect(suggestion).to_be_visible()
    notebook.cell(2).locator(".jp-InputPrompt").click()
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.get_by_text("The cell was deleted")).to_be_visible()
    expect(suggestion).to_have_count(0)


def test_the_panel_reaches_the_notebook(open_notebook: Open) -> None:
    """Otherwise what is asked in the panel is copied by hand, and its formulas are read as TeX."""
    failing = "def half(x):\n    return x / 0\nhalf(4)"
    notebook = open_notebook([failing, "x = 1", "y = 2"])
    notebook.run(1, stay=True)
    press(notebook.output(1), "Fix error")
    turns = panel(notebook).get_by_role("article")

    # The difference opens by itself, where the error is. The old error goes with the old text.
    buttons = review(notebook).locator(".jc-review-buttons button")
    expect(buttons).to_have_text(["Accept and run", "Accept", "Reject"])
    press(review(notebook), "Accept")
    expect_text(notebook, 1, failing.replace("/ 0", "/ 2"))
    expect(notebook.output(1)).not_to_contain_text("ZeroDivisionError")
    expect(notebook.output(1).get_by_role("button", name="Fix error")).to_have_count(0)
    undo(notebook, 1)
    expect_text(notebook, 1, failing)
    notebook.run(1, stay=True)
    press(notebook.output(1), "Fix error")
    press(review(notebook), "Accept and run")
    expect(notebook.output(1)).to_contain_text("2.0")
    undo(notebook, 1)
    expect_text(notebook, 1, failing)

    # What was asked about is known: no question which cell.
    press(turns.first, "Replace cell…")
    press(review(notebook), "Accept all")
    expect_text(notebook, 1, failing.replace("/ 0", "/ 2"))
    notebook.page.keyboard.press("Control+z")
    expect_text(notebook, 1, failing)

    notebook.cell(2).locator(".jp-InputPrompt").click()
    press(turns.first, "Insert as cell below")
    expect(notebook.cells).to_have_count(5)
    expect_text(notebook, 3, failing.replace("/ 0", "/ 2"))
    notebook.page.keyboard.press("z")
    expect(notebook.cells).to_have_count(4)

    message = panel(notebook).get_by_role("textbox", name="Message Claude")
    message.fill("tidy up")
    message.press("Enter")
    expect_formula(turns.last)
