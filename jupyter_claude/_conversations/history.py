"""`History`: the turns of the conversation, and the branches that rewinding left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from .._errors import one_line

if TYPE_CHECKING:
    from .._session.session import KernelSession
    from .._turns.turn import Turn


_SHOWN = 20  # turns


@dataclass(frozen=True)
class Branch:
    """A conversation that rewinding, or going to another branch, left.

    Attributes
    ----------
    id : str
        What ``claude.history.go_to`` takes.
    when : str
        When it was left, as ISO 8601.
    turns : int
        How many turns it has that the conversation had lost when it was left.
    prompt : str
        The first prompt of these.
    """

    id: str
    when: str
    turns: int
    prompt: str

    def __repr__(self) -> str:
        turns = "1 turn" if self.turns == 1 else f"{self.turns} turns"
        return f"<Branch {self.id}: {turns} from {one_line(self.prompt)[:40]!r}, {self.when}>"


class History(Sequence["Turn"]):
    """The turns of the conversation, oldest first; ``history[-1]`` is the newest.

    Rewinding the conversation shortens it and keeps what it had been as a branch.

    Examples
    --------
    >>> claude.history[-1].cost_usd
    >>> claude.history.branches
    >>> await claude.history.go_to(claude.history.branches[-1])
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._turns: list[Turn] = []

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> list[Turn]: ...
    def __getitem__(self, index: int | slice) -> Turn | list[Turn]:
        return self._turns[index]

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns)

    def __reversed__(self) -> Iterator[Turn]:
        return reversed(self._turns)

    def __repr__(self) -> str:
        lines = [repr(turn) for turn in self._turns[-_SHOWN:]]
        if len(self._turns) > _SHOWN:
            lines.insert(0, f"… {len(self._turns) - _SHOWN} turns before")
        return "\n".join(lines) or "<no turns>"

    # --- branches -----------------------------------------------------------------------------

    @property
    def branches(self) -> list[Branch]:
        """What this conversation had been before it was rewound, the newest last."""
        return self._session.checkpoints.branches()

    async def go_to(self, branch: Branch | str) -> None:
        """Go on with a branch; the conversation as it is becomes one. Files stay as they are.

        Parameters
        ----------
        branch : Branch or str
            One of ``branches``, or its id.

        Raises
        ------
        RewindRefused
            If there is no such branch, or a turn is running.
        """
        await self._session.checkpoints.go_to(branch if isinstance(branch, str) else branch.id)

    # --- for the session, the only writer -----------------------------------------------------

    def append(self, turn: Turn) -> None:
        """Add a turn, and number it."""
        turn.number = len(self._turns) + 1
        self._turns.append(turn)

    def replace(self, turns: Iterable[Turn]) -> None:
        """Put other turns in place of all; each is numbered by its place."""
        self._turns = list(turns)
        for number, turn in enumerate(self._turns, 1):
            turn.number = number
