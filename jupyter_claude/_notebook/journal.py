"""`CellJournal`: what Claude changed in cells, turn by turn, for a rewind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

_MOST = 1_000  # changes; older ones are forgotten


@dataclass(frozen=True)
class CellEdit:
    """One change of a cell by Claude.

    Attributes
    ----------
    turn : str
        The id of the turn.
    notebook : str
        The notebook's path on the server.
    id, kind : str
        The cell's id and type.
    before, after : str or None
        Its source before and after; None: it did not exist.
    index : int
        Its position, or where it was.
    moved : bool
        Whether only its position changed.
    """

    turn: str
    notebook: str
    id: str
    kind: str
    before: str | None
    after: str | None
    index: int
    moved: bool = False


class CellJournal:
    """Notes the changes of each turn. The kernel keeps them as long as it runs.

    Parameters
    ----------
    turn : callable
        Returns the id of the running turn; "" if none runs. Then nothing is noted.
    """

    def __init__(self, turn: Callable[[], str]) -> None:
        self._turn = turn
        self._edits: deque[CellEdit] = deque(maxlen=_MOST)

    def note(
        self,
        notebook: str,
        id: str,
        kind: str,
        before: str | None,
        after: str | None,
        index: int,
        *,
        moved: bool = False,
    ) -> None:
        """Note a change that is made."""
        if turn := self._turn():
            self._edits.append(CellEdit(turn, notebook, id, kind, before, after, index, moved))

    def of(self, turns: Collection[str]) -> list[CellEdit]:
        """Return the changes of these turns, the oldest first."""
        return [edit for edit in self._edits if edit.turn in turns]
