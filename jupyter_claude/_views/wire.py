"""What all views share: their code, and messages that are numbered and gathered.

State stays in the kernel: a view asks, and gets what is new. Changes are gathered and sent at most
`RATE` times a second as custom messages, each with a running number; a view that missed one says so
and gets everything. Messages, never synced traits, carry what the user does.
"""

from __future__ import annotations

import asyncio
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
    from .._protocol.history import HistoryFromKernel
    from .._protocol.panel import PanelOp, PanelSnapshot, PanelTurn
    from .._protocol.sign_in import SignInFromKernel
    from .._protocol.turn import Code, TurnOp, TurnSnapshot, WidgetKind

    Operation = Union[TurnOp, PanelOp]
    Message = Union[TurnSnapshot, PanelSnapshot, PanelTurn, HistoryFromKernel, SignInFromKernel]

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
        """Tell the pages that it is there."""
        super().open()
        comm_silent(self.comm)

    @traitlets.default("code")
    def _version_of_code(self) -> str:
        return views()[1]


class Line(Protocol):
    """What carries messages to views and back: a widget, or a comm of our JupyterLab extension."""

    def send(self, content: Any, /) -> None:
        """Send a message to all views on this line."""

    def on_msg(self, callback: Callable[[Any, Any, Any], None], /) -> None:
        """Call `callback` with the line, each message that comes, and its buffers."""


class Wire:
    """What the kernel tells views of one thing, the same on each of their lines.

    Parameters
    ----------
    line : Line or None
        The first of them; `join` adds more.
    loop : asyncio.AbstractEventLoop
        In it everything is done, whatever thread a message comes in.
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
        self._sent_at = 0.0
        self._take = take
        if line is not None:
            self.join(line)

    def join(self, line: Line) -> None:
        """Tell the views on this line, too; what was before, they ask for."""
        self._lines.append(line)
        line.on_msg(self._receive)

    def leave(self, line: Line) -> None:
        """Tell this line nothing any more."""
        self._lines.remove(line)

    def change(self, operation: Operation) -> None:
        """Tell the views of a change, with those of the next moment."""
        joined = _joined(self._operations[-1], operation) if self._operations else None
        if joined is None:
            self._operations.append(operation)
        else:
            self._operations[-1] = joined
        if self._due is None:
            wait = max(0.0, self._sent_at + 1 / RATE - self._loop.time())
            self._due = self._loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Send what is gathered, now."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._operations:
            operations, self._operations = self._operations, []
            self._sent_at = self._loop.time()
            self._send({"type": "patch", "ops": operations})

    def send(self, message: Message) -> None:
        """Send a message after the changes before it."""
        self.flush()
        self._send(message)

    def send_all(self, message: Message) -> None:
        """Send everything there is; the changes before it are in there."""
        self._operations.clear()
        self._send(message)

    def send_verdict(self, request: str, verdict: Verdict) -> None:
        """Say what became of an answer; from any thread, so without a number."""
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
            # Not in the context of the cell that runs: what comes of it is not its output.
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
