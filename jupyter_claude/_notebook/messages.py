"""The messages about a notebook's cells, between the kernel and the page that has it open.

They go over the comm of our JupyterLab extension. A page says which notebooks it shows
(`NotebookShown`). The kernel sends a `CellsAsked` to one of them, and that one sends a
`CellsAnswer` with the same ids. All other pages ignore it.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

from typing_extensions import TypeAliasType

# --- from the kernel --------------------------------------------------------------------------


class Ping(TypedDict):
    """Asks whether the page is still there."""

    op: Literal["ping"]


class ReadCells(TypedDict):
    """Asks for cells: those from `start` on, or those with the ids."""

    op: Literal["read"]
    start: int
    ids: list[str]
    """Empty for all."""
    most: int
    """About how many characters to send at most. At least one cell comes."""
    longest: int
    """How many characters of a source, and of an output, to send at most."""


class EditCell(TypedDict):
    """Replaces a cell's source, if it is still `was`."""

    op: Literal["edit"]
    id: str
    was: str
    source: str


class InsertCell(TypedDict):
    """Inserts a cell after another one, or at an index."""

    op: Literal["insert"]
    id: str
    """The id that it gets; "" for a new one."""
    after: str
    """The other cell's id; "" to use the index."""
    index: int
    """-1 is the end."""
    kind: Literal["code", "markdown", "raw"]
    source: str


class DeleteCell(TypedDict):
    """Deletes a cell, if its source is still `was`."""

    op: Literal["delete"]
    id: str
    was: str


class MoveCell(TypedDict):
    """Moves a cell, so that it gets this index."""

    op: Literal["move"]
    id: str
    index: int


class RunCell(TypedDict):
    """Runs a cell as the user does, if its source is still `was`."""

    op: Literal["run"]
    id: str
    was: str
    longest: int


class StopCell(TypedDict):
    """Interrupts the kernel, if the cell still runs."""

    op: Literal["stop"]
    id: str


class PutOutputs(TypedDict):
    """Puts the outputs of code that the kernel has run into its cell."""

    op: Literal["outputs"]
    id: str
    was: str
    outputs: list[dict[str, Any]]


CellsOp = TypeAliasType(
    "CellsOp",
    Union[
        Ping,
        ReadCells,
        EditCell,
        InsertCell,
        DeleteCell,
        MoveCell,
        RunCell,
        StopCell,
        PutOutputs,
    ],
)


class CellsAsked(TypedDict):
    """Asks the page with this notebook to do something with its cells."""

    type: Literal["cells"]
    request: str
    notebook: str
    ask: CellsOp


# --- from a page ------------------------------------------------------------------------------


class NotebookShown(TypedDict):
    """A page has a notebook of this kernel open, or no longer."""

    type: Literal["notebook"]
    notebook: str
    """The id of the page's connection to the kernel. It is the session of its cells' requests."""
    path: str
    """The notebook's path on the server."""
    state: Literal["open", "used", "edited", "closed"]
    """"used": the user has just turned to it. "edited": its cells have changed a moment ago."""


class CellOutput(TypedDict):
    """What one output of a cell says."""

    kind: Literal["stream", "result", "error", "claude"]
    """"claude": an answer of Claude's, without its text."""
    text: str
    left: int
    """How many characters of the text the page left out."""
    images: int


class ShownCell(TypedDict):
    """A cell as the page has it now."""

    id: str
    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    left: int
    """How many characters of the source the page left out."""
    number: int | None
    """The number of its last run."""
    running: bool
    """Whether it runs, or waits to run."""
    outputs: list[CellOutput]


class CellImage(TypedDict):
    """An image among a cell's outputs."""

    mime: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: str
    """In Base64."""


class Here(TypedDict):
    """The page is there."""

    result: Literal["here"]


class CellsRead(TypedDict):
    """The cells that were asked for, in order, as far as they fit."""

    result: Literal["read"]
    total: int
    """How many cells the notebook has."""
    more: bool
    """Whether not all that were asked for did fit."""
    cells: list[ShownCell]


class CellChanged(TypedDict):
    """The change is made."""

    result: Literal["changed"]
    cell: ShownCell
    """The cell after the change; before it, if it is deleted."""


class CellRan(TypedDict):
    """The cell has run."""

    result: Literal["ran"]
    ok: bool
    cell: ShownCell
    images: list[CellImage]


class CellsRefused(TypedDict):
    """Nothing has changed, and why."""

    result: Literal["refused"]
    why: Literal[
        "differs", "missing", "read-only", "protected", "running", "busy", "kernel", "place", "kind"
    ]
    cell: ShownCell | None
    """The cell now, if it exists."""


CellsResult = TypeAliasType(
    "CellsResult", Union[Here, CellsRead, CellChanged, CellRan, CellsRefused]
)


class CellsAnswer(TypedDict):
    """The page's answer to a `CellsAsked`."""

    type: Literal["cells"]
    request: str
    notebook: str
    answer: CellsResult
