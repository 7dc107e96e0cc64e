"""Cells of the code that Claude ran: the notebook runs again without Claude."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from jupyter_claude._claude import Claude
from jupyter_claude._ipython.next_cell import NextCell
from jupyter_claude._turns.code_cells import CodeCells, insert_with
from jupyter_claude._turns.ran_code import BoundName, RanCode, bound_text, cells_of
from jupyter_claude._turns.writer import TurnWriter

pytestmark = pytest.mark.pure

CODES = [
    RanCode("%matplotlib inline\ntotal = 1", "Load <b>data</b>", 0.5, (BoundName("total", "new"),)),
    RanCode("1/0", "Try", 0.1, error="ZeroDivisionError: division by zero"),
    RanCode("%%bash\nls", "Look"),
]


def turn() -> TurnWriter:
    """Return a turn that ran code."""
    writer = TurnWriter(1, "id", "p", folder=Path("folder"))
    for code in CODES:
        writer.ran(code)
    return writer


def test_a_turn_has_its_code() -> None:
    """Else nobody can see later what Claude ran."""
    seen = turn().turn
    assert seen.code == CODES
    for same in (pickle.loads(pickle.dumps(seen)), copy.deepcopy(seen)):
        assert same.code == CODES
    told: list[object] = []
    writer = turn()
    writer.turn.listen(told.append)
    writer.ran(CODES[0])
    assert told


def test_cells_are_of_a_notebook() -> None:
    """Else the cells cannot be put into a notebook, or do not run there."""
    cells = cells_of(CODES)
    assert [cell["source"] for cell in cells] == [CODES[0].code, CODES[2].code]
    assert cells[0]["metadata"] == {"jupyter_claude": {"why": "Load <b>data</b>"}}
    every = cells_of(CODES, failed=True)
    assert every[1]["metadata"]["tags"] == ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.from_dict(cell) for cell in every])
    nbformat.validate(notebook)
    assert len({cell["id"] for cell in every}) == 3


def test_a_notebook_shows_them() -> None:
    """Else the user must look for the code in the turn's cards; or its text becomes HTML."""
    assert Claude.__module__  # the import registers the views
    hidden = RanCode("x = '\u202e<script>'", "why")
    cells = TurnWriter(1, "id", "p", folder=Path()).turn.code_cells()
    assert "ran no code" in cells._repr_mimebundle_()["text/html"]
    writer = turn()
    writer.ran(hidden)
    bundle = writer.turn.code_cells()._repr_mimebundle_()
    page = BeautifulSoup(bundle["text/html"], "html.parser")
    assert page.find(["script", "b"]) is None
    assert [pre.text for pre in page.find_all("pre")] == [
        CODES[0].code,
        CODES[2].code,
        "x = '⟨U+202E⟩<script>'",
    ]
    assert "Load <b>data</b>" in page.text
    assert "\u202e" not in bundle["text/plain"]


class Shell:
    """What is used of IPython's shell."""

    def __init__(self) -> None:
        self.next: list[str] = []

    def set_next_input(self, text: str) -> None:
        """Take the text of the next cell."""
        self.next.append(text)


def test_inserting() -> None:
    """Else the click that makes cells does nothing, or one magic breaks all of them."""
    shell, taken = Shell(), list[Any]()
    remove = insert_with(NextCell(shell))
    try:
        CodeCells(cells_of(CODES[:1])).insert()
        CodeCells(cells_of(CODES[2:])).insert()
        CodeCells(cells_of([CODES[0], CODES[0]])).insert()
        assert shell.next[:2] == [CODES[0].code, CODES[2].code]
        assert shell.next[2] == f"{CODES[0].code}\n\n{CODES[0].code}"
        with pytest.raises(RuntimeError, match="cannot insert cells"):
            CodeCells(cells_of(CODES)).insert()
        with pytest.raises(RuntimeError, match="no code to insert"):
            CodeCells([]).insert()

        def take(cells: list[dict[str, Any]]) -> bool:
            taken.extend(cells)
            return True

        remove_other = insert_with(take)
        CodeCells(cells_of(CODES)).insert()
        assert [cell["source"] for cell in taken] == [CODES[0].code, CODES[2].code]
        remove_other()
        assert len(shell.next) == 3
    finally:
        remove()


def test_what_it_bound() -> None:
    """Else a rewind does not say which variables the dropped turns changed."""
    frame = "DataFrame, 10 rows × 2 columns"
    codes = [
        RanCode("1", bound=(BoundName("a", "new"), BoundName("df", "changed", frame, copied=True))),
        RanCode("2", bound=(BoundName("a", "replaced", "int"), BoundName("df", "replaced", "int"))),
        RanCode("3", bound=(BoundName("b", "new"), BoundName("x", "deleted", "int"))),
        RanCode("4", bound=(BoundName("b", "deleted"),)),
    ]
    assert bound_text(codes) == (
        f"a (new), df (replaced {frame}; a copy was kept), x (deleted int)"
    )
    assert bound_text([]) == ""
    many = RanCode("5", bound=tuple(BoundName(f"n{n}", "new") for n in range(25)))
    assert bound_text([many]).endswith("n19 (new), 5 more")
