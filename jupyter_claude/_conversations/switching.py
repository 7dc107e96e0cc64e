"""Going from one conversation to another: what the history shows then, and what is remembered."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from .._cost.ledger import Ledger
from .._errors import ClaudeError, one_line
from .._turns.messages import last_message
from .starting_point import StartingPoint

if TYPE_CHECKING:
    from .._session.session import KernelSession
    from .._turns.turn import Turn
    from .transcripts import Conversation, Conversations, Transcripts


class Switching:
    """The conversations of a session.

    Parameters
    ----------
    session : KernelSession
        Whose history follows.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session
        self._shown: StartingPoint | None = None  # planned, and in the history already
        self._before: tuple[list[Turn], str] | None = None  # what a plan that fails goes back to
        self._remembered: str | None = None

    @property
    def transcripts(self) -> Transcripts:
        """What the CLI keeps for the session's folder."""
        from .transcripts import Transcripts  # lazily, as all that reads files

        return Transcripts(self._session.cwd, self._session.connection.environment())

    # --- going --------------------------------------------------------------------------------

    def plan(self, point: StartingPoint) -> None:
        """Have the next prompt go on from there; the history shows it at once if nothing runs."""
        session = self._session
        self.refused()  # an earlier plan
        session.connection.planned = point
        if session.running is None and session.queued == 0:
            self._before = (list(session.history), session.title)
            self._shown = point
            session.ledger.plan(point.session_id)
            self.show(point)

    def arrived(self, point: StartingPoint) -> None:
        """The next prompt goes on from there."""
        shown, self._before, self._shown = self._shown, None, None
        if shown is not point:
            self.show(point)

    def refused(self) -> None:
        """A plan came to nothing: the present conversation stays."""
        self._session.ledger.plan(None)
        if self._before is not None:
            (turns, title), self._before, self._shown = self._before, None, None
            waiting = [turn for turn in self._session.history if not turn.ended]
            self._replace([*turns, *(turn for turn in waiting if turn not in turns)], title)

    def show(self, point: StartingPoint) -> None:
        """Let the history be the conversation's; what still waits will be asked in it."""
        session = self._session
        waiting = [turn for turn in session.history if not turn.ended]
        if point.turns is not None:
            turns, title = list(session.history)[: point.turns], session.title
        elif point.session_id is not None:
            turns, title = self._turns(point.session_id), self.transcripts.title(point.session_id)
        else:
            turns, title = [], ""
        self._replace([*turns, *(turn for turn in waiting if turn not in turns)], title)

    def reload(self) -> None:
        """Read the conversation's turns anew, as its transcript has them."""
        if self._session.session_id is not None:
            self.show(StartingPoint(self._session.session_id))

    def _replace(self, turns: list[Turn], title: str) -> None:
        session = self._session
        session.title = title
        session.context = None
        session.history.replace(turns)
        session.tell("history")
        session.changed()

    def _turns(self, session_id: str) -> list[Turn]:
        """Return a conversation's turns: those that were asked here, and the transcript's."""
        session = self._session
        path = self.transcripts.path(session_id)
        if path is None:
            return []
        from .replay import turns_of

        known = Ledger(keep=not session.practicing)
        known.read(session_id)  # apart: what is only looked at is not yet the session's
        found = turns_of(path, folder=session.cwd, practice=session.practicing, ledger=known)
        return [session.adopt(turn) for turn in found]

    def point(self, conversation: str | Conversation | None) -> StartingPoint:
        """Return where a conversation goes on."""
        if conversation is None:
            last = self.last()
            if last is None:
                raise ClaudeError(
                    "This notebook has had no other conversation; claude.conversations() lists "
                    "those of this folder"
                )
            return StartingPoint(last.id)
        if not isinstance(conversation, str):
            return StartingPoint(conversation.id)
        # An id that is whole is left to Claude Code, which looks further than we do.
        whole = len(conversation) == 36
        return StartingPoint(conversation if whole else self.find(conversation).id)

    # --- copies and names ---------------------------------------------------------------------

    def fork(self, which: Turn | int | str | None) -> StartingPoint:
        """Return where a copy of the conversation, as it was after a turn, goes on."""
        session, turn = self._session, self._known(which)
        if session.session_id is None or not len(session.history):
            raise ClaudeError("There is nothing to fork yet; ask something first")
        at = None
        if turn is not None and turn is not session.history[-1]:
            at = last_message([turn])
            if at is None:
                raise ClaudeError(
                    f"Turn {turn.number} left nothing in the conversation; fork from another one"
                )
        number = len(session.history) if turn is None else turn.number
        return StartingPoint(session.session_id, at, str(uuid.uuid4()), number)

    def _known(self, turn: Turn | int | str | None) -> Turn | None:
        """Return a turn of the history."""
        if turn is None:
            return None
        for known in self._session.history:
            if known is turn or turn in (known.id, known.number):
                return known
        raise ClaudeError(
            f"There is no turn {turn!r:.60} in a history of {len(self._session.history)}"
        )

    def rename(self, title: str) -> None:
        """Give the conversation a title."""
        title = one_line(title)
        if not title:
            raise ClaudeError("A title needs at least one letter")
        if self._session.session_id is None:
            raise ClaudeError("This conversation has nothing yet to be named; ask something first")
        self.transcripts.rename(self._session.session_id, title)
        self._session.title = title
        self._session.changed()

    # --- which there are ----------------------------------------------------------------------

    def list(self) -> Conversations:
        """Return the folder's conversations, the newest first."""
        return self.transcripts.list()

    def find(self, what: str) -> Conversation:
        """Return the one with a number, an id or the unique beginning of one."""
        return self.transcripts.find(what)

    def last(self) -> Conversation | None:
        """Return this notebook's last conversation, if it is there and not the present one."""
        from .recent import last_conversation, notebook_name

        session_id = last_conversation(notebook_name(self._session.surroundings.shell))
        if session_id is None or session_id == self._session.session_id:
            return None
        try:
            return self.transcripts.find(session_id)
        except ClaudeError:  # deleted, or the notebook was in another folder
            return None

    def remember(self) -> None:
        """Keep the conversation as this notebook's last one."""
        session = self._session
        if session.session_id in (None, self._remembered) or session.practicing:
            return
        from .recent import notebook_name, remember

        self._remembered = session.session_id
        remember(notebook_name(session.surroundings.shell), str(session.session_id))
