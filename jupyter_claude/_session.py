"""`KernelSession`: the one conversation of a kernel.

It holds the shared client, the append-only list of turns and the cost. It is the only writer of
turns; cells, magics and widgets observe them.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import sys
import time
import uuid
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import anyio
from jupyter_claude_sdk import (
    AssistantMessage,
    CanUseToolShadowedWarning,
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
    ClaudeError,
    StreamStalled,
    TurnInterrupted,
    TurnLimitReached,
    one_line,
    show_as_one_line,
)
from ._items import TurnEvent, dollars, output_text
from ._ledger import Ledger
from ._outcome import INTERRUPTED, lost, of_result, outcome, state_after
from ._settings import Settings, practice_chosen
from ._shared_client import SharedClient
from ._stop_button import StopButton
from ._surroundings import Practice, Surroundings
from ._turns import EventMaker, Turn, end_of

#: Seconds that an interrupted turn gets to end by itself before the CLI is ended instead.
_PATIENCE = 5.0


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
        self._sent: set[Turn] = set()  # given to the client and not ended
        self._ledger = Ledger()
        self._resume_failed = ""  # told in the next turn
        self._stop_button = StopButton()
        self._stopping: set[asyncio.Future[None]] = set()  # a loop holds its tasks only weakly
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

        client = self._client
        return run(
            lambda: self.ask(prompt, model=model, max_turns=max_turns),
            self.surroundings.shell,
            client._loop if client is not None and client.connected else None,
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
        if self.settings.cwd:
            return Path(self.settings.cwd).expanduser()
        try:
            return Path.cwd()
        except FileNotFoundError:  # it was removed; the CLI's start says so
            return Path(os.environ.get("PWD", "."))

    @property
    def practicing(self) -> bool:
        """Whether the practice model answers."""
        return self.settings.practice or practice_chosen()

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
        async with self._order, self._connecting:
            await self._idle()
            await self._forget()

    async def resume(self, session_id: str) -> None:
        """Go on with an earlier conversation.

        Parameters
        ----------
        session_id : str
            Its id, as in ``claude.session_id``.

        Raises
        ------
        ClaudeError
            If there is no such conversation; then the present one stays.
        """
        async with self._order, self._connecting:
            await self._idle()
            try:
                await self._resume(session_id)
            except (ClaudeError, ClaudeSDKError) as error:
                raise show_as_one_line(error) from None

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
        if self.surroundings.shell is None and "IPython" in sys.modules:
            from ._extension import be_at_home

            be_at_home(self)
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
        task = asyncio.current_task()
        assert task is not None
        try:
            with self._stop_on_interrupt(turn, task):
                async with self._order:
                    if new:
                        self.begin_anew()
                    await self.connect()
                    await self._run_with_model(turn, model, max_turns)
        except asyncio.CancelledError as error:
            turn.finish("interrupted", TurnInterrupted(INTERRUPTED))
            raise show_as_one_line(error, turn.error) from None
        except Exception as error:
            turn.finish("failed", error)  # such as no CLI: the turn never ran
            if not isinstance(error, ClaudeSDKError):
                raise
        if turn.error is not None:
            raise show_as_one_line(turn.error) from None

    def _stop_on_interrupt(
        self, turn: Turn, task: asyncio.Task[Any]
    ) -> contextlib.AbstractContextManager[None]:
        """First press: interrupt the turn. Second: end the process. Then, or before: cancel."""
        if self.surroundings.shell is None:
            return contextlib.nullcontext()  # a script sees to its own Ctrl-C

        def stop(press: int) -> None:
            if press <= 2 and turn.state == "running":
                stopping = asyncio.ensure_future(self.stop(turn) if press == 1 else self.cut(turn))
                self._stopping.add(stopping)
                stopping.add_done_callback(self._stopping.discard)
            else:
                task.cancel()

        return self._stop_button.pressed(stop)

    async def _run_with_model(self, turn: Turn, model: str | None, max_turns: int | None) -> None:
        if model is None:
            await self._run_prompt(turn, max_turns)
            return
        await ClaudeSDKClient.set_model(self.client, model)
        try:
            await self._run_prompt(turn, max_turns)
        finally:
            if self.client.connected:
                await ClaudeSDKClient.set_model(self.client, self.settings.model or None)

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
                            and turn.model_calls >= max_turns
                            and turn.waits_for_model
                        ):
                            limited = True
                            reason = f"Stopped after {max_turns} model calls (--max-turns)"
                            self._reasons[turn.id] = TurnLimitReached(reason)
                            await self.client.interrupt()
                except ClaudeSDKError:
                    pass  # turn_ended has made it the turn's error
                except asyncio.CancelledError:
                    self._reasons.setdefault(turn.id, TurnInterrupted(INTERRUPTED))
                    raise
        finally:
            watch.cancel()
            if not turn.ended:  # cancelled; what was interrupted ends soon, or is ended
                await asyncio.shield(self._make_end(turn))

    async def stop(self, turn: Turn) -> None:
        """Interrupt a turn, and see that it ends."""
        turn.set_status("Stopping; press again to end it at once")
        if self.client.connected:
            try:
                with anyio.move_on_after(_PATIENCE):
                    await self.client.interrupt()
            except ClaudeSDKError:
                pass  # the connection ended, and with it the turn
        await self._make_end(turn)

    async def cut(self, turn: Turn) -> None:
        """End a turn at once, and the Claude Code process with it; the next prompt resumes."""
        self._reasons.setdefault(turn.id, TurnInterrupted(INTERRUPTED))
        await self._disconnect()

    async def _make_end(self, turn: Turn) -> None:
        with anyio.move_on_after(_PATIENCE):
            await end_of(turn)
        if not turn.ended:
            await self.cut(turn)

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

    async def connect(self) -> None:
        """See that the client is connected, with the present settings, in the planned conversation.

        With other settings than before, it waits for the turns that run. An earlier conversation is
        resumed; if that fails, a new one begins, and the next turn says so.
        """
        async with self._connecting:
            if self._planned is not None:
                await self._idle()
                (session_id,), self._planned = self._planned, None
                if session_id is None:
                    await self._forget()
                else:
                    await self._resume(session_id)
            options = self._options()
            if self.client.connected and options != self._connected_with:
                await self._idle()
            if not self.client.connected:
                await self._open(options)
            elif options != self._connected_with and not await self._adjust(options):
                await self._disconnect()
                await self._open(options)

    async def _open(self, options: ClaudeAgentOptions) -> None:
        try:
            await self._start(options, self.session_id)
        except ProcessError as error:
            if self.session_id is None:
                raise
            # If it is not about the conversation, this fails too, and the conversation stays.
            await self._start(options, None)
            self._resume_failed = one_line(str(error))
            self.session_id = None

    async def _start(self, options: ClaudeAgentOptions, session_id: str | None) -> None:
        self._end_unasked(None)
        await self.client.start(dataclasses.replace(options, resume=session_id))
        self._connected_with = options
        # Only a resumed conversation begins with a cost; asking may call the network.
        self._ledger.start(*(await self.client.totals() if session_id else ()))

    async def _adjust(self, options: ClaudeAgentOptions) -> bool:
        """Change model and permission mode of the running process, if nothing else changed."""
        before = self._connected_with
        if before is None or options != dataclasses.replace(
            before, model=options.model, permission_mode=options.permission_mode
        ):
            return False
        try:
            if options.model != before.model:
                await ClaudeSDKClient.set_model(self.client, options.model)
            if options.permission_mode != before.permission_mode:
                mode = options.permission_mode or "default"
                await ClaudeSDKClient.set_permission_mode(self.client, mode)
        except ClaudeSDKError:
            return False
        self._connected_with = options
        return True

    def note_setting(self, **changed: Any) -> None:
        """The running process was told of a model or permission mode: so it is a setting."""
        for name, value in changed.items():
            setattr(self.settings, name, value or "")
        if self._connected_with is not None:
            self._connected_with = dataclasses.replace(self._connected_with, **changed)

    async def _idle(self) -> None:
        """Wait for the end of the turns that the client has."""
        while self._sent:
            await end_of(next(iter(self._sent)))

    async def _disconnect(self) -> None:
        self._connected_with = None
        if self._client is not None:
            await self._client.disconnect()

    async def _resume(self, session_id: str) -> None:
        options = self._options()
        await self._disconnect()
        try:
            await self._start(options, session_id)
        except ProcessError as error:
            if "No conversation found" not in str(error):
                raise
            raise ClaudeError(
                f"There is no conversation {session_id!r} in this folder; the present one stays"
            ) from None
        self.session_id = session_id

    async def _forget(self) -> None:
        self._planned = None
        self.session_id = None
        await self._disconnect()

    def _options(self) -> ClaudeAgentOptions:
        settings = self.settings
        environment = dict(settings.env)
        if self.practicing:
            environment.update(self._practice_model().env)
        prompt: SystemPromptPreset = {"type": "preset", "preset": "claude_code"}
        if settings.system_prompt:
            prompt["append"] = settings.system_prompt
        with warnings.catch_warnings():
            # Rules that let a tool through are the user's own, set with that in mind.
            warnings.simplefilter("ignore", CanUseToolShadowedWarning)
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
        turn = self._turns.get(client_turn.uuid)
        if turn is None:
            content = client_turn.prompt.get("message", {}).get("content", "")
            turn = self.begin(output_text(content), client_turn.uuid)
            self.surroundings.show_requests(turn, self.approvals)
        self._sent.add(turn)

    def turn_started(self, client_turn: ClientTurn) -> None:
        turn = self._turns[client_turn.uuid]
        turn.start()
        if self._resume_failed:
            turn.notice(
                "resume",
                f"The earlier conversation could not be resumed ({self._resume_failed}); "
                "this is a new one",
                "warning",
            )
            self._resume_failed = ""

    def message(self, client_turn: ClientTurn | None, message: Message) -> None:
        turn = self._turn_of(client_turn, message)
        if isinstance(message, SystemMessage):
            self._take_state(message)
        if turn is None:
            return
        turn.apply(message)
        if isinstance(message, ResultMessage):
            turn.cost_usd, turn.usage = self._ledger.take(message)
            self.cost_usd += turn.cost_usd
            turn.result = message
            self.session_id = message.session_id or self.session_id
            if client_turn is None:
                self._end_unasked(message)

    def _take_state(self, message: SystemMessage) -> None:
        if message.subtype == "init":
            self.session_id = message.data.get("session_id") or self.session_id
        mode = message.data.get("permissionMode")
        before = self._connected_with
        if (
            message.subtype == "status"
            and mode
            and before is not None
            and before.permission_mode == self.settings.permission_mode != mode
        ):
            self.note_setting(permission_mode=mode)  # an answer to a request changed it

    def turn_ended(self, client_turn: ClientTurn) -> None:
        turn = self._turns[client_turn.uuid]
        self._sent.discard(turn)
        error = outcome(client_turn, self._reasons.pop(turn.id, None))
        turn.finish(state_after(error), error)

    def _end_unasked(self, result: ResultMessage | None) -> None:
        turn, self._unasked = self._unasked, None
        if turn is not None:
            error = lost(None) if result is None else of_result(result)
            turn.finish(state_after(error), error)

    def _turn_of(self, client_turn: ClientTurn | None, message: Message) -> Turn | None:
        if client_turn is not None:
            return self._turns[client_turn.uuid]
        # Claude's own doing, such as when a background task ends: a turn without a prompt.
        if getattr(message, "parent_tool_use_id", None) is not None:
            return self._unasked
        # Not its remarks: a user message on a changed model, the result of a failed start.
        if isinstance(message, (AssistantMessage, StreamEvent)):
            return self._begin_unasked()
        return self._unasked

    def _begin_unasked(self) -> Turn:
        if self._unasked is None:
            cell = self.surroundings.cell_of(self.history[-1] if self.history else None)
            self._unasked = self.begin("")
            self._unasked.start()
            self.surroundings.show_requests(self._unasked, self.approvals, cell)
        return self._unasked
