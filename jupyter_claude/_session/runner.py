"""Running a session's turns: in order, one at a time, until their end, whatever comes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import anyio
from jupyter_claude_sdk import ClaudeSDKClient, ClaudeSDKError, UserMessage

from .._cost.budget import checked
from .._errors import (
    ClaudeError,
    StreamStalled,
    TurnInterrupted,
    TurnLimitReached,
    show_as_one_line,
)
from .._kernel.stop_button import StopButton
from .._turns.outcome import INTERRUPTED
from .._turns.turn import Turn, end_of

if TYPE_CHECKING:
    from .client import SharedClient
    from .session import KernelSession

#: Seconds that an interrupted turn gets to end by itself before the CLI is ended instead.
_PATIENCE = 5.0


class Runner:
    """Runs turns for a session.

    Parameters
    ----------
    session : KernelSession
        Whose turns they are.

    Attributes
    ----------
    order : asyncio.Lock
        Held by the turn that runs, and by whoever needs that none does.
    reasons : dict
        Why we interrupt a turn, by its id.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self.order = asyncio.Lock()
        self.reasons: dict[str, ClaudeError] = {}
        self._stop_button = StopButton()
        self._stopping: set[asyncio.Future[None]] = set()  # a loop holds its tasks only weakly

    async def run(
        self,
        turn: Turn,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        new: bool = False,
    ) -> None:
        """Run a turn; see `KernelSession.run`."""
        task = asyncio.current_task()
        assert task is not None
        try:
            with self._stop_on_interrupt(turn, task):
                async with self.order:
                    if new:
                        self._session.begin_anew()
                    self._session.budget.refuse(self._session.cost_usd)
                    if budget_usd is not None:
                        self._session.budget.turns[turn.id] = checked(budget_usd)
                    await self._session.connect()
                    # What a resumed conversation had cost before is known only now.
                    self._session.budget.refuse(self._session.cost_usd)
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

    @property
    def _client(self) -> SharedClient:
        return self._session.client

    def _stop_on_interrupt(
        self, turn: Turn, task: asyncio.Task[Any]
    ) -> contextlib.AbstractContextManager[None]:
        """First press: interrupt the turn. Second: end the process. Then, or before: cancel."""
        if self._session.surroundings.shell is None:
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
        await ClaudeSDKClient.set_model(self._client, model)
        try:
            await self._run_prompt(turn, max_turns)
        finally:
            if self._client.connected:
                await ClaudeSDKClient.set_model(self._client, self._session.settings.model or None)

    async def _run_prompt(self, turn: Turn, max_turns: int | None) -> None:
        watch = asyncio.ensure_future(self._watch_stall(turn))
        limited = False
        try:
            async with self._client.turn(turn.prompt, uuid=turn.id) as client_turn:
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
                            self.reasons[turn.id] = TurnLimitReached(reason)
                            await self._client.interrupt()
                except ClaudeSDKError:
                    pass  # turn_ended has made it the turn's error
                except asyncio.CancelledError:
                    self.reasons.setdefault(turn.id, TurnInterrupted(INTERRUPTED))
                    raise
        finally:
            watch.cancel()
            if not turn.ended:  # cancelled; what was interrupted ends soon, or is ended
                await asyncio.shield(self._make_end(turn))

    async def stop(self, turn: Turn) -> None:
        """Interrupt a turn, and see that it ends."""
        turn.set_status("Stopping; press again to end it at once")
        if self._client.connected:
            try:
                with anyio.move_on_after(_PATIENCE):
                    await self._client.interrupt()
            except ClaudeSDKError:
                pass  # the connection ended, and with it the turn
        await self._make_end(turn)

    async def cut(self, turn: Turn) -> None:
        """End a turn at once, and the Claude Code process with it; the next prompt resumes."""
        self.reasons.setdefault(turn.id, TurnInterrupted(INTERRUPTED))
        await self._session.connection.disconnect()

    async def _make_end(self, turn: Turn) -> None:
        with anyio.move_on_after(_PATIENCE):
            await end_of(turn)
        if not turn.ended:
            await self.cut(turn)

    async def _watch_stall(self, turn: Turn) -> None:
        while limit := self._session.settings.stall_timeout:
            silent = time.monotonic() - turn.last_event
            if silent < limit or not turn.waits_for_model:
                await asyncio.sleep(max(limit - silent, 1.0))
                continue
            reason = (
                f"Nothing came from the model for {limit:g} s (ClaudeMagics.stall_timeout); "
                "run the cell again"
            )
            self.reasons[turn.id] = StreamStalled(reason)
            await self.stop(turn)
            return
