"""What happens to a conversation. Its listeners get each change as one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .._turns.turn import Turn


@dataclass(frozen=True)
class TurnBegun:
    """A turn was added."""

    turn: Turn


@dataclass(frozen=True)
class HistoryReplaced:
    """The list of turns is another one, or what can be undone of it changed."""


@dataclass(frozen=True)
class RewindUndone:
    """The rewind to before the turn with this prompt was undone."""

    prompt: str


@dataclass(frozen=True)
class StateChanged:
    """Something of the session's state may have changed: what runs, its cost, a setting."""


ConversationChange = Union[TurnBegun, HistoryReplaced, RewindUndone, StateChanged]
