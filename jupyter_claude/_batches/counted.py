"""`Counted`: a worker's pool that obeys the day's budget of its machine's policy."""

from __future__ import annotations

from types import TracebackType

from jupyter_claude_sdk.lowlevel import Busy, Outcome, Refused
from typing_extensions import Self

from .._cost.ledger import Spent
from .._policy.spending import Spending
from .travel import Asking


class Counted:
    """Asks rows without a session, and counts what they cost.

    Parameters
    ----------
    asking : Asking
        How rows are asked.
    size : int
        How many rows are asked at the same time.
    spending : Spending, optional
        Counts the costs.
    """

    def __init__(self, asking: Asking, size: int, spending: Spending | None = None) -> None:
        self._pool = asking.pool(size)
        self._model = str(asking.options.model or "")
        self._spending = Spending() if spending is None else spending

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def ask(self, prompt: str) -> Outcome:
        """Ask a row; see `Pool`."""
        if spent := self._spending.spent_up():
            raise Refused(spent)
        try:
            outcome = await self._pool.ask(prompt)
        except (Busy, Refused) as error:
            self._count(error.cost_usd)
            raise
        self._count(outcome.cost_usd, outcome.input_tokens, outcome.output_tokens)
        return outcome

    def _count(self, usd: float, read: int = 0, written: int = 0) -> None:
        if usd or read or written:
            spent = Spent(input=read, output=written, cost_usd=usd)
            self._spending.ended("", {self._model: spent}, "", "map")
