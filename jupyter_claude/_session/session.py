"""`KernelSession`: the one conversation of a kernel.

It holds the shared client, the list of turns and the cost. It is the only writer of
turns; cells, magics and widgets observe them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jupyter_claude_sdk import (
    ClaudeSDKError,
    ControlRequestError,
    PermissionMode,
    PermissionResult,
    RateLimitInfo,
    ToolPermissionContext,
)

from .._approvals import Approvals
from .._conversations.history import History
from .._conversations.starting_point import StartingPoint
from .._conversations.switching import Switching
from .._cost.budget import Budget, checked
from .._cost.ledger import Ledger
from .._errors import ClaudeError, show_as_one_line
from .._settings import Settings
from .._turns.items import TurnEvent, dollars
from .._turns.turn import EventMaker, Turn
from .client import SharedClient
from .connection import Connection
from .observer import Observer
from .queue import TurnQueue
from .runner import Runner
from .state import MODES, Context, SessionState, has_subscription, state_of
from .surroundings import Surroundings

if TYPE_CHECKING:
    from .._conversations.transcripts import Conversation, Conversations
    from .._cost.table import CostTable
    from .._rewind.checkpoints import Checkpoints
    from .._rewind.plan import RewindPlan

#: What is for users, and what Tab offers; all else is for the package's own parts.
FOR_USERS = frozenset(
    {
        *("ask", "ask_sync", "stream", "client", "interrupt", "close"),
        *("history", "rewind", "undo_rewind"),
        *("new", "resume", "conversations", "fork", "rename", "session_id"),
        *("cost", "cost_usd", "budget_usd"),
        *("panel", "settings", "set_model", "set_mode", "cwd"),
    }
)

#: Told ``("turn", turn)``, ``("history",)`` or ``("state",)``.
SessionListener = Callable[[tuple[Any, ...]], None]


class KernelSession:
    """This kernel's conversation with Claude. Nothing starts until it is first used.

    Attributes
    ----------
    history : History
        The conversation's turns, oldest first, and its branches.
    cost_usd : float
        What they have cost together, in US dollars.
    session_id : str or None
        The conversation's id; `resume` takes it.
    settings : Settings
        What ``%config ClaudeMagics`` shows.
    """

    def __init__(self) -> None:
        self._settings: Settings = Settings()
        self._listeners: list[SessionListener] = []
        self.history = History(self)
        self.context: Context | None = None
        self.title = ""
        self.approvals = Approvals()
        self.surroundings = Surroundings()
        self.connection = Connection(self)
        self.runner = Runner(self)
        self.observer = Observer(self)
        self.switching = Switching(self)
        self.ledger = Ledger()
        self.budget = Budget()
        self.rate_limit: RateLimitInfo | None = None
        self._queue = TurnQueue(self)
        self._made_checkpoints: Checkpoints | None = None
        self.settings = self._settings

    def __repr__(self) -> str:
        return (
            f"<claude: {'connected' if self.connection.connected else 'not connected'}, "
            f"{len(self.history)} turns, {dollars(self.cost_usd)}>"
        )

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name in FOR_USERS or name[:2] == "__"]

    # --- asking -------------------------------------------------------------------------------

    async def ask(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
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
        budget_usd : float, optional
            What this turn may cost, in US dollars. Once it has cost more, it is stopped before the
            model is called again.

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
        await self.run(turn, model=model, max_turns=max_turns, budget_usd=budget_usd)
        return turn

    async def stream(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
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
        running = asyncio.ensure_future(
            self.run(turn, model=model, max_turns=max_turns, budget_usd=budget_usd)
        )
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
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
    ) -> Turn:
        """Ask from synchronous code, such as a function that ``df.apply`` calls, or a script.

        Where ``await`` works, use ``await claude.ask(…)``: it does not hold up the kernel.

        Parameters, result and errors are those of `ask`.
        """
        from .._kernel.sync import run

        return run(
            lambda: self.ask(prompt, model=model, max_turns=max_turns, budget_usd=budget_usd),
            self.surroundings.shell,
            self.connection.loop,
        )

    @property
    def client(self) -> SharedClient:
        """The shared `ClaudeSDKClient`. It connects by itself when a prompt is sent through it."""
        return self.connection.client

    @property
    def server_info(self) -> dict[str, Any] | None:
        """What the CLI said about itself; None while it does not run."""
        return self.connection.server_info

    @property
    def session_id(self) -> str | None:
        """The conversation's id; `resume` takes it."""
        planned = self.connection.planned
        if planned is not None:
            return planned.copy or planned.session_id
        return self.connection.session_id

    @session_id.setter
    def session_id(self, session_id: str | None) -> None:
        self.connection.session_id = session_id

    @property
    def cwd(self) -> Path:
        """The folder that Claude works in."""
        return self.connection.cwd

    @property
    def practicing(self) -> bool:
        """Whether the practice model answers."""
        return self.connection.practicing

    async def interrupt(self) -> None:
        """Stop the turn that runs; the conversation goes on with the next prompt."""
        turn = self.running
        if turn is not None:
            await self.stop(turn)

    # --- conversations ------------------------------------------------------------------------

    async def new(self) -> None:
        """Begin a new conversation, once the turns before are done.

        The history begins anew with it; the cost goes on, and `resume` brings the old one back.
        """
        await self._go_to(lambda: StartingPoint(None))

    async def resume(self, session_id: str | Conversation | None = None) -> None:
        """Go on with an earlier conversation of this folder, whose turns are the history then.

        Parameters
        ----------
        session_id : str or Conversation, optional
            Its id, as in ``claude.session_id``, or the unique beginning of one, or one of
            `conversations`. Default: this notebook's last one.

        Raises
        ------
        ClaudeError
            If there is no such conversation; then the present one stays.
        """
        await self._go_to(lambda: self.switching.point(session_id))

    async def fork(self, turn: Turn | int | str | None = None) -> None:
        """Go on in a copy of the conversation as it was after a turn; the old one stays as it is.

        Files stay as they are.

        Parameters
        ----------
        turn : Turn, int or str, optional
            The last turn that the copy has, its number or its id. Default: the newest.

        Raises
        ------
        ClaudeError
            If there is no such turn; then the present conversation stays.
        """
        await self._go_to(lambda: self.switching.fork(turn))

    async def rename(self, title: str) -> None:
        """Give the conversation a title, which lists of conversations show.

        Parameters
        ----------
        title : str
            One line.

        Raises
        ------
        ClaudeError
            If nothing was asked in it yet.
        """
        self.switching.rename(title)

    def conversations(self) -> Conversations:
        """Return this folder's conversations, the newest first; `resume` takes one of them."""
        return self.switching.list()

    async def _go_to(self, point: Callable[[], StartingPoint]) -> None:
        async with self.order:
            try:
                await self.connection.go_to(point)
            except (ClaudeError, ClaudeSDKError) as error:
                raise show_as_one_line(error) from None

    def begin_anew(self) -> None:
        """Have the next prompt begin a new conversation; for code that cannot await `new`."""
        self.switching.plan(StartingPoint(None))

    def go_on_with(self, session_id: str | Conversation | None = None) -> None:
        """Have the next prompt go on with an earlier conversation, as `resume` does."""
        self.switching.plan(self.switching.point(session_id))

    def go_on_in_copy(self, turn: Turn | int | str | None = None) -> None:
        """Have the next prompt go on in a copy of the conversation, as `fork` does."""
        self.switching.plan(self.switching.fork(turn))

    async def rewind(
        self,
        turn: Turn | int | str,
        *,
        files: bool = True,
        conversation: bool = True,
        dry_run: bool = False,
        include: Iterable[str | os.PathLike[str]] | None = None,
    ) -> RewindPlan:
        """Go back to the state before a turn.

        Parameters
        ----------
        turn : Turn, int or str
            The turn, its number or its id.
        files, conversation : bool
            What goes back.
        dry_run : bool
            Whether to say only what would change.
        include : iterable of str or path, optional
            Files that you changed, or may have, and that shall go back too.

        Returns
        -------
        RewindPlan
            What would change, or has changed.

        Raises
        ------
        RewindRefused
            If it cannot be done, such as while a turn runs; then nothing has changed.

        Examples
        --------
        >>> await claude.rewind(2, dry_run=True)
        >>> await claude.rewind(claude.history[-1], include=["notes.md"])
        """
        return await self.checkpoints.rewind(
            turn, files=files, conversation=conversation, dry_run=dry_run, include=include
        )

    async def undo_rewind(self, *, dry_run: bool = False) -> RewindPlan:
        """Undo the last rewind that is not undone: its files, and the conversation if that went.

        What was changed since is saved before it is overwritten; ``plan.saved`` says where.

        Parameters
        ----------
        dry_run : bool
            Whether to say only what would change.

        Returns
        -------
        RewindPlan
            What would change back, or has.

        Raises
        ------
        RewindRefused
            If there is none, or a turn is running; then nothing has changed.
        """
        return await self.checkpoints.undo_rewind(dry_run=dry_run)

    @property
    def checkpoints(self) -> Checkpoints:
        """What rewinds; made when the first turn begins."""
        if self._made_checkpoints is None:
            from .._rewind.checkpoints import Checkpoints  # costs what loading should not

            self._made_checkpoints = Checkpoints(self)
        return self._made_checkpoints

    async def close(self) -> None:
        """End the Claude Code process. The next prompt starts it again, in this conversation."""
        await self.connection.close()

    # --- settings -----------------------------------------------------------------------------

    async def set_model(self, name: str | None) -> None:
        """Choose the model, at once where Claude Code runs, in the middle of a turn too.

        Parameters
        ----------
        name : str or None
            Such as "opus"; None, "" and "default" are Claude Code's own choice.
        """
        model = None if name in (None, "", "default") else name
        if self.connection.connected:
            await self.client.set_model(model)
        self.settings.model = model or ""

    async def set_mode(self, name: str) -> None:
        """Choose the permission mode, at once where Claude Code runs, if it can.

        Parameters
        ----------
        name : str
            Such as "plan"; ``%claude mode`` lists them.

        Raises
        ------
        ClaudeError
            If there is no such mode.
        """
        if name not in [mode["value"] for mode in MODES]:
            names = ", ".join(mode["value"] for mode in MODES)
            raise ClaudeError(f"{name!r} is not a permission mode; choose one of {names}")
        if self.connection.connected:
            # Some it takes only when it starts, which the next prompt sees to.
            with contextlib.suppress(ControlRequestError):
                await self.client.set_permission_mode(cast(PermissionMode, name))
        self.settings.permission_mode = name

    @property
    def settings(self) -> Settings:
        """What ``%config ClaudeMagics`` shows."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        shown = ["model", "permission_mode", "cwd", "practice"]
        self._settings.unobserve(self._setting_changed, shown)
        self._settings = settings
        settings.observe(self._setting_changed, shown)
        self.changed()

    def _setting_changed(self, change: Any) -> None:
        self.changed()

    # --- cost ---------------------------------------------------------------------------------

    @property
    def cost_usd(self) -> float:
        """What the session has cost, in US dollars, rewound turns and resumed ones included."""
        return self.ledger.cost_usd

    @property
    def cost(self) -> CostTable:
        """What the session has cost: a table with a row for each turn, and one for each model."""
        from .costs import cost_of

        return cost_of(self)

    @property
    def subscription(self) -> bool:
        """Whether a subscription pays for the tokens, and not dollars."""
        return has_subscription(self.connection.account)

    @property
    def budget_usd(self) -> float | None:
        """What the session may cost, in US dollars; None is no limit."""
        return self.budget.session

    @budget_usd.setter
    def budget_usd(self, amount: float | None) -> None:
        self.budget.session = None if amount is None else checked(amount)
        self.changed()

    # --- for views ----------------------------------------------------------------------------

    def panel(self) -> Any:
        """Return the chat panel, a widget."""
        from .._views.panel import panel

        return panel(self)

    def state(self) -> SessionState:
        """Return what the session is doing now."""
        return state_of(self)

    def listen(self, listener: SessionListener) -> Callable[[], None]:
        """Call `listener` with each change; return what stops that.

        Parameters
        ----------
        listener : callable
            Called with ``("turn", turn)`` when a turn was begun, ``("history",)`` when the list of
            turns was replaced, ``("state",)`` when something of `state` may have changed.
        """
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    @property
    def watched(self) -> bool:
        """Whether somebody is told of changes."""
        return bool(self._listeners)

    def tell(self, *change: Any) -> None:
        """Tell the listeners."""
        for listener in list(self._listeners):
            listener(change)

    def changed(self) -> None:
        """Something of `state` changed."""
        self.tell("state")

    @property
    def running(self) -> Turn | None:
        """The turn that runs now."""
        return self._queue.running

    @property
    def in_background(self) -> Turn | None:
        """A turn whose subagents are still at work in the background."""
        if not self.connection.connected:
            return None
        return next((turn for turn in self.history if turn.agents_in_background), None)

    @property
    def order(self) -> asyncio.Lock:
        """Held by the turn that runs, and by whoever needs that none does."""
        return self.runner.order

    def adopt(self, turn: Turn) -> Turn:
        """Return this kernel's turn of the same id, or take one of a transcript as that."""
        return self._queue.adopt(turn)

    def turn_of(self, id: str) -> Turn | None:
        """Return a turn of this kernel, in the conversation or not."""
        return self._queue.find(id)

    @property
    def queued(self) -> int:
        """How many prompts wait for their turn."""
        return self._queue.waiting

    def submit(self, prompt: str, id: str | None = None) -> Turn:
        """Queue a prompt from a view, where nobody awaits it; what goes wrong is the turn's error.

        To be called in the session's loop.

        Parameters
        ----------
        prompt : str
            What to ask.
        id : str, optional
            The turn's uuid. A prompt that comes twice with the same one is asked once.

        Raises
        ------
        ClaudeError
            If `id` is no uuid.
        """
        return self._queue.submit(prompt, id)

    def withdraw(self, turn: Turn) -> bool:
        """Take back a turn of `submit` that still waits; return whether it was taken back."""
        return self._queue.withdraw(turn)

    # --- for cells, too ------------------------------------------------------------------

    def begin(self, prompt: str, id: str | None = None, *, can_ask: bool | None = None) -> Turn:
        """Add a turn to the history; `run` runs it."""
        return self._queue.begin(prompt, id, can_ask=can_ask)

    async def run(
        self,
        turn: Turn,
        *,
        model: str | None = None,
        max_turns: int | None = None,
        budget_usd: float | None = None,
        new: bool = False,
    ) -> None:
        """Run a turn that `begin` made, after those before it.

        Raises
        ------
        ClaudeError, ClaudeSDKError
            If it ends with an error.
        """
        await self.runner.run(
            turn, model=model, max_turns=max_turns, budget_usd=budget_usd, new=new
        )

    async def stop(self, turn: Turn) -> None:
        """Interrupt a turn, and see that it ends."""
        await self.runner.stop(turn)

    async def connect(self) -> None:
        """See that the client is connected; see `Connection.connect`."""
        await self.connection.connect()

    async def may_use_tool(
        self, tool: str, tool_input: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResult:
        """Answer whether a tool may run."""
        turn = self.running or self.observer.begin_unasked()
        return await self.approvals.decide(
            turn, tool, tool_input, context, self.cwd, self.settings.request_timeout
        )
