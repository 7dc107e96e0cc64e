"""`Chain`: the keys of a conversation's turns, each made with the one before."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from .._core.conversation import Conversation
from .._turns.turn import Turn


@dataclass(frozen=True)
class Link:
    """A turn's place in the chain of keys.

    Attributes
    ----------
    key : str
        The turn's key.
    recorded : str
        The key of the recorded turn that it stands for: its own one, unless it is stale.
    """

    key: str = ""
    recorded: str = ""


class Chain:
    """Knows the place of each turn.

    Parameters
    ----------
    conversation : Conversation
        Has the turns.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._links: dict[str, Link] = {}  # by the turn's id

    def knows(self, turn: Turn) -> bool:
        """Whether a turn was replayed, or asked while it was known what it asks."""
        return turn.id in self._links

    def put(self, turn: Turn, link: Link) -> None:
        """Give a turn its place."""
        self._links[turn.id] = link

    def before(self, turn: Turn) -> Sequence[Turn]:
        """Return the turns before this one."""
        turns = list(self._conversation.turns)
        return turns[: turns.index(turn)] if turn in turns else turns

    def last_of(self, turns: Sequence[Turn]) -> Link:
        """Return the place of the last of these turns in the chain."""
        from jupyter_claude_sdk.lowlevel import key_of_unknown

        link, unknown = Link(), list[Turn]()
        for turn in reversed(turns):
            if not _counts(turn):
                continue
            if (known := self._links.get(turn.id)) is not None:
                link = known
                break
            unknown.append(turn)
        for turn in reversed(unknown):
            key = key_of_unknown(turn.prompt, link.key)
            link = self._links[turn.id] = Link(key, key)
        return link

    def earlier(self, turn: Turn, recorded: Container[str]) -> str:
        """Return in words which turn before this one is not as recorded."""
        for one in self.before(turn):
            link = self._links.get(one.id)
            if _counts(one) and (link is None or link.key not in recorded):
                return f"an earlier turn ({one.number})"
        return "the turns before it"


def _counts(turn: Turn) -> bool:
    """Whether a turn is in the chain. One that failed can be sent again, and begins no other."""
    return bool(turn.prompt) and turn.state not in ("failed", "interrupted")
