"""Shows a batch that runs on a terminal, or as lines of text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from .._screen import Screen
from .batch import EVERY, Ticker, seconds_to_wait
from .batch_words import line, note, slow

if TYPE_CHECKING:
    from typing import IO

    from .._core.host import StoppableBatch

_LINE_EVERY = 10.0  # seconds


class BarView:
    """A bar on a terminal. It vanishes at the end.

    Parameters
    ----------
    batch : StoppableBatch
        The batch.
    screen : Screen
        The terminal.
    """

    def __init__(self, batch: StoppableBatch, screen: Screen) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._batch = batch
        # rich draws in a thread of its own, also while code blocks the loop.
        self._progress = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.description}", markup=False),
            console=Console(file=cast("IO[str]", screen)),
            transient=True,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=None)
        self._look()
        self._progress.start()
        self._ticker = Ticker(self._look, EVERY)

    def _look(self) -> None:
        now = self._batch.progress
        text = "  ".join(filter(None, (line(now), slow(now, seconds_to_wait(now)))))
        self._progress.update(
            self._task, description=text, completed=now.done + now.failed, total=now.total
        )

    def finish(self) -> None:
        """Remove the bar."""
        self._ticker.stop()
        self._progress.stop()


class LinesView:
    """Prints how far a batch is from time to time, where a bar cannot be drawn.

    Parameters
    ----------
    batch : StoppableBatch
        The batch.
    stream : object
        Has ``write`` and ``flush``.
    """

    def __init__(self, batch: StoppableBatch, stream: Any) -> None:
        self._batch = batch
        self._stream = stream
        self._next = time.monotonic() + _LINE_EVERY
        self._said = ""
        self._ticker = Ticker(self._look, EVERY)

    def _look(self) -> None:
        now = self._batch.progress
        busy = slow(now, seconds_to_wait(now))
        if bool(busy) != bool(self._said) or time.monotonic() >= self._next:
            self._said = busy
            self._next = time.monotonic() + _LINE_EVERY
            text = " · ".join(filter(None, (line(now), busy, note(now))))
            self._stream.write(text + "\n")
            self._stream.flush()

    def finish(self) -> None:
        """Print no more."""
        self._ticker.stop()
