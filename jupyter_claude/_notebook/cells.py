"""`NotebookCells`: reads, changes and runs the cells of the open notebook.

A cell is named by its id and the hash of the source that was read. If the source has changed since,
nothing happens, and the error has the present source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from .._text import without_halves
from .journal import CellJournal
from .outputs import Image, Output, images_of, outputs_of, plain
from .pages import NotebookPages, NotebookUnavailable

if TYPE_CHECKING:
    from .messages import CellsOp, CellsRefused, CellsResult, ShownCell

CellKind = Literal["code", "markdown", "raw"]
#: Runs code in the kernel, and returns its outputs in a notebook's format.
RunHere = Callable[[str], Awaitable[list[dict[str, Any]]]]

LONGEST = 200_000  # characters of a source
_READ = 60_000  # characters of all cells that are read at once, about

_WHY = {
    "differs": "The cell has changed since it was read, so nothing was done.",
    "missing": "There is no such cell in the open notebook any more: read the cells again.",
    "read-only": "The notebook is read-only, so its cells cannot change.",
    "protected": "The user has protected this cell, so it stays as it is.",
    "running": "The cell runs or waits to run. Wait for its end first.",
    "busy": "Another cell runs or waits to run, so this one cannot run now.",
    "kernel": "The notebook has no kernel now: the user must choose one.",
    "place": "The notebook has no such position: read the cells again.",
    "kind": "Only a code cell can run.",
}
_TOO_LONG = f"The text is longer than {LONGEST:,} characters, so nothing was done."
_UNSEEN = "The cell is too long to be read as a whole, so these tools cannot change or run it."
_NOT_HERE = "A cell of the user's runs, so this cell cannot run now. Try again after its end."
_BEHIND = (
    "A cell of the user's runs first. This cell waits behind it, and runs after it: read the cells "
    "later. Nothing waits for it now."
)


class CellsRefusedError(Exception):
    """A cell was not changed, or did not run; the message is one line.

    Attributes
    ----------
    cell : Cell or None
        The cell as it is now, if its source is not the one that was read.
    """

    def __init__(self, line: str, cell: Cell | None = None) -> None:
        super().__init__(line)
        self.cell = cell


@dataclass(frozen=True)
class Cell:
    """A cell as it is in the open notebook.

    Attributes
    ----------
    id : str
        Its id.
    index : int
        Its position, from 0.
    kind : {"code", "markdown", "raw"}
        Its type.
    source : str
        Its source.
    left : int
        How many characters of the source were left out.
    hash : str
        Identifies the source; "" if not all of the source is there.
    number : int or None
        The number of its last run.
    running : bool
        Whether it runs, or waits to run.
    outputs : sequence of Output
        Its outputs.
    """

    id: str
    index: int
    kind: CellKind
    source: str
    left: int
    hash: str
    number: int | None
    running: bool
    outputs: Sequence[Output]


@dataclass(frozen=True)
class CellList:
    """Some cells of the notebook, how many it has, and whether more were asked for than fit."""

    path: str
    cells: Sequence[Cell]
    total: int
    more: bool


@dataclass(frozen=True)
class CellRun:
    """A run of a cell.

    Attributes
    ----------
    ok : bool
        Whether it raised no error.
    cell : Cell
        The cell with its new outputs.
    images : sequence of Image
        The first images among them.
    note : str
        What else is to say, as one line; "" if nothing.
    """

    ok: bool
    cell: Cell
    images: Sequence[Image]
    note: str = ""


def hash_of(source: str) -> str:
    """Return what identifies a source."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class NotebookCells:
    """The cells of the notebook that the user has open.

    Each method asks the page that has it open. It raises `CellsRefusedError` if nothing was done,
    and `NotebookUnavailable` if no page answers.

    Parameters
    ----------
    pages : NotebookPages
        The line to the pages.
    running_cell : callable, optional
        Returns the id of the cell that the kernel runs now ("" if it is not known); None if none.
    journal : CellJournal, optional
        Notes the changes, for a rewind.
    """

    def __init__(
        self,
        pages: NotebookPages,
        running_cell: Callable[[], str | None] = lambda: None,
        journal: CellJournal | None = None,
    ) -> None:
        self._pages = pages
        self._running_cell = running_cell
        self._journal = journal or CellJournal(lambda: "")
        #: Runs code while a cell runs, when a front end cannot run another one.
        self.run_here: RunHere | None = None

    # --- reading ------------------------------------------------------------------------------

    async def path(self) -> str:
        """Return the server's path of the notebook that would be asked now."""
        return await self._pages.path()

    async def read_cells(self, start: int = 0, ids: Sequence[str] = ()) -> CellList:
        """Return the cells from a position on, or those with these ids, as far as they fit."""
        result = await self._ask(
            {"op": "read", "start": start, "ids": list(ids), "most": _READ, "longest": LONGEST}
        )
        assert result["result"] == "read"
        cells = [_cell(cell) for cell in result["cells"]]
        return CellList(plain(self._pages.path_asked), cells, result["total"], result["more"])

    async def cell(self, id: str, old_hash: str | None = None) -> Cell:
        """Return one cell; with a hash, only if its source is still that one."""
        found = [cell for cell in (await self.read_cells(ids=[id])).cells if cell.id == id]
        if not found:
            raise CellsRefusedError(_WHY["missing"])
        if old_hash is not None:
            if not found[0].hash:
                raise CellsRefusedError(_UNSEEN)
            if found[0].hash != old_hash:
                raise CellsRefusedError(_WHY["differs"], found[0])
        return found[0]

    # --- changing -----------------------------------------------------------------------------

    async def edit_cell(self, id: str, old_hash: str, source: str) -> Cell:
        """Replace a cell's source; return the cell."""
        _check_length(source)
        was = (await self.cell(id, old_hash)).source
        cell = await self._change({"op": "edit", "id": id, "was": was, "source": source})
        self._note(cell, was, source)
        return cell

    async def insert_cell(
        self, kind: CellKind, source: str, *, after_id: str | None = None, index: int | None = None
    ) -> Cell:
        """Insert a cell after another one, or at a position, or at the end; return it."""
        _check_length(source)
        cell = await self._change(
            {
                "op": "insert",
                "id": "",
                "after": after_id or "",
                "index": -1 if index is None else index,
                "kind": kind,
                "source": source,
            }
        )
        self._note(cell, None, source)
        return cell

    async def restore_cell(self, id: str, kind: str, source: str, index: int) -> Cell:
        """Insert a deleted cell again, at a position or, if there are fewer cells, at the end."""
        total = (await self.read_cells(ids=[id])).total
        return await self._change(
            {
                "op": "insert",
                "id": id,
                "after": "",
                "index": min(index, total),
                "kind": cast(CellKind, kind),
                "source": source,
            }
        )

    async def delete_cell(self, id: str, old_hash: str) -> Cell:
        """Delete a cell; return it as it was."""
        was = (await self.cell(id, old_hash)).source
        cell = await self._change({"op": "delete", "id": id, "was": was})
        self._note(cell, was, None)
        return cell

    async def move_cell(self, id: str, index: int) -> Cell:
        """Move a cell to a position; return it."""
        cell = await self._change({"op": "move", "id": id, "index": index})
        self._note(cell, cell.source, cell.source, moved=True)
        return cell

    # --- running ------------------------------------------------------------------------------

    async def run_cell(self, id: str, old_hash: str) -> CellRun:
        """Run a cell, and return its outputs.

        The page runs it as the user does. While another cell runs, the kernel would wait for that
        one, which may wait for this run. Then `run_here` runs the source, and the page only shows
        the outputs.
        """
        cell = await self.cell(id, old_hash)
        if cell.running:
            raise CellsRefusedError(_WHY["running"])
        if cell.kind == "code" and self._running_cell() is not None:
            return await self._run_here(cell)
        try:
            return await self._run_in_page(cell)
        except _Busy:
            return await self._run_here(cell)

    async def _run_in_page(self, cell: Cell) -> CellRun:
        def check() -> None:
            if self._running_cell() not in (None, "", cell.id):
                raise CellsRefusedError(_BEHIND)

        op: CellsOp = {"op": "run", "id": cell.id, "was": cell.source, "longest": LONGEST}
        try:
            result = await self._pages.ask_to_run(op, check)
        except BaseException as error:
            if not isinstance(error, (CellsRefusedError, NotebookUnavailable)):
                self._pages.tell({"op": "stop", "id": cell.id})  # the user stopped the turn
            raise
        if result["result"] == "refused":
            if result["why"] == "busy":
                raise _Busy(_WHY["busy"])
            raise _refusal(result)
        assert result["result"] == "ran"
        images = [Image(image["mime"], image["data"]) for image in result["images"]]
        return CellRun(result["ok"], _cell(result["cell"]), images)

    async def _run_here(self, cell: Cell) -> CellRun:
        if self.run_here is None:
            raise CellsRefusedError(_NOT_HERE)
        outputs = await self.run_here(cell.source)
        note = ""
        try:
            cell = await self._change(
                {"op": "outputs", "id": cell.id, "was": cell.source, "outputs": outputs}
            )
        except (CellsRefusedError, NotebookUnavailable) as error:
            note = f"It ran, but the notebook does not show its outputs. {error}"
        shown = Cell(**{**vars(cell), "outputs": outputs_of(outputs)})
        ok = all(output.kind != "error" for output in shown.outputs)
        return CellRun(ok, shown, images_of(outputs), note)

    # --- inside -------------------------------------------------------------------------------

    async def _change(self, op: CellsOp) -> Cell:
        result = await self._ask(op)
        assert result["result"] == "changed"
        return _cell(result["cell"])

    def _note(
        self, cell: Cell, before: str | None, after: str | None, *, moved: bool = False
    ) -> None:
        asked = self._pages.path_asked
        self._journal.note(asked, cell.id, cell.kind, before, after, cell.index, moved=moved)

    async def _ask(self, op: CellsOp) -> CellsResult:
        result = await self._pages.ask(op)
        if result["result"] == "refused":
            raise _refusal(result)
        return result


class _Busy(CellsRefusedError):
    """The page would have to wait for another cell."""


def _refusal(result: CellsRefused) -> CellsRefusedError:
    shown, why = result["cell"], result["why"]
    cell = _cell(shown) if shown is not None and why == "differs" else None
    return CellsRefusedError(_WHY[why], cell)


def _check_length(source: str) -> None:
    if len(source) > LONGEST:
        raise CellsRefusedError(_TOO_LONG)


def _cell(shown: ShownCell) -> Cell:
    source = shown["source"]
    return Cell(
        id=without_halves(shown["id"]),
        index=shown["index"],
        kind=shown["kind"],
        source=source,
        left=max(0, shown["left"]),
        hash="" if shown["left"] > 0 else hash_of(source),
        number=shown["number"],
        running=shown["running"],
        outputs=[
            Output(one["kind"], plain(one["text"]), max(0, one["left"]), max(0, one["images"]))
            for one in shown["outputs"]
        ],
    )
