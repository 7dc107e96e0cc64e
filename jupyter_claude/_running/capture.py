"""`Capture`: takes the outputs of one run, and of nothing else.

Everything looks at the context: only the code that runs in it, its tasks and its threads are
captured. Other tasks, threads and cells keep their own outputs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextvars import Context
from itertools import groupby
from typing import Any, NoReturn

from .._kernel.claude_code import ClaudeCode, running_here
from .outputs import Output, Outputs

#: Outputs that a view gets at once each second. Others come together, `PAUSE` later.
PER_SECOND = 50
PAUSE = 0.05
#: The displays whose updates are taken.
MOST_DISPLAYS = 10_000

_log = logging.getLogger(__name__)


class Capture(ClaudeCode):
    """The outputs of a run on their way to its view.

    Parameters
    ----------
    loop : AbstractEventLoop
        The loop of the run. The view is called in its thread only.
    on_output : callable
        The view: called with each output.
    outside : Context
        The context in which the view works. It is not the code's, so its own outputs are not taken.
    known : dict of str
        The ids of displays of earlier runs, the oldest first; gets those of this one.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        on_output: Callable[[Output], None],
        outside: Context,
        known: dict[str, None],
    ) -> None:
        super().__init__()
        self.outputs = Outputs()
        self.pid = os.getpid()
        #: Greater than 0 while the view works. Nothing may raise in it from outside.
        self.view_works = 0
        #: Raises KeyboardInterrupt, if the stop button was pressed while our functions worked.
        self.interrupt: Callable[[], NoReturn] | None = None
        self._loop = loop
        self._on_output = on_output
        self._outside = outside
        self._known = known
        self._thread = threading.get_ident()
        self._lock = threading.RLock()
        self._waiting: list[Output] = []
        self._at_once = float(PER_SECOND)
        self._counted = time.monotonic()
        self._timer = False
        self._mute = False

    def write(self, name: str, text: str) -> None:
        """Take text that was written to a stream."""
        with self._lock:
            output = self.outputs.stream(name, text)
            if output is None:
                return
            self._waiting.append(output)
        self._show_soon()

    def display(
        self, data: dict[str, Any], metadata: dict[str, Any] | None, display_id: str, update: bool
    ) -> bool:
        """Take a display, or its update. Return False if the display is not one of our runs."""
        with self._lock:
            if update and display_id not in self._known:
                return False
            if display_id:
                self._known[display_id] = None
                if len(self._known) > MOST_DISPLAYS:
                    del self._known[next(iter(self._known))]
            change = self.outputs.update if update else self.outputs.display
            output = change(dict(data), dict(metadata or {}), display_id)
            if output is not None:
                self._waiting.append(output)
        self._show_soon()
        return True

    def result(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Take the value of the code."""
        self._take(lambda: self.outputs.result(data, metadata))

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Take an error with its traceback."""
        self._take(lambda: self.outputs.error(name, value, traceback))

    def clear(self, wait: bool) -> None:
        """Take ``clear_output``."""
        self._take(lambda: self.outputs.clear(wait=bool(wait)))

    def finish(self) -> None:
        """End the capture. From now on the code's tasks and threads print where others do."""
        with self._lock:
            self.over = True
            self._waiting += self.outputs.finish()
        self._show()
        self._mute = True

    def return_to_code(self) -> None:
        """Let a stop, which waited for our functions, reach the code."""
        if self.interrupt is not None and threading.get_ident() == self._thread:
            self.interrupt()

    def release(self) -> None:
        """Let go of the outputs. Tasks and threads of the code may keep this object for long."""
        self.outputs = Outputs()

    def mute(self) -> None:
        """Show no more outputs."""
        self._mute = True

    def _take(self, add: Callable[[], Output]) -> None:
        with self._lock:
            self._waiting.append(add())
        self._show_soon()

    def _show_soon(self) -> None:
        if threading.get_ident() == self._thread and self._may_show():
            self._show()
        elif not self._timer:
            self._timer = True
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._later, context=self._outside.copy())

    def _may_show(self) -> bool:
        now = time.monotonic()
        self._at_once = min(PER_SECOND, self._at_once + (now - self._counted) * PER_SECOND)
        self._counted = now
        if self._at_once < 1:
            return False
        self._at_once -= 1
        return True

    def _later(self) -> None:
        self._loop.call_later(PAUSE, self._on_time)

    def _on_time(self) -> None:
        self._timer = False
        self._show()

    def _show(self) -> None:
        with self._lock:
            outputs, self._waiting = _joined(self._waiting), []
        if self._mute:
            return
        self.view_works += 1
        try:
            for output in outputs:
                self._outside.copy().run(self._on_output, output)
        except Exception:  # not an error of the code; and outside, or the log is captured too
            self._mute = True
            self._outside.copy().run(_log.exception, "The view of Claude's code failed")
        finally:
            self.view_works -= 1


def _joined(outputs: list[Output]) -> list[Output]:
    """Join the pieces of streams that follow each other."""
    joined: list[Output] = []
    for _, group in groupby(outputs, lambda output: output.get("name") or id(output)):
        first, *rest = group
        if rest:
            first["text"] += "".join(output["text"] for output in rest)
        joined.append(first)
    return joined


def capturing() -> Capture | None:
    """Return what captures the calling context's outputs; None if nothing does."""
    code = running_here()
    # A forked process has a copy of the capture, but its kernel shows what it prints.
    return code if isinstance(code, Capture) and code.pid == os.getpid() else None
