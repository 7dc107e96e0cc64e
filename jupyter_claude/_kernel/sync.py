"""``claude.ask_sync(…)``: synchronous code gets the result of a coroutine.

The rule: the session's client stays in its one event loop, and that loop runs while the caller
waits. There are four cases:

- **A script** has no loop: a private loop in its own thread runs all calls until exit.
- **IPython in a terminal** has a loop that stands still between cells: run it until the result.
- **A kernel's cell**, or any code that a running loop calls: run that loop from inside the call.
- **A worker thread**: pass the coroutine to the loop in the other thread, and wait.

nest_asyncio2 also solves the third case; the setting `nest_asyncio` uses it, see `nesting`. But it
replaces asyncio's tasks, futures and ``asyncio.run`` for the whole process, and makes them slower.
`_drive` needs less and replaces nothing.
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
from .claude_code import refuse_inside
from .comms import kernel_loop

__all__ = ["run"]

T = TypeVar("T")

#: Seconds after which a call gives up on a blocked loop in another thread. Without a limit there is
#: a deadlock if that loop's cell waits for the calling thread.
HELD_UP = 10.0

_INSTEAD = "write `turn = await claude.ask(…)` in an async function or cell instead"


def run(
    make_coroutine: Callable[[], Coroutine[Any, Any, T]],
    shell: Any = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> T:
    """Run a coroutine to its end from synchronous code.

    Parameters
    ----------
    make_coroutine
        Called once, in the loop in which the coroutine runs.
    shell
        IPython's shell. Default: what `get_ipython()` returns.
    loop
        The client's loop, if the client has been used. Default: the loop of the kernel or of
        IPython, the running loop, or the private one.

    Returns
    -------
    object
        The coroutine's result. Its exceptions are raised unchanged.

    Raises
    ------
    KeyboardInterrupt
        After SIGINT, once the coroutine is cancelled and has ended. A second SIGINT does not wait
        for that.
    RuntimeError
        If there is no safe way. The message says what to write instead.
    ClaudeError
        If code that Claude runs calls this.
    """
    refuse_inside("claude.ask_sync()")
    if shell is None and "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    running = asyncio._get_running_loop()
    target = loop if loop is not None and not loop.is_closed() else kernel_loop(shell)
    if running is not None:
        if target is None or target is running:
            return _drive(running, make_coroutine)
        if target.is_running():
            return _hand_over(target, make_coroutine)
        _refuse(f"Claude's session uses another event loop than this code; {_INSTEAD}")
    if target is None:
        if shell is None:
            target = _PrivateLoop.running()
        elif getattr(shell, "kernel", None) is not None:
            _refuse(f"this code cannot reach the kernel's event loop; {_INSTEAD}")
        else:
            from IPython.core.async_helpers import get_asyncio_loop

            target = get_asyncio_loop()  # type: ignore[no-untyped-call]
            assert target is not None
    if target.is_running() or threading.current_thread() is not threading.main_thread():
        return _hand_over(target, make_coroutine)
    call = _Call(target, make_coroutine)
    with _stop_button(target, call.press):
        target.run_until_complete(call.over)
    return call.result()


def _drive(
    loop: asyncio.AbstractEventLoop, make_coroutine: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Run a coroutine in the loop that runs this call.

    Run the loop one iteration at a time. Three steps make that safe; all are undone at the end:

    - The calling task leaves as the current task. Otherwise no other task could run.
    - Code cannot enter a context that the caller has entered. ipykernel 7.1 and later run all
    cells in one context: the first step of a queued cell would fail, and the cell would be
    lost. Handles that need such a context wait, in order, until this call returns.
    - The outer iteration counted its handles before it called us. So leave at least as many
    handles as there were.
    """
    ready: Any = getattr(loop, "_ready", None)
    once: Any = getattr(loop, "_run_once", None)
    if not isinstance(ready, deque) or not callable(once):
        _refuse(f"this event loop ({type(loop).__module__}) cannot run inside itself; {_INSTEAD}")
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
                if getattr(loop, "_stopping", False):  # the kernel is shutting down
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
    """Remove from the loop's queue the handles that cannot run while our caller runs."""
    # Other threads may append at any time, so look only at the present handles.
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
    """Run a coroutine in another thread's loop, and wait here."""
    alive = threading.Event()
    loop.call_soon_threadsafe(alive.set)
    if not alive.wait(HELD_UP):
        _refuse(
            "claude.ask_sync() in a thread needs the event loop, but a synchronous cell blocks it: "
            "start the thread with `await asyncio.to_thread(…)`, or call it in the cell itself"
        )
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
    calls: list[_Call[T]] = []
    early: list[None] = []

    def start() -> None:
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
        # Use the caller's context: in a kernel it says which cell gets the output.
        loop.call_soon_threadsafe(start, context=copy_context())
        while True:
            try:
                # Windows runs signal handlers only in a wait with a time limit.
                return outcome.result(timeout=0.5 if sys.platform == "win32" else None)
            except concurrent.futures.TimeoutError:
                if outcome.done():  # the coroutine's own TimeoutError
                    raise


class _Call(Generic[T]):
    """Runs a coroutine as its own task; the stop button cancels it."""

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
        """Cancel the coroutine at the first press; stop waiting for it at the second."""
        self._presses += 1
        if self._presses == 1:
            self.task.cancel()
        else:
            self._end()

    def result(self) -> T:
        """Return the result, or raise the error of the coroutine or of the stop button."""
        if self._presses:
            if self.task.done() and not self.task.cancelled():
                self.task.exception()  # read it, so that asyncio does not report it
            raise show_as_one_line(KeyboardInterrupt("claude.ask_sync() was interrupted"))
        return self.task.result()


@contextmanager
def _stop_button(loop: asyncio.AbstractEventLoop, press: Callable[[], None]) -> Iterator[None]:
    """Make SIGINT call `press` in the loop.

    By default Python raises KeyboardInterrupt anywhere in the main thread. That could end the task
    that owns the CLI.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle_signal(signum: int, frame: Any) -> None:
        loop.call_soon_threadsafe(press)

    before = signal.signal(signal.SIGINT, handle_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _PrivateLoop:
    """A script's loop. It runs in a thread, so it also serves the CLI between calls."""

    _current: _PrivateLoop | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="jupyter_claude", daemon=True)
        self._thread.start()
        # From now on `is_running` is true; before that it would look like a stopped loop.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result()
        atexit.register(self._close)

    @classmethod
    def running(cls) -> asyncio.AbstractEventLoop:
        """Return the loop. The first call makes it; a forked process gets its own."""
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
