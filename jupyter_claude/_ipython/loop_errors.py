"""Shows in one line that a function of the user's called ``asyncio.run`` below a cell."""

from __future__ import annotations

import inspect
import sys
from types import TracebackType
from typing import Any

from .._turns.errors import show_as_one_line

__all__ = ["LoopErrors"]

_METHOD = "showtraceback"
#: Modules that refuse to run a loop, with the beginnings of what they say.
_REFUSALS = {
    "asyncio.runners": ("asyncio.run() cannot", "Runner.run() cannot"),
    "asyncio.base_events": ("This event loop is already", "Cannot run the event loop while"),
    "anyio._core._eventloop": ("Already running",),
}
_INSTEAD = "await it, or let it run by %config ClaudeMagics.nest_asyncio = True"


class LoopErrors:
    """Says what to do about such an error, where IPython shows the errors of cells.

    Parameters
    ----------
    shell : InteractiveShell
        A kernel's shell. IPython's `set_custom_exc` is left to the user: it holds one handler.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def start(self) -> None:
        """Begin to look at errors."""
        self._before = self._shell.showtraceback
        self._own = vars(self._shell).get(_METHOD)
        self._shell.showtraceback = self._showtraceback

    def stop(self) -> None:
        """Leave errors to IPython."""
        if vars(self._shell).get(_METHOD) == self._showtraceback:
            if self._own is None:
                delattr(self._shell, _METHOD)
            else:
                self._shell.showtraceback = self._own

    def _showtraceback(self, exc_tuple: Any = None, *rest: Any, **options: Any) -> Any:
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        if isinstance(error, RuntimeError):
            explain(error)
        return self._before(exc_tuple, *rest, **options)


def explain(error: RuntimeError) -> bool:
    """Make `error` one line that names the setting, if a running loop is the reason."""
    frames = list(_frames(error.__traceback__))
    if not frames:
        return False
    refusing = frames[-1][0].f_globals.get("__name__", "")
    message = str(error).rstrip(".")
    if not message.startswith(_REFUSALS.get(refusing, ("\0",))):
        return False
    callers = [
        (frame, line)
        for frame, line in frames
        if frame.f_globals.get("__name__", "") not in _REFUSALS
    ]
    where = ""
    if callers:
        frame, line = callers[-1]
        where = f" (line {line} in {frame.f_code.co_name})"
    for frame, _ in frames:
        main = frame.f_locals.get("main")
        # Otherwise Python warns below that this coroutine was never awaited.
        if (
            frame.f_globals.get("__name__") in _REFUSALS
            and inspect.iscoroutine(main)
            and inspect.getcoroutinestate(main) == inspect.CORO_CREATED
        ):
            main.close()
    error.args = (f"{message}{where}; {_INSTEAD}",)
    show_as_one_line(error)
    return True


def _frames(trace: TracebackType | None) -> Any:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
