"""`Approvals`: asks the user in every view of a turn, and takes the first answer.

An answer may come from any thread, also while a synchronous cell blocks the session's event loop.
It counts at once, and the views are told at once. A missing answer is never an approval: a
time-out, an interrupt and a front end without a user all deny the call.

An accidental answer is no approval either: a request takes no answer for `HOLD` seconds. This
class counts from the moment of the request. A view counts the time in which the user could read and
answer the request there, and sends this time with the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Literal, TypeVar

from jupyter_claude_sdk import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
)

from ._asking import plans
from ._kernel.keep_alive import KeepAlive
from ._policy.policy import load_policy
from ._policy.words import in_minutes
from ._requests import QUESTION, OwnRequest, describe
from ._suggestions import rules_for
from ._text import one_line
from ._turns.requests import PermissionRequest, QuestionRequest, Request, TrustRequest
from ._turns.writer import TurnWriter

#: Seconds in which a request takes no answer, to rule out accidents.
HOLD = 0.8

_LONGEST = 10_000  # characters of what the user tells Claude with a denial

#: The beginning of the note on a call that was denied because no user can be asked.
NOBODY = "Denied: nobody can be asked here."


class _Pending:
    def __init__(
        self,
        tool: str,
        tool_input: dict[str, Any],
        context: ToolPermissionContext,
        request: Request,
        own: OwnRequest | None = None,
    ):
        self.question = tool == QUESTION
        self.input = tool_input
        self.context = context
        self.own = own
        self.plan = tool == plans.PLAN and own is None
        self.editable = isinstance(request, PermissionRequest) and (
            request.code is not None or request.editable or request.plan is not None
        )
        #: The buttons that approve more than this call, by their index.
        suggestions = request.suggestions if isinstance(request, PermissionRequest) else ()
        self.offered = {each["index"]: each["label"] for each in suggestions}
        self.thread = threading.get_ident()
        self.loop = asyncio.get_running_loop()
        self.answered = asyncio.Event()
        self.since = monotonic()
        self._lock = threading.Lock()
        self._answer: Mapping[str, Any] | None = None
        self._open = True

    def accept(self, answer: Mapping[str, Any]) -> bool:
        """Take an answer from any thread; return whether it is the first."""
        with self._lock:
            first = self._open and self._answer is None
            if first:
                self._answer = answer
            return first

    @property
    def settled(self) -> bool:
        """Whether the request takes no more answers."""
        with self._lock:
            return not self._open or self._answer is not None

    def close(self) -> Mapping[str, Any] | None:
        """Take no more answers; return the one that was taken, or None."""
        with self._lock:
            self._open = False
            return self._answer


#: The result of an answer: it was taken, or it came too early.
Verdict = Literal["allow", "deny", "early"]
#: Called with a request's id and the result of an answer, in the thread of the answer.
Listener = Callable[[str, Verdict], None]

R = TypeVar("R", bound="PermissionRequest | QuestionRequest")


@dataclasses.dataclass(frozen=True)
class _Limit:
    """How long a request waits: as the user has set, or as the administrator has."""

    seconds: float
    minutes: float | None = None  # the administrator's, if they come first

    def tell(self, request: R) -> R:
        """Return the request; it says how long it waits, if the user has not set that."""
        if self.minutes is None:
            return request
        line = f"Waiting for your answer. Without one it is denied after {self.said}."
        return dataclasses.replace(request, waiting=line)

    def tell_trust(self, request: TrustRequest) -> TrustRequest:
        """Return a request for trust; it says how long it waits."""
        if not self.seconds:
            return request
        line = f"Without an answer Claude Code starts without these settings after {self.said}."
        return dataclasses.replace(request, waiting=f"{request.waiting} {line}")

    @property
    def said(self) -> str:
        if self.minutes is None:
            return f"{self.seconds:g} s"
        return f"{in_minutes(self.minutes)}, the administrator's limit"

    @property
    def over(self) -> str:
        """What became of the request without an answer, in words."""
        if self.minutes is None:
            return f"Denied: no answer within {self.said}"
        return f"Denied: nobody answered in {self.said}"


def _no_limit() -> float | None:
    return None


class Approvals:
    """Asks the user for a session.

    Parameters
    ----------
    hold : float, default `HOLD`
        Seconds in which a request takes no answer.
    minutes : callable
        Returns the administrator's limit for a request that waits, in minutes; None is no limit.
    keep_alive : KeepAlive, optional
        Keeps the kernel alive while requests wait.
    """

    def __init__(
        self,
        hold: float = HOLD,
        minutes: Callable[[], float | None] = _no_limit,
        keep_alive: KeepAlive | None = None,
    ) -> None:
        self.hold = hold
        self._minutes = minutes
        self._alive = keep_alive
        self._here = 0.0  # when the user last answered one, or wrote in one
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
        own: OwnRequest | None = None,
        danger: str = "",
    ) -> PermissionResult:
        """Ask whether a tool may run, and wait for the answer (0: without a time limit).

        `folder` is the session's folder; `runs_in` is the folder of a command, if it is known.
        `danger` says what the call would destroy.
        `own` is the request for a tool of ours; others are described by their input.

        Returns
        -------
        PermissionResultAllow or PermissionResultDeny
            The first answer, or a denial if no user can be asked or the time is over.
        """
        if not turn.turn.can_ask:
            return self._nobody(turn, tool, context)
        limit = self._limit(timeout)
        request = limit.tell(
            describe(tool, tool_input, context, folder, timeout, runs_in, danger)
            if own is None
            else own.request
        )
        pending = _Pending(tool, tool_input, context, request, own)
        outcome = "Not answered: the request was withdrawn"
        try:
            answer = await self._ask(turn, request, pending, limit)
            if answer is None:
                outcome = limit.over
                turn.deny(context.tool_use_id, outcome)
                return PermissionResultDeny(message=f"Nobody answered within {limit.said}.")
            result, outcome = self._result(pending, answer)
            return result
        finally:
            turn.close_request(request.id, outcome)

    async def ask_trust(
        self, turn: TurnWriter, request: TrustRequest, timeout: float = 0.0
    ) -> bool:
        """Ask whether the user trusts a folder, and wait for the answer.

        Parameters
        ----------
        turn : TurnWriter
            The turn whose views ask. A user must be able to answer there.
        request : TrustRequest
            The request.
        timeout : float, default 0.0
            Seconds to wait; 0 is no limit.

        Returns
        -------
        bool
            Whether the user said yes. No answer means no.
        """
        limit = self._limit(timeout)
        request = limit.tell_trust(request)
        pending = _Pending(request.tool, {}, ToolPermissionContext(), request)
        outcome = "Not answered: the request was withdrawn"
        try:
            answer = await self._ask(turn, request, pending, limit)
            trusted = (answer or {}).get("behavior") == "allow" and request.trustable
            outcome = "Trusted" if trusted else "Continuing without its settings"
            if answer is None:
                outcome = f"{outcome}: nobody answered in {limit.said}"
            return trusted
        finally:
            turn.close_request(request.id, outcome)

    def answer(self, request_id: str, answer: Mapping[str, Any]) -> bool:
        """Take an answer, from any thread; return whether it is the first valid one.

        Parameters
        ----------
        request_id : str
            The request's id.
        answer : mapping
            ``behavior``: "allow" or "deny". ``suggestion``: the number of an "Always allow" button.
            ``answers``: the answers to questions. ``edited``: the command, code or plan in place of
            Claude's.
            ``message``: what Claude should do instead of what was denied. ``waited``: the
            milliseconds in which the user could read and answer the request, as
            `src/views/guard.ts` counts them.
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
        if not _fits(pending, answer):
            return False
        if not pending.accept(answer):
            return False
        self._here = monotonic()
        try:
            # An answer in the loop's own thread closes the request at once, and views see that.
            if threading.get_ident() != pending.thread:
                self._tell(request_id, behavior)
        finally:
            pending.loop.call_soon_threadsafe(pending.answered.set)
        return True

    def typing(self, request_id: str) -> None:
        """Note that the user writes in a request that waits, from any thread.

        Parameters
        ----------
        request_id : str
            The request's id.
        """
        pending = self._pending.get(request_id)
        if pending is not None and not pending.settled:
            self._here = monotonic()
            if self._alive is not None:
                self._alive.renew()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each early answer, and for each answer from another thread.

        It is called at once in the thread of the answer, even if the loop is blocked. It may only
        send messages. Return a function that stops that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- helpers ------------------------------------------------------------------------------

    def _limit(self, timeout: float) -> _Limit:
        """Return the user's limit in seconds or the administrator's; the shorter one counts."""
        minutes = self._minutes()
        if not minutes or 0 < timeout <= minutes * 60:
            return _Limit(timeout)
        return _Limit(minutes * 60, minutes)

    async def _ask(
        self, turn: TurnWriter, request: Request, pending: _Pending, limit: _Limit
    ) -> Mapping[str, Any] | None:
        """Show a request and return the answer; None if it did not come in time."""
        self._pending[request.id] = pending
        kept = contextlib.nullcontext() if self._alive is None else self._alive.during(request.id)
        with kept:
            turn.open_request(request)
            try:
                # If this loop was blocked, an answer may have come in time all the same.
                await self._wait(pending, limit)
                answer = pending.close()
            finally:
                pending.close()
                self._pending.pop(request.id, None)
        if answer is not None and self._alive is not None:
            self._alive.renew()
        elif answer is None and limit.minutes is not None:
            # Else each request of this turn keeps the server from being culled as long again.
            turn.ask_nobody()
        return answer

    async def _wait(self, pending: _Pending, limit: _Limit) -> None:
        """Wait for an answer until the time is over.

        The administrator's limit begins anew while the user writes in this request, or writes in or
        answers others: they are here.
        """
        seconds = limit.seconds
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(pending.answered.wait(), seconds or None)
                return
            seconds = self._here + limit.seconds - monotonic()
            if limit.minutes is None or seconds <= 0:
                return

    def _is_early(self, pending: _Pending, answer: Mapping[str, Any]) -> bool:
        """Whether the answer came before the user could read. Without a time it is early."""
        waited = answer.get("waited")
        if isinstance(waited, bool) or not isinstance(waited, (int, float)):
            return True
        seen = waited / 1000
        # Not written with "<": a NaN must count as early.
        return not min(seen, monotonic() - pending.since) >= self.hold

    def _tell(self, request_id: str, verdict: Verdict) -> None:
        for listener in list(self._listeners):
            listener(request_id, verdict)

    def _result(self, pending: _Pending, answer: Mapping[str, Any]) -> tuple[PermissionResult, str]:
        if answer["behavior"] == "deny":
            if pending.question:
                return PermissionResultDeny(message="The user did not answer."), "Declined"
            message = answer.get("message") or ""
            return plans.kept_planning(message) if pending.plan else _denied(message)
        if pending.question and isinstance(answer.get("answers"), dict):
            updated = {**pending.input, "answers": answer["answers"]}
            return PermissionResultAllow(updated_input=updated), "Answered"
        if pending.own is not None:
            return _own_result(pending.own, pending.offered, answer)
        index, edited = answer.get("suggestion"), answer.get("edited")
        if pending.plan:
            return plans.approved(pending.input, index, edited)
        if edited is not None:
            changed = {**pending.input, "command": edited}
            return PermissionResultAllow(updated_input=changed), "Approved, as you edited it"
        if index is not None:
            return (
                PermissionResultAllow(updated_permissions=[pending.context.suggestions[index]]),
                _outcome(pending.offered[index]),
            )
        return PermissionResultAllow(), "Approved"

    def _nobody(
        self, turn: TurnWriter, tool: str, context: ToolPermissionContext
    ) -> PermissionResultDeny:
        if tool == QUESTION:
            note = "Denied: Claude asked a question, and nobody can be asked here."
        elif not load_policy().always_allow:
            note = f"{NOBODY} The administrator's policy lets no tool run without a request."
        else:
            rules = rules_for(tool, context)
            note = (
                f"{NOBODY} To allow it, add {', '.join(rules)} to "
                f"allowed_tools: claude.settings.allowed_tools += {rules!r}"
            )
        turn.deny(context.tool_use_id, note)
        return PermissionResultDeny(message=note)


def _fits(pending: _Pending, answer: Mapping[str, Any]) -> bool:
    """Whether the texts of an answer have the right types, and code may be edited here."""
    message, edited = answer.get("message"), answer.get("edited")
    if not isinstance(message, (str, type(None))) or len(message or "") > _LONGEST:
        return False
    if edited is None:
        return True
    if not isinstance(edited, str) or not edited.strip() or not pending.editable:
        return False
    # "Always allow" is for the command that it names, not for the one that the user wrote.
    return answer.get("suggestion") is None or pending.plan or pending.own is not None


def _denied(message: str) -> tuple[PermissionResult, str]:
    message = message.strip()
    if not message:
        return PermissionResultDeny(message="The user denied this."), "Denied"
    told = f"The user denied this, and tells you what to do instead: {message}"
    return PermissionResultDeny(message=told), f"Denied. You told Claude: {one_line(message)}"


def _own_result(
    own: OwnRequest, offered: Mapping[int, str], answer: Mapping[str, Any]
) -> tuple[PermissionResult, str]:
    index, edited = answer.get("suggestion"), answer.get("edited")
    outcome = "Approved"
    if index is not None:
        own.press(index)
        outcome = _outcome(offered[index])
    if edited is None:
        return PermissionResultAllow(), outcome
    return PermissionResultAllow(updated_input=own.edit(edited)), f"{outcome}, as you edited it"


def _outcome(label: str) -> str:
    """Return what a button that approves more than this call did."""
    label = label.replace("Always allow ", "Approved, and always allowed: ", 1)
    return label.replace("Approve for", "Approved for", 1)
