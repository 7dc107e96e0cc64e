"""Waking tasks that wait for something to change, and letting others run in between."""

from __future__ import annotations

import time

import anyio
import anyio.lowlevel

_EVERY = 16  # steps after which the clock is looked at
_SECONDS = 0.005  # that a loop may hold its event loop without a pause


class Signal:
    """Wakes whoever waits when something changed; costs nothing while nobody waits.

    Check the condition, then `wait`, with no other ``await`` between the two. It can be made
    outside an event loop.
    """

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def notify(self) -> None:
        """Wake all that wait now."""
        event, self._event = self._event, None
        if event is not None:
            event.set()

    async def wait(self) -> None:
        """Wait for the next `notify`."""
        if self._event is None:
            self._event = anyio.Event()
        await self._event.wait()


class Flag:
    """An `anyio.Event` that can be made, set and asked before anyio's backend is loaded."""

    def __init__(self) -> None:
        self._set = False
        self._changed = Signal()

    def set(self) -> None:
        """Set it, for good, and wake all that wait for it."""
        self._set = True
        self._changed.notify()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._set

    async def wait(self) -> None:
        """Wait until it is set."""
        if self._set:
            await anyio.lowlevel.checkpoint()
        while not self._set:
            await self._changed.wait()


class FairIterator:
    """An iterator that lets other tasks run now and then, even if it finds everything ready.

    Letting them run at every step would cost more than most steps do. Counting a step is left to
    the iterator's own ``__anext__``, since a call for it would be a good part of a step too.
    """

    def __init__(self) -> None:
        self._left = _EVERY  # steps until `_rest` is due
        self._last = 0.0

    async def _rest(self) -> None:
        """Let other tasks run if that is long ago; then this is a checkpoint."""
        self._left = _EVERY
        if time.monotonic() - self._last > _SECONDS:
            await anyio.lowlevel.checkpoint()
            self._last = time.monotonic()
