"""What a permission request shows of a call: the cell's name, and the change as a diff.

It is made from the live document when Claude asks. The call names the same source by its hash, so
if the cell changes after that, the call does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._asking.titles import cell_title, title_of
from .._requests import OwnRequest, new_id, waiting_line
from .._turns.diffs import unified
from .._turns.items import pretty
from .._turns.requests import Field, PermissionRequest
from .cells import Cell, CellsRefusedError, NotebookCells
from .pages import NotebookUnavailable
from .words import name_of, refusal_text

#: How the names of the tools begin, as Claude Code knows them.
PREFIX = "mcp__notebook__"


@dataclass(frozen=True)
class Preview:
    """What a call would do. Together with the other fields it is all of the input.

    Attributes
    ----------
    title : str
        What it changes, in one line.
    diff : str or None
        How that changes, as a unified diff.
    code : str or None
        The code that would run.
    shown : frozenset of str
        The fields of the input that this shows.
    cell : int or None
        The number of the cell that it concerns, from 1.
    """

    title: str
    diff: str | None = None
    code: str | None = None
    shown: frozenset[str] = frozenset()
    cell: int | None = None


async def own_request(
    cells: NotebookCells, tool: str, tool_input: Mapping[str, Any], reason: str, timeout: float
) -> OwnRequest | str | None:
    """Return the request for a call of the notebook's tools.

    Parameters
    ----------
    cells : NotebookCells
        The cells.
    tool : str
        The tool.
    tool_input : mapping
        Its input, which nobody has checked yet.
    reason : str
        Why Claude Code asks.
    timeout : float
        For how many seconds the request waits; 0 is no limit.

    Returns
    -------
    OwnRequest or str or None
        A str says why the call would do nothing, for Claude. None: it is another tool.
    """
    try:
        preview = await preview_of(cells, tool, tool_input)
    except CellsRefusedError as error:
        return refusal_text(error)
    except NotebookUnavailable as error:
        return str(error)
    if preview is None:
        return None
    rest = {name: value for name, value in tool_input.items() if name not in preview.shown}
    request = PermissionRequest(
        id=new_id(),
        waiting=waiting_line(timeout),
        tool=tool,
        reason=reason,
        command=preview.code,
        path=preview.title,
        new_file=False,
        diff=preview.diff,
        fields=[
            Field(name=name, value=value if isinstance(value, str) else pretty(value))
            for name, value in rest.items()
        ],
        says="",
        suggestions=(),  # a rule would allow each later call, whatever it changes or runs
        title=title_of(tool, {}, Path())
        if preview.cell is None
        else cell_title(tool, preview.cell),
    )
    return OwnRequest(request, press=lambda index: None, edit=lambda text: dict(tool_input))


async def preview_of(
    cells: NotebookCells, tool: str, tool_input: Mapping[str, Any]
) -> Preview | None:
    """Return what a call would do; None if it is no call of the notebook's tools.

    Raises
    ------
    CellsRefusedError or NotebookUnavailable
        If the call would do nothing, for example because the cell has changed.
    """
    make = _PREVIEWS.get(tool.removeprefix(PREFIX)) if tool.startswith(PREFIX) else None
    return None if make is None else await make(cells, tool_input)


async def _read(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    return Preview("Cells of the open notebook, and the text of their outputs")


async def _edit(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    cell = await _cell(cells, given)
    return _change(cell, name_of(cell), cell.source, _text(given, "source"))


async def _insert(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    kind, after, index = _text(given, "kind") or "code", _text(given, "after_id"), _index(given)
    if after:
        where = name_of(await cells.cell(after), "after cell")
    else:
        where = "at the end" if index is None else f"as cell {index + 1}"
    title = f"New {kind} cell {where}"
    shown = frozenset({"source", "kind", "after_id", "index"})
    return Preview(title, _diff(None, _text(given, "source"), title), shown=shown)


async def _delete(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    cell = await _cell(cells, given)
    return _change(cell, name_of(cell, "Delete cell"), cell.source, None)


async def _move(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    cell = await cells.cell(_text(given, "id"))
    place = (_index(given) or 0) + 1
    title = f"{name_of(cell)}. It becomes cell {place}"
    return Preview(title, shown=frozenset({"id", "index"}), cell=cell.index + 1)


async def _run(cells: NotebookCells, given: Mapping[str, Any]) -> Preview:
    cell = await _cell(cells, given)
    title, shown = name_of(cell, "Run cell"), frozenset({"id", "hash"})
    return Preview(title, code=cell.source, shown=shown, cell=cell.index + 1)


_PREVIEWS = {
    "read_cells": _read,
    "edit_cell": _edit,
    "insert_cell": _insert,
    "delete_cell": _delete,
    "move_cell": _move,
    "run_cell": _run,
}


async def _cell(cells: NotebookCells, given: Mapping[str, Any]) -> Cell:
    return await cells.cell(_text(given, "id"), _text(given, "hash"))


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _index(given: Mapping[str, Any]) -> int | None:
    value = given.get("index")
    return value if isinstance(value, int) else None


def _change(cell: Cell, title: str, before: str, after: str | None) -> Preview:
    shown = frozenset({"id", "hash", "source"})
    number = cell.index + 1
    return Preview(title, _diff(before, after, f"cell {number}"), shown=shown, cell=number)


def _diff(before: str | None, after: str | None, name: str) -> str:
    """Return the diff of two sources. Each gets a line end, which the last line of a cell lacks."""
    return unified(_ended(before), _ended(after), name)


def _ended(source: str | None) -> str | None:
    return None if source is None else f"{source}\n"
