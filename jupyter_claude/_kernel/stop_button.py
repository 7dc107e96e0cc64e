"""The stop button: SIGINT while prompts run stops them, not the conversation.

A kernel would cancel the cell, and a terminal IPython raise into whatever runs; both would leave
the turn behind. Where signals cannot be handled, on Windows and outside the main thread, that way
is left to them.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Told the number of the press, in its own loop.
Handler = Callable[[int], None]


class StopButton:
    """One SIGINT handler for all prompts that run."""

    def __init__(self) -> None:
        self._handlers: list[tuple[asyncio.AbstractEventLoop, Handler]] = []
        self._presses = 0
        self._before: Any = None

    @contextmanager
    def pressed(self, handle: Handler) -> Iterator[None]:
        """Have SIGINT call `handle` for as long as the block lasts, instead of its usual way."""
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            yield
            return
        entry = (asyncio.get_running_loop(), handle)
        if not self._handlers or signal.getsignal(signal.SIGINT) != self._take:
            # The second case: a cell began while a prompt of an earlier one still runs.
            self._presses = 0
            self._before = signal.signal(signal.SIGINT, self._take)
        self._handlers.append(entry)
        try:
            yield
        finally:
            self._handlers.remove(entry)
            if not self._handlers and signal.getsignal(signal.SIGINT) == self._take:
                signal.signal(signal.SIGINT, self._before)

    def _take(self, signum: int, frame: Any) -> None:
        self._presses += 1
        for loop, handle in self._handlers:
            # Thread-safe, since only that wakes a loop that waits.
            loop.call_soon_threadsafe(handle, self._presses)
