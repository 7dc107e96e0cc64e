"""`Showing`: shows recorded turns as turns of this session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .._answers.wanted import Wanted
from .._core.host import Host
from .._turns.errors import AnswerInvalid
from .._turns.replayed import Replayed
from .._turns.turn import Turn
from .._turns.writer import TurnWriter
from .mode import HOW_TO_ASK

if TYPE_CHECKING:
    from jupyter_claude_sdk.lowlevel import RecordedTurn, RecordingFolder

    from .pace import Pace
    from .scrub import Scrubber


class Effects(Protocol):
    """Does again what a recorded turn did."""

    async def replay(
        self, writer: TurnWriter, recorded: RecordedTurn, folder: RecordingFolder
    ) -> None:
        """Do it for a turn whose items are shown, and that has not ended yet."""

    def stop(self, turn: Turn) -> bool:
        """Withdraw the question of a turn; return whether it had one."""


class Showing:
    """Shows recorded turns, and does again what they did.

    Parameters
    ----------
    host : Host
        Its settings say whether answers come word by word.
    effects : callable
        Returns what does again what a recorded turn did.
    """

    def __init__(self, host: Host, effects: Callable[[], Effects]) -> None:
        self._host = host
        self._effects = effects
        self._pace: Pace | None = None  # of answers that are shown word by word
        self._playing: Turn | None = None  # while its effects are done again

    async def show(
        self,
        writer: TurnWriter,
        recorded: RecordedTurn,
        folder: RecordingFolder,
        scrubber: Scrubber,
        wanted: Wanted | None,
        stale: tuple[str, ...] = (),
        how: str = HOW_TO_ASK,
    ) -> None:
        """Show a recorded turn as this one, and end it."""
        from .._turns.items import Attached
        from .player import items_of, messages_of

        turn = writer.turn
        here = scrubber.restored(recorded)
        # The turn shows already what its own prompt attaches.
        items = [
            item
            for item in items_of(here, folder, turn.id, str(turn.folder))
            if not isinstance(item, Attached)
        ]
        messages = messages_of(here, folder, turn.id)
        replayed = Replayed(
            recorded.key, folder.day(recorded.key), recorded.cost_usd, recorded.subscription, stale
        )
        writer.start()
        slowly = self._host.settings.replay_stream and not stale
        at_once = [] if slowly else items
        writer.play(replayed, at_once, messages, recorded.model, practice=recorded.practice)
        if slowly:
            from .pace import Pace

            self._pace = Pace()
            await self._pace.show(writer, items)
        error = None if wanted is None else _give_value(writer, here, wanted, how)
        if stale:
            _note_code(writer, here)
        else:
            await self._do_again(writer, here, folder)
            if error is not None:
                raise error
        writer.finish("done")
        if stale:
            writer.offer("again")

    async def _do_again(
        self, writer: TurnWriter, recorded: RecordedTurn, folder: RecordingFolder
    ) -> None:
        self._playing = writer.turn
        try:
            await self._effects().replay(writer, recorded, folder)
        finally:
            self._playing = None

    def stop(self, turn: Turn) -> bool:
        """Withdraw the question of a replayed turn, or show its rest at once.

        Returns
        -------
        bool
            Whether there was something to stop.
        """
        if self._pace is not None and self._pace.hurry(turn):
            return True
        return turn is self._playing and self._effects().stop(turn)


def _note_code(writer: TurnWriter, recorded: RecordedTurn) -> None:
    from .player import code_of

    for code in code_of(recorded):
        writer.ran(code)


def _give_value(
    writer: TurnWriter, recorded: RecordedTurn, wanted: Wanted, how: str
) -> AnswerInvalid | None:
    """Set the turn's value; return an error if the recorded one has not the form of now."""
    from jupyter_claude_sdk.lowlevel import Misfit

    writer.expect(wanted.form.columns)
    writer.answer_with(recorded.value)
    try:
        writer.restore_value(wanted.form.read(recorded.value))
    except Misfit as misfit:
        line = f"The recorded value is no {wanted.form.name}: {'; '.join(misfit.errors[:3])}"
        return AnswerInvalid(
            f"{line}; {how}", writer.turn, raw=recorded.value, errors=misfit.errors
        )
    return None
