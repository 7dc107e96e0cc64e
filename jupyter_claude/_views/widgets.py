"""`LiveView`: shows a turn in a live widget."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from .._approvals import Approvals
from .._protocol import reading
from .._turns.events import TurnChange
from .._turns.turn import Turn
from . import protocol
from .wire import ClaudeWidget, Wire

if TYPE_CHECKING:
    from .._protocol.turn import AskOtherModel, Recover, StopTask, StopThisTurn, WidgetKind
    from .._turns.retries import TurnActions

_KEPT = 8  # widgets of ended turns that still answer, for pages that are reloaded

_kept: deque[ClaudeWidget] = deque()


class LiveView:
    """Shows a turn, or only its requests, in a widget.

    Parameters
    ----------
    turn : Turn
        The turn.
    approvals : Approvals
        Takes the answers.
    kind : {"turn", "requests"}
        The whole turn, or only its requests.
    """

    def __init__(self, turn: Turn, approvals: Approvals, kind: WidgetKind = "turn") -> None:
        self._turn = turn
        self._approvals = approvals
        self.widget = ClaudeWidget(kind=kind)
        self._wire = Wire(self.widget, asyncio.get_running_loop(), self._take)
        self._stop_listening = turn.listen(self._changed)
        self._stop_hearing = approvals.listen(self._wire.send_verdict)

    def finish(self) -> None:
        """Send the last changes and a full state. The widget still answers for a while."""
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
            self._wire.change(operation, at_once=protocol.is_live(change))

    def _send_snapshot(self) -> None:
        self._wire.send_all({"type": "snapshot", "turn": protocol.turn_view(self._turn)})

    def _take(self, content: object) -> None:
        message = reading.from_turn(content)
        if message is None:
            return
        if message["type"] == "hello":
            self._send_snapshot()
        elif message["type"] == "answer":
            self._approvals.answer(message["request"], message)
        elif message["type"] == "typing":
            self._approvals.typing(message["request"])
        elif message["type"] == "turn_action":
            if message["action"] == "output":
                output = protocol.whole_output(self._turn, message["call"])
                if output is not None:
                    self._wire.change(output)
            elif self._turn.actions is not None:
                act_on(self._turn.actions, message)
        else:
            reading.unhandled(message)


def act_on(
    actions: TurnActions, message: StopThisTurn | AskOtherModel | StopTask | Recover
) -> None:
    """Do what a view wants of a turn."""
    if message["action"] == "stop":
        actions.stop()
    elif message["action"] == "model":
        actions.ask_another(message["model"])
    elif message["action"] == "stop_task":
        actions.stop_task(message["call"])
    elif message["action"] == "again":
        actions.again()
    elif message["action"] == "compact":
        actions.compact()
    else:
        actions.sign_in()
