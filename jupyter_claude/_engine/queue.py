"""`TurnQueue`: runs the prompts of views, where no code awaits the turn."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import uuid
from collections.abc import Sequence

from jupyter_claude_sdk import ClaudeSDKError

from .._answers.wanted import Wanted
from .._core.conversation import Conversation
from .._turns.errors import ClaudeError
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .attachments import Attachments
from .observer import Observer
from .pieces import Piece
from .runner import Runner
from .slash_commands import SlashCommands
from .turn_maker import TurnMaker


class TurnQueue:
    """Runs turns that no code awaits, and takes back turns that still wait.

    Parameters
    ----------
    conversation : Conversation
        Has the turns.
    maker : TurnMaker
        Begins them.
    runner : Runner
        Runs them.
    observer : Observer
        Knows which turns the client has.
    attachments : Attachments
        Sends what the user gave with a prompt.
    commands : SlashCommands
        Refuses a mistyped command before its turn begins.
    """

    def __init__(
        self,
        conversation: Conversation,
        maker: TurnMaker,
        runner: Runner,
        observer: Observer,
        attachments: Attachments,
        commands: SlashCommands,
    ) -> None:
        self._conversation = conversation
        self._maker = maker
        self._runner = runner
        self._observer = observer
        self._attachments = attachments
        self._commands = commands
        self._submitted: dict[TurnWriter, asyncio.Future[None]] = {}

    def submit(
        self,
        prompt: str,
        id: str | None = None,
        *,
        attached: Sequence[Piece] = (),
        like: Turn | None = None,
        model: str | None = None,
        wanted: Wanted | None = None,
        typed: bool = True,
    ) -> Turn:
        """Queue a prompt. If it fails, the turn has the error.

        Call it in the session's loop.

        Parameters
        ----------
        prompt : str
            The prompt.
        id : str, optional
            The turn's uuid. A second prompt with the same uuid is ignored.
        attached : sequence of Piece
            What the user gave with it.
        like : Turn, optional
            An earlier turn: what the user gave with that one goes with this one too.
        model : str, optional
            The model for this turn only.
        wanted : Wanted, optional
            The value that it is asked for.
        typed : bool, default True
            Whether the user wrote the prompt: then what it names with ``@`` is attached.

        Raises
        ------
        ClaudeError
            If `id` is no uuid, or the prompt a command that Claude Code does not know.
        """
        if id is not None:
            try:
                id = str(uuid.UUID(id))
            except ValueError:
                raise ClaudeError(f"A turn's id is a uuid, not {id!r:.60}") from None
            if (known := self._conversation.turn(id)) is not None:
                return known
        if typed:
            self._commands.check(prompt)
        again = [] if like is None else self._attachments.again(like)
        writer = self._maker.begin_turn(prompt, id, can_ask=True)
        if typed:
            writer.type_it()
        self._attachments.give(writer, [*again, *attached])
        # In an empty context: this turn belongs to no cell.
        task = contextvars.Context().run(asyncio.ensure_future, self._run(writer, model, wanted))
        self._submitted[writer] = task
        task.add_done_callback(lambda _: self._submitted.pop(writer, None))
        return writer.turn

    async def _run(self, writer: TurnWriter, model: str | None, wanted: Wanted | None) -> None:
        with contextlib.suppress(ClaudeError, ClaudeSDKError, asyncio.CancelledError):
            await self._runner.run(writer, model=model, wanted=wanted)

    def withdraw(self, turn: Turn) -> bool:
        """Take back a turn of `submit` that still waits; return whether it was taken back."""
        writer = self._conversation.writer(turn.id)
        task = self._submitted.get(writer) if writer is not None else None
        if writer is None or task is None or turn.state != "queued" or self._observer.has(writer):
            return False
        task.cancel()
        self._conversation.withdraw(writer)
        return True
