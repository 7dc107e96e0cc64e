"""``claude.ask_sync(…)``: a coroutine's result for synchronous code.

Three places, one rule: the session's client stays in its one event loop, and that loop goes on
running while the caller waits.

- **A script.** No loop runs: a private one, in a thread of its own, serves all calls until exit.
- **A terminal IPython.** Its loop rests between cells: run it until the answer is there.
- **A kernel's cell**, or any code below a running loop: drive that loop further from here.
- **A worker thread** whose loop runs elsewhere: hand the coroutine over and wait.

For the third there is nest_asyncio2. It replaces asyncio's tasks, futures and ``asyncio.run`` for
the whole process and for good, and the first run after it is applied can end the loop with an
IndexError: the iteration under way counts on handles that the nested run has used up. What is
needed is less, and nothing has to be replaced; see `_drive`.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Generic, NoReturn, TypeVar

from .._turns.errors import show_as_one_line
from .comms import kernel_loop

__all__ = ["run"]

T = TypeVar("T")

#: Seconds that a loop in another thread may be held up before a call gives up: for ever would be
#: a deadlock when the held-up loop's own cell waits for the calling thread.
HELD_UP = 10.0

_INSTEAD = "write `turn = await claude.ask(…)` in an async function or cell instead"


def run(
    make_coroutine: Callable[[], Coroutine[Any, Any, T]],
    shell: Any = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> T:
    """Run a coroutine to its end, from synchronous code.

    Parameters
    ----------
    make_coroutine
        Called once, in the loop in which the coroutine runs.
    shell
        What `get_ipython()` returns, which is the default.
    loop
        The loop in which the client lives by now, if it has been used. Default: the kernel's,
        IPython's, the running one or the private one, whichever there is.

    Returns
    -------
    object
        What the coroutine returns; its exceptions are raised as they are.

    Raises
    ------
    KeyboardInterrupt
        On SIGINT, after the coroutine was cancelled and has ended; a second SIGINT does not wait
        for its end.
    RuntimeError
        Where there is no sound way. The message says what to write instead.
    """
    if shell is None and "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    running = asyncio._get_running_loop()
    home = loop if loop is not None and not loop.is_closed() else kernel_loop(shell)
    if running is not None:
        if home is None or home is running:
            return _drive(running, make_coroutine)
        if home.is_running():
            return _hand_over(home, make_coroutine)
        _refuse(f"Claude's session lives in another event loop than this code; {_INSTEAD}")
    if home is None:
        if shell is None:
            home = _PrivateLoop.running()
        elif getattr(shell, "kernel", None) is not None:
            _refuse(f"this kernel's event loop is out of reach here; {_INSTEAD}")
        else:
            from IPython.core.async_helpers import get_asyncio_loop

            home = get_asyncio_loop()  # type: ignore[no-untyped-call]
            assert home is not None
    if home.is_running() or threading.current_thread() is not threading.main_thread():
        return _hand_over(home, make_coroutine)
    call = _Call(home, make_coroutine)
    with _stop_button(home, call.press):
        home.run_until_complete(call.over)
    return call.result()


def _drive(
    loop: asyncio.AbstractEventLoop, make_coroutine: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Run a coroutine in the loop that is running below this very call.

    The loop goes on one iteration at a time. Three things make that sound, and undo themselves:

    - The task that called us is not the current one meanwhile, or no other could run.
    - A context that is entered below us cannot be entered again. ipykernel 7.1 and later run all
      cells in one context: the first step of a queued cell would fail, and that cell would be
      lost. What needs such a context stands aside, in order, until we return.
    - The loop's iteration below us counted its handles before it called us, so we leave at least
      as many as there were.
    """
    ready: Any = getattr(loop, "_ready", None)
    once: Any = getattr(loop, "_run_once", None)
    if not isinstance(ready, deque) or not callable(once):
        _refuse(f"this event loop ({type(loop).__module__}) cannot be nested; {_INSTEAD}")
    caller = asyncio.current_task(loop)
    counted = len(ready)
    aside: list[Any] = []
    call = _Call(loop, make_coroutine)
    if caller is not None:
        asyncio.tasks._leave_task(loop, caller)
    try:
        with _stop_button(loop, call.press):
            while not call.over.done():
                _stand_aside(ready, aside)
                once()
                if getattr(loop, "_stopping", False):  # the kernel is being shut down
                    call.press()
    except BaseException:
        call.task.cancel()
        raise
    finally:
        ready.extendleft(reversed(aside))
        while len(ready) < counted:
            loop.call_soon(_nothing)
        if caller is not None:
            asyncio.tasks._enter_task(loop, caller)
    return call.result()


def _stand_aside(ready: deque[Any], aside: list[Any]) -> None:
    """Take out of the loop's queue what cannot run as long as our caller does."""
    # Other threads may append at any time, so only what is there now is looked at.
    if not any(_entered(ready[index]) for index in range(len(ready))):
        return
    handles = [ready.popleft() for _ in range(len(ready))]
    aside.extend(handle for handle in handles if _entered(handle))
    ready.extendleft(reversed([handle for handle in handles if not _entered(handle)]))


def _entered(handle: Any) -> bool:
    try:
        handle._context.run(_nothing)
    except RuntimeError:
        return True
    return False


def _nothing() -> None:
    pass


def _hand_over(
    loop: asyncio.AbstractEventLoop, make_coroutine: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Run a coroutine in a loop that runs in another thread, and wait here."""
    alive = threading.Event()
    loop.call_soon_threadsafe(alive.set)
    if not alive.wait(HELD_UP):
        _refuse(
            "claude.ask_sync() in a thread needs the event loop that a synchronous cell holds up: "
            "start the threads with `await asyncio.to_thread(…)`, or call it in the cell itself"
        )
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
    calls: list[_Call[T]] = []
    early: list[None] = []

    def begin() -> None:
        call = _Call(loop, make_coroutine)
        calls.append(call)
        call.over.add_done_callback(lambda _: end(call))
        for _ in early:
            call.press()

    def end(call: _Call[T]) -> None:
        try:
            outcome.set_result(call.result())
        except BaseException as error:
            outcome.set_exception(error)

    def press() -> None:
        if not calls:
            early.append(None)
        for call in calls:
            call.press()

    with _stop_button(loop, press):
        # In the caller's context: in a kernel it says which cell the output belongs to.
        loop.call_soon_threadsafe(begin, context=copy_context())
        while True:
            try:
                # Windows does not run a signal's handler in a wait without a time limit.
                return outcome.result(timeout=0.5 if sys.platform == "win32" else None)
            except concurrent.futures.TimeoutError:
                if outcome.done():  # the coroutine's own TimeoutError
                    raise


class _Call(Generic[T]):
    """A coroutine that runs as a task of its own, and the stop button's effect on it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        make_coroutine: Callable[[], Coroutine[Any, Any, T]],
    ) -> None:
        async def call() -> T:
            return await make_coroutine()

        self.task = loop.create_task(call())
        self.over: asyncio.Future[None] = loop.create_future()
        self.task.add_done_callback(lambda _: self._end())
        self._presses = 0

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def press(self) -> None:
        """Cancel at the first press; leave the coroutine alone at the second."""
        self._presses += 1
        if self._presses == 1:
            self.task.cancel()
        else:
            self._end()

    def result(self) -> T:
        """Return the result, or raise what the coroutine or the stop button brought."""
        if self._presses:
            if self.task.done() and not self.task.cancelled():
                self.task.exception()  # seen, so asyncio does not report it as forgotten
            raise show_as_one_line(KeyboardInterrupt("claude.ask_sync() was interrupted"))
        return self.task.result()


@contextmanager
def _stop_button(loop: asyncio.AbstractEventLoop, press: Callable[[], None]) -> Iterator[None]:
    """Have SIGINT call `press` in the loop.

    Python's own way, KeyboardInterrupt wherever the main thread happens to be, could end the task
    that owns the CLI.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def take(signum: int, frame: Any) -> None:
        loop.call_soon_threadsafe(press)

    before = signal.signal(signal.SIGINT, take)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _PrivateLoop:
    """The loop of a script: in a thread, so that the CLI is served between calls, too."""

    _current: _PrivateLoop | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="jupyter_claude", daemon=True)
        self._thread.start()
        # Only now is the loop ready to be told from one that was stopped.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result()
        atexit.register(self._close)

    @classmethod
    def running(cls) -> asyncio.AbstractEventLoop:
        """Return the loop, made at the first call; a forked child gets its own."""
        with cls._lock:
            if cls._current is None or cls._current._pid != os.getpid():
                cls._current = cls()
            return cls._current._loop

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            # The client's owner task ends the CLI when it is cancelled.
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def _close(self) -> None:
        if self._pid == os.getpid() and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(HELD_UP)


def _refuse(message: str) -> NoReturn:
    raise show_as_one_line(RuntimeError(message))
