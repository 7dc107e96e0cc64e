"""What a session, and one turn, may cost.

What a turn has cost so far is asked of the CLI each time a tool's result comes, before the model is
called again: only between two calls of the model is there an amount, and something to save. A
single call of the model is not broken off; what it cost too much, the next prompt is refused for.
"""

from __future__ import annotations

import math

from .._turns.errors import BudgetExceeded
from .._turns.items import dollars


class Budget:
    """The limits in US dollars.

    Attributes
    ----------
    session : float or None
        The session's.
    turns : dict
        Those of turns, by their ids.
    """

    def __init__(self) -> None:
        self.session: float | None = None
        self.turns: dict[str, float] = {}

    def limits(self, turn: str) -> bool:
        """Whether there is a limit for a turn."""
        return self.session is not None or turn in self.turns

    def refuse(self, spent: float) -> None:
        """See that there is something left for another prompt.

        Raises
        ------
        BudgetExceeded
            If there is not.
        """
        if self.session is not None and spent >= self.session:
            raise BudgetExceeded(
                f"The budget of {dollars(self.session)} is spent ({dollars(spent)}), so the prompt "
                "was not sent; %claude budget USD, or claude.budget_usd = USD, raises it"
            )

    def passed(self, turn: str, cost: float, before: float) -> BudgetExceeded | None:
        """Return why a turn that has cost so much must stop, or None.

        Parameters
        ----------
        turn : str
            Its id.
        cost : float
            What it has cost so far.
        before : float
            What the session had spent before it.
        """
        said = self.said(turn, cost, before)
        return None if said is None else BudgetExceeded(f"Stopped: {said}")

    def said(self, turn: str, cost: float, before: float) -> str | None:
        """Say which limit a turn has passed, if one."""
        limit = self.turns.get(turn)
        if limit is not None and cost > limit:
            return f"the turn has cost {dollars(cost)}, its limit is {dollars(limit)} (--budget)"
        if self.session is not None and before + cost > self.session:
            return (
                f"the session has spent {dollars(before + cost)}, "
                f"its budget is {dollars(self.session)} (%claude budget)"
            )
        return None


def checked(amount: object) -> float:
    """Return an amount of US dollars.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        value = float(str(amount).removeprefix("$"))
    except ValueError:
        value = -1.0
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"a budget is an amount of US dollars such as 0.50, not {amount!r:.40}")
    return value
