"""`Runner`: runs a session's turns in order, one at a time, and makes sure that each one ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal

import anyio
from jupyter_claude_sdk import ClaudeSDKError, CLINotFoundError, UserMessage

from .._answers.wanted import Wanted
from .._core.host import Host
from .._cost.budget import Budget, checked
from .._cost.ledger import Ledger
from .._health.health import Health
from .._kernel.claude_code import refuse_inside
from .._kernel.gui import GuiLoop
from .._kernel.stop_button import StopButton
from .._kernel_tools.kernel_tools import KernelTools
from .._process.client import SharedClient
from .._process.permitted import check_prompt
from .._replay.replay import Replay
from .._signin.sign_in import SignIn
from .._tasks import TaskSet
from .._trust.gate import Gate
from .._turns.errors import (
    StreamStalled,
    TurnInterrupted,
    TurnLimitReached,
    show_as_one_line,
)
from .._turns.interruptions import Interruptions
from .._turns.outcome import INTERRUPTED
from .._turns.turn import end_of
from .._turns.writer import TurnWriter
from .answers import Answers
from .attachments import Attachments
from .choices import Choices
from .connection import Connection
from .slash_commands import SlashCommands

#: Seconds in which an interrupted turn must end by itself; after that the runner ends the CLI.
_PATIENCE = 5.0


class _Order(asyncio.Lock):
    """The lock of the running turn. Code that this turn runs would wait for itself."""

    async def acquire(self) -> Literal[True]:
        refuse_inside("this call")
        return await super().acquire()


class Runner:
    """Runs turns.

    Parameters
    ----------
    host : Host
        Has the settings and the shell.
    client : SharedClient
        Sends the prompts.
    connection : Connection
        Makes sure that the process runs.
    budget, ledger : Budget, Ledger
        The limits, and the costs so far.
    choices : Choices
        Checks the model's name.
    gate : Gate
        Asks whether the user trusts the folder.
    health : Health
        Says why no message comes.
    kernel_tools : KernelTools
        Stops the code that Claude runs in the kernel.
    attachments : Attachments
        Attaches what prompts name.
    answers : Answers
        Asks for values.
    commands : SlashCommands
        Knows which commands a prompt can be.
    sign_in : SignIn
        Says what to do if there is no CLI.
    interruptions : Interruptions
        Keeps why turns are interrupted.
    replay : Replay
        Answers prompts from a recording, and records answers.
    begin_new : callable
        Makes the next prompt begin a new conversation.

    Attributes
    ----------
    order : asyncio.Lock
        The running turn holds it. Code that needs a pause between turns holds it too.
    stop_button, gui_loop : StopButton, GuiLoop
        The kernel's, for all that it waits for.
    """

    def __init__(
        self,
        host: Host,
        client: SharedClient,
        connection: Connection,
        budget: Budget,
        ledger: Ledger,
        choices: Choices,
        gate: Gate,
        health: Health,
        kernel_tools: KernelTools,
        attachments: Attachments,
        answers: Answers,
        commands: SlashCommands,
        sign_in: SignIn,
        interruptions: Interruptions,
        replay: Replay,
        begin_new: Callable[[], None],
    ) -> None:
        self._host = host
        self._client = client
        self._connection = connection
        self._budget = budget
        self._ledger = ledger
        self._choices = choices
        self._gate = gate
        self._health = health
        self._kernel_tools = kernel_tools
        self._attachments = attachments
        self._answers = answers
        self._commands = commands
        self._sign_in = sign_in
        self._interruptions = interruptions
        self._replay = replay
        self._begin_new = begin_new
        self.order = _Order()
        self.stop_button = StopButton()
        self.gui_loop = GuiLoop()
        self._stopping = TaskSet()

    async def run(
        self,
        writer: TurnWriter,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        new: bool = False,
        wanted: Wanted | None = None,
    ) -> None:
        """Run a turn, after those before it.

        Parameters
        ----------
        writer : TurnWriter
            The turn, which was begun.
        model, max_turns, budget_usd
            See `Claude.ask`.
        new : bool, default False
            Whether it begins a new conversation.
        wanted : Wanted, optional
            The value that it is asked for.

        Raises
        ------
        ClaudeError, ClaudeSDKError
            If it ends with an error.
        """
        task = asyncio.current_task()
        assert task is not None
        turn = writer.turn
        try:
            with (
                self._stop_on_interrupt(writer, task),
                self.gui_loop.paused(self._host.frontend.shell),
            ):
                async with self.order:
                    if new:
                        self._begin_new()
                    prompt = None
                    if self._replay.applies(writer):
                        prompt = self._attachments.prompt_of(writer)
                        if await self._replay.play(writer, prompt, wanted, model):
                            return
                    self._budget.refuse(self._ledger.cost_usd)
                    self._choices.check_model(model)
                    check_prompt(turn.prompt)
                    if budget_usd is not None:
                        self._budget.turns[turn.id] = checked(budget_usd)
                    await self._connection.connect(lambda: writer)
                    # What a resumed conversation had cost before is known only now.
                    self._budget.refuse(self._ledger.cost_usd)
                    # A prompt that waited for the start can be checked only now.
                    if writer.typed:
                        self._commands.check(turn.prompt)
                    await self._run_with_model(writer, prompt, model, max_turns, wanted)
                    self._replay.note(writer)
        except asyncio.CancelledError as error:
            writer.finish("interrupted", TurnInterrupted(INTERRUPTED))
            raise show_as_one_line(error, turn.error) from None
        except TurnInterrupted as error:
            writer.finish("interrupted", error)  # before it was sent
        except CLINotFoundError as error:
            writer.finish("failed", self._sign_in.reworded(error))
        except Exception as error:
            writer.finish("failed", error)  # the turn never ran
            if not isinstance(error, ClaudeSDKError):
                raise
        if turn.error is not None:
            raise show_as_one_line(turn.error) from None

    def _stop_on_interrupt(
        self, writer: TurnWriter, task: asyncio.Task[Any]
    ) -> contextlib.AbstractContextManager[None]:
        """Handle the stop button: interrupt the turn, at the second press end the process.

        At a later press, or if the turn does not run yet, cancel the task.
        """
        if self._host.frontend.shell is None:
            return contextlib.nullcontext()  # a script handles Ctrl-C itself

        def stop(press: int) -> None:
            if press <= 2 and writer.turn.state == "running":
                end = self.stop(writer) if press == 1 else self.cut(writer)
                self._stopping.keep(asyncio.ensure_future(end))
            else:
                task.cancel()

        return self.stop_button.pressed(stop)

    async def _run_with_model(
        self,
        writer: TurnWriter,
        prompt: str | dict[str, Any] | None,
        model: str | None,
        max_turns: int | None,
        wanted: Wanted | None,
    ) -> None:
        if model is None:
            await self._run_prompt(writer, prompt, max_turns, wanted)
            return
        await self._client.tell_model(model)
        try:
            await self._run_prompt(writer, prompt, max_turns, wanted)
        finally:
            if self._client.connected:
                await self._client.tell_model(self._host.settings.model or None)

    async def _run_prompt(
        self,
        writer: TurnWriter,
        prompt: str | dict[str, Any] | None,
        max_turns: int | None,
        wanted: Wanted | None,
    ) -> None:
        turn = writer.turn
        watch = asyncio.ensure_future(self._watch_stall(writer))
        limited = False
        try:
            if prompt is None:
                prompt = self._attachments.prompt_of(writer)
            if wanted is not None:
                prompt = self._answers.ask(writer, prompt, wanted)
            async with self._client.turn(prompt, uuid=turn.id) as client_turn:
                try:
                    async for message in client_turn:
                        if (
                            max_turns is not None
                            and not limited
                            and isinstance(message, UserMessage)
                            and turn.model_calls >= max_turns
                            and writer.waits_for_model
                        ):
                            limited = True
                            reason = f"Stopped after {max_turns} model calls (--max-turns)"
                            self._interruptions.note(turn.id, TurnLimitReached(reason))
                            await self._client.interrupt()
                except ClaudeSDKError:
                    pass  # the observer has made it the turn's error
                except asyncio.CancelledError:
                    self._interruptions.note(turn.id, TurnInterrupted(INTERRUPTED))
                    raise
        finally:
            watch.cancel()
            if not turn.ended:  # cancelled: the interrupted turn ends soon, or the process is ended
                await asyncio.shield(self._make_end(writer))
            missing = self._answers.end(writer)
        if missing is not None:
            raise missing

    async def press_stop(self, turn: TurnWriter, press: str = "") -> bool:
        """Stop what a Stop button stops: the code that Claude runs in the kernel, else the turn.

        If it stops code, the turn continues, and Claude is told.

        Parameters
        ----------
        turn : TurnWriter
            The turn.
        press : str
            The press; see `KernelTools.stop`.

        Returns
        -------
        bool
            Whether the turn is being stopped.
        """
        if self._kernel_tools.stop(press):
            turn.set_status("Stopped the code. Press again to stop the turn")
            return False
        await self.stop(turn)
        return True

    async def stop(self, turn: TurnWriter) -> None:
        """Interrupt a turn, and make sure that it ends."""
        if self._gate.stop(turn.turn) or self._replay.stop(turn.turn):
            return
        turn.set_status("Stopping… Press again to stop at once")
        if self._client.connected:
            try:
                with anyio.move_on_after(_PATIENCE):
                    await self._client.interrupt()
            except ClaudeSDKError:
                pass  # the connection ended, and with it the turn
        await self._make_end(turn)

    async def cut(self, turn: TurnWriter) -> None:
        """End a turn and its Claude Code process at once. The next prompt resumes."""
        self._interruptions.note(turn.turn.id, TurnInterrupted(INTERRUPTED))
        await self._connection.disconnect()

    async def _make_end(self, turn: TurnWriter) -> None:
        with anyio.move_on_after(_PATIENCE):
            await end_of(turn.turn)
        if not turn.turn.ended:
            await self.cut(turn)

    async def _watch_stall(self, turn: TurnWriter) -> None:
        while limit := self._host.settings.stall_timeout:
            silent = time.monotonic() - turn.last_event
            if silent < limit or not turn.waits_for_model:
                await asyncio.sleep(max(limit - silent, 1.0))
                continue
            why = await self._health.why_stalled()
            if turn.last_event > time.monotonic() - limit:
                continue  # a message came meanwhile
            who = "Claude Code" if why else "The model"
            what = f"{who} sent nothing for {limit:g} s"
            reason = f"{what} (ClaudeMagics.stall_timeout); {why or 'run the cell again'}"
            stalled = StreamStalled(reason).offer(f"{what}; {why}" if why else f"{what}.", "again")
            self._interruptions.note(turn.turn.id, stalled)
            await self.stop(turn)
            return
