"""Which tool calls wait: for the user's answer, or for a call before them that does."""

from __future__ import annotations

from collections.abc import Callable

from .items import AGENTS, ToolCall, ToolState

# The CLI runs the calls of a message one after the other, but runs these side by side.
_SIDE_BY_SIDE = frozenset(("Read", "Glob", "Grep", "WebFetch", "WebSearch", *AGENTS))


class Waiting:
    """Sets which calls of a turn wait, by the requests that are open.

    Parameters
    ----------
    calls : dict
        The turn's calls by their ids, in order. It grows.
    show : callable
        Called with each call whose state changed.
    """

    def __init__(self, calls: dict[str, ToolCall], show: Callable[[ToolCall], None]) -> None:
        self._calls = calls
        self._show = show
        self._asked: set[str] = set()

    def open_request(self, id: str) -> None:
        """A request about this call opened. The call itself may become known later."""
        self._asked.add(id)
        self.settle()

    def close_request(self, id: str, state: ToolState) -> None:
        """The request closed; `state` is the call's new state, if the call has not ended."""
        if id not in self._asked:
            return
        self._asked.discard(id)
        call = self._calls.get(id)
        if call is not None and call.is_open and call.state != state:
            call.state = state
            self._show(call)
        self._settle_all()

    def settle(self) -> None:
        """Set the calls' states by the open requests. It is cheap if there are none."""
        if self._asked:
            self._settle_all()

    def _settle_all(self) -> None:
        held: dict[str, ToolCall] = {}  # by parent call: the first call that waits
        for call in self._calls.values():
            if not call.is_open:
                continue
            before = held.get(call.parent)
            waits = call.id in self._asked or (
                before is not None and not {before.name, call.name} <= _SIDE_BY_SIDE
            )
            if waits:
                held.setdefault(call.parent, call)
            state: ToolState = "waiting" if waits else "running"
            if call.state != state:
                call.state = state
                self._show(call)
