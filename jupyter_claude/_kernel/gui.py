"""`GuiLoop`: pauses a GUI event loop, such as that of ``%gui qt``, while Claude works.

ipykernel runs the GUI loop in the thread of the asyncio loop. From 7.0 on it also does so while a
cell awaits. Then everything awaited stands still until the next message comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class GuiLoop:
    """Pauses the kernel's GUI loop while a turn runs."""

    def __init__(self) -> None:
        self._waiting = 0
        self._paused: Any = None

    @contextmanager
    def paused(self, shell: Any) -> Iterator[None]:
        """Pause the GUI loop for as long as the block lasts."""
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
                if kernel.eventloop is None:  # the user has chosen no other loop meanwhile
                    kernel.eventloop = paused
