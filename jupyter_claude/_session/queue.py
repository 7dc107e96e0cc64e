"""The turns that were begun: those that run or wait, and all that this kernel knows."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import uuid
from typing import TYPE_CHECKING

from jupyter_claude_sdk import ClaudeSDKError

from .._errors import ClaudeError
from .._turns.turn import Operation, Turn

if TYPE_CHECKING:
    from .session import KernelSession


class TurnQueue:
    """Begins turns for a session, and runs those that nobody awaits.

    Parameters
    ----------
    session : KernelSession
        Whose turns they are.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._known: dict[str, Turn] = {}
        self._open: dict[Turn, None] = {}  # begun and not ended, in order
        self._submitted: dict[Turn, asyncio.Future[None]] = {}

    @property
    def running(self) -> Turn | None:
        """The turn that runs now."""
        return next((turn for turn in self._open if turn.state == "running"), None)

    @property
    def waiting(self) -> int:
        """How many prompts wait for their turn."""
        return sum(turn.state == "queued" for turn in self._open)

    def adopt(self, turn: Turn) -> Turn:
        """Return this kernel's turn of the same id, or take one of a transcript as that."""
        return self._known.setdefault(turn.id, turn)

    def find(self, id: str) -> Turn | None:
        """Return a turn of this kernel, in the conversation or not."""
        return self._known.get(id)

    def begin(self, prompt: str, id: str | None = None, *, can_ask: bool | None = None) -> Turn:
        """Add a turn to the history; see `KernelSession.begin`."""
        session = self._session
        if session.surroundings.shell is None and "IPython" in sys.modules:
            from .._ipython.extension import be_at_home

            be_at_home(session)
        turn = Turn(
            len(session.history) + 1,
            id or str(uuid.uuid4()),
            prompt,
            folder=session.cwd,
            practice=session.practicing,
            can_ask=session.surroundings.can_be_asked() if can_ask is None else can_ask,
            # Claude's to-do list goes on from turn to turn of a conversation.
            todos=session.history[-1].todos if session.history else None,
        )
        session.history.append(turn)
        self._known[turn.id] = turn
        self._open[turn] = None
        turn.listen(lambda operation: self._changed(turn, operation))
        session.checkpoints.watch(turn)
        session.tell("turn", turn)
        session.changed()
        return turn

    def _changed(self, turn: Turn, operation: Operation) -> None:
        if operation[0] == "end":
            self._open.pop(turn, None)
        if operation[0] in ("turn", "request", "request_done", "end"):
            self._session.changed()

    def submit(self, prompt: str, id: str | None) -> Turn:
        """Queue a prompt; see `KernelSession.submit`."""
        if id is not None:
            try:
                id = str(uuid.UUID(id))
            except ValueError:
                raise ClaudeError(f"A turn's id is a uuid, not {id!r:.60}") from None
            if id in self._known:
                return self._known[id]
        turn = self.begin(prompt, id, can_ask=True)
        # In an empty context: what it does belongs to no cell.
        task = contextvars.Context().run(asyncio.ensure_future, self._run(turn))
        self._submitted[turn] = task
        task.add_done_callback(lambda _: self._submitted.pop(turn, None))
        return turn

    async def _run(self, turn: Turn) -> None:
        with contextlib.suppress(ClaudeError, ClaudeSDKError, asyncio.CancelledError):
            await self._session.run(turn)

    def withdraw(self, turn: Turn) -> bool:
        """Take back a turn of `submit` that still waits; see `KernelSession.withdraw`."""
        session, task = self._session, self._submitted.get(turn)
        if task is None or turn.state != "queued" or session.observer.has(turn):
            return False
        task.cancel()
        self._known.pop(turn.id, None)
        self._open.pop(turn, None)
        session.history.replace(other for other in session.history if other is not turn)
        session.tell("history")
        session.changed()
        return True
