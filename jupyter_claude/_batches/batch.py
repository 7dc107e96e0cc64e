"""`SessionBatch`: a batch of a session. It shows itself, and the stop button stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from jupyter_claude_sdk import Batch, BatchError, ClaudeSDKError, Estimate, Progress, Row
from typing_extensions import Self

from .._turns.errors import ClaudeError, show_as_one_line
from .account import Account

T = TypeVar("T")
V = TypeVar("V")


class Place(Protocol):
    """Where a batch is awaited."""

    def check(self) -> None:
        """Raise an error if this process or task cannot use the session."""

    def show(self, batch: SessionBatch[Any]) -> Callable[[], None]:
        """Show a batch that starts, where it was awaited; return what ends that."""

    def stoppable(self, stop: Callable[[int], None]) -> AbstractContextManager[None]:
        """Call a function at each press of the stop button, as long as the block lasts."""

    def is_last(self, batch: SessionBatch[Any]) -> bool:
        """Whether it is the session's last batch."""


class SessionBatch(Batch[V]):
    """A batch in a notebook, a terminal or a script.

    Parameters
    ----------
    place : Place
        Where it is awaited.
    account : Account
        Counts its costs.
    *args, **kwargs
        Those of `Batch`.
    """

    def __init__(self, place: Place, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._place = place
        self.account = account
        self._tasks: set[asyncio.Task[Any]] = set()  # that wait for it
        self._pressed: set[asyncio.Task[Any]] = set()  # that the stop button ends
        self._end_view: Callable[[], None] | None = None
        self.listen(self._follow_state)

    # --- waiting for it -----------------------------------------------------------------------

    def __await__(self) -> Generator[Any, None, Any]:
        return self._guarded(_Whole(self)).__await__()

    def __aiter__(self) -> Any:
        return _Steps(self, super().__aiter__())

    async def retry(self) -> Any:
        """Ask the failed rows again, and those that were not asked; see `Batch.retry`."""
        return await self._guarded(super().retry())

    async def estimate(self, rows: int = 3) -> Estimate:
        """Ask a few rows, and tell from them what all will take; see `Batch.estimate`."""
        return await self._guarded(super().estimate(rows))

    def press_stop(self) -> None:
        """Stop it for the user. What waits for it ends with one line; rows that are done stay."""
        if not self._tasks:
            self.cancel()
        for task in self._tasks - self._pressed:
            self._pressed.add(task)
            task.cancel()

    async def _guarded(self, work: Awaitable[T]) -> T:
        """Wait for a batch. Errors are shown as one line; the stop button ends it."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A batch is awaited in a task of asyncio")
        self._place.check()
        nested = task in self._tasks
        self._tasks.add(task)
        try:
            with self._place.stoppable(lambda press: self.press_stop()):
                return await work
        except asyncio.CancelledError as error:
            line = self._stopped()
            if task in self._pressed:
                if hasattr(task, "uncancel"):  # from Python 3.11 on
                    task.uncancel()
                raise show_as_one_line(line) from None
            raise show_as_one_line(error, line) from None
        except (ClaudeError, ClaudeSDKError) as error:
            raise show_as_one_line(error) from None
        except (TypeError, ValueError, RuntimeError) as error:
            raise (show_as_one_line(error) if is_ours(error) else error) from None
        finally:
            self._pressed.discard(task)
            if not nested:
                self._tasks.discard(task)

    def _stopped(self) -> BatchError:
        now = self.progress
        of = "" if now.total is None else f" of {now.total}"
        name = "claude.batch" if self._place.is_last(self) else "the batch again"
        line = f"Stopped: {now.done}{of} rows are done and kept; await {name} for the rest"
        return BatchError(line, None, self)

    # --- showing it ---------------------------------------------------------------------------

    def _follow_state(self, progress: Progress) -> None:
        runs = progress.state in ("running", "waiting")
        if runs and self._end_view is None:
            self._end_view = self._place.show(self)
        elif not runs and self._end_view is not None:
            end, self._end_view = self._end_view, None
            end()


class _Whole:
    """Awaits a batch as the SDK does."""

    def __init__(self, batch: SessionBatch[Any]) -> None:
        self._batch = batch

    def __await__(self) -> Generator[Any, None, Any]:
        return Batch.__await__(self._batch)


class _Steps:
    """Iterates over a batch as the SDK does, step by step with the batch's guard."""

    def __init__(self, batch: SessionBatch[Any], inner: AsyncIterator[Row[Any]]) -> None:
        self._batch = batch
        self._inner = inner

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row[Any]:
        return await self._batch._guarded(self._inner.__anext__())


def is_ours(error: BaseException) -> bool:
    """Whether one of our own functions raised an error, not a function of the user's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in ("jupyter_claude", "jupyter_claude_sdk")
