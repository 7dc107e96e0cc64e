"""Waking tasks that wait for something to change."""

from __future__ import annotations

import anyio


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
