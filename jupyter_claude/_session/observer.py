"""What the client tells, turns and messages, becomes the session's turns, cost and state."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeSDKError,
    ClientTurn,
    ConversationResetMessage,
    Message,
    RateLimitEvent,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    UserMessage,
)

from .._conversations.starting_point import StartingPoint
from .._errors import BudgetExceeded
from .._turns.items import output_text
from .._turns.messages import is_about_call, last_message
from .._turns.outcome import lost, of_result, outcome, state_after
from .._turns.turn import Turn, end_of
from .state import context_of

if TYPE_CHECKING:
    from .session import KernelSession


class Observer:
    """Writes what the client tells into a session's turns.

    Parameters
    ----------
    session : KernelSession
        Whose turns they are.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._unasked: Turn | None = None  # the turn of what comes without a prompt
        self._sent: dict[Turn, ClientTurn] = {}  # given to the client and not ended
        self._asking: dict[str, asyncio.Future[None]] = {}  # what the CLI is being asked
        self._results = 0  # that have come

    def has(self, turn: Turn) -> bool:
        """Whether the client has a turn that has not ended."""
        return turn in self._sent

    async def idle(self) -> None:
        """Wait for the end of the turns that the client has."""
        while self._sent:
            await end_of(next(iter(self._sent)))

    # --- the process --------------------------------------------------------------------------

    def starting(self) -> None:
        """The process is about to start anew: what the old one did is over."""
        self._end_unasked(None)
        for turn in self._session.history:
            turn.lose_background()

    def started(self, point: StartingPoint, totals: dict[str, Any]) -> None:
        """The process has started, and states these totals before its first turn."""
        session = self._session
        session.ledger.keep = not session.practicing
        grown = session.ledger.start(point.session_id, totals, point.copy)
        turn = session.turn_of(grown.turn) if grown is not None else None
        if turn is not None:
            self._charge(turn, grown)
        session.changed()

    # --- turns --------------------------------------------------------------------------------

    def turn_queued(self, turn: ClientTurn) -> None:
        own = self._session.turn_of(turn.uuid)
        if own is None:
            content = turn.prompt.get("message", {}).get("content", "")
            own = self._session.begin(output_text(content), turn.uuid)
            self._session.surroundings.show_requests(own, self._session.approvals)
        self._sent[own] = turn

    def turn_started(self, turn: ClientTurn) -> None:
        own = self._own(turn)
        own.start()
        connection = self._session.connection
        if connection.resume_failed:
            own.notice(
                "resume",
                f"The earlier conversation could not be resumed ({connection.resume_failed}); "
                "this is a new one",
                "warning",
            )
            connection.resume_failed = ""

    def turn_ended(self, turn: ClientTurn) -> None:
        session, own = self._session, self._own(turn)
        self._sent.pop(own, None)
        ran = own.state != "queued"
        if ran and turn.result is None:
            self._charge(own, session.ledger.lose(own.id, session.session_id))
        self._finish(own, outcome(turn, session.runner.reasons.pop(own.id, None)))
        if ran:
            self._refuse_waiting()
            self._ask_context()

    def _refuse_waiting(self) -> None:
        """Take back the prompts that wait in the client, once the session's budget is spent."""
        session = self._session
        for own, turn in list(self._sent.items()):
            try:
                session.budget.refuse(session.cost_usd)
            except BudgetExceeded as error:
                session.runner.reasons[own.id] = error
                session.client.take_back(turn, error)

    def _finish(self, own: Turn, error: Exception | None) -> None:
        session = self._session
        passed = session.budget.said(own.id, own.cost_usd, session.cost_usd - own.cost_usd)
        if error is None and passed is not None:
            own.notice("budget", f"Over budget: {passed}", "warning")
        session.budget.turns.pop(own.id, None)
        own.finish(state_after(error), error)

    def _own(self, turn: ClientTurn) -> Turn:
        own = self._session.turn_of(turn.uuid)
        assert own is not None
        return own

    # --- messages -----------------------------------------------------------------------------

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        own = self._turn_of(turn, message)
        self._take_state(message)
        if own is None:
            return
        own.apply(message)
        if isinstance(message, ResultMessage):
            self._results += 1
            own.result = message
            own.usage = dict(message.usage or {})
            last = "" if own.prompt else last_message([own]) or ""
            self._charge(own, self._session.ledger.take(own.id, message, last))
            self._take_id(message.session_id)
            if turn is None:
                self._end_unasked(message)
        elif isinstance(message, UserMessage):
            self._ask_cost(own if turn is None else self._own(turn))
        elif isinstance(message, ConversationResetMessage):
            # What /clear cleared is no part of the conversation any more.
            session = self._session
            session.history.replace([one for one in session.history if not one.ended])
            session.tell("history")

    def _take_state(self, message: Message) -> None:
        if isinstance(message, RateLimitEvent):
            self._session.rate_limit = message.rate_limit_info
            self._session.changed()
        if not isinstance(message, SystemMessage):
            return
        if message.subtype == "init":
            self._take_id(message.data.get("session_id"))
        elif message.subtype == "session_title_changed":
            self._session.title = str(message.data.get("title") or self._session.title)
        mode = message.data.get("permissionMode")
        if message.subtype == "status" and mode:
            self._session.connection.note_mode(str(mode))

    def _take_id(self, session_id: str | None) -> None:
        if session_id:
            self._session.session_id = session_id
            self._session.switching.remember()

    def _charge(self, turn: Turn, entry: Any) -> None:
        if entry is not None:
            turn.cost_usd = entry.spent.cost_usd
            turn.usage.update(entry.spent.usage())
            turn.charged, turn.subscription = True, self._session.subscription

    # --- what is asked of the CLI meanwhile ---------------------------------------------------

    def _ask_cost(self, turn: Turn) -> None:
        """Ask what the turn has cost so far: for its limit, and in case the process is lost."""
        if not self._session.subscription or self._session.budget.limits(turn.id):
            # With a subscription the CLI asks a server for its limits, too.
            self._ask("cost", self._cost_so_far(turn))

    async def _cost_so_far(self, turn: Turn) -> None:
        session, results = self._session, self._results
        totals = await session.client.totals()
        if not totals or results != self._results:
            return
        session.ledger.note(totals)
        cost = session.ledger.since_result().cost_usd
        if turn.ended:
            await self._limit_background(turn, cost)
            return
        passed = session.budget.passed(turn.id, cost, session.cost_usd)
        if passed is not None and turn.id not in session.runner.reasons:
            session.runner.reasons[turn.id] = passed
            await session.client.interrupt()

    async def _limit_background(self, turn: Turn, cost: float) -> None:
        """Stop the subagents that a turn has left at work, if the session's budget is spent."""
        session = self._session
        said = session.budget.said(turn.id, cost, session.cost_usd)
        tasks = turn.agents_in_background
        if said is None or not tasks:
            return
        turn.notice("budget", f"Stopped in the background: {said}", "warning")
        for task in tasks:
            await session.client.stop_task(task)

    def _ask_context(self) -> None:
        """Ask how full the context is, if somebody is shown it and nothing is being done."""
        session = self._session
        if session.watched and session.running is None and session.queued == 0:
            self._ask("context", self._context())

    async def _context(self) -> None:
        session = self._session
        if session.connection.connected:
            self._session.context = context_of(dict(await session.client.get_context_usage()))
            session.changed()

    def _ask(self, what: str, question: Coroutine[Any, Any, None]) -> None:
        if what in self._asking:
            question.close()
            return

        async def ask() -> None:
            with contextlib.suppress(ClaudeSDKError):  # the process ended, or does not know
                await question

        # In an empty context: it belongs to no cell.
        asking = self._asking[what] = contextvars.Context().run(asyncio.ensure_future, ask())
        asking.add_done_callback(lambda _: self._asking.pop(what, None))

    # --- what comes unasked -------------------------------------------------------------------

    def begin_unasked(self) -> Turn:
        """Return the turn of what Claude does without a prompt, such as after a background task."""
        session = self._session
        if self._unasked is None:
            before = session.history[-1] if session.history else None
            self._unasked = session.begin("")
            self._unasked.start()
            session.surroundings.show_unasked(self._unasked, before, session.approvals)
        return self._unasked

    def _end_unasked(self, result: ResultMessage | None) -> None:
        turn, self._unasked = self._unasked, None
        if turn is not None:
            reason = self._session.runner.reasons.pop(turn.id, None)
            self._finish(turn, reason or (lost(None) if result is None else of_result(result)))

    def _turn_of(self, client_turn: ClientTurn | None, message: Message) -> Turn | None:
        # A subagent in the background goes on while later turns run.
        for turn in reversed(self._session.history) if is_about_call(message) else ():
            if turn.owns(message):
                return turn
        if client_turn is not None:
            return self._own(client_turn)
        # Claude's own doing, such as when a background task ends: a turn without a prompt.
        if getattr(message, "parent_tool_use_id", None) is not None:
            return self._unasked
        # Not its remarks: a user message on a changed model, the result of a failed start.
        if isinstance(message, (AssistantMessage, StreamEvent)):
            return self.begin_unasked()
        return self._unasked
