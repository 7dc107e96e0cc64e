"""`Stopper`: stops the running code, by the stop button, a view or a time-out.

Synchronous code is stopped by a KeyboardInterrupt, which a signal handler raises. It raises only in
the user's frames: not in asyncio's, and not in ours. Code that awaits something is cancelled.
"""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Literal, NoReturn, TypeVar

from .._kernel.claude_code import running_here
from .capture import Capture

T = TypeVar("T")
Reason = Literal["", "user", "timeout"]

#: Seconds until the next try to stop code that was at a place where it may not be stopped.
AGAIN = 0.05
#: Seconds that stopped code has for its end; then it is stopped again.
GRACE = 5.0

_OURS = os.path.dirname(os.path.dirname(__file__)) + os.sep
_ASYNCIO = os.path.dirname(asyncio.__file__) + os.sep


class Stopper:
    """Stops one run.

    Parameters
    ----------
    capture : Capture
        The run.
    loop : AbstractEventLoop
        Its loop.
    timeout : float or None
        Its seconds.
    on_press : callable
        Called if the stop button is pressed.

    Attributes
    ----------
    reason : {"", "user", "timeout"}
        Why the code was told to stop.
    exposed : bool
        Whether the user's code works, so that KeyboardInterrupt may be raised.
    task : Task or None
        The task to cancel.
    """

    def __init__(
        self,
        capture: Capture,
        loop: asyncio.AbstractEventLoop,
        timeout: float | None,
        on_press: Callable[[], None],
    ) -> None:
        self.reason: Reason = ""
        self.exposed = False
        self._capture = capture
        self._loop = loop
        self._timeout = timeout
        self._on_press = on_press
        self.task: asyncio.Task[Any] | None = None
        self._main = threading.current_thread() is threading.main_thread()
        self._before: Any = None
        self._in_place = False
        self._unraisable: Callable[[Any], Any] = sys.unraisablehook
        self._presses = 0
        self._tripped = False
        self._stepping = False
        self._changing = threading.Lock()
        self._strikes = 0
        self._over = False
        self._watched = False
        # A signal handler may ring it. An Event could wait for itself there.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    # The run's side

    def begin(self) -> None:
        """Handle the stop button, and start the clock."""
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._handle)
            self._in_place = True
            self._unraisable = sys.unraisablehook
            sys.unraisablehook = self._take_ignored
        if self._timeout is not None:
            self._start_watch()

    def end(self) -> None:
        """Restore the signal handler, and stop the clock."""
        with self._changing:
            self._over = True
        self._bell.put(None)
        if self._in_place and sys.unraisablehook == self._take_ignored:
            sys.unraisablehook = self._unraisable
        if self._in_place and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, _settable(self._before))

    def step(self, run: Callable[[], T]) -> T:
        """Run the code until it awaits something."""
        if not self._main:
            return run()
        present = signal.getsignal(signal.SIGINT)
        other = present != self._handle
        if other:  # such as that of a synchronous cell below which the loop runs
            signal.signal(signal.SIGINT, self._handle)
        before, self._before = self._before, present if other else self._before
        with self._changing:
            self._stepping = True
        try:
            return run()
        finally:
            with self._changing:
                self._stepping = False
            self._capture.interrupt = None
            if other and signal.getsignal(signal.SIGINT) == self._handle:
                signal.signal(signal.SIGINT, _settable(present))
            self._before = before
            if self.reason and not self._strikes:
                self._cancel_soon()

    # Telling it to stop

    def stop(self, reason: Reason = "user") -> None:
        """Tell the code to stop. Any thread may call this."""
        self.reason = self.reason or reason
        self._start_watch()
        self._bell.put(None)
        if threading.current_thread() is threading.main_thread():
            self._cancel_soon()  # else the watch does it

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._over:
            self._pass_on(signum, frame)
            return
        if self._tripped:  # by the watch, not by the user
            self._tripped = False
        else:
            self._presses += 1
            again = self.reason == "user"
            self.reason = self.reason or "user"
            self._on_press()
            self._start_watch()
            self._bell.put(None)
            if again:
                self._pass_on(signum, frame)
        self._strike(frame)

    def _pass_on(self, signum: int, frame: FrameType | None) -> None:
        # While the code runs, Python's own handler would raise in the middle of the loop.
        own = self._before in (signal.default_int_handler, signal.SIG_DFL)
        if own and self._over:
            signal.default_int_handler(signum, frame)
        elif not own and callable(self._before):
            self._before(signum, frame)

    def _strike(self, frame: FrameType | None) -> None:
        """Stop the code, wherever it is now."""
        if frame is None:
            return
        free = not self._capture.view_works and not _is_inside(frame, _OURS, _ASYNCIO)
        if self._stepping and _is_below(frame):
            if free and self.exposed:
                self._interrupt()
            elif self.exposed:
                self._capture.interrupt = self._interrupt  # when our function returns
        elif running_here() is self._capture:
            # A task or a callback of the code. KeyboardInterrupt would end the kernel's loop.
            self._cancel_soon()
            if free:
                raise asyncio.CancelledError(self.words())
        else:
            self._cancel_soon()

    def _take_ignored(self, error: Any) -> None:
        """Try again at once: the code was at a place where Python ignores exceptions.

        Such places are ``__del__`` and what runs before a fork.
        """
        if self.reason and error.exc_type is KeyboardInterrupt:
            self._bell.put(None)
        else:
            self._unraisable(error)

    def _interrupt(self) -> NoReturn:
        self._strikes += 1
        self._capture.interrupt = None
        raise KeyboardInterrupt(self.words())

    def words(self) -> str:
        """Return why the code was stopped."""
        if self.reason == "timeout":
            return f"stopped after {self._timeout:g} s, its time limit"
        return "stopped by the user"

    def _cancel_soon(self) -> None:
        # Only the thread-safe call wakes a waiting loop.
        try:
            self._loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            pass  # the loop is closed

    def _cancel(self) -> None:
        if self.task is not None and not self._over:
            self._strikes += 1
            self.task.cancel()

    # The watch: a thread that looks after time-outs, and tries again

    def _start_watch(self) -> None:
        if not self._watched:
            self._watched = True
            # A signal handler may call this. `threading.Thread` has locks that it could wait for.
            _thread.start_new_thread(self._keep_watch, ())

    def _keep_watch(self) -> None:
        if not self.reason:
            self._rest(self._timeout)
        if self.reason:
            self._rest(AGAIN)
        elif not self._over:
            self.reason = "timeout"
        seen = 0
        while not self._over:
            if seen != self._strikes:
                seen = self._strikes
                self._rest(GRACE)
                continue
            self._trip()
            self._rest(AGAIN)

    def _rest(self, seconds: float | None) -> None:
        """Wait some time, or until something happens."""
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=seconds)

    def _trip(self) -> None:
        with self._changing:
            if self._over:
                return
            if self._main and (self._stepping or signal.getsignal(signal.SIGINT) == self._handle):
                self._tripped = True
                _interrupt_main()
                return
        self._cancel_soon()


def _interrupt_main() -> None:
    """Send SIGINT to the main thread only, and wake it from a system call."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)


def _settable(handler: Any) -> Any:
    return signal.SIG_DFL if handler is None else handler  # None: not set by Python


def _is_inside(frame: FrameType, *folders: str) -> bool:
    return frame.f_code.co_filename.startswith(folders)


def _is_below(frame: FrameType | None) -> bool:
    """Whether the code's own step, and not another task, called this frame."""
    while frame is not None and frame.f_code is not Stopper.step.__code__:
        frame = frame.f_back
    return frame is not None
