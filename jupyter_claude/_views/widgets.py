"""A turn as a live widget."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from .._approvals import Approvals
from .._turns.events import TurnChange
from .._turns.turn import Turn
from . import protocol
from .wire import ClaudeWidget, Wire

_KEPT = 8  # widgets of ended turns that still answer, for a page that was reloaded meanwhile

_kept: deque[ClaudeWidget] = deque()


class LiveView:
    """Shows a turn, or only its requests, in a widget.

    Parameters
    ----------
    turn : Turn
        What to show.
    approvals : Approvals
        Takes the answers.
    kind : {"turn", "requests"}
        The whole turn, or nothing but what waits for an answer.
    """

    def __init__(self, turn: Turn, approvals: Approvals, kind: str = "turn") -> None:
        self._turn = turn
        self._approvals = approvals
        self.widget = ClaudeWidget(kind=kind)
        self._wire = Wire(self.widget, asyncio.get_running_loop(), self._take)
        self._stop_listening = turn.listen(self._changed)
        self._stop_hearing = approvals.listen(self._wire.send_verdict)

    def finish(self) -> None:
        """Send what is left and a last full state; the widget still answers for a while."""
        self._wire.flush()
        self._stop_listening()
        self._stop_hearing()
        self._send_snapshot()
        _kept.append(self.widget)
        while len(_kept) > _KEPT:
            _kept.popleft().close()

    def _changed(self, change: TurnChange) -> None:
        operation = protocol.operation(self._turn, change)
        if operation is not None:
            self._wire.change(operation)

    def _send_snapshot(self) -> None:
        self._wire.send_all({"type": "snapshot", "turn": protocol.turn_view(self._turn)})

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("type") == "hello":
            self._send_snapshot()
        elif message.get("type") == "answer":
            self._approvals.answer(str(message.get("request")), message)
        elif message.get("type") == "wish" and self._turn.wishes is not None:
            self._turn.wishes.take(message)
