"""Which tool calls wait: for the user's answer, or behind a call that does."""

from __future__ import annotations

from collections.abc import Callable

from .items import AGENTS, ToolCall, ToolState

# The CLI runs a message's calls one after the other, but these side by side.
_SIDE_BY_SIDE = frozenset(("Read", "Glob", "Grep", "WebFetch", "WebSearch", *AGENTS))


class Waiting:
    """The calls of a turn that a request is about, and the state that they have by that.

    Parameters
    ----------
    calls : dict
        The turn's calls by their ids, in order; it grows.
    show : callable
        Called with each call whose state changed.
    """

    def __init__(self, calls: dict[str, ToolCall], show: Callable[[ToolCall], None]) -> None:
        self._calls = calls
        self._show = show
        self._asked: set[str] = set()

    def begin(self, id: str) -> None:
        """A request about this call waits for its answer; the call may become known later."""
        self._asked.add(id)
        self.settle()

    def end(self, id: str, state: ToolState) -> None:
        """The request waits no longer; `state` is what its call is now, if it has not ended."""
        if id not in self._asked:
            return
        self._asked.discard(id)
        call = self._calls.get(id)
        if call is not None and call.is_open and call.state != state:
            call.state = state
            self._show(call)
        self._settle_all()

    def settle(self) -> None:
        """Give the calls the state that the requests mean; cheap where nothing is asked."""
        if self._asked:
            self._settle_all()

    def _settle_all(self) -> None:
        held: dict[str, ToolCall] = {}  # by the subagent's call: what the calls after it wait for
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
