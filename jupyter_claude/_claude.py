"""`Claude`: the public face of a kernel's session. All it does is done by its parts."""

from __future__ import annotations

import asyncio
import os
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ._core.history import History
from ._cost.budget import checked
from ._display import show_with
from ._engine.costs import cost_table
from ._parts import Parts
from ._process.client import SharedClient
from ._rewind.plan import RewindPlan
from ._settings import Settings
from ._turns.errors import TurnInterrupted
from ._turns.items import TurnEvent, dollars
from ._turns.turn import EventMaker, Turn

if TYPE_CHECKING:
    from ._conversations.transcripts import Conversation, Conversations
    from ._cost.table import CostTable


class Claude:
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

    #: Called before a turn where no front end is known yet; the package puts its own in.
    _attachers: ClassVar[list[Callable[[Parts], None]]] = []

    def __init__(self) -> None:
        self._parts = Parts(self._attach)

    def _attach(self) -> None:
        for attach in self._attachers:
            attach(self._parts)

    def __repr__(self) -> str:
        return (
            f"<claude: {'connected' if self.client.connected else 'not connected'}, "
            f"{len(self.history)} turns, {dollars(self.cost_usd)}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process it is that process's, such as in a function that dask sends there.
        return pkgutil.resolve_name, ("jupyter_claude:claude",)

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
        while True:
            writer = self._parts.begin(prompt)
            turn = writer.turn
            writer.await_it()
            self._parts.host.frontend.show_requests(turn, self._parts.approvals)
            try:
                await self._parts.runner.run(
                    writer, model=model, max_turns=max_turns, budget_usd=budget_usd
                )
            except TurnInterrupted:
                if not turn.instead:
                    raise
                prompt, model = turn.instead, None  # the session's model is the other one now
            else:
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
        writer = self._parts.begin(prompt)
        turn = writer.turn
        self._parts.host.frontend.show_requests(turn, self._parts.approvals)
        events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        stop_listening = turn.listen(EventMaker(events.put_nowait))
        running = asyncio.ensure_future(
            self._parts.runner.run(writer, model=model, max_turns=max_turns, budget_usd=budget_usd)
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
        from ._kernel.sync import run

        self._parts.check_use()
        return run(
            lambda: self.ask(prompt, model=model, max_turns=max_turns, budget_usd=budget_usd),
            self._parts.host.frontend.shell,
            self.client.loop,
        )

    @property
    def client(self) -> SharedClient:
        """The shared `ClaudeSDKClient`. It connects by itself when a prompt is sent through it."""
        return self._parts.client

    async def interrupt(self) -> None:
        """Stop the turn that runs; the conversation goes on with the next prompt."""
        self._parts.check_use()
        running = self._parts.conversation.running
        if running is not None:
            await self._parts.runner.stop(running)

    async def close(self) -> None:
        """End the Claude Code process. The next prompt starts it again, in this conversation."""
        await self._parts.close()

    # --- conversations ------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The conversation's turns, oldest first, and its branches."""
        return self._parts.history

    @property
    def session_id(self) -> str | None:
        """The conversation's id; `resume` takes it."""
        return self._parts.conversation.session_id

    async def new(self) -> None:
        """Begin a new conversation, once the turns before are done.

        The history begins anew with it; the cost goes on, and `resume` brings the old one back.
        """
        await self._parts.new()

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
        await self._parts.go_to(lambda: self._parts.switching.point(session_id))

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
        await self._parts.go_to(lambda: self._parts.switching.fork(turn))

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
        self._parts.switching.rename(title)

    def conversations(self) -> Conversations:
        """Return this folder's conversations, the newest first; `resume` takes one of them."""
        return self._parts.switching.list()

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
        self._parts.check_use()
        return await self._parts.checkpoints.rewind(
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
        self._parts.check_use()
        return await self._parts.checkpoints.undo_rewind(dry_run=dry_run)

    # --- settings -----------------------------------------------------------------------------

    async def set_model(self, name: str | None) -> None:
        """Choose the model, at once where Claude Code runs, in the middle of a turn too.

        Parameters
        ----------
        name : str or None
            Such as "opus"; None, "" and "default" are Claude Code's own choice.

        Raises
        ------
        ClaudeError
            If there can be no such model.
        """
        await self._parts.choices.set_model(name)

    async def set_mode(self, name: str) -> None:
        """Choose the permission mode, at once where Claude Code runs, if it can.

        Parameters
        ----------
        name : str
            Such as "plan"; ``%claude mode`` lists them. That it is called is enough for
            "bypassPermissions", too: nothing asks whether you mean it.

        Raises
        ------
        ClaudeError
            If there is no such mode, or Claude Code would refuse it here.
        """
        await self._parts.choices.set_mode(name)

    @property
    def settings(self) -> Settings:
        """What ``%config ClaudeMagics`` shows."""
        return self._parts.host.settings

    @property
    def cwd(self) -> Path:
        """The folder that Claude works in."""
        return self._parts.workspace.cwd

    # --- cost ---------------------------------------------------------------------------------

    @property
    def cost_usd(self) -> float:
        """What the session has cost, in US dollars, rewound turns and resumed ones included."""
        return self._parts.ledger.cost_usd

    @property
    def cost(self) -> CostTable:
        """What the session has cost: a table with a row for each turn, and one for each model."""
        parts = self._parts
        return cost_table(parts.ledger, parts.conversation, parts.client)

    @property
    def budget_usd(self) -> float | None:
        """What the session may cost, in US dollars; None is no limit."""
        return self._parts.budget.session

    @budget_usd.setter
    def budget_usd(self, amount: float | None) -> None:
        self._parts.budget.session = None if amount is None else checked(amount)
        self._parts.conversation.state_changed()

    # --- the panel ----------------------------------------------------------------------------

    def panel(self) -> Any:
        """Return the chat panel, a widget."""
        from ._views.panel import panel

        return panel(self._parts)


def _turn_bundle(turn: Turn) -> dict[str, Any]:
    from ._views.static import bundle

    return bundle(turn)


def _plan_html(plan: RewindPlan) -> str:
    from ._views.plan import html

    return html(plan)


show_with(Turn, _turn_bundle)
show_with(RewindPlan, _plan_html)
