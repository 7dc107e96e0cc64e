"""`RewoundCells`: takes back Claude's changes of cells, as a rewind does with files.

A cell goes back to the source from before the turns if it still has the source that Claude left.
What the user has changed since stays, unless the user names it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from .._names import to_show
from .._notebook.cells import Cell, CellsRefusedError, NotebookCells, hash_of
from .._notebook.journal import CellEdit, CellJournal
from .._notebook.pages import NotebookUnavailable
from .._notebook.words import name_of
from .._text import exact_line
from .._turns.diffs import line_kinds, unified
from .cells import CellStep
from .plan import Action, FileChange

_NOT_OPEN = "{name}: it is not open in a page that answers, so Claude's changes of its cells stay"


class RewoundCells:
    """Restores cells of the open notebook; see `Cells`.

    Parameters
    ----------
    cells : NotebookCells
        The cells.
    journal : CellJournal
        What Claude changed.
    """

    def __init__(self, cells: NotebookCells, journal: CellJournal) -> None:
        self._cells = cells
        self._journal = journal

    async def plan(
        self, turns: Collection[str], folder: str, include: Collection[str]
    ) -> tuple[list[CellStep], list[str]]:
        """Return how to restore the cells from before these turns, and what cannot come back."""
        edits = self._journal.of(turns)
        first: dict[tuple[str, str], CellEdit] = {}
        last: dict[tuple[str, str], CellEdit] = {}
        moved: dict[tuple[str, str], None] = {}
        for edit in edits:
            key = edit.notebook, edit.id
            if edit.moved:
                moved[key] = None
            else:
                first.setdefault(key, edit)
                last[key] = edit
        wanted = [
            (replace(edit, after=last[key].after), last[key].index) for key, edit in first.items()
        ]
        steps, lost = await self._steps(
            [(edit, index) for edit, index in wanted if edit.before != edit.after], folder, include
        )
        lost += [
            f"{_file_name(notebook)}: Claude moved a cell, which stays where it is now"
            for notebook, id in moved
            if (notebook, id) not in first
        ]
        return steps, list(dict.fromkeys(lost))

    async def plan_undo(
        self, steps: Sequence[dict[str, Any]], folder: str
    ) -> tuple[list[CellStep], list[str]]:
        """Return how to take back the steps of a rewind, and what cannot come back."""
        edits = [
            CellEdit("", s["notebook"], s["id"], s["kind"], s["then"], s["now"], s["index"])
            for s in steps
        ]
        return await self._steps([(edit, edit.index) for edit in edits], folder, ())

    async def act(self, steps: Sequence[CellStep]) -> tuple[list[CellStep], list[str]]:
        """Do the chosen steps; return those that are done, and why the others are not."""
        done: list[CellStep] = []
        problems: list[str] = []
        for step in steps:
            try:
                await self._do(step)
            except (CellsRefusedError, NotebookUnavailable) as error:
                problems.append(f"{step.shown.label} stays as it is: {error}")
            else:
                done.append(step)
        return done, problems

    async def _do(self, step: CellStep) -> None:
        if await self._cells.path() != step.notebook:
            raise CellsRefusedError("another notebook is open now")
        if step.now is None:
            await self._cells.restore_cell(step.id, step.kind, step.then or "", step.index)
        elif step.then is None:
            await self._cells.delete_cell(step.id, hash_of(step.now))
        else:
            await self._cells.edit_cell(step.id, hash_of(step.now), step.then)

    async def _steps(
        self,
        edits: Sequence[tuple[CellEdit, int]],
        folder: str,
        include: Collection[str],
    ) -> tuple[list[CellStep], list[str]]:
        """Return the steps from the present cells to those before `edits`."""
        steps: list[CellStep] = []
        lost: list[str] = []
        gone: set[str] = set()
        for edit, index in edits:
            try:
                if edit.notebook in gone or await self._cells.path() != edit.notebook:
                    raise NotebookUnavailable
                now = await self._present(edit.id)
            except NotebookUnavailable:
                gone.add(edit.notebook)
                continue
            if now is not None and not now.hash:
                lost.append(f"{_file_name(edit.notebook)}: a cell is too long to be compared")
            elif (now and now.source) != edit.before:
                steps.append(_step(edit, now, index, folder, include))
        lost += [_NOT_OPEN.format(name=_file_name(notebook)) for notebook in sorted(gone)]
        return steps, lost

    async def _present(self, id: str) -> Cell | None:
        try:
            return await self._cells.cell(id)
        except CellsRefusedError:
            return None


def _step(
    edit: CellEdit, now: Cell | None, index: int, folder: str, include: Collection[str]
) -> CellStep:
    source = None if now is None else now.source
    path = os.path.join(folder, f"{_file_name(edit.notebook)}#{edit.id}")
    action: Action = "restore" if now is not None else "create"
    if edit.before is None:
        action = "delete"
    place = (now.index if now is not None else index) + 1
    about = now or Cell(edit.id, index, "code", edit.before or "", 0, "", None, False, ())
    shown = FileChange(
        path,
        action,
        diff=unified(_ended(source), _ended(edit.before), to_show(path)),
        changed_by_you=source != edit.after,
        label=exact_line(f"{_file_name(edit.notebook)}, cell {place}: {_line(about)}"),
    )
    shown._states = _state(source), _state(edit.before)
    for kind, _ in line_kinds(shown.diff):
        shown.insertions += kind == "added"
        shown.deletions += kind == "removed"
    shown.chosen = not shown.changed_by_you or path in include
    return CellStep(shown, edit.notebook, edit.id, edit.kind, source, edit.before, index)


def _line(cell: Cell) -> str:
    return name_of(cell).partition(": ")[2] or "empty"


def _file_name(notebook: str) -> str:
    return notebook.rpartition("/")[2] or "notebook"


def _state(source: str | None) -> str:
    return "" if source is None else hash_of(source)


def _ended(source: str | None) -> str | None:
    return None if source is None else f"{source}\n"
