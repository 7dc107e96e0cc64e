"""One limiter for all rows in flight: on 429 and 529 all slow down, and speed up again.

`Pace` decides, without a clock or a loop of its own. `LocalLimiter` waits for it. An engine on
several machines can have another `Limiter`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Literal, Protocol

import anyio

from .._base.signal import Signal

#: How a row ended that a limiter let start: "left" means that nothing was learned.
Ending = Literal["answered", "left"]

_FIRST_WAIT = 2.0  # seconds, doubled with each slow-down that nothing succeeded after
_LONGEST_WAIT = 60.0


class GaveUp(Exception):
    """The API had no room for so long that no more rows are asked. The message is one line."""


class Limiter(Protocol):
    """Says when a row may be asked. One for all rows, wherever they are asked."""

    async def acquire(self) -> int:
        """Wait until a row may be asked.

        Returns
        -------
        int
            What to give back: `release` and `busy` take it.

        Raises
        ------
        GaveUp
            If nothing has succeeded for too long.
        """
        ...

    async def release(self, ticket: int, ending: Ending) -> None:
        """Say that a row has ended."""
        ...

    async def busy(self, ticket: int, retry_after: float | None) -> None:
        """Say that the API had no room for a row. It will be asked again."""
        ...


class Pace:
    """How many rows may be in flight: fewer after each 429, more after each answer.

    A slow-down halves the number, and lets all wait. Several rows that meet the same overload
    slow down once: a row counts only if it started after the last slow-down.

    Parameters
    ----------
    most : int
        The most rows in flight.
    patience : float, default 600
        The seconds after which to give up, if nothing succeeds.
    jitter : callable, default ``random.random``
        Returns a number from 0 to 1, by which waits differ.

    Attributes
    ----------
    limit : float
        How many rows may be in flight now; the whole part counts.
    running : int
        How many are in flight.
    until : float
        No row starts before this time.
    """

    def __init__(
        self, most: int, *, patience: float = 600.0, jitter: Callable[[], float] = random.random
    ) -> None:
        if most < 1:
            raise ValueError(f"most must be at least 1, not {most}")
        self._most = most
        self._patience = patience
        self._jitter = jitter
        self.limit: float = float(most)
        self.running: int = 0
        self.until: float = -math.inf
        self._episode = 0
        self._strikes = 0
        self._busy_since: float | None = None

    @property
    def slowed(self) -> bool:
        """Whether fewer rows may be in flight than without overload."""
        return int(self.limit) < self._most

    def may_start(self, now: float) -> bool:
        """Whether a row may start."""
        return self.running < int(self.limit) and now >= self.until

    def gave_up(self, now: float) -> bool:
        """Whether nothing has succeeded for so long that it is time to give up."""
        if self._busy_since is None or self.running:  # a row in flight may still succeed
            return False
        deadline = self._busy_since + self._patience
        return now >= deadline or self.until > deadline

    def start(self) -> int:
        """Let a row start. Return what `answered`, `left` and `busy` take."""
        self.running += 1
        return self._episode

    def answered(self, ticket: int, now: float) -> None:
        """Note that Claude answered a row, if only with an error of that row."""
        self.running -= 1
        if self._busy_since is not None:
            self._busy_since = now if now < self.until else None
        if ticket == self._episode:
            self._strikes = 0
            self.limit = min(self._most, self.limit + 1 / self.limit)

    def left(self) -> None:
        """Note that a row has ended of which nothing was learned."""
        self.running -= 1

    def busy(self, ticket: int, now: float, retry_after: float | None) -> None:
        """Note that the API had no room for a row."""
        self.running -= 1
        if self._busy_since is None:
            self._busy_since = now
        if ticket == self._episode:
            self._episode += 1
            self._strikes += 1
            self.limit = max(1.0, self.limit / 2)
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(self._strikes - 1, 16))
            wait *= 0.5 + self._jitter() / 2
        elif retry_after is None:
            return
        else:
            wait = 0.0
        if retry_after is not None and math.isfinite(retry_after):
            # Not all clients that were told the same time shall come back at the same moment.
            wait = max(0.0, retry_after) * (1 + self._jitter() / 10)
        self.until = max(self.until, now + wait)


class LocalLimiter:
    """The `Limiter` of one event loop.

    Parameters
    ----------
    most : int
        The most rows in flight.
    patience : float, default 600
        The seconds after which to give up, if nothing succeeds.
    changed : callable, optional
        Called when it slows down, and when it goes on.
    """

    def __init__(
        self, most: int, *, patience: float = 600.0, changed: Callable[[], None] | None = None
    ) -> None:
        self.pace: Pace = Pace(most, patience=patience)
        self._patience = patience
        self._signal = Signal()
        self._changed = changed or _nothing

    @property
    def seconds_to_wait(self) -> float:
        """The seconds in which no row starts; 0 if rows may start."""
        return max(0.0, self.pace.until - anyio.current_time())

    async def acquire(self) -> int:
        """Wait until a row may be asked; see `Limiter`."""
        waited = False
        while True:
            now = anyio.current_time()
            if self.pace.gave_up(now):
                self._signal.notify()
                minutes = self._patience / 60
                raise GaveUp(
                    f"Claude's API has had no room for {minutes:.3g} minutes (429 or 529), so no "
                    "more rows are asked; try again later"
                )
            if self.pace.may_start(now):
                ticket = self.pace.start()
                if waited:
                    self._changed()
                return ticket
            seconds = self.pace.until - now
            waited = waited or seconds > 0
            with anyio.move_on_after(seconds if seconds > 0 else None):
                await self._signal.wait()

    async def release(self, ticket: int, ending: Ending) -> None:
        """Say that a row has ended; see `Limiter`."""
        if ending == "answered":
            self.pace.answered(ticket, anyio.current_time())
        else:
            self.pace.left()
        self._signal.notify()

    async def busy(self, ticket: int, retry_after: float | None) -> None:
        """Say that the API had no room for a row; see `Limiter`."""
        self.pace.busy(ticket, anyio.current_time(), retry_after)
        self._signal.notify()
        self._changed()


def _nothing() -> None:
    pass
