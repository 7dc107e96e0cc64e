"""`LiveBatch`: shows a batch that runs in a live widget, with a Stop button."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._protocol import reading
from .wire import ClaudeWidget, Wire

if TYPE_CHECKING:
    from jupyter_claude_sdk import Progress

    from .._core.host import StoppableBatch
    from .._protocol.batch import BatchState

#: Seconds between two looks at the batch. However many rows come, a page gets no more messages.
EVERY = 0.33


def seconds_to_wait(now: Progress) -> float | None:
    """Return the seconds until a row may start; None if rows may start."""
    return None if now.waiting_until is None else max(0.0, now.waiting_until - time.time())


class Ticker:
    """Calls a function in the loop from time to time.

    Parameters
    ----------
    tick : callable
        The function.
    every : float
        The seconds between two calls.
    """

    def __init__(self, tick: Callable[[], None], every: float = EVERY) -> None:
        self._tick = tick
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(every, self._due)

    def _due(self) -> None:
        self._next = self._loop.call_later(self._every, self._due)
        self._tick()

    def stop(self) -> None:
        """Call it no more."""
        self._next.cancel()


class LiveBatch:
    """Shows a batch in a widget.

    Parameters
    ----------
    batch : StoppableBatch
        The batch.
    """

    def __init__(self, batch: StoppableBatch) -> None:
        self._batch = batch
        self._stopping = False
        self._sent: BatchState | None = None
        self.widget = ClaudeWidget(kind="batch")
        self._wire = Wire(self.widget, asyncio.get_running_loop(), self._take)
        self._ticker = Ticker(self._send)

    def finish(self) -> None:
        """Send the last state, and close the widget: the cell now has static output."""
        self._ticker.stop()
        self._send()
        self.widget.close()

    def _send(self, *, again: bool = False) -> None:
        state = self._state()
        if again or state != self._sent:
            self._sent = state
            self._wire.send({"type": "batch", "state": state})

    def _state(self) -> BatchState:
        now = self._batch.progress
        wait = seconds_to_wait(now)
        return {
            "running": now.state in ("running", "waiting"),
            "settled": now.done + now.failed,
            "total": now.total,
            "failed": now.failed,
            "cost_usd": now.cost_usd,
            "budget_usd": now.budget_usd,
            "rate": None if now.rows_per_minute is None else round(now.rows_per_minute, 1),
            "seconds_left": None if now.seconds_left is None else round(now.seconds_left, 1),
            "wait": None if wait is None else float(max(1, round(wait))),
            "slowed": now.slowed,
            "stopping": self._stopping,
        }

    def _take(self, content: object) -> None:
        message = reading.from_batch(content)
        if message is None:
            return
        if message["do"] == "stop":
            self._stopping = True
            self._batch.press_stop()
        self._send(again=True)
