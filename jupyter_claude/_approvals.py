"""The permission broker: asks through every view of a turn, and takes the first answer.

An answer may come from any thread, also while the session's event loop is held up by a
synchronous cell: it counts from the moment at which it is taken, and the views are told then. No
answer is never an approval: a time-out, an interrupt and having nobody to ask are explicit denials.

Nor is an answer by accident: a request takes none for `HOLD` seconds. The broker counts from the
moment at which it asks. A view counts from the moment at which the request could be read there, and
not hit by accident, and says with the answer how long that was.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from jupyter_claude_sdk import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
)

from ._requests import QUESTION, describe
from ._suggestions import rules_for
from ._turns.requests import PermissionRequest, Request, TrustRequest
from ._turns.writer import TurnWriter

#: Seconds for which a request takes no answer, so that none is given by accident.
HOLD = 0.8

#: How the note of a call begins that was denied because nobody can be asked.
NOBODY = "Denied: nobody can be asked here."


class _Pending:
    def __init__(
        self,
        tool: str,
        tool_input: dict[str, Any],
        context: ToolPermissionContext,
        request: Request,
    ):
        self.question = tool == QUESTION
        self.input = tool_input
        self.context = context
        #: The "Always allow" buttons of the request, by their index.
        suggestions = request.suggestions if isinstance(request, PermissionRequest) else ()
        self.offered = {each["index"]: each["label"] for each in suggestions}
        self.thread = threading.get_ident()
        self.loop = asyncio.get_running_loop()
        self.answered = asyncio.Event()
        self.since = monotonic()
        self._lock = threading.Lock()
        self._answer: Mapping[str, Any] | None = None
        self._open = True

    def take(self, answer: Mapping[str, Any]) -> bool:
        """Take the first answer, from any thread; return whether this is it."""
        with self._lock:
            first = self._open and self._answer is None
            if first:
                self._answer = answer
            return first

    @property
    def settled(self) -> bool:
        """Whether no more answers are taken."""
        with self._lock:
            return not self._open or self._answer is not None

    def close(self) -> Mapping[str, Any] | None:
        """Take no answer from now on; return the one that was taken."""
        with self._lock:
            self._open = False
            return self._answer


#: What became of an answer: it is taken, or it came too early.
Verdict = Literal["allow", "deny", "early"]
#: Told a request's id and what became of an answer to it, in the thread that brought the answer.
Listener = Callable[[str, Verdict], None]


class Approvals:
    """Asks for permission on behalf of a session.

    Parameters
    ----------
    hold : float, default `HOLD`
        Seconds for which a request takes no answer.
    """

    def __init__(self, hold: float = HOLD) -> None:
        self.hold = hold
        self._pending: dict[str, _Pending] = {}
        self._listeners: list[Listener] = []

    async def decide(
        self,
        turn: TurnWriter,
        tool: str,
        tool_input: dict[str, Any],
        context: ToolPermissionContext,
        folder: Path,
        timeout: float = 0.0,
        runs_in: Path | None = None,
    ) -> PermissionResult:
        """Ask whether a tool may run, and wait for the answer, at most `timeout` seconds if not 0.

        `folder` is the session's; `runs_in` is where a command will run, if that is known.

        Returns
        -------
        PermissionResultAllow or PermissionResultDeny
            What the first view answered; a denial if nobody can be asked or time is up.
        """
        if not turn.turn.can_ask:
            return self._nobody(turn, tool, context)
        request = describe(tool, tool_input, context, folder, timeout, runs_in)
        pending = _Pending(tool, tool_input, context, request)
        outcome = "Not answered: the request was withdrawn"
        try:
            answer = await self._ask(turn, request, pending, timeout)
            if answer is None:
                outcome = f"Denied: no answer within {timeout:g} s"
                turn.deny(context.tool_use_id, outcome)
                return PermissionResultDeny(message=f"Nobody answered within {timeout:g} s.")
            result, outcome = self._result(pending, answer)
            return result
        finally:
            turn.close_request(request.id, outcome)

    async def ask_trust(
        self, turn: TurnWriter, request: TrustRequest, timeout: float = 0.0
    ) -> bool:
        """Ask whether a folder is trusted, and wait for the answer, at most `timeout` seconds.

        Parameters
        ----------
        turn : TurnWriter
            Through whose views to ask; there is somebody to ask.
        request : TrustRequest
            What the views show.
        timeout : float, default 0.0
            0 waits for ever.

        Returns
        -------
        bool
            Whether it was answered with yes. No answer is a no.
        """
        pending = _Pending(request.tool, {}, ToolPermissionContext(), request)
        outcome = "Not answered: the request was withdrawn"
        try:
            answer = await self._ask(turn, request, pending, timeout) or {}
            trusted = answer.get("behavior") == "allow" and request.trustable
            outcome = "Trusted" if trusted else "Going on without its settings"
            return trusted
        finally:
            turn.close_request(request.id, outcome)

    def answer(self, request_id: str, answer: Mapping[str, Any]) -> bool:
        """Take an answer; callable from any thread. Return whether it is the first.

        Parameters
        ----------
        request_id : str
            The request's id.
        answer : mapping
            ``behavior`` "allow" or "deny"; ``suggestion`` the number of an "always allow";
            ``answers`` for a question; ``waited`` for how many milliseconds the view could be
            read and answered, as `src/views/guard.ts` counts.
        """
        pending = self._pending.get(request_id)
        behavior = answer.get("behavior")
        if pending is None or pending.settled or behavior not in ("allow", "deny"):
            return False
        if self._is_early(pending, answer):
            self._tell(request_id, "early")
            return False
        index = answer.get("suggestion") if behavior == "allow" else None
        if index is not None and (type(index) is not int or index not in pending.offered):
            return False  # there is no such button
        if not pending.take(answer):
            return False
        try:
            # In the loop's own thread all views are told at once that the request is settled.
            if threading.get_ident() != pending.thread:
                self._tell(request_id, behavior)
        finally:
            pending.loop.call_soon_threadsafe(pending.answered.set)
        return True

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each early answer, and for each that another thread brings.

        It is called in the thread that brought the answer, at once, even if the loop is held up; it
        may only send messages. Return what stops that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- inside -------------------------------------------------------------------------------

    async def _ask(
        self, turn: TurnWriter, request: Request, pending: _Pending, timeout: float
    ) -> Mapping[str, Any] | None:
        """Show a request and return the answer; None if there was none in time."""
        self._pending[request.id] = pending
        turn.open_request(request)
        try:
            # An answer may have been taken in time while this loop was held up.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(pending.answered.wait(), timeout or None)
            return pending.close()
        finally:
            pending.close()
            self._pending.pop(request.id, None)

    def _is_early(self, pending: _Pending, answer: Mapping[str, Any]) -> bool:
        """Whether nobody can have read the request; an answer that does not say is early."""
        waited = answer.get("waited")
        if isinstance(waited, bool) or not isinstance(waited, (int, float)):
            return True
        seen = waited / 1000
        # Not the negation: a NaN is early.
        return not min(seen, monotonic() - pending.since) >= self.hold

    def _tell(self, request_id: str, verdict: Verdict) -> None:
        for listener in list(self._listeners):
            listener(request_id, verdict)

    def _result(self, pending: _Pending, answer: Mapping[str, Any]) -> tuple[PermissionResult, str]:
        if answer["behavior"] == "deny":
            if pending.question:
                return PermissionResultDeny(message="The user did not answer."), "Declined"
            return PermissionResultDeny(message="The user denied this."), "Denied"
        if pending.question and isinstance(answer.get("answers"), dict):
            updated = {**pending.input, "answers": answer["answers"]}
            return PermissionResultAllow(updated_input=updated), "Answered"
        index = answer.get("suggestion")
        if index is not None:
            return (
                PermissionResultAllow(updated_permissions=[pending.context.suggestions[index]]),
                pending.offered[index].replace("Always allow", "Approved, and always allowed:", 1),
            )
        return PermissionResultAllow(), "Approved"

    def _nobody(
        self, turn: TurnWriter, tool: str, context: ToolPermissionContext
    ) -> PermissionResultDeny:
        if tool == QUESTION:
            note = "Denied: Claude asked a question, and nobody can be asked here."
        else:
            rules = rules_for(tool, context)
            note = (
                f"{NOBODY} To allow it, add {', '.join(rules)} to "
                f"allowed_tools: claude.settings.allowed_tools += {rules!r}"
            )
        turn.deny(context.tool_use_id, note)
        return PermissionResultDeny(message=note)
