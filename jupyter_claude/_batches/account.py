"""The money of batches: it counts against the session's budget, row by row."""

from __future__ import annotations

from weakref import WeakSet

from .._cost.budget import Budget
from .._cost.ledger import Ledger, Spent


class Account:
    """What the rows of one batch cost.

    Parameters
    ----------
    accounts : Accounts
        All of the session's.
    model : str
        The batch's model; "" if Claude Code chooses.

    Attributes
    ----------
    reserved : float
        The dollars that its rows in flight may cost.
    """

    def __init__(self, accounts: Accounts, model: str) -> None:
        self._accounts = accounts
        self._model = model
        self._running = 0
        self._highest = 0.0

    @property
    def reserved(self) -> float:
        """The dollars that the rows in flight may cost: each as much as the dearest so far."""
        return self._running * self._highest

    def left(self) -> float | None:
        """Return the dollars that this batch may still spend; None if there is no budget."""
        return self._accounts.left(self)

    def start(self) -> None:
        """Note that a row is asked."""
        self._running += 1

    def end(self, cost_usd: float, input_tokens: int, output_tokens: int) -> None:
        """Count a row that was asked."""
        self._running -= 1
        self._highest = max(self._highest, cost_usd)
        self.add(cost_usd, input_tokens, output_tokens)

    def add(self, cost_usd: float, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Count what was spent, by this process or by another one."""
        if cost_usd or input_tokens or output_tokens:
            spent = Spent(input=input_tokens, output=output_tokens, cost_usd=cost_usd)
            self._accounts.ledger.add_batch(self._model, spent)


class Accounts:
    """The accounts of a session's batches.

    Parameters
    ----------
    ledger : Ledger
        Has the session's costs.
    budget : Budget
        Has the session's budget.
    """

    def __init__(self, ledger: Ledger, budget: Budget) -> None:
        self.ledger = ledger
        self._budget = budget
        self._open: WeakSet[Account] = WeakSet()

    def open(self, model: str | None) -> Account:
        """Return an account for a batch."""
        account = Account(self, model or "")
        self._open.add(account)
        return account

    def left(self, account: Account) -> float | None:
        """Return what is left of the budgets, without what other batches may spend."""
        left = self._budget.left(self.ledger.cost_usd)
        if left is None:
            return None
        return left - sum(other.reserved for other in self._open if other is not account)
