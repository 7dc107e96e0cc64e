"""`Conversation`: the kernel's turns, with the conversation's id, title and context.

Nothing else writes them. Code that wants a change calls a method here; a view listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypedDict

from .._listeners import Listeners
from .._text import plain_line
from .._turns.events import RequestClosed, RequestOpened, StatusChanged, TurnChange, TurnEnded
from .._turns.turn import ASKED_AGAIN, BEFORE_ASKED_AGAIN, EARLIER, TAKEN_BACK, Turn
from .._turns.writer import TurnWriter
from .events import ConversationChange, HistoryReplaced, RewindUndone, StateChanged, TurnBegun
from .resume_target import ResumeTarget
from .tasks import RunningTask, Tasks

_CALLED = 100  # characters of the conversation's name

Listener = Callable[[ConversationChange], None]


#: How a turn can come back into the conversation: by an undo of the last rewind, by the branch
#: that an earlier rewind left, or by its own conversation.
WayBack = Literal["undo", "branch", "resume"]


class Context(TypedDict):
    """How full the model's context is."""

    tokens: int
    max: int
    percent: float


class Conversation:
    """The conversation of a kernel.

    Attributes
    ----------
    context : Context or None
        How full the model's context was after the last turn.
    planned : ResumeTarget or None
        The conversation that the next prompt continues, if it is not the present one.
    resume_failed : str
        Why the conversation could not be resumed; the next turn says so.
    """

    def __init__(self) -> None:
        self._turns: list[TurnWriter] = []
        self._known: dict[str, TurnWriter] = {}  # all of this kernel's turns
        self._homes: dict[str, str] = {}  # the conversation of each turn, by the turn's id
        self._last_back: set[str] = set()  # ids of the turns that the last rewind removed
        self._open: dict[TurnWriter, None] = {}  # those that have not ended, in order
        self._written: set[str] = set()  # ids of replayed turns that Claude Code's session has
        self._session_id: str | None = None
        self.planned: ResumeTarget | None = None
        self.resume_failed = ""
        self._title = ""
        self._contexts: dict[str, Context] = {}  # the context after each turn, by the turn's id
        self.context: Context | None = None
        self._tasks = Tasks()
        self._listeners = Listeners[ConversationChange]()
        self._followers = Listeners[ConversationChange]()

    # --- reading ------------------------------------------------------------------------------

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns, oldest first."""
        return [writer.turn for writer in self._turns]

    @property
    def writers(self) -> Sequence[TurnWriter]:
        """The writers of the turns, oldest first; for the engine."""
        return list(self._turns)

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def session_id(self) -> str | None:
        """The id of the conversation that the next prompt belongs to; None if it has no id yet."""
        if self.planned is not None:
            return self.planned.copy or self.planned.session_id
        return self._session_id

    @property
    def present_id(self) -> str | None:
        """The id of the conversation that the process has open, whatever is planned."""
        return self._session_id

    @property
    def goes_on_with(self) -> str | None:
        """The id of the conversation that the next prompt continues; None for a new one, a copy."""
        if self.planned is None:
            return self._session_id
        return self.planned.session_id if self.planned.copy is None else None

    @property
    def title(self) -> str:
        """The conversation's title; "" while it has none."""
        return self._title

    @property
    def called(self) -> str:
        """Its title, or else its first prompt, as plain words; "" before the first prompt."""
        first = self._turns[0].turn.prompt if self._turns else ""
        return plain_line(self._title or first, _CALLED)

    @property
    def copy_of(self) -> str:
        """The name of the conversation that the next prompt copies first; "" without a copy."""
        if self.planned is None or self.planned.copy is None:
            return ""
        return self.called or (self.planned.session_id or "")[:8]

    @property
    def running(self) -> TurnWriter | None:
        """The turn that runs now, or None."""
        return next((one for one in self._open if one.turn.state == "running"), None)

    @property
    def queued(self) -> int:
        """How many prompts wait for their turn."""
        return sum(one.turn.state == "queued" for one in self._open)

    @property
    def at_rest(self) -> bool:
        """Whether no turn runs or waits."""
        return self.running is None and not self.queued

    @property
    def in_background(self) -> Turn | None:
        """A turn whose subagents still work in the background, or None."""
        return next((one.turn for one in self._turns if one.agents_in_background), None)

    @property
    def at_work(self) -> dict[str, bool]:
        """The ids of turns that run and of calls whose tasks do; True where the user asked."""
        running = {
            one.turn.id: bool(one.turn.prompt) for one in self._open if one.turn.state == "running"
        }
        return {**dict.fromkeys(self._tasks.calls, False), **running}

    @property
    def tasks(self) -> tuple[RunningTask, ...]:
        """The subagents and background commands that run, of all of this kernel's turns."""
        return self._tasks.running

    @property
    def not_in_session(self) -> Sequence[TurnWriter]:
        """The replayed turns that have ended well, and that Claude Code's session lacks."""
        return [
            one
            for one in self._turns
            if one.turn.replayed is not None
            and one.turn.state == "done"  # the prompt of another one is sent again
            and one.turn.id not in self._written
        ]

    def writer(self, id: str) -> TurnWriter | None:
        """Return the writer of a turn of this kernel, also of one that left the conversation."""
        return self._known.get(id)

    def turn(self, id: str) -> Turn | None:
        """Return a turn of this kernel, also one that left the conversation."""
        known = self._known.get(id)
        return None if known is None else known.turn

    def find(self, turn: Turn | int | str) -> Turn | None:
        """Return the conversation's turn for a turn, a copy of it, its number or its id."""
        wanted = getattr(turn, "id", turn)
        return next((own for own in self.turns if wanted in (own.id, own.number)), None)

    @property
    def taken_back(self) -> dict[str, str]:
        """What views say of turns that left, by id; "" for a turn that came back."""
        return {
            id: writer.turn.left
            for id, writer in self._known.items()
            if writer.turn.left is not None
        }

    @property
    def ways_back(self) -> dict[str, WayBack]:
        """How the turns that left can come back, by id; without those that cannot."""
        found = {id: self._way_back(writer.turn) for id, writer in self._known.items()}
        return {id: way for id, way in found.items() if way is not None}

    def _way_back(self, turn: Turn) -> WayBack | None:
        home = self._homes.get(turn.id)
        if not turn.left or turn.left == ASKED_AGAIN or home is None:
            return None
        if turn.id in self._last_back:
            return "undo"
        return "branch" if turn.left == TAKEN_BACK and home == self.session_id else "resume"

    def home(self, turn: str) -> str | None:
        """Return the id of the conversation that a turn belongs to; None if that is not known."""
        return self._homes.get(turn)

    # --- turns --------------------------------------------------------------------------------

    def add(self, turn: TurnWriter) -> None:
        """Add a turn."""
        self._turns.append(turn)
        turn.renumber(len(self._turns))
        self._known[turn.turn.id] = turn
        self._open[turn] = None
        turn.turn.listen(lambda change: self._turn_changed(turn, change))
        self._tell(TurnBegun(turn.turn))
        self.state_changed()

    def _turn_changed(self, turn: TurnWriter, change: TurnChange) -> None:
        if isinstance(change, TurnEnded):
            self._open.pop(turn, None)
            if self._session_id is not None and not turn.turn.left:
                self._homes[turn.turn.id] = self._session_id
        about_task = self._tasks.take(turn.turn, change)
        if about_task or isinstance(
            change, (StatusChanged, RequestOpened, RequestClosed, TurnEnded)
        ):
            self.state_changed()

    def withdraw(self, turn: TurnWriter) -> None:
        """Remove a turn that was never sent."""
        self._known.pop(turn.turn.id, None)
        self._open.pop(turn, None)
        self._put(one for one in self._turns if one is not turn)

    def adopt(self, turn: TurnWriter) -> TurnWriter:
        """Return this kernel's turn with the same id, or add this one if there is none."""
        return self._known.setdefault(turn.turn.id, turn)

    def show(self, turns: Iterable[TurnWriter], title: str, home: str | None = None) -> None:
        """Become another conversation, with these turns. Turns that still wait come after them.

        `home` is the id of the conversation that the turns belong to, if they were read from it.
        """
        before = self._turns
        waiting = [one for one in before if not one.turn.ended]
        shown = list(turns)
        last = shown[-1].turn.id if shown else ""
        if home is not None:
            self._homes.update((one.turn.id, home) for one in shown)
        shown += [one for one in waiting if one not in shown]
        self._leave(before, shown, home)
        self._title = title
        self.context = self._contexts.get(last)
        self._put(shown)

    def replace_from(self, turn: Turn) -> None:
        """Remove a turn and those after it that have ended: the turn's prompt is asked again."""
        start = next(at for at, one in enumerate(self._turns) if one.turn is turn)
        leaving = [one for one in self._turns[start:] if one.turn.ended]
        for one in leaving:
            one.leave(ASKED_AGAIN if one.turn is turn else BEFORE_ASKED_AGAIN)
        self._put(one for one in self._turns if one not in leaving)

    def _leave(
        self, before: Iterable[TurnWriter], shown: Sequence[TurnWriter], home: str | None = None
    ) -> None:
        """Mark the turns that another conversation leaves behind, and those that are back."""
        self._last_back.clear()
        stay = set(shown)
        for one in before:
            # If the same conversation was read again, it may lack a turn that was never sent.
            same = home is not None and self._homes.get(one.turn.id, home) == home
            if one not in stay and not same and one.was_asked:
                one.leave(EARLIER)
        for one in shown:
            # The other conversation may have lost it. A notebook's file may say so too.
            one.leave("")
            if one not in before and one.turn.ended:
                one.is_back()

    def keep(self, turns: Iterable[TurnWriter]) -> None:
        """Keep only these turns, after a rewind. Turns that still wait come after them."""
        kept = list(turns)
        waiting = [one for one in self._turns if not one.turn.ended and one not in kept]
        last = kept[-1].turn.id if kept else ""
        self._turns = self._numbered([*kept, *waiting])
        self.context = self._contexts.get(last)  # the context after that turn
        self.state_changed()

    def forget_ended(self) -> None:
        """Remove the turns that have ended: ``/clear`` cleared them."""
        before = self._turns
        waiting = [one for one in before if not one.turn.ended]
        self._leave(before, waiting)
        self._put(waiting)

    def mark_taken_back(self, before: Iterable[TurnWriter], *, undo: bool) -> None:
        """Mark which of the earlier turns a rewind removed, and emit that the rewind is done.

        `undo` says whether an undo of the last rewind would bring exactly these back.
        """
        present = set(self._turns)
        left = [one for one in before if one not in present]
        self._last_back = {one.turn.id for one in left} if undo else set()
        for one in left:
            one.leave(TAKEN_BACK)
        for one in present:
            one.leave("")
        # Also after a rewind of files alone: what can be undone has changed.
        self._tell(HistoryReplaced())

    def tell_undone(self, prompt: str) -> None:
        """Emit that the user undid the rewind to before the turn with this prompt."""
        self._tell(RewindUndone(prompt))

    def _put(self, turns: Iterable[TurnWriter]) -> None:
        self._turns = self._numbered(turns)
        self._tell(HistoryReplaced())
        self.state_changed()

    @staticmethod
    def _numbered(turns: Iterable[TurnWriter]) -> list[TurnWriter]:
        numbered = list(turns)
        for number, one in enumerate(numbered, 1):
            one.renumber(number)
        return numbered

    # --- id, title and context ----------------------------------------------------------------

    def identify(self, session_id: str | None) -> None:
        """Set the id; None means that the conversation has not begun."""
        self._session_id = session_id

    def move_to(self, session_id: str) -> None:
        """Set the id of the session to which the turns were written, and to which they belong."""
        self._session_id = session_id
        ended = [one.turn.id for one in self._turns if one.turn.ended]
        self._written.update(ended)
        self._homes.update((id, session_id) for id in ended)
        self.state_changed()

    def name(self, title: str) -> None:
        """Set the title."""
        self._title = title
        self.state_changed()

    def fill(self, context: Context | None, after: Turn) -> None:
        """Set how full the model's context is after the last turn."""
        self.context = context
        if context is not None:
            self._contexts[after.id] = context
        self.state_changed()

    # --- events -------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each change; return a function that stops that."""
        return self._listeners.add(listener)

    def follow(self, follower: Callable[[ConversationChange], None]) -> None:
        """Call `follower` with each change. It shows nothing to the user, so it does not watch."""
        self._followers.add(follower)

    @property
    def watched(self) -> bool:
        """Whether there is a listener."""
        return bool(self._listeners)

    def state_changed(self) -> None:
        """Emit that something of the session's state may have changed."""
        self._tell(StateChanged())

    def _tell(self, change: ConversationChange) -> None:
        self._followers.tell(change)
        self._listeners.tell(change)
