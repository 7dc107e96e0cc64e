"""`Budget`: the limits of a session's and a turn's costs.

After each tool result, before the next model call, the session asks the CLI for the turn's cost.
Only between two model calls is the cost known and can a stop save money. A model call is never
stopped half-way. If it costs more than is left, the next prompt is refused.
"""

from __future__ import annotations

import math

from .._policy.spending import Spending
from .._turns.errors import BudgetExceeded
from .._turns.items import dollars


class Budget:
    """The limits in US dollars.

    Parameters
    ----------
    spending : Spending, optional
        Knows what the user has spent today, and the limit of a day.

    Attributes
    ----------
    spending : Spending
        The same.
    session : float or None
        The session's limit.
    turns : dict
        The limits of turns, by id.
    """

    def __init__(self, spending: Spending | None = None) -> None:
        self.spending = Spending() if spending is None else spending
        self.session: float | None = None
        self.turns: dict[str, float] = {}

    def limits(self, turn: str) -> bool:
        """Whether a turn has a limit: its own, the session's or that of the day."""
        limited = self.session is not None or turn in self.turns
        return limited or self.spending.limit is not None

    def left(self, spent: float) -> float | None:
        """Return what a session that has spent so much may still spend; None without a limit."""
        limits = [None if self.session is None else self.session - spent, self.spending.left()]
        return min((each for each in limits if each is not None), default=None)

    def refuse(self, spent: float) -> None:
        """Refuse another prompt if the budget of the session or of the day is spent.

        Raises
        ------
        BudgetExceeded
            If it is spent.
        """
        if self.session is not None and spent >= self.session:
            raise BudgetExceeded(
                f"The budget of {dollars(self.session)} is spent ({dollars(spent)}), so the prompt "
                "was not sent; raise it with %claude budget USD or claude.budget_usd = USD"
            )
        if today := self.spending.spent_up():
            raise BudgetExceeded(today)

    def passed(self, turn: str, cost: float, before: float) -> BudgetExceeded | None:
        """Return why a turn must stop, or None if it is within its limits.

        Parameters
        ----------
        turn : str
            The turn's id.
        cost : float
            Its cost so far.
        before : float
            The session's cost before the turn.
        """
        said = self.said(turn, cost, before)
        return None if said is None else BudgetExceeded(f"Stopped: {said}")

    def said(self, turn: str, cost: float, before: float) -> str | None:
        """Return which limit a turn has passed, in words; None if it has passed none."""
        limit = self.turns.get(turn)
        if limit is not None and cost > limit:
            return f"the turn has cost {dollars(cost)}, its limit is {dollars(limit)} (--budget)"
        if self.session is not None and before + cost > self.session:
            return (
                f"the session has spent {dollars(before + cost)}, "
                f"its budget is {dollars(self.session)} (%claude budget)"
            )
        return self.spending.passed() or None


def checked(amount: object) -> float:
    """Check a budget and return it as a number of US dollars.

    Raises
    ------
    ValueError
        If it is no amount of US dollars.
    """
    try:
        value = float(str(amount).removeprefix("$"))
    except ValueError:
        value = -1.0
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"a budget is an amount of US dollars such as 0.50, not {amount!r:.40}")
    return value
