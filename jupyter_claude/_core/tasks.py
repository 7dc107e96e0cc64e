"""`Tasks`: the subagents and background commands that run, of all turns."""

from __future__ import annotations

from typing import TypedDict

from .._turns.events import ItemChanged, TurnChange
from .._turns.items import ToolCall
from .._turns.turn import Turn


class RunningTask(TypedDict):
    """A subagent, or a command in the background."""

    call: str
    """The id of the call that started it."""
    turn: str
    """The id of the call's turn."""
    title: str
    """What it is, such as "Subagent"."""
    about: str
    doing: str
    """What it does now, with its tool calls and tokens."""
    seconds: int


class Tasks:
    """Follows which tasks run. It reads only the changes, never all calls of a conversation."""

    def __init__(self) -> None:
        self._calls: dict[str, tuple[Turn, ToolCall]] = {}

    def take(self, turn: Turn, change: TurnChange) -> bool:
        """Read a change of a turn; return whether it is about a task that runs or ran."""
        call = change.item if isinstance(change, ItemChanged) else None
        if not isinstance(call, ToolCall):
            return False
        if call.is_task:
            self._calls[call.id] = (turn, call)
            return True
        return self._calls.pop(call.id, None) is not None

    @property
    def calls(self) -> frozenset[str]:
        """The ids of the calls whose tasks run now."""
        return frozenset(self._calls)

    @property
    def running(self) -> tuple[RunningTask, ...]:
        """The tasks that run now, oldest first."""
        return tuple(
            RunningTask(
                call=call.id,
                turn=turn.id,
                title=call.title,
                about=_about(call),
                doing=call.progress,
                seconds=call.elapsed,
            )
            for turn, call in self._calls.values()
        )


def _about(call: ToolCall) -> str:
    said = call.input.get("description")
    return said if isinstance(said, str) and said.strip() else call.summary
