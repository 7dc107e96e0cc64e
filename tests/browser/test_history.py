"""The history in a real JupyterLab: look with the slider, rewind, undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, until

pytestmark = [pytest.mark.browser, pytest.mark.cli]
Open = Callable[..., Notebook]

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
SETTINGS = (
    "claude.settings.permission_mode = 'acceptEdits'\n"
    "claude.settings.allowed_tools = ['Bash(echo:*)']"
)
CELLS = [
    SETTINGS,
    "%%claude\ndraft one",
    "%%claude\ndraft two",
    "%claude history",
    "%%claude\nnever ends",
]


class History:
    """The history view in a cell's output, by its roles and names."""

    def __init__(self, notebook: Notebook, cell: int) -> None:
        output = notebook.output(cell)
        self.slider = output.get_by_role("slider", name="Conversation history", exact=True)
        self.region = output.get_by_role("region", name="Rewind preview", exact=True)
        self.output = output

    def button(self, name: str) -> Locator:
        """Return a button."""
        return self.output.get_by_role("button", name=name, exact=True)

    def check(self, name: str) -> Locator:
        """Return a checkbox."""
        return self.output.get_by_role("checkbox", name=name)

    def axe(self) -> list[str]:
        """Return what axe-core finds serious or worse in it."""
        self.output.page.add_script_tag(path=AXE)
        found: list[str] = self.output.locator(".jc-root").evaluate(
            """async (view) => (await axe.run(view)).violations
                .filter(({ impact }) => impact === "serious" || impact === "critical")
                .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))"""
        )
        return found

    def says(self, place: str) -> None:
        """Wait until the slider says where it is."""
        expect(self.slider).to_have_attribute("aria-valuetext", re.compile(f"^{place}"))


def test_look_rewind_undo_and_reload(open_notebook: Open) -> None:
    """Otherwise: the slider changes things by being moved, or what was rewound is lost."""
    notebook = open_notebook(CELLS)
    notes, plan = notebook.folder / "notes.txt", notebook.folder / "plan.txt"
    for cell in (1, 2, 3, 4):
        notebook.run(cell)
    notebook.done(4)
    view = History(notebook, 4)
    view.says("After turn 2 of 2: draft two, .*2 files, .*now")
    expect(view.button("Rewind")).to_be_disabled()
    expect(view.button("Undo rewind")).to_be_disabled()

    # By keys, as in every slider; the notebook does not take them for its own.
    keys = notebook.page.keyboard
    view.slider.focus()
    keys.press("Home")
    view.says("Before the first turn of 2")
    expect(view.region).to_contain_text("2 later turns are removed")
    keys.press("ArrowRight")
    view.says("After turn 1 of 2: draft one")
    expect(view.slider).to_be_focused()
    expect(view.region).to_contain_text(re.compile(r"restore\s*notes\.txt\s*\+1 −2"))
    expect(view.region).to_contain_text(re.compile(r"delete\s*plan\.txt\s*\+0 −1"))
    expect(view.region).to_contain_text("Turn 2: draft two")
    cannot = view.region.get_by_role("group", name="What cannot come back")
    expect(cannot).to_contain_text("echo built > made.txt")
    keys.press("End")
    view.says("After turn 2 of 2")
    expect(view.region).to_be_hidden()
    keys.press("ArrowLeft")
    assert (notes.read_text(), plan.exists()) == ("two\ntwo\n", True)

    # Its diff unfolds; the files go back, and so does the conversation.
    view.button("Preview rewind").press("Enter")
    expect(view.region).to_be_focused()
    view.region.locator("summary").first.click()
    expect(view.region).to_contain_text("-two")
    assert view.axe() == []
    view.button("Rewind").click()
    expect(view.output).to_contain_text(re.compile("Rewound to after turn 1: 2 files"))
    view.says("After turn 1 of 1: draft one, .*now")
    expect(view.slider).to_be_focused()
    assert (notes.read_text(), plan.exists()) == ("one\n", False)
    expect(notebook.turn(3)).to_contain_text("A rewind took this turn back")
    expect(notebook.turn(2)).not_to_contain_text("A rewind took this turn back")
    expect(view.output).to_contain_text("Earlier branches (1)")

    # The page is loaded anew: the same view, and what was done can still be undone.
    notebook.save()
    notebook.reload()
    view.says("After turn 1 of 1: draft one, .*now")
    view.button("Undo rewind").click()
    view.says("After turn 2 of 2: draft two, .*now")
    assert (notes.read_text(), plan.exists()) == ("two\ntwo\n", True)
    expect(notebook.turn(3)).not_to_contain_text("A rewind took this turn back")
    expect(view.button("Undo rewind")).to_be_disabled()

    # While a turn runs it is refused, with its reason.
    notebook.run(5)
    expect(notebook.turn(5)).to_contain_text("I begin.")
    view.slider.focus()
    keys.press("Home")
    expect(view.region).to_contain_text("A turn is running")
    expect(view.button("Rewind")).to_be_disabled()
    notebook.stop()
    notebook.done(5)
    expect(view.region).to_contain_text("3 later turns are removed")
    expect(view.button("Rewind")).to_be_enabled()


def test_own_changes_stay_unless_ticked(open_notebook: Open) -> None:
    """Otherwise: a rewind overwrites the user's own work, or the panel cannot do it at all."""
    cells = [*CELLS[:3], "claude.panel()", "%claude rewind 2 --files"]
    notebook = open_notebook(cells, front_end="notebook")
    notes, plan = notebook.folder / "notes.txt", notebook.folder / "plan.txt"
    for cell in (1, 2, 3, 4):
        notebook.run(cell)
    notebook.done(4)
    notes.write_text("mine\n")
    view = History(notebook, 4)
    view.button("History").click()
    view.says("After turn 2 of 2")
    view.slider.focus()
    notebook.page.keyboard.press("ArrowLeft")
    expect(view.region).to_contain_text("changed by you")
    view.check("Conversation").uncheck()
    expect(view.region).to_contain_text("1 file changes, +0 −1; 1 file changed by you left alone.")
    view.button("Rewind").click()
    expect(view.output).to_contain_text("Rewound to after turn 1")
    assert (notes.read_text(), plan.exists()) == ("mine\n", False)
    view.says("After turn 2 of 2: draft two, .*now")

    view.check("Conversation").check()
    view.slider.focus()
    notebook.page.keyboard.press("ArrowLeft")
    own = view.check("Also undo my changes to notes.txt")
    expect(own).not_to_be_checked()
    own.check()
    expect(view.region).to_contain_text("1 file changes, +1 −1; 1 later turn is removed")
    notes.write_text("mine again\n")
    view.button("Rewind").click()
    expect(view.output).to_contain_text("This is the new preview")
    assert notes.read_text() == "mine again\n"
    expect(own).to_be_checked()
    view.button("Rewind").click()
    # Its prompt waits in the composer, to be asked in better words.
    composer = view.output.get_by_role("textbox", name="Message Claude")
    expect(composer).to_have_value("draft two")
    assert notes.read_text() == "one\n"
    expect(notebook.turn(4)).to_have_count(1)
    view.button("Undo rewind").click()
    expect(notebook.turn(4)).to_have_count(2)
    until(lambda: notes.read_text() == "mine again\n", "the undo")

    # The prompt stands in the conversation again: Enter must not ask it once more.
    expect(composer).to_have_value("")

    # The magic says the same, and does nothing.
    notebook.run(5)
    notebook.done(5)
    plan_of_magic = notebook.output(5).get_by_role("group", name="Rewind plan")
    expect(plan_of_magic).to_contain_text(re.compile(r"notes\.txt\s*changed by you, left alone"))
    expect(notebook.output(5)).to_contain_text("add --include notes.txt")
    assert notes.read_text() == "mine again\n"
