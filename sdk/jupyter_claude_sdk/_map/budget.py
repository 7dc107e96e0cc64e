"""A budget that counts what is in flight: nothing starts that would pass it.

`Purse` decides, without a loop. `LocalBudget` waits for it. An engine on several machines can have
another `Budget`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from .._base.signal import Signal

#: Decimals of a dollar of which a difference is noise of the arithmetic.
_NOISE = 1e-9


class Budget(Protocol):
    """Says whether there is money for a row. One for all rows, wherever they are asked."""

    async def acquire(self) -> str | None:
        """Wait until it is known whether there is money for a row, and set it aside.

        Returns
        -------
        str or None
            None if there is; else one line that says what is spent.
        """
        ...

    async def release(self, cost_usd: float | None) -> None:
        """Give back what was set aside, and count what a row cost.

        Parameters
        ----------
        cost_usd : float or None
            What it cost; None if it tells nothing of what a row costs.
        """
        ...

    async def lose(self) -> None:
        """Count a row of which nobody knows what it cost: what was set aside stays so."""
        ...


class Purse:
    """What is spent, and what the rows in flight may cost.

    For each row in flight the highest cost of a row so far is set aside. As long as none is known,
    only one row runs.

    Parameters
    ----------
    limit : float or None
        The dollars to spend at most; None if there is no limit.
    left : callable, optional
        Returns the dollars that may still be spent elsewhere too; None is no limit.

    Attributes
    ----------
    limit : float or None
        As given; it can be set.
    spent : float
        The dollars that were spent.
    running : int
        How many rows are in flight.
    lost : int
        How many have ended without a word of what they cost.
    highest : float or None
        The highest cost of a row; None as long as none is known but 0.
    """

    def __init__(self, limit: float | None, left: Callable[[], float | None] | None = None) -> None:
        self.limit = limit
        self.spent: float = 0.0
        self.running: int = 0
        self.lost: int = 0
        self.highest: float | None = None
        self._left = left

    @property
    def most(self) -> float | None:
        """The dollars to spend at most, by all limits; None if there is none."""
        left = None if self._left is None else self._left()
        if left is None:
            return self.limit
        most = self.spent + max(0.0, left)
        return most if self.limit is None else min(self.limit, most)

    def may_start(self) -> Literal["yes", "wait", "no"]:
        """Whether a row may start now, must wait for one in flight, or cannot start at all."""
        most = self.most
        if most is None:
            return "yes"
        if self.spent >= most - _NOISE:  # also a budget of 0
            return "no"
        if self.highest is None:
            return "wait" if self.running else "yes"
        aside = (self.running + self.lost + 1) * self.highest
        if self.spent + aside <= most + _NOISE:
            return "yes"
        return "wait" if self.running else "no"

    def start(self) -> None:
        """Set money aside for a row."""
        self.running += 1

    def end(self, cost: float | None) -> None:
        """Count what a row cost; None if it tells nothing of what a row costs."""
        self.running -= 1
        if cost is not None:
            self.spent += cost
            # Nothing is as good as no word: a row that was free does not tell what others cost.
            self.highest = max(self.highest or 0.0, cost) or None

    def lose(self) -> None:
        """Count a row of which nobody knows what it cost."""
        self.running -= 1
        self.lost += 1

    def line(self) -> str:
        """Say in one line that the money does not suffice."""
        limit, spent = self.most or 0.0, self.spent
        line = f"budget: ${spent:.4f} of ${limit:.4g} are spent"
        if self.highest and spent < limit - _NOISE:
            line += f", and a row can cost ${self.highest:.4f}"
        if self.lost:
            line += f"; {self.lost} of unknown cost were lost"
        return line + "; this row has no answer"


class LocalBudget:
    """The `Budget` of one event loop.

    Parameters
    ----------
    limit : float or None
        The dollars to spend at most; None if there is no limit.
    left : callable, optional
        See `Purse`.
    """

    def __init__(self, limit: float | None, left: Callable[[], float | None] | None = None) -> None:
        self.purse: Purse = Purse(limit, left)
        self._signal = Signal()

    def begin(self) -> None:
        """Forget rows in flight of an earlier run, whose event loop may be gone."""
        self.purse.running = 0
        self._signal = Signal()

    async def acquire(self) -> str | None:
        """Wait until it is known whether there is money for a row; see `Budget`."""
        while (answer := self.purse.may_start()) == "wait":
            await self._signal.wait()
        if answer == "no":
            return self.purse.line()
        self.purse.start()
        return None

    async def release(self, cost_usd: float | None) -> None:
        """Count what a row cost; see `Budget`."""
        self.purse.end(cost_usd)
        self._signal.notify()

    async def lose(self) -> None:
        """Count a row of which nobody knows what it cost; see `Budget`."""
        self.purse.lose()
        self._signal.notify()
