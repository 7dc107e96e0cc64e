"""`Wire`: what all views share: their code, and numbered, collected messages.

The kernel has the state: a view asks for it, and then gets changes. The kernel collects changes and
sends them as custom messages, at most `RATE` times a second, each with a sequence number. A view
that missed one asks for everything. The user's actions are messages, never synced traits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Union

import anywidget
import traitlets

from .._approvals import Verdict
from .library import views
from .protocol import verdict_message
from .silence import comm_silent

if TYPE_CHECKING:
    from .._protocol.batch import BatchFromKernel
    from .._protocol.conversations import ConversationsFromKernel
    from .._protocol.history import HistoryFromKernel
    from .._protocol.panel import (
        CommandList,
        Completions,
        ContextUse,
        PanelOp,
        PanelSnapshot,
        PanelTurn,
        ToolList,
    )
    from .._protocol.sign_in import SignInFromKernel
    from .._protocol.turn import Code, TurnOp, TurnSnapshot, WidgetKind

    Operation = Union[TurnOp, PanelOp]
    FromList = Union[CommandList, ToolList, ContextUse]
    FromPanel = Union[PanelSnapshot, PanelTurn, Completions, FromList]
    FromPart = Union[BatchFromKernel, ConversationsFromKernel, HistoryFromKernel, SignInFromKernel]
    Message = Union[TurnSnapshot, FromPanel, FromPart]

RATE = 30  # messages a second, at most

_STATIC = Path(__file__).parent.parent / "static"


class ClaudeWidget(anywidget.AnyWidget):
    """The front end's side of what is shown. The loader asks for the code once for each page."""

    _esm = _STATIC / "loader.js"
    kind = traitlets.Unicode("turn").tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)

    def __init__(self, kind: WidgetKind = "turn", **traits: str) -> None:
        super().__init__(kind=kind, **traits)

    def open(self) -> None:
        """Announce the widget to the pages."""
        super().open()
        comm_silent(self.comm)

    @traitlets.default("code")
    def _version_of_code(self) -> str:
        return views()[1]


class Line(Protocol):
    """Carries messages to views and back: a widget, or a comm of our JupyterLab extension."""

    def send(self, content: Any, /) -> None:
        """Send a message to all views on this line."""

    def on_msg(self, callback: Callable[[Any, Any, Any], None], /) -> None:
        """Call `callback` with the line, each message that comes, and its buffers."""


class Wire:
    """Sends the same messages on all lines to the views of one thing.

    Parameters
    ----------
    line : Line or None
        The first line; `join` adds more.
    loop : asyncio.AbstractEventLoop
        The loop in which messages are handled, whatever thread they come in.
    take : callable
        Called with each message of a view, in the loop and outside of any cell.
    """

    def __init__(
        self,
        line: Line | None,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[object], None],
    ) -> None:
        self._lines: list[Line] = []
        self._loop = loop
        self._operations: list[Operation] = []
        self._sequence = 0
        self._due: asyncio.TimerHandle | None = None
        self._timer: threading.Timer | None = None
        # A timer's thread sends what code shows while it blocks the loop.
        self._lock = threading.RLock()
        self._sent_at = 0.0
        self._take = take
        if line is not None:
            self.join(line)

    def join(self, line: Line) -> None:
        """Add a line. Its views ask for the state themselves."""
        self._lines.append(line)
        line.on_msg(self._receive)

    def leave(self, line: Line) -> None:
        """Remove a line."""
        self._lines.remove(line)

    def change(self, operation: Operation, *, at_once: bool = False) -> None:
        """Send a change to the views, together with the changes of the next moment.

        With `at_once`, do not wait for the loop: code that blocks it may follow.
        """
        with self._lock:
            joined = _joined(self._operations[-1], operation) if self._operations else None
            if joined is None:
                self._operations.append(operation)
            else:
                self._operations[-1] = joined
            wait = max(0.0, self._sent_at + 1 / RATE - self._loop.time())
            if at_once:
                self._send_soon(wait)
            elif self._due is None:
                self._due = self._loop.call_later(wait, self.flush)

    def _send_soon(self, wait: float) -> None:
        """Send the collected changes after `wait` seconds, also while code blocks the loop."""
        if not wait:
            self.flush()
        elif self._timer is None:
            self._timer = threading.Timer(wait, self._send_collected)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Send the collected changes now."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._send_collected()

    def _send_collected(self) -> None:
        with self._lock:
            self._timer = None
            if self._operations:
                operations, self._operations = self._operations, []
                self._sent_at = self._loop.time()
                self._send({"type": "patch", "ops": operations})

    def send(self, message: Message) -> None:
        """Send a message after the changes before it."""
        with self._lock:
            self.flush()
            self._send(message)

    def send_all(self, message: Message) -> None:
        """Send a full state, which includes all earlier changes."""
        with self._lock:
            self._operations.clear()
            self._send(message)

    def send_verdict(self, request: str, verdict: Verdict) -> None:
        """Send the result of an answer, from any thread and so without a sequence number."""
        for line in list(self._lines):
            line.send(verdict_message(request, verdict))

    def _send(self, message: Mapping[str, object]) -> None:
        self._sequence += 1
        for line in self._lines:
            line.send({**message, "seq": self._sequence})

    def _receive(self, line: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "code":
            code: Code = {"type": "code", "code": views()[0]}
            line.send(code)
        else:
            # Not in the running cell's context: its output must not go to that cell.
            self._loop.call_soon_threadsafe(self._take, content, context=Context())


def _joined(last: Operation, new: Operation) -> Operation | None:
    """Return two changes as one, if both append to the same item."""
    if last[0] == "turn_op" and new[0] == "turn_op" and last[1] == new[1]:
        joined = _appended(last[2], new[2])
        return None if joined is None else ("turn_op", last[1], joined)
    return _appended(last, new)


def _appended(last: Operation, new: Operation) -> TurnOp | None:
    if last[0] == "append" and new[0] == "append" and last[1] == new[1]:
        return ("append", last[1], last[2] + new[2])
    return None
