"""`History`: the turns of the conversation, and the branches that a rewind leaves."""

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
    """A version of the conversation that the user left, by a rewind or for another branch.

    Attributes
    ----------
    id : str
        The id for ``claude.history.go_to``.
    when : str
        When it was left, as ISO 8601.
    turns : int
        How many turns it has that the conversation lost at that moment.
    prompt : str
        The first prompt of those turns.
    """

    id: str
    when: str
    turns: int
    prompt: str

    def __repr__(self) -> str:
        turns = "1 turn" if self.turns == 1 else f"{self.turns} turns"
        return f"<Branch {self.id}: {turns} from {one_line(self.prompt)[:40]!r}, {self.when}>"


class Branches(Protocol):
    """Lists the branches of a conversation, and switches to one."""

    def branches(self) -> list[Branch]:
        """Return the branches, the newest last."""

    async def go_to(self, branch: str) -> None:
        """Continue with the branch of this id."""


class History(Sequence[Turn]):
    """The turns of the conversation, oldest first; ``history[-1]`` is the newest.

    A rewind shortens the conversation. The version before the rewind stays as a branch.

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
        turns: Iterator[Turn] = reversed(self._turns)
        return turns

    def __repr__(self) -> str:
        turns = self._turns
        lines = [repr(turn) for turn in turns[-_SHOWN:]]
        if len(turns) > _SHOWN:
            lines.insert(0, f"… {len(turns) - _SHOWN} earlier turns")
        return "\n".join(lines) or "<no turns>"

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self._turns),)  # a copy has no conversation to continue

    def find(self, turn: Turn | int | str) -> Turn | None:
        """Return the history's turn for a turn, a copy of it, its number or its id."""
        return self._conversation.find(turn)

    # --- branches -----------------------------------------------------------------------------

    @property
    def branches(self) -> list[Branch]:
        """The versions of this conversation that rewinds left, the newest last."""
        return self._branches().branches()

    async def go_to(self, branch: Branch | str) -> None:
        """Continue with a branch. The present version becomes a branch. Files do not change.

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
