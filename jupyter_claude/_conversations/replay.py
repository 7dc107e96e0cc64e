"""Makes the turns of a resumed conversation from its transcript."""

from __future__ import annotations

from pathlib import Path

from jupyter_claude_sdk.lowlevel import Transcript, TranscriptEntry

from .._approvals import NOBODY
from .._cost.ledger import Ledger
from .._text import one_line
from .._turns.api_errors import api_error
from .._turns.attached import attached_of
from .._turns.errors import TurnFailed, TurnInterrupted
from .._turns.items import Todo
from .._turns.outcome import INTERRUPTED, lost, state_after
from .._turns.turn import Turn
from .._turns.writer import TurnWriter


def turns_of(path: Path, *, folder: Path, practice: bool, ledger: Ledger) -> list[TurnWriter]:
    """Return the turns of a transcript, numbered from 1.

    Parameters
    ----------
    path : Path
        The transcript.
    folder : Path
        Where Claude worked.
    practice : bool
        Whether the practice model answered.
    ledger : Ledger
        Has the known costs of the turns.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    transcript = Transcript(path)
    turns: list[TurnWriter] = []
    todos: dict[str, Todo] = {}
    replayed: _Replayed | None = None
    for entry in transcript.conversation():
        prompt = entry.prompt
        if prompt is not None:
            if replayed is not None:
                replayed.end()
            if prompt == "":
                _tell_end_of_task(turns, entry)  # after what the task did
            number = len(turns) + 1
            turn = TurnWriter(
                number, str(entry.uuid), prompt, folder=folder, practice=practice, todos=todos
            )
            turns.append(turn)
            replayed = _Replayed(turn, entry, transcript)
        elif replayed is not None:
            replayed.apply_entry(entry)
    if replayed is not None:
        replayed.end()
    for turn in turns:
        turn.lose_background()  # the process that wrote the transcript has ended
        known = ledger.of(turn.turn.id)
        if known is None and not turn.turn.prompt:
            known = ledger.of_message(_uuids(turn.turn))
            if known is not None:
                turn.identify(known.turn)
        if known is not None:
            turn.charge(known.spent.cost_usd, known.spent.usage())
    return turns


def _uuids(turn: Turn) -> list[str]:
    return [str(getattr(message, "uuid", "")) for message in turn.messages]


def prompts_of(path: Path) -> list[str]:
    """Return the prompts of a transcript, oldest first.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return [entry.prompt for entry in Transcript(path).conversation() if entry.prompt]


def prompt_ids_of(path: Path) -> list[str]:
    """Return the ids of a transcript's prompts, oldest first.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return [str(entry.uuid) for entry in Transcript(path).conversation() if entry.prompt]


def _tell_end_of_task(turns: list[TurnWriter], entry: TranscriptEntry) -> None:
    """Apply the end of a background task to the turn that began it."""
    message = entry.end_of_task()
    for turn in reversed(turns):
        if turn.owns(message):
            turn.apply(message)
            return


class _Replayed:
    """A turn while its entries are read."""

    def __init__(self, turn: TurnWriter, entry: TranscriptEntry, transcript: Transcript) -> None:
        self._turn = turn
        self._transcript = transcript
        self._error: Exception | None = None
        self._began = self._last = entry.time
        self._answered = False
        turn.replay(self._began)
        for item in attached_of(entry.texts):
            turn.put(item)

    def apply_entry(self, entry: TranscriptEntry) -> None:
        """Read the turn's next entry."""
        if entry.is_note or entry.is_model_change:
            return
        self._last = entry.time or self._last
        if entry.kind == "user":
            if entry.is_interruption:
                self._error = TurnInterrupted(INTERRUPTED)
            self._answered = False
            self._turn.apply(entry.message())
        elif entry.kind == "assistant":
            self._apply_assistant(entry)
        elif entry.is_compaction:
            self._turn.apply(entry.message())

    def _apply_assistant(self, entry: TranscriptEntry) -> None:
        if entry.is_api_error is False:
            # A CLI wrote this when it resumed and found the turn without an answer.
            return
        self._answered = True
        if entry.is_api_error:
            self._error = api_error(entry.api_status, one_line(" ".join(entry.texts)))
        self._turn.apply(entry.message())

    def _apply_subagents(self) -> None:
        """Read the subagents' entries: those of the turn's calls, and of their own calls."""
        seen: set[str] = set()
        while calls := [call.id for call in self._turn.turn.tools if call.id not in seen]:
            for call in calls:
                seen.add(call)
                for entry in self._transcript.subagent(call):
                    if entry.kind in ("user", "assistant"):
                        self._turn.apply(entry.message(call))

    def end(self) -> None:
        """Finish the turn."""
        turn, error = self._turn, self._error
        self._apply_subagents()
        for call in turn.turn.tools:
            if call.state == "denied" and call.output.startswith(NOBODY):
                call.note = call.output
        if error is None and turn.turn.messages and not self._answered:
            error = lost(None)
        elif error is None and turn.open_calls:
            error = TurnFailed(
                "Claude Code stopped in the middle of the turn; its tool calls have no result"
            )
        turn.finish(state_after(error), error)
        if self._began is not None and self._last is not None:
            turn.took((self._last - self._began).total_seconds())
