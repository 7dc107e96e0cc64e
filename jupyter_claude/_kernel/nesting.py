"""Applies nest_asyncio2, and undoes it: synchronous code below a cell can then call asyncio.run.

The setting `nest_asyncio` turns it on. It replaces asyncio's tasks, futures, ``asyncio.run`` and
methods of the loop, for the whole process: a task costs about three times as much then. The package
has no function that undoes this.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.futures
import asyncio.tasks
import functools
import re
import sys
from collections import deque
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["Nesting"]

_MISSING = object()


class Nesting:
    """What nest_asyncio2 has changed in this process."""

    def __init__(self) -> None:
        #: Each changed attribute, with what it was and what it became.
        self._changes: list[tuple[Any, str, Any, Any]] = []

    def apply(self) -> None:
        """Let loops run inside themselves.

        Raises
        ------
        ImportError
            If nest_asyncio2 is not installed, or too old.
        """
        # Before 1.7.3 a nested run lost the cells that waited in ipykernel 7.1 and later.
        try:
            installed = version("nest-asyncio2")
        except PackageNotFoundError:
            raise ImportError("nest-asyncio2") from None
        if tuple(int(n) for n in re.findall(r"\d+", installed)[:3]) < (1, 7, 3):
            raise ImportError(installed)
        import anyio
        import nest_asyncio2

        loop = asyncio.get_running_loop()
        places = _places(loop)
        before = [dict(vars(place)) for place in places]
        nest_asyncio2.apply(loop)
        _pad(loop)
        anyio.run = _nested(anyio.run)
        for place, old in zip(places, before, strict=True):
            for name, new in list(vars(place).items()):
                if old.get(name, _MISSING) is not new and name != "__dict__":
                    self._changes.append((place, name, old.get(name, _MISSING), new))

    def undo(self) -> None:
        """Restore what `apply` replaced, except what other code has replaced since."""
        for place, name, old, new in reversed(self._changes):
            if vars(place).get(name, _MISSING) is not new:
                continue
            if old is _MISSING:
                delattr(place, name)
            else:
                setattr(place, name, old)
        self._changes.clear()


class _Padded(deque[asyncio.Handle]):
    """A loop's ready handles. If there is none left, it gives one that does nothing.

    The loop was in the middle of an iteration when it was changed, and has counted its handles. A
    run inside of this iteration takes some of them.
    """

    def __init__(self, ready: Iterable[asyncio.Handle], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(ready)
        self._nothing = asyncio.Handle(lambda: None, (), loop)
        self._nothing.cancel()

    def popleft(self) -> asyncio.Handle:
        """Return the next handle."""
        return super().popleft() if self else self._nothing


def _pad(loop: Any) -> None:
    if type(getattr(loop, "_ready", None)) is deque:  # asyncio's own loops
        loop._ready = _Padded(loop._ready, loop)


def _nested(run: Any) -> Any:
    """Return an ``anyio.run`` that uses the running loop. The real one refuses: it looks itself."""
    if hasattr(run, "__wrapped__"):
        return run

    @functools.wraps(run)
    def nested(
        func: Any,
        *args: Any,
        backend: str = "asyncio",
        backend_options: dict[str, Any] | None = None,
    ) -> Any:
        if backend == "asyncio" and asyncio._get_running_loop() is not None:
            return asyncio.run(func(*args))
        return run(func, *args, backend=backend, backend_options=backend_options)

    return nested


def _places(loop: asyncio.AbstractEventLoop) -> list[Any]:
    """Return the modules and classes that change."""
    import anyio

    places: list[Any] = [
        *(anyio, asyncio, asyncio.events, asyncio.futures, asyncio.tasks),
        type(loop),
    ]
    if sys.version_info < (3, 14):
        places.append(type(asyncio.get_event_loop_policy()))
    if "tornado.concurrent" in sys.modules:
        places.append(sys.modules["tornado.concurrent"])
    return places
