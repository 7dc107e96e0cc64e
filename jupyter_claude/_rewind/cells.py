"""The part of a rewind that is in an open notebook: the cells that Claude changed.

`notebook_cells` does it; a rewind calls it by the protocol `Cells`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .plan import FileChange

_TOOLS = "mcp__notebook__"
#: The tools whose changes of cells a rewind takes back, or names, while the kernel runs on.
CELL_TOOLS = frozenset(
    f"{_TOOLS}{name}"
    for name in ("read_cells", "edit_cell", "insert_cell", "delete_cell", "move_cell")
)


@dataclass
class CellStep:
    """One cell, and what a rewind makes of it.

    Attributes
    ----------
    shown : FileChange
        How a plan shows it.
    notebook : str
        The notebook's path on the server.
    id, kind : str
        The cell's id and type.
    now, then : str or None
        Its present and its new source; None: it does not exist.
    index : int
        Where a deleted cell comes back.
    """

    shown: FileChange
    notebook: str
    id: str
    kind: str
    now: str | None
    then: str | None
    index: int

    def back(self) -> dict[str, Any]:
        """Return the step back as JSON, for an undo."""
        return {
            "notebook": self.notebook,
            "id": self.id,
            "kind": self.kind,
            "now": self.then,
            "then": self.now,
            "index": self.index,
        }


class Cells(Protocol):
    """Restores the cells of the open notebook."""

    async def plan(
        self, turns: Collection[str], folder: str, include: Collection[str]
    ) -> tuple[list[CellStep], list[str]]:
        """Return how to restore the cells from before these turns, and what cannot come back."""

    async def plan_undo(
        self, steps: Sequence[dict[str, Any]], folder: str
    ) -> tuple[list[CellStep], list[str]]:
        """Return how to take back the steps of a rewind, and what cannot come back."""

    async def act(self, steps: Sequence[CellStep]) -> tuple[list[CellStep], list[str]]:
        """Do the chosen steps; return those that are done, and why the others are not."""
