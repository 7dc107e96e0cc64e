"""`SessionPool`: Claude Code's pool, started with what the session knows when a batch starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk.lowlevel import Busy, Outcome, Pool, Refused
from typing_extensions import Self

from .._providers.given import given
from .._providers.provider import provider_of
from .._turns.errors import ClaudeError, not_signed_in
from .._turns.provider_errors import provider_error

if TYPE_CHECKING:
    from .account import Account

#: What the CLI says of a key or a sign-in that the API refuses.
_KEY = re.compile(r"401|api key|authenticat|token", re.IGNORECASE)
_STATUS = re.compile(r"\b40[13]\b")


class SessionPool:
    """Asks the rows of a batch, and counts what they cost.

    If the first row is refused, as without a sign-in, the batch ends with that error, and no row
    has it: there is nothing to keep, and one line says what to do.

    Parameters
    ----------
    make : callable
        Makes Claude Code's pool with options.
    options : callable
        Returns the options of now; it raises an error if the session cannot be used.
    account : Account
        Counts the costs.
    ended : callable
        Called when the pool has ended.
    elsewhere : bool, default False
        Whether the processes are on other machines, with a sign-in of their own.
    """

    def __init__(
        self,
        make: Callable[[ClaudeAgentOptions], Pool],
        options: Callable[[], ClaudeAgentOptions],
        account: Account,
        ended: Callable[[], None],
        *,
        elsewhere: bool = False,
    ) -> None:
        self._make = make
        self._options = options
        self._account = account
        self._ended = ended
        self._elsewhere = elsewhere
        self._pool: Pool | None = None
        self._answered = False

    async def __aenter__(self) -> Self:
        pool = self._make(self._options())
        await pool.__aenter__()
        self._pool = pool
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        assert self._pool is not None
        try:
            return await self._pool.__aexit__(kind, error, trace)
        finally:
            self._ended()

    async def ask(self, prompt: str) -> Outcome:
        """Ask a row; see `Pool`."""
        assert self._pool is not None
        spent = 0.0, 0, 0
        self._account.start()
        try:
            outcome = await self._pool.ask(prompt)
            self._answered = True
            spent = outcome.cost_usd, outcome.input_tokens, outcome.output_tokens
            return outcome
        except Busy as busy:
            spent = busy.cost_usd, 0, 0
            raise
        except Refused as refused:
            spent = refused.cost_usd, 0, 0
            if self._answered:
                raise
            line = str(refused)
            raise (ClaudeError(line) if self._elsewhere else self._refusal(line)) from None
        finally:
            self._account.end(*spent)

    def _refusal(self, line: str) -> ClaudeError:
        """Return the error of a batch of which the first row was refused."""
        gateway = provider_of(given(self._options().env)).gateway
        found = _STATUS.search(line)
        said = provider_error(int(found[0]) if found else None, line, gateway)
        if said is not None:
            return ClaudeError(f"{said.what}; {said.advice}")
        if "/login" in line:
            return not_signed_in(None, gateway)
        return not_signed_in(401) if _KEY.search(line) else ClaudeError(line)
