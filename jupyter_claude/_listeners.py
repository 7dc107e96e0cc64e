"""`Listeners`: functions that get each change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Listeners(Generic[T]):
    """Functions that get each change, in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[Callable[[T], None]] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, listener: Callable[[T], None]) -> Callable[[], None]:
        """Call `listener` with each change; return a function that stops that."""
        self._all.append(listener)

        def stop() -> None:
            if listener in self._all:
                self._all.remove(listener)

        return stop

    def tell(self, change: T) -> None:
        """Call all listeners with a change. They may add or remove listeners meanwhile."""
        for listener in list(self._all):
            listener(change)
