"""`Countdown`: one terminal line with the time until the API's next try."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .._text import visible
from .._turns.retries import RetryNotice

if TYPE_CHECKING:
    from rich.console import Console

_STOP = " · Ctrl+C stops"
_ANOTHER = f"{_STOP}; %claude model chooses another one"


class Countdown:
    """Counts down on a terminal. Without a terminal it prints the line once.

    Parameters
    ----------
    console : Console
        Where to print.

    Attributes
    ----------
    running : asyncio.Task or None
        The task that counts. It ends when no time is left.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.running: asyncio.Task[None] | None = None

    def start(self, notice: RetryNotice) -> None:
        """Show the time that is left, until it ends or `stop` is called."""
        self.stop()
        if self._console.is_terminal:
            self.running = asyncio.get_running_loop().create_task(self._count(notice))
        else:
            self._write(self._line(notice), "\n")

    def stop(self) -> None:
        """Stop counting, and end the line: other text comes below it."""
        if self.running is not None:
            self.running.cancel()
            self.running = None
            self._write("", "\n")

    async def _count(self, notice: RetryNotice) -> None:
        while True:
            line = self._line(notice)
            # Cut to one row: a wrapped line cannot be overwritten.
            self._write("\r\x1b[K" + line[: self._console.width - 1], "")
            left = notice.left
            if left <= 0:
                return
            await asyncio.sleep(left % 1 or 1.0)

    def _line(self, notice: RetryNotice) -> str:
        line = visible(notice.line())
        room = self._console.width - 1 - len(line)
        hints = (_ANOTHER if notice.models else _STOP, _STOP, "")
        return line + next(hint for hint in hints if len(hint) <= room or not hint)

    def _write(self, text: str, end: str) -> None:
        self._console.file.write(text + end)
        self._console.file.flush()
