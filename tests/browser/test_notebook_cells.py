"""Claude reads, changes and runs cells of the notebook that is open in a real page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import FrontEnd, Notebook, Server, press, until

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

#: Notebook 7 has JupyterLab's notebook, so `make test` tries only the first test there too.
FRONT_ENDS = ["lab", pytest.param("notebook", marks=pytest.mark.endurance)]
TARGET = "total = 1\nprint(total)"
READ = """\
cells = claude._parts.notebook.cells
found = (await cells.read_cells()).cells
print("read", [cell.source for cell in found][1])
"""
EDIT = """\
from jupyter_claude._notebook.cells import CellsRefusedError
try:
    cell = await cells.edit_cell(found[1].id, found[1].hash, "total = 2\\nprint(total)")
    print("changed to", repr(cell.source))
except CellsRefusedError as error:
    print(error, "Now:", repr(error.cell and error.cell.source))
"""


def expect_source(notebook: Notebook, index: int, source: str) -> None:
    """Wait until a cell has this source."""
    lines = notebook.cell(index).locator(".jp-InputArea-editor .cm-line")
    expect(lines).to_have_text(source.split("\n"))


def type_at_end(notebook: Notebook, index: int, text: str) -> None:
    """Type at the end of a cell, as a user does."""
    notebook.editor(index).click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.type(text)


def undo(notebook: Notebook, index: int) -> None:
    """Press Ctrl+Z in a cell."""
    notebook.editor(index).click()
    notebook.page.keyboard.press("Control+z")


def shot(notebook: Notebook, name: str) -> None:
    """Keep a picture, if pictures are wanted."""
    if folder := os.environ.get("JUPYTER_CLAUDE_TEST_SHOTS"):
        notebook.page.screenshot(path=f"{folder}/cells-{name}.png")


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_what_the_user_types_wins(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise: Claude overwrites what was typed, or its change cannot be taken back."""
    notebook = open_notebook([TARGET, READ, EDIT], front_end=front_end)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("read total = 1")
    type_at_end(notebook, 1, "  # mine")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text(
        r"The cell has changed since it was read, so nothing was done. "
        r"Now: 'total = 1\nprint(total)  # mine'"
    )
    expect_source(notebook, 1, TARGET + "  # mine")
    notebook.run(2)  # Claude reads again
    expect(notebook.output(2)).to_contain_text("# mine")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text(r"changed to 'total = 2\nprint(total)'")
    expect_source(notebook, 1, "total = 2\nprint(total)")
    undo(notebook, 1)
    expect_source(notebook, 1, TARGET + "  # mine")
    # Not the file: that is as it was opened.
    assert "# mine" not in notebook.path.read_text()


CHANGES = """\
cells = claude._parts.notebook.cells
found = (await cells.read_cells()).cells
text = "Inserted ![](http://203.0.113.7/x)"
new = await cells.insert_cell("markdown", text, after_id=found[0].id)
moved = await cells.move_cell(found[1].id, 0)
gone = await cells.delete_cell(found[2].id, found[2].hash)
print("done", new.index, moved.index)
"""


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_each_change_of_the_list_is_one_undo(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise: a deleted cell does not come back, or comes back without its text."""
    notebook = open_notebook(["x = 1", "y = 2", CHANGES], front_end=front_end)
    notebook.run(3, stay=True)
    expect(notebook.output(3)).to_contain_text("done 1 0")
    assert notebook.foreign == []
    expect(notebook.cell(2).locator(".jp-MarkdownOutput img, .jp-MarkdownOutput h1")).to_have_count(
        0
    )
    load = "%load_ext jupyter_claude\nfrom jupyter_claude import claude"

    def sources() -> list[str]:
        return [
            "\n".join(notebook.cell(index).locator(".cm-line").all_inner_texts())
            for index in range(notebook.cells.count())
        ]

    expect(notebook.cells).to_have_count(4)
    notebook.wait_for(
        lambda: sources()[:3] == ["x = 1", load, "Inserted ![](http://203.0.113.7/x)"],
        "the changes",
    )
    notebook.cell(0).locator(".jp-InputPrompt").click()
    for expected in (
        ["x = 1", load, "Inserted ![](http://203.0.113.7/x)", "y = 2"],
        [load, "Inserted ![](http://203.0.113.7/x)", "x = 1", "y = 2"],
        [load, "x = 1", "y = 2"],
    ):
        notebook.page.keyboard.press("z")
        expect(notebook.cells).to_have_count(len(expected) + 1)
        notebook.wait_for(lambda: sources()[:-1] == expected, f"{expected}")  # noqa: B023
    assert notebook.foreign == []


RUN_LATER = """\
import asyncio
cells = claude._parts.notebook.cells
async def later():
    found = (await cells.read_cells()).cells
    while claude._parts.notebook._running()[1] is not None:
        await asyncio.sleep(0.02)
    global run
    run = await cells.run_cell(found[1].id, found[1].hash)
task = asyncio.ensure_future(later())
"""
SHOW_RUN = "await task\nprint(run.ok, run.cell.number, [o.text for o in run.cell.outputs])"


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_an_idle_kernel_runs_the_cell_as_the_user_would(
    open_notebook: Open, front_end: FrontEnd
) -> None:
    """Otherwise: the cell has no number, or Claude does not get its output."""
    notebook = open_notebook([TARGET, RUN_LATER, SHOW_RUN], front_end=front_end)
    notebook.run(2)
    expect(notebook.output(1)).to_have_text("1")
    notebook.done(1)
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("True 3 ['1\\n']")
    expect(notebook.cell(1).get_by_role("group", name="Run by Claude")).to_have_count(0)


RUN_HERE = """\
async def run_here(source):
    return [
        {"output_type": "stream", "name": "stdout", "text": f"ran {len(source)} characters\\n"},
        {"output_type": "display_data", "data": {"text/html": "<b>bold</b>"}, "metadata": {}},
    ]
cells = claude._parts.notebook.cells
cells.run_here = run_here
found = (await cells.read_cells()).cells
run = await cells.run_cell(found[1].id, found[1].hash)
print(run.ok, repr(run.note), len(run.cell.outputs))
"""


def theme(notebook: Notebook, name: str) -> None:
    """Choose one of JupyterLab's themes."""
    notebook.page.evaluate(
        "name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name
    )
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-name", name)
    expect(notebook.page.locator("#jupyterlab-splash")).to_have_count(0)


def test_outputs_of_a_run_during_a_turn_are_marked(open_notebook: Open) -> None:
    """Otherwise: nobody sees that Claude ran the cell, or the mark stays after the user's run."""
    notebook = open_notebook([TARGET, RUN_HERE])
    mark = notebook.cell(1).get_by_role("group", name="Run by Claude")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("True '' 2")
    expect(notebook.output(1)).to_contain_text("ran 22 characters")
    expect(notebook.output(1).locator("b")).to_have_text("bold")
    expect(mark).to_have_text("Run by Claude, during its turn")
    shot(notebook, "mark-light")
    theme(notebook, "JupyterLab Dark")
    shot(notebook, "mark-dark")
    theme(notebook, "JupyterLab Light")
    saved = notebook.save()
    assert saved.cells[1].metadata["jupyter-claude"] == {"ran": "claude"}
    notebook.run(1)
    notebook.done(1)
    expect(mark).to_have_count(0)
    expect(notebook.output(1)).to_have_text("1")
    assert "jupyter-claude" not in notebook.save().cells[1].metadata


#: A prompt that is sent before the page has said hello has no tools of the notebook.
SHOWN = """\
import asyncio
while not claude._parts.notebook.pages.paths:
    await asyncio.sleep(0.02)
"""
REWIND = "await claude.rewind(1)"
UNDO = "await claude.undo_rewind()"


def request(notebook: Notebook, index: int, tool: str) -> Locator:
    """Return the request for a tool of the notebook."""
    return notebook.request(index, f"Permission request: mcp__notebook__{tool}")


def test_claude_changes_a_cell_with_the_users_approval(open_notebook: Open) -> None:
    """Otherwise: the tools, the request with its diff, or the undo does not work together."""
    notebook = open_notebook([TARGET, "%%claude\nchange the total", REWIND, UNDO, SHOWN])
    notebook.run(5)
    notebook.done(5)
    notebook.run(2)
    asked = request(notebook, 2, "read_cells")
    expect(asked).to_contain_text("Cells of the open notebook")
    press(notebook.button(2))
    # The first edit is of a text that the user changes while the request waits.
    asked = request(notebook, 2, "edit_cell")
    expect(asked).to_contain_text("Cell 2: total = 1")
    expect(asked).to_contain_text("-total = 1")
    expect(asked).to_contain_text("+total = 2")
    expect(asked.get_by_role("button", name=re.compile("Always"))).to_have_count(0)
    shot(notebook, "request-light")
    type_at_end(notebook, 1, "  # mine")
    press(notebook.button(2))
    # Claude tries again with the present text.
    expect(request(notebook, 2, "edit_cell")).to_contain_text("print(total)  # mine")
    expect_source(notebook, 1, TARGET + "  # mine")
    press(notebook.button(2))
    # Then it wants to write the file, which is open.
    notebook.done(2)
    expect(notebook.turn(2)).to_contain_text("is open in the user's notebook page")
    expect(notebook.turn(2)).to_contain_text("All done.")
    expect_source(notebook, 1, "total = 2\nprint(total)  # mine")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("test.ipynb, cell 2: total = 2")
    expect(notebook.output(3)).not_to_contain_text("What cannot come back")
    expect_source(notebook, 1, TARGET + "  # mine")
    notebook.run(4)
    expect_source(notebook, 1, "total = 2\nprint(total)  # mine")
    undo(notebook, 1)
    expect_source(notebook, 1, TARGET + "  # mine")
    assert '"total = 2' not in notebook.path.read_text()


HERE = """\
cells = claude._parts.notebook.cells
async def run_here(source):
    return []
cells.run_here = run_here
found = (await cells.read_cells()).cells
await cells.edit_cell(found[1].id, found[1].hash, "total = 3")
run = await cells.run_cell(found[1].id, (await cells.cell(found[1].id)).hash)
print("done", run.note)
"""


def test_the_page_whose_cell_asks_is_the_one_that_changes(
    open_notebook: Open, server: Server
) -> None:
    """Otherwise: Claude changes the notebook in another tab, or in both."""
    notebook = open_notebook([TARGET, HERE])
    other = Notebook(server, notebook.page.context.new_page(), notebook.path, "notebook")
    try:
        other.open()  # the same kernel; this tab is the one that was used last
        other.editor(1).click()
        notebook.run(2)
        expect(notebook.output(2)).to_contain_text("done")
        expect_source(notebook, 1, "total = 3")
        expect(notebook.cell(1).get_by_role("group", name="Run by Claude")).to_be_visible()
        expect_source(other, 1, TARGET)
        other.page.close()  # and a tab that is gone does no harm
        notebook.run(2)
        expect(notebook.output(2)).to_contain_text("done")
    finally:
        other.leave()


RELOADED = """\
import asyncio
from pathlib import Path
while not Path("go").exists():
    await asyncio.sleep(0.02)
found = (await claude._parts.notebook.cells.read_cells()).cells
Path("read").write_text(found[1].source)
"""


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_reloaded_page_answers_again(open_notebook: Open, front_end: FrontEnd) -> None:
    """Otherwise: after F5 in the middle of a turn Claude finds no notebook, or hangs."""
    notebook = open_notebook([TARGET, RELOADED], front_end=front_end)
    notebook.run(2)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    notebook.save()
    notebook.reload()
    (notebook.folder / "go").touch()
    read = notebook.folder / "read"
    until(read.exists, "what Claude read")
    assert read.read_text() == TARGET


def run_from_panel(notebook: Notebook) -> Locator:
    """Let Claude run the cell with a total, from the side bar's panel; return the panel."""
    page = notebook.page
    page.get_by_role("tab", name=re.compile("^Claude chat")).click()
    panel = page.get_by_role("region", name="Claude chat")
    panel.get_by_role("textbox", name="Message Claude").fill("run the total")
    page.keyboard.press("Enter")
    for tool in ("read_cells", "run_cell"):
        name = f"Permission request: mcp__notebook__{tool}"
        press(panel.get_by_role("alertdialog", name=name).get_by_role("button", name="Approve"))
    return panel


def test_claude_runs_a_cell_during_its_turn_and_from_the_panel(open_notebook: Open) -> None:
    """Otherwise: a run waits for the prompt's own cell, or the panel's run has no number."""
    notebook = open_notebook([TARGET, "%%claude\nrun the total", SHOWN])
    notebook.run(3)
    notebook.done(3)
    notebook.run(2)
    press(notebook.button(2))
    asked = request(notebook, 2, "run_cell")
    expect(asked).to_contain_text("Run cell 2: total = 1")
    expect(asked).to_contain_text("print(total)")
    shot(notebook, "run-light")
    press(notebook.button(2))
    notebook.done(2)
    expect(notebook.turn(2)).to_contain_text("ran without an error")
    expect(notebook.output(1)).to_contain_text("1")
    mark = notebook.cell(1).get_by_role("group", name="Run by Claude")
    expect(mark).to_be_visible()
    expect(notebook.cell(1).locator(".jp-InputPrompt")).to_have_text("[ ]:")

    panel = run_from_panel(notebook)
    notebook.done(1)
    expect(mark).to_have_count(0)
    expect(notebook.output(1)).to_have_text("1")
    expect(panel.get_by_role("article").last).to_contain_text("All done.")


def test_stopping_the_turn_stops_the_cell_that_it_runs(open_notebook: Open) -> None:
    """Otherwise: code that the user has stopped runs on, unseen."""
    slow = "total = 1\nimport asyncio; await asyncio.sleep(999)"
    notebook = open_notebook([slow, SHOWN])
    notebook.run(2)
    notebook.done(2)
    panel = run_from_panel(notebook)
    expect(notebook.cell(1).locator(".jp-InputPrompt")).to_have_text("[*]:")
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(notebook.output(1)).to_contain_text(re.compile("KeyboardInterrupt|CancelledError"))
    notebook.done(1)
    expect(notebook.page.locator("#jp-main-statusbar")).to_contain_text("Claude: idle")
