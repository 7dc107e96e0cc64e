"""`Observer`: writes the client's messages into the session's turns, costs and state."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

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

from .._approvals import Approvals
from .._conversations.elsewhere import Elsewhere
from .._conversations.switcher import ConversationSwitcher
from .._core.conversation import Conversation
from .._core.host import Host
from .._core.resume_target import ResumeTarget
from .._cost.budget import Budget
from .._cost.ledger import Entry, Ledger
from .._health.health import Health
from .._process.client import SharedClient
from .._process.workspace import Workspace
from .._signin.sign_in import SignIn
from .._trust.gate import Gate
from .._turns.errors import BudgetExceeded
from .._turns.interruptions import Interruptions
from .._turns.items import output_text
from .._turns.messages import is_about_call, last_message
from .._turns.outcome import lost, of_result, outcome, state_after
from .._turns.provider_errors import CLAUDE_API, Server
from .._turns.turn import end_of
from .._turns.writer import TurnWriter
from .background_output import BackgroundOutput
from .context import context_of


class Observer:
    """Writes the client's messages into a session's turns.

    Parameters
    ----------
    host : Host
        Shows turns that Claude begins by itself.
    workspace : Workspace
        Says whether the practice model answers.
    conversation : Conversation
        Has the turns.
    client : SharedClient
        Sends the messages, and answers what the turns cost and how full the context is.
    approvals : Approvals
        Asks the user.
    ledger, budget : Ledger, Budget
        The costs so far, and the limits.
    gate, health, elsewhere : Gate, Health, Elsewhere
        Their warnings become notices of the next turn.
    sign_in : SignIn
        Handles the API's refusals of a sign-in.
    switcher : ConversationSwitcher
        Remembers the conversation for this notebook.
    interruptions : Interruptions
        Keeps why turns are interrupted.
    begin : callable
        Begins a turn with a prompt and an id.

    Attributes
    ----------
    on_mode : callable
        Called with the permission mode that the process reports.
    """

    def __init__(
        self,
        host: Host,
        workspace: Workspace,
        conversation: Conversation,
        client: SharedClient,
        approvals: Approvals,
        ledger: Ledger,
        budget: Budget,
        gate: Gate,
        health: Health,
        elsewhere: Elsewhere,
        sign_in: SignIn,
        switcher: ConversationSwitcher,
        interruptions: Interruptions,
        begin: Callable[[str, str | None], TurnWriter],
    ) -> None:
        self._host = host
        self._workspace = workspace
        self._conversation = conversation
        self._client = client
        self._approvals = approvals
        self._ledger = ledger
        self._budget = budget
        self._gate = gate
        self._health = health
        self._elsewhere = elsewhere
        self._sign_in = sign_in
        self._switcher = switcher
        self._interruptions = interruptions
        self._begin = begin
        self.on_mode: Callable[[str], None] = lambda mode: None
        self._unasked: TurnWriter | None = None  # the turn that Claude began by itself
        self._sent: dict[TurnWriter, ClientTurn] = {}  # turns that the client has, not ended
        self._asking: dict[str, asyncio.Future[None]] = {}  # open requests to the CLI
        self._background = BackgroundOutput()
        self._results = 0  # how many results came

    def has(self, turn: TurnWriter) -> bool:
        """Whether the client has this turn and the turn has not ended."""
        return turn in self._sent

    async def idle(self) -> None:
        """Wait until all turns of the client have ended."""
        while self._sent:
            await end_of(next(iter(self._sent)).turn)

    # --- the process --------------------------------------------------------------------------

    def starting(self) -> None:
        """The process is about to restart: end what the old one did in the background."""
        self._end_unasked(None)
        for turn in self._conversation.writers:
            turn.lose_background()

    def started(self, point: ResumeTarget, totals: dict[str, Any]) -> None:
        """The process has started; `totals` are its costs before its first turn."""
        self._ledger.keep = not self._workspace.practicing
        grown = self._ledger.start(point.session_id, totals, point.copy)
        turn = self._conversation.writer(grown.turn) if grown is not None else None
        if turn is not None:
            self._charge(turn, grown)
        self._conversation.state_changed()

    # --- turns --------------------------------------------------------------------------------

    def turn_queued(self, turn: ClientTurn) -> None:
        own = self._conversation.writer(turn.uuid)
        if own is None:
            content = turn.prompt.get("message", {}).get("content", "")
            own = self._begin(output_text(content), turn.uuid)
            self._host.frontend.show_requests(own.turn, self._approvals)
        self._sent[own] = turn

    def turn_started(self, turn: ClientTurn) -> None:
        own = self._own(turn)
        own.start()
        failed, self._conversation.resume_failed = self._conversation.resume_failed, ""
        if failed:
            text = f"The earlier conversation could not be resumed ({failed}); this is a new one"
            own.notice("resume", text, "warning")
        self._health.say(own)
        self._elsewhere.say(own)
        left_out = self._gate.take_notice()
        if left_out:
            own.notice("trust", left_out, "warning")

    def turn_ended(self, turn: ClientTurn) -> None:
        own = self._own(turn)
        self._sent.pop(own, None)
        ran = own.turn.state != "queued"
        if ran and turn.result is None:
            self._charge(own, self._ledger.lose(own.turn.id, self._conversation.session_id))
        reason = self._interruptions.take(own.turn.id)
        self._finish(own, outcome(turn, reason, self._server(turn.result)))
        if ran:
            self._gate.keep_approved()
            self._refuse_waiting()
            self.ask_context()

    def _refuse_waiting(self) -> None:
        """If the session's budget is spent, take back the prompts that wait in the client."""
        for own, turn in list(self._sent.items()):
            try:
                self._budget.refuse(self._ledger.cost_usd)
            except BudgetExceeded as error:
                self._interruptions.note(own.turn.id, error)
                self._client.take_back(turn, error)

    def _finish(self, own: TurnWriter, error: Exception | None) -> None:
        turn, spent = own.turn, self._ledger.cost_usd
        passed = self._budget.said(turn.id, turn.cost_usd, spent - turn.cost_usd)
        if error is None and passed is not None:
            own.notice("budget", f"Over budget: {passed}", "warning")
        self._budget.turns.pop(turn.id, None)
        own.finish(state_after(error), error)

    def _own(self, turn: ClientTurn) -> TurnWriter:
        own = self._conversation.writer(turn.uuid)
        assert own is not None
        return own

    # --- messages -----------------------------------------------------------------------------

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        own = self._turn_of(turn, message)
        self._take_state(message)
        if isinstance(message, SystemMessage) and message.subtype == "init":
            self._take_servers(message.data.get("mcp_servers"), own)
        if own is None or self._sign_in.takes(own, message):
            return
        own.apply(message)
        if isinstance(message, ResultMessage):
            self._results += 1
            own.end_with(message)
            last = "" if own.turn.prompt else last_message([own.turn]) or ""
            self._charge(own, self._ledger.record_result(own.turn.id, message, last))
            self._take_id(message.session_id)
            if turn is None:
                self._end_unasked(message)
        elif isinstance(message, UserMessage):
            self._background.follow(own)
            self._ask_cost(own if turn is None else self._own(turn))
        elif isinstance(message, ConversationResetMessage):
            self._conversation.forget_ended()  # the user ran /clear

    def _take_state(self, message: Message) -> None:
        if isinstance(message, RateLimitEvent):
            self._client.rate_limit = message.rate_limit_info
            self._conversation.state_changed()
        if not isinstance(message, SystemMessage):
            return
        if message.subtype == "init":
            self._take_id(message.data.get("session_id"))
        elif message.subtype == "session_title_changed":
            title = message.data.get("title") or self._conversation.title
            self._conversation.name(str(title))
        mode = message.data.get("permissionMode")
        if message.subtype == "status" and mode:
            self.on_mode(str(mode))

    def _take_servers(self, servers: Any, turn: TurnWriter | None) -> None:
        """Report which MCP servers do not work: at once, and again when the reasons are known."""
        health = self._health
        if not health.take_servers(servers):
            return

        async def ask() -> None:
            await health.ask_servers()
            if turn is not None:
                health.say_servers(turn)

        if turn is not None:
            health.say_servers(turn)
        self._ask("servers", ask())

    def _take_id(self, session_id: str | None) -> None:
        if session_id:
            self._conversation.identify(session_id)
            self._switcher.remember()

    def _charge(self, turn: TurnWriter, entry: Entry | None) -> None:
        if entry is not None:
            spent, subscription = entry.spent, self._client.subscription
            turn.charge(spent.cost_usd, spent.usage(), subscription=subscription)

    # --- requests to the CLI ------------------------------------------------------------------

    def _ask_cost(self, turn: TurnWriter) -> None:
        """Ask for the turn's cost so far: to check its limit, and in case the process dies."""
        if not self._client.subscription or self._budget.limits(turn.turn.id):
            # With a subscription this makes the CLI ask a server for the limits too.
            self._ask("cost", self._cost_so_far(turn))

    async def _cost_so_far(self, writer: TurnWriter) -> None:
        results, turn = self._results, writer.turn
        totals = await self._client.totals()
        if not totals or results != self._results:
            return
        self._ledger.note(totals)
        cost = self._ledger.since_result().cost_usd
        if turn.ended:
            await self._limit_background(writer, cost)
            return
        passed = self._budget.passed(turn.id, cost, self._ledger.cost_usd)
        if passed is not None and self._interruptions.note(turn.id, passed):
            await self._client.interrupt()

    async def _limit_background(self, turn: TurnWriter, cost: float) -> None:
        """If the session's budget is spent, stop the subagents that a turn left running."""
        said = self._budget.said(turn.turn.id, cost, self._ledger.cost_usd)
        tasks = turn.agents_in_background
        if said is None or not tasks:
            return
        turn.notice("budget", f"Stopped in the background: {said}", "warning")
        for task in tasks:
            await self._client.stop_task(task)

    def ask_context(self) -> None:
        """Ask how full the context is, if a view shows it and no turn runs."""
        conversation = self._conversation
        # Before the model's first answer the context is empty.
        answered = any(turn.model_calls for turn in conversation.turns)
        if answered and conversation.watched and conversation.at_rest:
            self._ask("context", self._context())

    async def _context(self) -> None:
        turns = self._conversation.turns
        if self._client.connected and turns:
            context = context_of(dict(await self._client.get_context_usage()))
            self._conversation.fill(context, turns[-1])

    def _ask(self, what: str, question: Coroutine[Any, Any, None]) -> None:
        if what in self._asking:
            question.close()
            return

        async def ask() -> None:
            with contextlib.suppress(ClaudeSDKError):  # the process ended, or has no answer
                await question

        # In an empty context: this request belongs to no cell.
        asking = self._asking[what] = contextvars.Context().run(asyncio.ensure_future, ask())
        asking.add_done_callback(lambda _: self._asking.pop(what, None))

    # --- turns that Claude begins by itself ---------------------------------------------------

    def begin_unasked(self) -> TurnWriter:
        """Return the turn that Claude began by itself, such as after a background task."""
        if self._unasked is None:
            turns = self._conversation.turns
            before = turns[-1] if turns else None
            self._unasked = self._begin("", None)
            self._unasked.start()
            self._host.frontend.show_unasked(self._unasked, before, self._approvals)
        return self._unasked

    def _end_unasked(self, result: ResultMessage | None) -> None:
        turn, self._unasked = self._unasked, None
        if turn is not None:
            reason = self._interruptions.take(turn.turn.id)
            error = lost(None) if result is None else of_result(result, self._server(result))
            self._finish(turn, reason or error)

    def _server(self, result: ResultMessage | None) -> Server:
        """Return who was asked. It matters only if that failed."""
        if result is None or not result.is_error:
            return CLAUDE_API
        from .._providers.given import given
        from .._providers.provider import provider_of

        provider = provider_of(given(self._workspace.environment()))
        return Server(provider.name, provider.gateway)

    def _turn_of(self, client_turn: ClientTurn | None, message: Message) -> TurnWriter | None:
        # A subagent in the background may work on while later turns run.
        writers = self._conversation.writers if is_about_call(message) else ()
        for turn in reversed(writers):
            if turn.owns(message):
                return turn
        if client_turn is not None:
            return self._own(client_turn)
        # Claude acts without a prompt, such as when a background task ends.
        if getattr(message, "parent_tool_use_id", None) is not None:
            return self._unasked
        # Other messages begin no turn: a note on a changed model, the result of a failed start.
        if isinstance(message, (AssistantMessage, StreamEvent)):
            return self.begin_unasked()
        return self._unasked
