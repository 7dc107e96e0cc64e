"""A turn as a live widget. State stays in the kernel: a view asks, and gets what is new.

Changes are gathered and sent at most `RATE` times a second as custom messages; a view that missed
one says so and gets the whole turn. Messages, never synced traits, carry what the user does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from .._approvals import Approvals
from .._turns import Operation, Turn

RATE = 30  # messages a second, at most
_KEPT = 8  # widgets of ended turns that still answer, for a page that was reloaded meanwhile

_kept: deque[TurnWidget] = deque()


class TurnWidget(anywidget.AnyWidget):
    """The front end's side of one shown turn."""

    _esm = Path(__file__).parent.parent / "static" / "widget.js"
    kind = traitlets.Unicode("turn").tag(sync=True)


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
        self._loop = asyncio.get_running_loop()
        self._operations: list[Operation] = []
        self._sequence = 0
        self._due: asyncio.TimerHandle | None = None
        self._sent_at = 0.0
        self.widget = TurnWidget(kind=kind)
        self.widget.on_msg(self._take)
        self._stop_listening = turn.listen(self._changed)

    def finish(self) -> None:
        """Send what is left and a last full state; the widget still answers for a while."""
        self._flush()
        self._stop_listening()
        self._send_snapshot()
        _kept.append(self.widget)
        while len(_kept) > _KEPT:
            _kept.popleft().close()

    # --- to the view --------------------------------------------------------------------------

    def _changed(self, operation: Operation) -> None:
        if operation[0] == "end":
            return
        last = self._operations[-1] if self._operations else None
        if operation[0] == "append" and last and last[:2] == operation[:2] and last[0] == "append":
            last[2] += operation[2]
        else:
            self._operations.append(operation)
        if self._due is None:
            wait = max(0.0, self._sent_at + 1 / RATE - self._loop.time())
            self._due = self._loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if not self._operations:
            return
        operations, self._operations = self._operations, []
        self._sent_at = self._loop.time()
        self._sequence += 1
        self.widget.send({"type": "patch", "seq": self._sequence, "ops": operations})

    def _send_snapshot(self) -> None:
        self._operations.clear()  # the snapshot has them
        self._sequence += 1
        self.widget.send({"type": "snapshot", "seq": self._sequence, "turn": self._turn.view()})

    # --- from the view, in whatever thread it comes -------------------------------------------

    def _take(self, widget: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "hello":
            self._in_loop(self._send_snapshot)
        elif content.get("type") == "answer":
            self._approvals.answer(str(content.get("request")), content)

    def _in_loop(self, function: Callable[[], None]) -> None:
        try:
            running = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            running = False
        if running:
            function()
        else:
            self._loop.call_soon_threadsafe(function)
