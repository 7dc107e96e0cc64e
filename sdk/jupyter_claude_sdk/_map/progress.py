"""How far a batch is, and what all of it may take."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

__all__ = ["Estimate", "Progress"]

#: "ready": not started, or stopped with rows left; "waiting": overloaded, no row starts now.
State = Literal["ready", "running", "waiting", "done"]

_RECENT = 60  # rows of which the rate is the rate


@dataclass(frozen=True)
class Progress:
    """How far a batch is. It does not change; ``batch.progress`` makes a new one.

    Attributes
    ----------
    state : str
        ``"ready"`` before the start, and if it was left with rows to ask; ``"running"``;
        ``"waiting"`` while no row starts because the API is overloaded; ``"done"`` when each row
        has an answer or an error.
    total : int or None
        How many rows there are; None as long as an iterable was not read to its end.
    done : int
        Rows that have an answer.
    failed : int
        Rows that have an error.
    reused : int
        Rows of ``done`` whose answer came from the file, or from an equal row.
    running : int
        Rows that are being asked now.
    cost_usd : float
        What this batch has spent, wrong answers and rows that are asked again included. What rows
        of the file cost an earlier batch is not.
    budget_usd : float or None
        What it may spend.
    seconds : float
        How long it has been asking.
    rows_per_minute : float or None
        How many rows end in a minute, of late; None as long as this is not known.
    seconds_left : float or None
        How long it may still take; None as long as this is not known.
    concurrency : int
        How many rows may be asked at the same time now. Overload makes it smaller for a while.
    slowed : bool
        Whether it is smaller because of overload.
    waiting_until : float or None
        When the next row may start, as ``time.time()`` counts; None if rows may start.
    note : str
        What else there is to say, in one line: why rows of the file are asked anew, or why the
        batch stopped. "" if there is nothing.
    """

    state: State
    total: int | None
    done: int
    failed: int
    reused: int
    running: int
    cost_usd: float
    budget_usd: float | None
    seconds: float
    rows_per_minute: float | None
    seconds_left: float | None
    concurrency: int
    slowed: bool
    waiting_until: float | None
    note: str


@dataclass(frozen=True)
class Estimate:
    """What all rows of a batch may take, of some that were asked.

    Attributes
    ----------
    rows : int
        All rows.
    to_ask : int
        Rows that Claude is asked for, those of the estimate included: without equal rows, and
        without rows that the file has.
    asked : int
        Rows that were asked for the estimate. They are kept.
    failed : int
        Rows of these that have an error.
    input_tokens, output_tokens : int
        Tokens for all rows to ask. Cached input counts too.
    usd : float
        Dollars for all rows to ask.
    minutes : float
        Minutes for all rows to ask, with the batch's processes.
    """

    rows: int
    to_ask: int
    asked: int
    failed: int
    input_tokens: int
    output_tokens: int
    usd: float
    minutes: float

    def __str__(self) -> str:
        few = self.minutes < 2
        time = f"{self.minutes * 60:.0f} seconds" if few else f"{self.minutes:.0f} minutes"
        return (
            f"{self.to_ask} of {self.rows} rows to ask: about ${self.usd:.4f}, "
            f"{self.input_tokens:,} input and {self.output_tokens:,} output tokens, {time} "
            f"(from {self.asked} that were asked)"
        )


class Stopwatch:
    """How long a batch has been asking, and how many rows end in a minute."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._since: float | None = None
        self._ends: deque[float] = deque(maxlen=_RECENT)

    def start(self, now: float) -> None:
        """Begin, or go on after a pause."""
        self._since = now
        self._ends.clear()
        self._ends.append(now)

    def stop(self, now: float) -> None:
        """Pause."""
        self._seconds = self.seconds(now)
        self._since = None

    def end(self, now: float) -> None:
        """Note that a row was answered."""
        self._ends.append(now)

    def seconds(self, now: float) -> float:
        """Return the seconds without the pauses."""
        return self._seconds + (0.0 if self._since is None else now - self._since)

    def per_second(self, now: float) -> float | None:
        """Return the rows in a second; None if none has ended, or in a pause."""
        if self._since is None or len(self._ends) < 2 or now <= self._ends[0]:
            return None
        return (len(self._ends) - 1) / (now - self._ends[0])
