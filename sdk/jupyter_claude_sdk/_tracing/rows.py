"""`BatchSpans`: the span of a run of a batch, with one for each row that is asked."""

from __future__ import annotations

from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer

from .spans import OURS, Present, fail, quietly, tracer

#: Less than so many seconds at the limiter is no wait, but the event loop's own work.
_WAIT = 0.01


class BatchSpans:
    """The spans of one run of a batch. Its `end` ends all of them.

    Parameters
    ----------
    tracer : Tracer
        Makes the spans.
    span : Span
        The run's.
    """

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._place = trace.set_span_in_context(span)
        self._rows: set[RowSpan] = set()

    @classmethod
    def begin(cls, concurrency: int, total: int | None) -> BatchSpans | None:
        """Begin a run below the present span; return None if the program has no provider."""
        makes = tracer()
        span = makes.start_span("map", attributes={OURS + "map.concurrency": concurrency})
        if not span.get_span_context().is_valid:
            return None
        if total is not None:
            span.set_attribute(OURS + "map.rows", total)
        return cls(makes, span)

    def row(self, position: int) -> RowSpan:
        """Begin the span of a row: a block of code, below whose span its turns are."""
        span = self._tracer.start_span(
            "map row", context=self._place, attributes={OURS + "map.row": position}
        )
        return RowSpan(span, trace.set_span_in_context(span, self._place), self._rows)

    @quietly
    def end(
        self, *, done: int, failed: int, reused: int, cost_usd: float, stop: str | None
    ) -> None:
        """End the run, and the rows that have not ended.

        Parameters
        ----------
        done, failed, reused : int
            How many rows of the batch have an answer and an error, and how many were not asked.
        cost_usd : float
            What the batch has spent.
        stop : str or None
            The kind of reason for which it stopped early.
        """
        for row in list(self._rows):
            row.end("cancelled")
        self._span.set_attributes(
            {
                OURS + "map.rows.done": done,
                OURS + "map.rows.failed": failed,
                OURS + "map.rows.reused": reused,
                OURS + "cost_usd": cost_usd,
            }
        )
        if stop is not None:
            fail(self._span, stop)
        self._span.end()


class RowSpan:
    """The span of a row, around the code that asks it."""

    def __init__(self, span: Span, place: Context, rows: set[RowSpan]) -> None:
        self._span = span
        self._present = Present(place)
        self._rows = rows
        self._error_type: str | None = "cancelled"
        rows.add(self)

    def __enter__(self) -> RowSpan:
        self._present.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._present.__exit__(kind, error, trace)
        self.end(type(error).__name__ if isinstance(error, Exception) else self._error_type)

    @quietly
    def started(self, seconds: float) -> None:
        """Note that the row is asked now, after the limiter let it wait for so many seconds."""
        if seconds >= _WAIT:
            self._span.add_event("limiter wait", {OURS + "limiter.seconds": seconds})

    @quietly
    def again(self, error_type: str, seconds: float | None = None) -> None:
        """Note why the row will be asked again, and after how many seconds if the API said so."""
        facts: dict[str, str | float] = {"error.type": error_type}
        if seconds is not None:
            facts[OURS + "retry.seconds"] = seconds
        self._span.add_event("retry", facts)

    @quietly
    def settled(self, kind: str | None, cost_usd: float, attempts: int) -> None:
        """Note how the row ended: the kind of its error, or None.

        Parameters
        ----------
        kind : str or None
            The kind of its error.
        cost_usd : float
            What it cost.
        attempts : int
            How often Claude gave an answer.
        """
        self._error_type = kind
        self._span.set_attribute(OURS + "cost_usd", cost_usd)
        self._span.set_attribute(OURS + "map.attempts", attempts)

    @quietly
    def end(self, error_type: str | None) -> None:
        """End the span, once."""
        if self not in self._rows:
            return
        self._rows.discard(self)
        if error_type is not None:
            fail(self._span, error_type)
        self._span.end()
