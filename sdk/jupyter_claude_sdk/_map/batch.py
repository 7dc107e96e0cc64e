"""`Batch`: the rows of a `map`, their answers, and the run that asks them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from .._base.loops import call_in, current_loop, spawn_owner
from .._base.signal import FairIterator, Flag, Signal
from .._base.text import one_line
from .._base.typing import Self
from .._tracing.gate import begin_batch
from .budget import LocalBudget
from .cache import Cache, CacheError
from .engine import Ask, Engine, Pause, Settled, Stop, failed
from .errors import BatchError
from .limiter import LocalLimiter
from .outcome import Outcome, Pool
from .progress import Estimate, Progress, State, Stopwatch
from .results import Row, Rows, answer_columns, table_of
from .rows import Source
from .template import Template, TemplateError

if TYPE_CHECKING:
    from .._tracing.rows import BatchSpans

__all__ = ["Batch"]

V = TypeVar("V")
OnError = Literal["keep", "raise"]

_MOST_TO_COUNT = 1_000_000  # rows that an estimate reads of an iterable without a length
_LONGEST_END = 10.0  # seconds that who cancels a batch waits for its processes to end
_logger = logging.getLogger("jupyter_claude_sdk")


class Batch(Generic[V]):
    """The rows of a `map` and their answers.

    ``await batch`` asks all rows that have no answer or error yet, and returns the result: for a
    frame, a frame of the same library with the same index; else a `Rows`. Its columns are those of
    the schema ("value" for single values, "text" without a schema), ``error``, ``cost_usd`` and
    ``attempts``.

    ``async for row in batch`` gives each `Row` as it comes, first those that are there. Rows are
    asked ahead while the loop's body runs. When nobody awaits or iterates any more, as after a
    ``break``, the batch stops. ``async with batch`` also waits there for the end of its processes.

    Whoever is cancelled while it awaits the batch stops it, if no other does. Rows that are done
    stay; awaiting it again asks the rest.

    Parameters
    ----------
    rows : iterable, or DataFrame or Series
        The rows; see `map`, which makes batches.
    template : Template
        Makes the prompts.
    make_pool : callable
        Makes the pool for so many rows at the same time.
    schema : type or dict, optional
        What an answer is.
    read : callable, optional
        Makes a value of an answer's text in the file.
    concurrency : int, default 4
        How many rows are asked at the same time.
    budget_usd : float, optional
        What the batch may spend.
    cache : Cache, optional
        The file.
    on_error : str, default "keep"
        Whether to stop at the first error.
    patience : float, default 600
        The seconds of overload after which to give up.
    left : callable, optional
        Returns the dollars that may still be spent, whatever the batch's own budget is.
    """

    def __init__(
        self,
        rows: Any,
        template: Template,
        make_pool: Callable[[int], Pool],
        *,
        schema: Any = None,
        read: Callable[[str], Any] | None = None,
        concurrency: int = 4,
        budget_usd: float | None = None,
        cache: Cache | None = None,
        on_error: OnError = "keep",
        patience: float = 600.0,
        left: Callable[[], float | None] | None = None,
    ) -> None:
        self._source = Source(rows)
        known, names = self._source.known()
        template.check(names if known else template.names)
        self._template = template
        self._columns = answer_columns(schema)
        self._make_pool = make_pool
        self._read = read
        self._concurrency = concurrency
        self._budget = LocalBudget(budget_usd, left)
        self._cache = cache
        self._raises = on_error == "raise"
        self._patience = patience

        self._rows: dict[int, Row[Any]] = {}  # by position: rows that have an answer or an error
        self._arrivals: list[Row[Any]] = []  # the same as they came, and those replaced since
        self._first_failed: Row[Any] | None = None
        self._failed = 0
        self._reused = 0
        self._answered: dict[str, Outcome] = {}
        self._closed: Stop | None = None  # no more rows are asked, until `retry`
        self._result: Any = None
        self._run: _Run | None = None
        self._watch = Stopwatch()
        self._note = ""
        self._listeners: list[Callable[[Progress], object]] = []

    # --- what there is -----------------------------------------------------------------------

    def __repr__(self) -> str:
        now = self.progress
        total = "?" if now.total is None else now.total
        return (
            f"<Batch {now.state}: {now.done} of {total} rows done, {now.failed} failed, "
            f"${now.cost_usd:.4f}>"
        )

    @property
    def rows(self) -> Rows[V]:
        """All rows in their order. Rows without an answer yet have an error that says so."""
        return Rows(
            (
                self._rows.get(position) or self._waiting(position)
                for position in range(len(self._source.rows))
            ),
            self._columns,
        )

    @property
    def failed(self) -> Rows[V]:
        """The rows that have an error, in their order."""
        return Rows(
            (self._rows[each] for each in sorted(self._rows) if self._rows[each].error is not None),
            self._columns,
        )

    @property
    def budget_usd(self) -> float | None:
        """What the batch may spend in dollars. Can be set, also while it runs."""
        return self._budget.purse.limit

    @budget_usd.setter
    def budget_usd(self, dollars: float | None) -> None:
        check_budget(dollars)
        self._budget.purse.limit = dollars

    @property
    def cost_usd(self) -> float:
        """What the batch has spent in dollars, without rows that were stopped as they ran."""
        return self._budget.purse.spent

    @property
    def progress(self) -> Progress:
        """How far the batch is, now."""
        now, run, total = time.monotonic(), self._run, self._source.total
        settled = len(self._rows)
        state: State = "ready"
        if run is not None:
            state = "running"
        elif self._is_settled() and (total != 0 or self._result is not None):
            state = "done"
        waiting = None if run is None else run.waiting_until
        if waiting is not None and waiting <= time.time():
            waiting = None
        if waiting is not None:
            state = "waiting"
        rate = self._watch.per_second(now)
        pace = None if run is None or run.limiter is None else run.limiter.pace
        return Progress(
            state=state,
            total=total,
            done=settled - self._failed,
            failed=self._failed,
            reused=self._reused,
            running=0 if run is None or run.engine is None else run.engine.running,
            cost_usd=self._budget.purse.spent,
            budget_usd=self._budget.purse.most,
            seconds=self._watch.seconds(now),
            rows_per_minute=None if rate is None else rate * 60,
            seconds_left=None if rate is None or total is None else (total - settled) / rate,
            concurrency=self._concurrency if pace is None else int(pace.limit),
            slowed=pace is not None and pace.slowed,
            waiting_until=waiting,
            note=self._note,
        )

    def listen(self, callback: Callable[[Progress], object]) -> Callable[[], None]:
        """Call a function with the `Progress` at each change, in the event loop.

        Parameters
        ----------
        callback : callable
            The function. It must be quick. If it raises, that is logged, and it is called no more.

        Returns
        -------
        callable
            Ends this.
        """
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    # --- what it does ------------------------------------------------------------------------

    def __await__(self) -> Generator[Any, None, Any]:
        return self._whole().__await__()

    def __aiter__(self) -> _Arrivals[V]:
        return _Arrivals(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        run = self._here()
        if run is not None:
            run.stop()
            with anyio.CancelScope(shield=True):
                await run.wait()

    async def retry(self) -> Any:
        """Ask the failed rows again, and those that were not asked.

        Returns
        -------
        DataFrame or Rows
            The whole result, as from ``await batch``.

        Raises
        ------
        BatchError
            As from ``await batch``.
        """
        if (run := self._here()) is not None:
            await self._follow(run)
        for position, row in list(self._rows.items()):
            if row.error is not None:
                del self._rows[position]
        self._failed = 0
        self._first_failed = self._closed = self._result = None
        self._note = ""
        return await self._whole()

    async def estimate(self, rows: int = 3) -> Estimate:
        """Ask a few rows, and tell from them what all will take.

        The rows are spread over all. They are kept, and not asked again. An iterable without a
        length is read to its end, up to a million rows.

        Parameters
        ----------
        rows : int, default 3
            How many rows to ask.

        Returns
        -------
        Estimate
            Tokens, dollars and minutes.

        Raises
        ------
        RuntimeError
            If the batch is running.
        ValueError
            If `rows` is less than 1, or the iterable has no end within a million rows.
        BatchError
            If no row of them got an answer.
        """
        if rows < 1:
            raise ValueError(f"rows must be at least 1, not {rows}")
        run = self._here()
        if run is not None and not run.stopping:
            raise RuntimeError("The batch is running: its progress tells how far it is")
        if run is not None:
            await run.wait()
        self._settle_rest()
        if await self._source.reach(_MOST_TO_COUNT):
            raise ValueError(
                f"An estimate counts all rows, and these have no end within {_MOST_TO_COUNT:,}"
            )
        sample = _Sample(rows)
        await self._follow(self._start(sample))
        done = [self._rows[each] for each in sample.positions if each in self._rows]
        asked = [row for row in done if row.attempts or row.error is None]
        if done and not asked:
            raise BatchError(str(done[0].error), done[0], self)
        several = len(asked) or 1
        share = sample.to_ask / several
        seconds = sum(row.seconds for row in asked) * share
        return Estimate(
            rows=self._source.total or 0,
            to_ask=sample.to_ask,
            asked=len(asked),
            failed=sum(row.error is not None for row in asked),
            input_tokens=round(sum(row.input_tokens for row in asked) * share),
            output_tokens=round(sum(row.output_tokens for row in asked) * share),
            usd=sum(row.cost_usd for row in asked) * share,
            minutes=seconds / max(1, min(self._concurrency, sample.to_ask)) / 60,
        )

    def cancel(self) -> None:
        """Stop the batch, from any thread. Rows that are done stay.

        Whoever awaits it gets the result. The other rows have an error of the kind "cancelled";
        `retry` asks them.
        """
        if self._closed is None and not self._is_settled():
            line = "cancelled: the batch was stopped before this row had an answer"
            self._closed = Stop(line, "cancelled")
        run = self._run
        if run is not None:
            run.stop()

    # --- the run -----------------------------------------------------------------------------

    async def _whole(self) -> Any:
        """Ask what is to ask, and return the result."""
        while True:
            self._raise_failed()
            run = self._here()
            if run is None and self._is_settled():
                break
            if run is None:
                run = self._start()
            if run.stopping:
                await run.wait()  # it was left; rows that it leaves are asked again
            else:
                await self._follow(run)
        await anyio.lowlevel.checkpoint()
        if self._source.frame is not None:
            await self._source.finish()  # its result has all rows, also those not asked
        self._settle_rest()
        if self._result is None:
            self._result = self._made()
        return self._result

    def _made(self) -> Any:
        rows = self.rows
        if self._source.frame is None:
            return rows
        cells, columns = table_of(rows, self._columns)
        return self._source.frame.answers(cells, columns)

    def _here(self) -> _Run | None:
        """Return the run; raise if it is in another event loop."""
        if self._run is not None and self._run.loop != current_loop():
            raise RuntimeError("The batch runs in another event loop; await it there")
        return self._run

    def _start(self, sample: _Sample | None = None) -> _Run:
        run = self._run = _Run(sample)
        run.spans = begin_batch(self._concurrency, self._source.total)  # below the caller's
        self._watch.start(time.monotonic())
        spawn_owner(lambda: self._own(run), lambda: self._lose(run))
        self._changed()
        return run

    async def _own(self, run: _Run) -> None:
        """Ask rows, in a task that belongs to the loop."""
        try:
            with run.scope:
                await self._ask(run)
        except CacheError as error:
            run.error = BatchError(str(error), None, self)
        except Exception as error:
            run.error = error
        except BaseException:
            if not run.stopping:
                run.error = BatchError("The batch was interrupted", None, self)
            raise
        finally:
            self._end(run)

    async def _ask(self, run: _Run) -> None:
        cache = self._cache
        if cache is not None:
            await anyio.to_thread.run_sync(cache.open)
        try:
            self._budget.begin()
            run.limiter = LocalLimiter(
                self._concurrency, patience=self._patience, changed=lambda: self._slowed(run)
            )
            positions: Iterator[int | Pause] = (
                self._unsettled() if run.sample is None else self._chosen(run.sample)
            )
            engine = run.engine = Engine(
                self._asks(positions),
                self._make_pool(self._concurrency),
                workers=self._concurrency,
                limiter=run.limiter,
                budget=self._budget,
                settle=lambda settled: self._settle(settled, run),
                cache=cache,
                read=self._read,
                known=self._answered,
                changed=self._changed,
                stop_at_error=self._raises,
                spans=run.spans,
            )
            stop = await engine.run()
        finally:
            if cache is not None:
                cache.close()
        if stop is not None:
            run.stop_kind = stop.kind
        if stop is not None and stop.kind != "error":
            self._note = stop.line
            if run.sample is None:
                self._closed = self._closed or stop

    def _end(self, run: _Run) -> None:
        if self._run is run:
            self._run = None
            self._watch.stop(time.monotonic())
        run.end()
        self._settle_rest()
        self._end_spans(run)
        self._changed()

    def _lose(self, run: _Run) -> None:
        """Forget a run whose event loop was closed: nobody can wait for it."""
        if self._run is run:
            self._run = None
            self._watch.stop(time.monotonic())
            if self._cache is not None:
                self._cache.close()
        self._end_spans(run)

    def _end_spans(self, run: _Run) -> None:
        if run.spans is not None:
            run.spans.end(
                done=len(self._rows) - self._failed,
                failed=self._failed,
                reused=self._reused,
                cost_usd=self._budget.purse.spent,
                stop=run.why_stopped,
            )

    async def _follow(self, run: _Run) -> None:
        """Wait until a run ends. Who is cancelled here ends it, unless others wait for it."""
        run.join(follower := object())
        try:
            await run.wait()
        except BaseException:
            await run.abandon(follower)
            raise
        finally:
            run.leave(follower)
        if run.error is not None:
            raise run.error

    # --- the rows ----------------------------------------------------------------------------

    def _unsettled(self) -> Iterator[int | Pause]:
        """Yield the positions of rows to ask; read them as they are needed."""
        position = 0
        while True:
            if self._source.is_behind(position):
                yield Pause(self._source.load)
                continue
            if not self._source.has(position):
                return
            if position not in self._rows:
                yield position
            position += 1

    def _chosen(self, sample: _Sample) -> Iterator[int | Pause]:
        """Yield some positions of rows that must be asked, spread over all."""
        found: dict[str, int] = {}
        for position in self._unsettled():
            if isinstance(position, Pause):
                continue  # an estimate has loaded all rows
            try:
                prompt = self._prompt(position)
            except TemplateError:
                continue
            if prompt in found:
                continue
            key = prompt if self._cache is None else self._cache.key(prompt)
            if key in self._answered or (self._cache is not None and self._cache.find(key)):
                continue
            found[prompt] = position
        needed = list(found.values())
        many = min(sample.wanted, len(needed))
        sample.to_ask = len(needed)
        sample.positions = [needed[(2 * i + 1) * len(needed) // (2 * many)] for i in range(many)]
        return iter(sample.positions)

    def _prompt(self, position: int) -> str:
        return self._template.render(self._source.rows[position], self._source.fields(position))

    def _asks(self, positions: Iterator[int | Pause]) -> Iterator[Ask | Pause]:
        for position in positions:
            if isinstance(position, Pause):
                yield position
                continue
            try:
                prompt = self._prompt(position)
            except TemplateError as error:
                line = one_line(str(error))
                self._settle(Settled(Ask(position, ""), failed(line, "prompt"), False), self._run)
                if self._raises:
                    return
            else:
                yield Ask(position, prompt)

    def _settle(self, settled: Settled, run: _Run | None) -> None:
        """Keep the answer or error of a row, and tell of it."""
        (position, prompt), outcome, reused = settled
        row: Row[Any] = Row(
            index=self._source.label(position),
            position=position,
            fields=self._source.fields(position),
            prompt=prompt,
            reused=reused,
            **vars(outcome),
        )
        self._rows[position] = row
        self._arrivals.append(row)
        self._reused += reused
        if row.error is not None:
            self._failed += 1
            self._first_failed = self._first_failed or row
        if not reused:
            self._watch.end(time.monotonic())
            if self._cache is not None and not self._note and outcome.attempts:
                self._note = self._cache.note
        if run is not None:
            run.arrived.notify()
        self._changed()

    def _settle_rest(self) -> None:
        """After a stop give each row that was not asked an error that says why."""
        stop = self._closed
        if stop is None or self._run is not None:
            return
        line = stop.line
        if stop.kind not in ("budget", "cancelled"):
            line = f"Not asked, because the batch stopped: {line}"
        for position in range(len(self._source.rows)):
            if position not in self._rows:
                self._settle(Settled(Ask(position, ""), failed(line, stop.kind), False), None)

    def _waiting(self, position: int) -> Row[Any]:
        return Row(
            index=self._source.label(position),
            position=position,
            fields=self._source.fields(position),
            error="Not asked yet",
            kind="waiting",
        )

    def _is_settled(self) -> bool:
        return self._closed is not None or len(self._rows) == self._source.total

    def _raise_failed(self) -> None:
        row = self._first_failed
        if self._raises and row is not None:
            raise BatchError(f"Row {one_line(str(row.index))}: {row.error}", row, self)

    def _slowed(self, run: _Run) -> None:
        seconds = 0.0 if run.limiter is None else run.limiter.seconds_to_wait
        run.waiting_until = time.time() + seconds if seconds else None
        self._changed()

    def _changed(self) -> None:
        if not self._listeners:
            return
        progress = self.progress
        for listener in tuple(self._listeners):
            try:
                listener(progress)
            except Exception:
                _logger.exception("A listener of a batch failed, and is not called again")
                if listener in self._listeners:
                    self._listeners.remove(listener)


class _Sample:
    """The rows of an estimate."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.to_ask = 0
        self.positions: list[int] = []


class _Run:
    """The task that asks the rows of a batch, while somebody waits for them."""

    def __init__(self, sample: _Sample | None) -> None:
        self.sample = sample
        self.loop = current_loop()
        self.scope = anyio.CancelScope()
        self.error: Exception | None = None
        self.stopping = False
        self.limiter: LocalLimiter | None = None
        self.engine: Engine | None = None
        self.waiting_until: float | None = None
        self.spans: BatchSpans | None = None
        self.stop_kind: str | None = None
        self.arrived = Signal()
        self._ended = Flag()
        self._followers: set[object] = set()

    @property
    def why_stopped(self) -> str | None:
        """The kind of reason for which it has not asked all rows; None if it has."""
        if self.error is not None:
            return type(self.error).__name__
        return self.stop_kind or ("cancelled" if self.stopping else None)

    def stop(self) -> None:
        """End it, from any thread."""
        self.stopping = True
        call_in(self.loop, self.scope.cancel)

    def end(self) -> None:
        """Note that it has ended."""
        self._ended.set()
        self.arrived.notify()

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()

    def join(self, follower: object) -> None:
        """Note that somebody waits for it."""
        self._followers.add(follower)

    def leave(self, follower: object) -> None:
        """Note that somebody does not wait for it any more. Without others it stops."""
        self._followers.discard(follower)
        if not self._followers and not self._ended.is_set() and not self.stopping:
            self.stop()

    async def abandon(self, follower: object) -> None:
        """Leave it, and wait until it has ended if it stops."""
        self.leave(follower)
        if self.stopping:
            with anyio.move_on_after(_LONGEST_END, shield=True):
                await self.wait()


class _Arrivals(FairIterator, Generic[V]):
    """Gives the rows of a batch as they come."""

    def __init__(self, batch: Batch[V]) -> None:
        super().__init__()
        self._batch = batch
        self._seen = 0
        self._run: _Run | None = None
        self._follower = object()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row[V]:
        batch = self._batch
        try:
            self._left -= 1
            if self._left <= 0:
                await self._rest()
            while (row := self._next()) is None:
                run = batch._here()
                if run is None and self._run is not None and self._run.error is not None:
                    raise self._run.error
                if run is None and batch._is_settled():
                    raise StopAsyncIteration
                run = run or batch._start()
                if run.stopping:
                    await run.wait()
                else:
                    self._run = run
                    run.join(self._follower)
                    await run.arrived.wait()
        except (StopAsyncIteration, Exception):
            raise
        except BaseException:
            if self._run is not None:
                await self._run.abandon(self._follower)
            raise
        if batch._raises and row.error is not None:
            batch._raise_failed()
        return row

    def __del__(self) -> None:
        # After `break` nobody has the iterator any more.
        if self._run is not None:
            self._run.leave(self._follower)

    def _next(self) -> Row[Any] | None:
        batch = self._batch
        while self._seen < len(batch._arrivals):
            row = batch._arrivals[self._seen]
            self._seen += 1
            if batch._rows.get(row.position) is row:  # else it was asked again since
                return row
        return None


def check_budget(dollars: Any) -> None:
    """Check dollars that a batch may spend. The message is one line."""
    if dollars is None:
        return
    if isinstance(dollars, bool) or not isinstance(dollars, (int, float)) or not dollars >= 0:
        raise ValueError(f"budget_usd must be dollars from 0 on, not {dollars!r}")
