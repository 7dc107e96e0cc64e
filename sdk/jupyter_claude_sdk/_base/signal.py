"""Wakes tasks that wait for a change, and lets other tasks run in between."""

from __future__ import annotations

import time

import anyio
import anyio.lowlevel

_EVERY = 16  # after so many steps the iterator looks at the clock
_SECONDS = 0.005  # the longest time without letting other tasks run


class Signal:
    """Wakes waiting tasks when something has changed. Costs nothing while no task waits.

    Check the condition, then `wait`, with no other ``await`` between the two. A signal can be made
    outside an event loop.
    """

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def notify(self) -> None:
        """Wake all tasks that are waiting now."""
        event, self._event = self._event, None
        if event is not None:
            event.set()

    async def wait(self) -> None:
        """Wait for the next `notify`."""
        if self._event is None:
            self._event = anyio.Event()
        await self._event.wait()


class Flag:
    """Like `anyio.Event`, but can be made, set and read before anyio's backend is loaded."""

    def __init__(self) -> None:
        self._set = False
        self._changed = Signal()

    def set(self) -> None:
        """Set the flag for good, and wake all tasks that wait for it."""
        self._set = True
        self._changed.notify()

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._set

    async def wait(self) -> None:
        """Wait until the flag is set."""
        if self._set:
            await anyio.lowlevel.checkpoint()
        while not self._set:
            await self._changed.wait()


class FairIterator:
    """An iterator that sometimes lets other tasks run, even if it never has to wait.

    Doing so at every step would cost more than most steps. ``__anext__`` of the subclass counts the
    steps itself, because a call would cost too much as well.
    """

    def __init__(self) -> None:
        self._left = _EVERY  # steps until `_rest` is due
        self._last = 0.0

    async def _rest(self) -> None:
        """Let other tasks run if they have not for a while."""
        self._left = _EVERY
        if time.monotonic() - self._last > _SECONDS:
            await anyio.lowlevel.checkpoint()
            self._last = time.monotonic()
