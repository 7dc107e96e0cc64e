"""`History`: the turns of the conversation, and the branches that rewinding left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, overload

from .._text import one_line
from .._turns.turn import Turn
from .conversation import Conversation

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


class Branches(Protocol):
    """Knows the branches of a conversation, and goes to one."""

    def branches(self) -> list[Branch]:
        """Return them, the newest last."""

    async def go_to(self, branch: str) -> None:
        """Go on with the one of this id."""


class History(Sequence[Turn]):
    """The turns of the conversation, oldest first; ``history[-1]`` is the newest.

    Rewinding the conversation shortens it and keeps what it had been as a branch.

    Examples
    --------
    >>> claude.history[-1].cost_usd
    >>> claude.history.branches
    >>> await claude.history.go_to(claude.history.branches[-1])
    """

    def __init__(self, conversation: Conversation, branches: Callable[[], Branches]) -> None:
        self._conversation = conversation
        self._branches = branches

    @property
    def _turns(self) -> Sequence[Turn]:
        return self._conversation.turns

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> list[Turn]: ...
    def __getitem__(self, index: int | slice) -> Turn | list[Turn]:
        turns = self._turns
        return list(turns[index]) if isinstance(index, slice) else turns[index]

    def __len__(self) -> int:
        return len(self._conversation)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns)

    def __reversed__(self) -> Iterator[Turn]:
        return reversed(self._turns)

    def __repr__(self) -> str:
        turns = self._turns
        lines = [repr(turn) for turn in turns[-_SHOWN:]]
        if len(turns) > _SHOWN:
            lines.insert(0, f"… {len(turns) - _SHOWN} turns before")
        return "\n".join(lines) or "<no turns>"

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self._turns),)  # a copy of it has no conversation to go on with

    def find(self, turn: Turn | int | str) -> Turn | None:
        """Return the history's own turn for a turn or a copy of it, a number or an id."""
        return self._conversation.find(turn)

    # --- branches -----------------------------------------------------------------------------

    @property
    def branches(self) -> list[Branch]:
        """What this conversation had been before it was rewound, the newest last."""
        return self._branches().branches()

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
        await self._branches().go_to(branch if isinstance(branch, str) else branch.id)
