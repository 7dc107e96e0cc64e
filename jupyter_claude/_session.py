"""`KernelSession`: the one conversation of a kernel.

It holds the shared client, the append-only list of turns and the cost. It is the only writer of
turns; cells, magics and widgets observe them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any, cast

import anyio
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    ClientTurn,
    Message,
    PermissionMode,
    PermissionResult,
    ProcessError,
    ResultMessage,
    SettingSource,
    StreamEvent,
    SystemMessage,
    SystemPromptPreset,
    ToolPermissionContext,
    UserMessage,
)

from ._approvals import Approvals
from ._errors import (
    APIError,
    ClaudeError,
    StreamStalled,
    TurnFailed,
    TurnInterrupted,
    TurnLimitReached,
    api_error_message,
    one_line,
    show_as_one_line,
)
from ._settings import Settings
from ._surroundings import Practice, Surroundings
from ._turns import EventMaker, Operation, Turn, TurnEvent, dollars, output_text

#: Seconds that an interrupted turn gets to end by itself before the CLI is ended instead.
_PATIENCE = 5.0


class SharedClient(ClaudeSDKClient):
    """The kernel's client: connects by itself, and again after the CLI died.

    What is asked through it stands in ``claude.history`` too.
    """

    def __init__(self, session: KernelSession) -> None:
        super().__init__()
        self._kernel_session = session
        self.add_observer(session)

    async def query(
        self, prompt: str | AsyncIterable[dict[str, Any]], session_id: str = "default"
    ) -> None:
        await self._kernel_session.connect()
        await super().query(prompt, session_id)

    async def get_server_info(self) -> dict[str, Any] | None:
        await self._kernel_session.connect()
        return await super().get_server_info()

    async def set_permission_mode(self, mode: PermissionMode) -> None:
        await self._kernel_session.connect()
        await super().set_permission_mode(mode)

    async def set_model(self, model: str | None = None) -> None:
        await self._kernel_session.connect()
        await super().set_model(model)

    async def interrupt(self) -> None:
        if self.connected:
            await super().interrupt()


class KernelSession:
    """This kernel's conversation with Claude. Nothing starts until it is first used.

    Attributes
    ----------
    history : list of Turn
        All turns, oldest first.
    cost_usd : float
        What they have cost together, in US dollars.
    session_id : str or None
        The conversation's id; `resume` takes it.
    settings : Settings
        What ``%config ClaudeMagics`` shows.
    """

    def __init__(self) -> None:
        self.settings: Settings = Settings()
        self.history: list[Turn] = []
        self.cost_usd = 0.0
        self.session_id: str | None = None
        self.approvals = Approvals()
        self.surroundings = Surroundings()
        self._client: SharedClient | None = None
        self._turns: dict[str, Turn] = {}
        self._unasked: Turn | None = None  # the turn of what comes without a prompt
        self._reasons: dict[str, ClaudeError] = {}  # why we interrupt a turn, by its id
        self._process_cost = 0.0  # the CLI's running total, of which a turn's cost is a difference
        self._process_usage: dict[str, int] = {}  # and its running totals of tokens
        self._order = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._connected_with: ClaudeAgentOptions | None = None
        self._planned: tuple[str | None] | None = None  # the conversation of the next prompt
        self._practice: Practice | None = None

    def __repr__(self) -> str:
        connected = self._client is not None and self._client.connected
        return (
            f"<claude: {'connected' if connected else 'not connected'}, "
            f"{len(self.history)} turns, {dollars(self.cost_usd)}>"
        )

    # --- asking -------------------------------------------------------------------------------

    async def ask(
        self, prompt: str, *, model: str | None = None, max_turns: int | None = None
    ) -> Turn:
        """Ask, and wait for the answer. Prompts asked at once wait for each other, in order.

        Parameters
        ----------
        prompt : str
            What to ask.
        model : str, optional
            A model for this turn alone.
        max_turns : int, optional
            The most model calls for this turn.

        Returns
        -------
        Turn
            ``str(turn)`` is the answer.

        Raises
        ------
        ClaudeError
            If the turn ends with an error; ``error.turn`` has what had arrived.
        ClaudeSDKError
            If there is no CLI, or it does not start.

        Examples
        --------
        >>> turn = await claude.ask("What is in this folder?")
        >>> print(turn, turn.cost_usd)
        """
        turn = self.begin(prompt)
        self.surroundings.show_requests(turn, self.approvals)
        await self.run(turn, model=model, max_turns=max_turns)
        return turn

    async def stream(
        self, prompt: str, *, model: str | None = None, max_turns: int | None = None
    ) -> AsyncIterator[TurnEvent]:
        """Ask, and iterate over the answer as it comes. Leaving the loop stops the turn.

        Parameters and errors are those of `ask`.

        Yields
        ------
        TurnEvent
            ``str(event)`` is the new text.

        Examples
        --------
        >>> async for event in claude.stream("Tell me a story"):
        ...     print(event, end="")
        """
        turn = self.begin(prompt)
        self.surroundings.show_requests(turn, self.approvals)
        events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        stop_listening = turn.listen(EventMaker(turn, events.put_nowait))
        running = asyncio.ensure_future(self.run(turn, model=model, max_turns=max_turns))
        running.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await running
        finally:
            stop_listening()
            if not running.done():
                running.cancel()
                await asyncio.wait([running])

    def ask_sync(
        self, prompt: str, *, model: str | None = None, max_turns: int | None = None
    ) -> Turn:
        """Ask from synchronous code, such as a function that ``df.apply`` calls, or a script.

        Where ``await`` works, use ``await claude.ask(…)``: it does not hold up the kernel.

        Parameters, result and errors are those of `ask`.
        """
        from ._sync import run

        return run(
            lambda: self.ask(prompt, model=model, max_turns=max_turns), self.surroundings.shell
        )

    @property
    def client(self) -> SharedClient:
        """The shared `ClaudeSDKClient`. It connects by itself when a prompt is sent through it."""
        if self._client is None:
            self._client = SharedClient(self)
        return self._client

    @property
    def server_info(self) -> dict[str, Any] | None:
        """What the CLI said about itself; None while it does not run."""
        client = self._client
        if client is None or not client.connected or client._session is None:
            return None
        return client._session.server_info

    @property
    def cwd(self) -> Path:
        """The folder that Claude works in."""
        if self.practicing:
            return self._practice_model().folder
        return Path(self.settings.cwd).expanduser() if self.settings.cwd else Path.cwd()

    @property
    def practicing(self) -> bool:
        """Whether the practice model answers."""
        return self.settings.practice or os.environ.get("JUPYTER_CLAUDE_PRACTICE") == "1"

    @property
    def running(self) -> Turn | None:
        """The turn that runs now."""
        return next((turn for turn in reversed(self.history) if turn.state == "running"), None)

    async def interrupt(self) -> None:
        """Stop the turn that runs; the conversation goes on with the next prompt."""
        turn = self.running
        if turn is not None:
            await self.stop(turn)

    async def new(self) -> None:
        """Begin a new conversation, once the turns before are done. History and cost stay."""
        async with self._order:
            await self._forget()

    async def resume(self, session_id: str) -> None:
        """Go on with an earlier conversation.

        Parameters
        ----------
        session_id : str
            Its id, as in ``claude.session_id``.

        Raises
        ------
        ProcessError
            If there is no such conversation; then the present one stays.
        """
        async with self._order:
            await self._resume(session_id)

    def begin_anew(self) -> None:
        """Have the next prompt begin a new conversation; for code that cannot await `new`."""
        self._planned = (None,)

    def go_on_with(self, session_id: str) -> None:
        """Have the next prompt go on with an earlier conversation, as `resume` does."""
        self._planned = (session_id,)

    async def close(self) -> None:
        """End the Claude Code process. The next prompt starts it again, in this conversation."""
        await self._disconnect()
        if self._practice is not None:
            self._practice.close()
            self._practice = None

    # --- for cells and views ------------------------------------------------------------------

    def begin(self, prompt: str, id: str | None = None) -> Turn:
        """Add a turn to the history; `run` runs it."""
        turn = Turn(
            len(self.history) + 1,
            id or str(uuid.uuid4()),
            prompt,
            folder=self.cwd,
            practice=self.practicing,
            can_ask=self.surroundings.can_be_asked(),
        )
        self.history.append(turn)
        self._turns[turn.id] = turn
        return turn

    async def run(
        self,
        turn: Turn,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        new: bool = False,
    ) -> None:
        """Run a turn that `begin` made, after those before it.

        Raises
        ------
        ClaudeError, ClaudeSDKError
            If it ends with an error.
        """
        try:
            async with self._order:
                planned, self._planned = self._planned, None
                if planned is not None and planned[0] is not None and not new:
                    await self._resume(planned[0])
                elif new or planned is not None:
                    await self._forget()
                await self.connect(turn)
                if model:
                    await self.client.set_model(model)
                try:
                    await self._run_prompt(turn, max_turns)
                finally:
                    if model and self.client.connected:
                        await self.client.set_model(self.settings.model or None)
        except asyncio.CancelledError:
            turn.finish("interrupted", TurnInterrupted(_INTERRUPTED))
            raise
        except ClaudeSDKError as error:
            # Such as no CLI: the turn never ran.
            turn.finish("failed", error)
        if turn.error is not None:
            raise show_as_one_line(turn.error) from None

    async def _run_prompt(self, turn: Turn, max_turns: int | None) -> None:
        watch = asyncio.ensure_future(self._watch_stall(turn))
        limited = False
        try:
            async with self.client.turn(turn.prompt, uuid=turn.id) as client_turn:
                try:
                    async for message in client_turn:
                        if (
                            max_turns is not None
                            and not limited
                            and isinstance(message, UserMessage)
                            and message.parent_tool_use_id is None
                            and turn.model_calls >= max_turns
                        ):
                            limited = True
                            reason = f"Stopped after {max_turns} model calls (--max-turns)"
                            self._reasons[turn.id] = TurnLimitReached(reason)
                            await self.client.interrupt()
                except ClaudeSDKError:
                    pass  # turn_ended has made it the turn's error
                except asyncio.CancelledError:
                    self._reasons.setdefault(turn.id, TurnInterrupted(_INTERRUPTED))
                    raise
        finally:
            watch.cancel()
            if not turn.ended:  # cancelled; what was interrupted ends soon, or is ended
                await asyncio.shield(self._make_end(turn))

    async def stop(self, turn: Turn) -> None:
        """Interrupt a turn, and see that it ends."""
        if self.client.connected:
            try:
                with anyio.move_on_after(_PATIENCE):
                    await self.client.interrupt()
            except ClaudeSDKError:
                pass  # the connection ended, and with it the turn
        await self._make_end(turn)

    async def _make_end(self, turn: Turn) -> None:
        ended = asyncio.Event()

        def changed(operation: Operation) -> None:
            if operation[0] == "end":
                ended.set()

        stop_listening = turn.listen(changed)
        try:
            with anyio.move_on_after(_PATIENCE):
                if not turn.ended:
                    await ended.wait()
        finally:
            stop_listening()
        if not turn.ended:
            self._reasons.setdefault(turn.id, TurnInterrupted(_INTERRUPTED))
            await self._disconnect()

    async def _watch_stall(self, turn: Turn) -> None:
        while limit := self.settings.stall_timeout:
            silent = time.monotonic() - turn.last_event
            if silent < limit or not turn.waits_for_model:
                await asyncio.sleep(max(limit - silent, 1.0))
                continue
            reason = (
                f"Nothing came from the model for {limit:g} s (ClaudeMagics.stall_timeout); "
                "run the cell again"
            )
            self._reasons[turn.id] = StreamStalled(reason)
            await self.stop(turn)
            return

    # --- connection ---------------------------------------------------------------------------

    async def connect(self, turn: Turn | None = None, *, or_anew: bool = True) -> None:
        """See that the client is connected, with the present settings.

        An earlier conversation is resumed; if that fails and `or_anew`, a new one begins, and
        `turn` says so.
        """
        async with self._connecting:
            options = self._options()
            if self.client.connected and options == self._connected_with:
                return
            await self._disconnect()
            self._process_cost = 0.0
            self._process_usage = {}
            try:
                await self._open(dataclasses.replace(options, resume=self.session_id))
            except ProcessError as error:
                if self.session_id is None or not or_anew:
                    raise
                self.session_id = None
                await self._open(options)
                if turn is not None:
                    turn.notice(
                        "resume",
                        f"The earlier conversation could not be resumed ({one_line(str(error))}); "
                        "this is a new one",
                        "warning",
                    )
            self._connected_with = options

    async def _open(self, options: ClaudeAgentOptions) -> None:
        self.client.options = options
        await self.client.connect()

    async def _disconnect(self) -> None:
        if self._client is not None:
            await self._client.disconnect()
        self._connected_with = None

    async def _resume(self, session_id: str) -> None:
        before, self.session_id = self.session_id, session_id
        try:
            await self._disconnect()
            await self.connect(or_anew=False)
        except ClaudeSDKError as error:
            self.session_id = before
            raise show_as_one_line(error) from None

    async def _forget(self) -> None:
        await self._disconnect()
        self.session_id = None

    def _options(self) -> ClaudeAgentOptions:
        settings = self.settings
        environment = dict(settings.env)
        if self.practicing:
            environment.update(self._practice_model().env)
        prompt: SystemPromptPreset = {"type": "preset", "preset": "claude_code"}
        if settings.system_prompt:
            prompt["append"] = settings.system_prompt
        return ClaudeAgentOptions(
            system_prompt=prompt,
            model=settings.model or None,
            permission_mode=cast(PermissionMode, settings.permission_mode),
            setting_sources=cast("list[SettingSource]", list(settings.setting_sources)),
            allowed_tools=list(settings.allowed_tools),
            disallowed_tools=list(settings.disallowed_tools),
            cwd=self.cwd,
            cli_path=settings.cli_path or None,
            env=environment,
            can_use_tool=self._may_use_tool,
            include_partial_messages=True,
            enable_file_checkpointing=True,
        )

    def _practice_model(self) -> Practice:
        if self._practice is None:
            self._practice = Practice()
        return self._practice

    async def _may_use_tool(
        self, tool: str, tool_input: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResult:
        turn = self.running or self._begin_unasked()
        return await self.approvals.decide(
            turn, tool, tool_input, context, self.cwd, self.settings.request_timeout
        )

    # --- what the client tells ----------------------------------------------------------------

    def turn_queued(self, client_turn: ClientTurn) -> None:
        if client_turn.uuid in self._turns:
            return
        content = client_turn.prompt.get("message", {}).get("content", "")
        turn = self.begin(output_text(content), client_turn.uuid)
        self.surroundings.show_requests(turn, self.approvals)

    def turn_started(self, client_turn: ClientTurn) -> None:
        self._turns[client_turn.uuid].start()

    def message(self, client_turn: ClientTurn | None, message: Message) -> None:
        turn = self._turn_of(client_turn, message)
        if isinstance(message, SystemMessage) and message.subtype == "init":
            self.session_id = message.data.get("session_id") or self.session_id
        if turn is None:
            return
        turn.apply(message)
        if isinstance(message, ResultMessage):
            self._take_result(turn, message)
            if client_turn is None:
                turn.finish("done")
                self._unasked = None

    def turn_ended(self, client_turn: ClientTurn) -> None:
        turn = self._turns[client_turn.uuid]
        reason = self._reasons.pop(turn.id, None)
        error = outcome(client_turn, reason)
        if error is None:
            turn.finish("done")
        else:
            turn.finish("interrupted" if isinstance(error, TurnInterrupted) else "failed", error)

    def _turn_of(self, client_turn: ClientTurn | None, message: Message) -> Turn | None:
        if client_turn is not None:
            return self._turns[client_turn.uuid]
        # Claude's own doing, such as when a background task ends: a turn without a prompt.
        if getattr(message, "parent_tool_use_id", None) is not None:
            return self._unasked
        if isinstance(message, (AssistantMessage, StreamEvent, UserMessage, ResultMessage)):
            return self._begin_unasked()
        return self._unasked

    def _begin_unasked(self) -> Turn:
        if self._unasked is None:
            cell = self.surroundings.cell_of(self.history[-1] if self.history else None)
            self._unasked = self.begin("")
            self._unasked.start()
            self.surroundings.show_requests(self._unasked, self.approvals, cell)
        return self._unasked

    def _take_result(self, turn: Turn, result: ResultMessage) -> None:
        total = result.total_cost_usd or 0.0
        # The total falls when the CLI starts to count anew, as /clear makes it.
        turn.cost_usd = total - self._process_cost if total >= self._process_cost else total
        self._process_cost = total
        self.cost_usd += turn.cost_usd
        turn.result = result
        turn.usage = self._take_usage(result)
        self.session_id = result.session_id or self.session_id

    def _take_usage(self, result: ResultMessage) -> dict[str, Any]:
        # The result's own usage is empty for an interrupted turn and knows no subagents; the
        # difference of the running totals has both, as the cost does.
        usage = dict(result.usage or {})
        totals = _sum_usage(result.model_usage or {})
        if any(totals.values()):
            before, self._process_usage = self._process_usage, totals
            fell = any(totals[name] < before.get(name, 0) for name in totals)
            usage.update(
                totals if fell else {name: totals[name] - before.get(name, 0) for name in totals}
            )
        return usage


def _sum_usage(models: dict[str, Any]) -> dict[str, int]:
    """Add up the running totals of all models, under the names of a result's ``usage``."""
    return {
        name: sum(int(model.get(wire_name) or 0) for model in models.values())
        for name, wire_name in (
            ("input_tokens", "inputTokens"),
            ("cache_creation_input_tokens", "cacheCreationInputTokens"),
            ("cache_read_input_tokens", "cacheReadInputTokens"),
            ("output_tokens", "outputTokens"),
        )
    }


_INTERRUPTED = "Stopped; the conversation goes on with the next prompt"


def outcome(client_turn: ClientTurn, reason: ClaudeError | None = None) -> Exception | None:
    """Say what a turn ended with: None if well, else the error that stands for it.

    Parameters
    ----------
    client_turn : ClientTurn
        The turn, ended.
    reason : ClaudeError, optional
        Why it was interrupted by us.
    """
    result = client_turn.result
    if reason is not None:
        return reason
    if client_turn.error is not None or result is None:
        cause = one_line(str(client_turn.error or "no result came"))
        return TurnFailed(
            f"Claude Code was lost in the middle of the turn ({cause}); "
            "the next prompt goes on with the same conversation"
        )
    if not result.is_error and result.subtype == "success":
        return None
    if client_turn.interrupted or str(result.terminal_reason).startswith("aborted"):
        return TurnInterrupted(_INTERRUPTED)
    text = one_line(result.result or "; ".join(result.errors or []) or result.subtype)
    if result.subtype == "error_max_turns":
        return TurnLimitReached("Stopped at the limit of model calls (max_turns)")
    if result.subtype == "error_max_budget_usd":
        return TurnLimitReached("Stopped at Claude Code's own budget (max_budget_usd)")
    if result.terminal_reason == "api_error" or result.api_error_status is not None:
        status = result.api_error_status
        return APIError(api_error_message(status, text), status=status)
    return TurnFailed(text)
