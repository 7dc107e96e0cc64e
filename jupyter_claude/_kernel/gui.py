"""A window system's loop, such as ``%gui qt``, stands aside while Claude is at work.

ipykernel runs it in the same thread as the event loop, and from 7.0 on also in the middle of a cell
that waits: it holds up everything that is awaited, until the next message comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class GuiLoop:
    """Pauses the kernel's window loop while there is something to wait for."""

    def __init__(self) -> None:
        self._waiting = 0
        self._paused: Any = None

    @contextmanager
    def paused(self, shell: Any) -> Iterator[None]:
        """Have windows stand still for as long as the block lasts; they go on after it."""
        kernel = getattr(shell, "kernel", None)
        if kernel is None:
            yield
            return
        if getattr(kernel, "eventloop", None) is not None:
            self._paused, kernel.eventloop = kernel.eventloop, None
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting and self._paused is not None:
                paused, self._paused = self._paused, None
                if kernel.eventloop is None:  # nobody has chosen another one meanwhile
                    kernel.eventloop = paused
