"""The events of a conversation. Its listeners get one of these for each change."""

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
    """The list of turns changed, or the rewind that can be undone did."""


@dataclass(frozen=True)
class RewindUndone:
    """The user undid the rewind to before the turn with this prompt."""

    prompt: str


@dataclass(frozen=True)
class StateChanged:
    """Something of the session's state may have changed: what runs, its cost, a setting."""


ConversationChange = Union[TurnBegun, HistoryReplaced, RewindUndone, StateChanged]
