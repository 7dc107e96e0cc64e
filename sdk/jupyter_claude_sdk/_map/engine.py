"""Asks rows: some at the same time, equal ones once, within the limiter and the budget.

It knows neither what rows are nor how a result looks. So another engine can run it on a worker,
with a limiter and a budget that hold for all workers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import anyio
import orjson

from .._base.signal import FairIterator
from .._base.text import one_line
from .._errors import ClaudeSDKError
from .budget import Budget
from .cache import Cache, CacheError, Saved
from .limiter import GaveUp, Limiter
from .outcome import Busy, Lost, Outcome, Pool, Refused

if TYPE_CHECKING:
    from .._tracing.rows import BatchSpans, RowSpan

_MOST_LOSSES = 3  # a row that is lost so often may be why its machines end
_LONGEST_RELEASE = 5.0  # seconds that a limiter or a budget of others may take

Kind = Literal["budget", "busy", "refused", "cache", "cancelled", "error"]


class Ask(NamedTuple):
    """A prompt to ask.

    Attributes
    ----------
    position : int
        The row that it is for.
    prompt : str
        The prompt.
    """

    position: int
    prompt: str


class Pause(NamedTuple):
    """Stands among the prompts to ask while the next ones are not there.

    Attributes
    ----------
    wait : callable
        Waits until more are there, or there are no more.
    """

    wait: Callable[[], Awaitable[None]]


class Settled(NamedTuple):
    """What the engine tells of a row.

    Attributes
    ----------
    ask : Ask
        The row's prompt.
    outcome : Outcome
        What it brought.
    reused : bool
        Whether it was in the file, or equal to another row.
    """

    ask: Ask
    outcome: Outcome
    reused: bool


@dataclass(frozen=True)
class Stop:
    """Why no more rows are asked.

    Attributes
    ----------
    line : str
        One line that says so.
    kind : str
        "budget", "busy", "refused", "cache", "cancelled", or "error" if a row failed.
    """

    line: str
    kind: Kind


class Engine:
    """Asks rows.

    Parameters
    ----------
    asks : iterator of Ask or Pause
        The rows to ask. The next is taken when there is room for it.
    pool : Pool
        Who asks. The engine enters it for the first row that must be asked, and leaves it.
    workers : int
        How many rows are asked at the same time at most.
    limiter : Limiter
        Says when a row may be asked.
    budget : Budget
        Says whether there is money for a row.
    settle : callable
        Called with a `Settled` for each row that has an answer or an error.
    cache : Cache, optional
        The file, open.
    read : callable, optional
        Makes a value of an answer's text; it raises ValueError if there is none in it. By default
        the text is the value.
    known : dict, optional
        Answers that rows have already, by key; the engine adds to it.
    changed : callable, optional
        Called when a row starts.
    stop_at_error : bool, default False
        Whether to stop when a row fails.
    spans : BatchSpans, optional
        Gets a span for each row that is asked.

    Attributes
    ----------
    running : int
        How many rows are being asked.
    """

    def __init__(
        self,
        asks: Iterator[Ask | Pause],
        pool: Pool,
        *,
        workers: int,
        limiter: Limiter,
        budget: Budget,
        settle: Callable[[Settled], None],
        cache: Cache | None = None,
        read: Callable[[str], Any] | None = None,
        known: dict[str, Outcome] | None = None,
        changed: Callable[[], None] | None = None,
        stop_at_error: bool = False,
        spans: BatchSpans | None = None,
    ) -> None:
        self.running: int = 0
        self._queue = _Queue(asks, cache, read, {} if known is None else known, settle)
        self._pool = pool
        self._workers = workers
        self._limiter = limiter
        self._budget = budget
        self._cache = cache
        self._changed = changed or _nothing
        self._stop_at_error = stop_at_error
        self._spans = spans
        self._stop: Stop | None = None
        self._error: Exception | None = None
        self._scope: anyio.CancelScope | None = None
        self._waiting: set[anyio.CancelScope] = set()

    async def run(self) -> Stop | None:
        """Ask all rows.

        Returns
        -------
        Stop or None
            Why rows are left that were not asked; None if there are none.

        Raises
        ------
        Exception
            What the iterator of rows raises, or the pool, if these fail by a mistake in them.
        """
        first = await self._queue.next()
        if first is None:
            return None
        try:
            async with self._pool, anyio.create_task_group() as group:
                self._scope = group.cancel_scope
                group.start_soon(self._work, first)
                for _ in range(self._workers - 1):
                    group.start_soon(self._work, None)
        except Refused as refused:  # the pool cannot start
            self._end(Stop(str(refused), "refused"))
            self._queue.settle(first, failed(str(refused), "refused"))
        if self._error is not None:
            raise self._error
        return self._stop

    def _end(self, stop: Stop) -> None:
        self._stop = self._stop or stop
        if stop.kind == "error" and self._scope is not None:
            self._scope.cancel()
        for scope in tuple(self._waiting):
            scope.cancel()

    async def _work(self, ask: Ask | None) -> None:
        try:
            while self._stop is None:
                ask = ask or await self._queue.next()
                if ask is None:
                    return
                if self._spans is None:
                    outcome = await self._outcome(ask)
                else:
                    with self._spans.row(ask.position) as span:
                        outcome = await self._outcome(ask, span)
                        span.settled(outcome.kind or None, outcome.cost_usd, outcome.attempts)
                self._queue.settle(ask, outcome)
                if outcome.error is not None and self._stop_at_error:
                    self._end(Stop(outcome.error, "error"))
                ask = None
        except Exception as error:
            self._error = self._error or error
            self._end(Stop(f"{type(error).__name__}: {error}", "error"))

    async def _outcome(self, ask: Ask, span: RowSpan | None = None) -> Outcome:
        """Ask a row until it has an answer or an error, and write this to the file."""
        cache = self._cache
        saved = None if cache is None else cache.unsaved(self._queue.key(ask))
        outcome = None if saved is None else self._queue.restored(saved)
        spent, losses = 0.0, 0
        while outcome is None:
            try:
                outcome, cost = await self._try(ask, span)
            except Lost as lost:
                if span is not None:
                    span.again("lost")
                losses += 1
                if losses == _MOST_LOSSES:
                    outcome = failed(f"{lost}, {losses} times", "failed")
            else:
                spent += cost
        if spent:
            outcome = dataclasses.replace(outcome, cost_usd=outcome.cost_usd + spent)
        if cache is not None and outcome.kind not in ("budget", "busy", "refused"):
            try:
                await cache.add(self._queue.key(ask), _saved(outcome))
            except CacheError as error:
                self._end(Stop(str(error), "cache"))
                outcome = dataclasses.replace(outcome, value=None, error=str(error), kind="cache")
        return outcome

    async def _try(self, ask: Ask, span: RowSpan | None) -> tuple[Outcome | None, float]:
        """Ask a row once. Return no outcome if the API had no room, and what that cost."""
        cost: float | None = None
        ticket: int | None = None
        busy: Busy | None = None
        reserved = answered = lost = False
        try:
            # A row that waits when the batch stops is not asked. One in flight is paid for.
            with anyio.CancelScope() as scope:
                self._waiting.add(scope)
                try:
                    if self._stop is None:
                        line = await self._budget.acquire()
                        if line is not None:
                            self._end(Stop(line, "budget"))
                        else:
                            reserved = True
                            waits = anyio.current_time()
                            ticket = await self._limiter.acquire()
                            if span is not None:
                                span.started(anyio.current_time() - waits)
                except GaveUp as gave_up:
                    self._end(Stop(str(gave_up), "busy"))
                finally:
                    self._waiting.discard(scope)
            if self._stop is not None:
                return failed(self._stop.line, self._stop.kind), 0.0
            self.running += 1
            self._changed()
            try:
                outcome = await self._pool.ask(ask.prompt)
            except Busy as error:
                busy, cost = error, error.cost_usd or None
                if span is not None:
                    span.again(str(error.status), error.retry_after)
                return None, error.cost_usd
            except Refused as error:
                cost = error.cost_usd or None
                self._end(Stop(str(error), "refused"))
                return failed(str(error), "refused", error.cost_usd), 0.0
            except Lost:
                lost = True
                raise
            except (ClaudeSDKError, OSError) as error:
                return failed(one_line(str(error)) or type(error).__name__, "failed"), 0.0
            finally:
                self.running -= 1
            answered = True
            # A row that failed for nothing does not tell what a row costs.
            cost = outcome.cost_usd or (None if outcome.error else 0.0)
            return outcome, 0.0
        finally:
            with anyio.move_on_after(_LONGEST_RELEASE, shield=True):
                if ticket is not None:
                    if busy is not None:
                        await self._limiter.busy(ticket, busy.retry_after)
                    else:
                        await self._limiter.release(ticket, "answered" if answered else "left")
                if lost:
                    await self._budget.lose()
                elif reserved:
                    await self._budget.release(cost)


class _Queue(FairIterator):
    """The rows to ask, without equal ones and without those that have an answer already."""

    def __init__(
        self,
        asks: Iterator[Ask | Pause],
        cache: Cache | None,
        read: Callable[[str], Any] | None,
        known: dict[str, Outcome],
        settle: Callable[[Settled], None],
    ) -> None:
        super().__init__()
        self._asks = asks
        self._cache = cache
        self._read = read
        self._known = known
        self._failed: dict[str, Outcome] = {}  # also equal rows that fail are asked once
        self._followers: dict[str, list[Ask]] = {}  # rows in flight, and the rows equal to each
        self._settle = settle

    def key(self, ask: Ask) -> str:
        return ask.prompt if self._cache is None else self._cache.key(ask.prompt)

    async def next(self) -> Ask | None:
        """Return the next row that must be asked; None if there is none."""
        for ask in self._asks:
            if isinstance(ask, Pause):
                await ask.wait()
                continue
            self._left -= 1
            if self._left <= 0:
                await self._rest()
            key = self.key(ask)
            known = self._known.get(key) or self._failed.get(key)
            if known is not None:
                self._settle(Settled(ask, _free(known), known.error is None))
            elif key in self._followers:
                self._followers[key].append(ask)
            else:
                saved = None if self._cache is None else self._cache.find(key)
                outcome = None if saved is None else self.restored(saved)
                if outcome is None:
                    self._followers[key] = []
                    return ask
                self._known[key] = outcome
                self._settle(Settled(ask, outcome, True))
        return None

    def settle(self, ask: Ask, outcome: Outcome) -> None:
        """Give a row its outcome, and the rows that are equal to it."""
        key = self.key(ask)
        (self._known if outcome.error is None else self._failed)[key] = outcome
        self._settle(Settled(ask, outcome, False))
        for follower in self._followers.pop(key, ()):
            self._settle(Settled(follower, _free(outcome), outcome.error is None))

    def restored(self, saved: Saved) -> Outcome | None:
        """Return the outcome that the file has of a row; None if it has not the form."""
        try:
            value = saved.text if self._read is None else self._read(saved.text)
        except ValueError:
            return None
        return Outcome(value=value, **vars(saved))


def value_reader(read: Callable[[Any], Any]) -> Callable[[str], Any]:
    """Return a function that makes a value of the text of an answer, by one that reads JSON."""

    def value(text: str) -> Any:
        try:
            given = orjson.loads(text)
        except ValueError:
            given = text
        return read(given)

    return value


def failed(error: str, kind: str, cost_usd: float = 0.0) -> Outcome:
    """Return the outcome of a row that has no answer."""
    return Outcome(
        value=None,
        text="",
        error=error,
        kind=kind,
        errors=(error,),
        cost_usd=cost_usd,
        attempts=0,
        input_tokens=0,
        output_tokens=0,
        seconds=0.0,
        folder=None,
    )


def _free(outcome: Outcome) -> Outcome:
    """Return an outcome for an equal row, which cost nothing."""
    return dataclasses.replace(outcome, cost_usd=0.0, input_tokens=0, output_tokens=0, seconds=0.0)


def _saved(outcome: Outcome) -> Saved:
    return Saved(**{name: value for name, value in vars(outcome).items() if name != "value"})


def _nothing() -> None:
    pass
