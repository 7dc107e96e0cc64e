"""The stop button: SIGINT stops the running prompts, not the conversation.

Without this handler a kernel would cancel the cell, and IPython in a terminal would raise in the
running code. In both cases the turn would still run. On Windows and outside the main thread no
handler can be set, so they handle the signal there.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Called with the number of the press, in the handler's event loop.
Handler = Callable[[int], None]


class StopButton:
    """One SIGINT handler for all prompts that run."""

    def __init__(self) -> None:
        self._handlers: list[tuple[asyncio.AbstractEventLoop, Handler]] = []
        self._presses = 0
        self._before: Any = None

    @contextmanager
    def pressed(self, handle: Handler) -> Iterator[None]:
        """Make SIGINT call `handle` for as long as the block lasts."""
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            yield
            return
        entry = (asyncio.get_running_loop(), handle)
        if not self._handlers or signal.getsignal(signal.SIGINT) != self._take:
            # In the second case a cell began while a prompt of an earlier cell still runs.
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
            # Only the thread-safe call wakes a waiting loop.
            loop.call_soon_threadsafe(handle, self._presses)
