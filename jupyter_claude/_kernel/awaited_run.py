"""What a cell's own ``asyncio.run(main())`` does in a kernel: it waits in the running loop.

Programs end with such a call. A kernel's loop runs already, so Python refuses it. The cell awaits
`awaited` instead: buttons, the stop button and queued cells then work as in every async cell.

There are two differences. Tasks that ``main`` leaves behind go on, as after ``await main()``:
``asyncio.run`` would cancel them, and Claude's session may be among them. What asks for another
loop, such as ``backend="trio"``, gets that loop in a thread.
"""

from __future__ import annotations

import asyncio
import asyncio.runners
import functools
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from .._turns.errors import show_as_one_line

__all__ = ["awaited", "is_runner"]

#: The packages that replace `asyncio.run`, with the same meaning.
_PATCHES = ("nest_asyncio", "nest_asyncio2")


def is_runner(function: Any) -> bool:
    """Whether this is ``asyncio.run`` or ``anyio.run`` itself, and no function of the user's."""
    return _is_asyncio_run(function) or _is_anyio_run(function)


def _is_asyncio_run(function: Any) -> bool:
    if function is asyncio.runners.run:
        return True
    return function is asyncio.run and getattr(function, "__module__", "") in _PATCHES


def _is_anyio_run(function: Any) -> bool:
    if function is None:
        return False
    # The module may be in sys.modules before it has the function, and `nesting` may replace that.
    run = getattr(sys.modules.get("anyio"), "run", None)
    return function is run or function is getattr(run, "__wrapped__", None)


async def awaited(function: Any, /, *args: Any, **options: Any) -> Any:
    """Do what ``function(*args, **options)`` would do, in the running loop if it is a runner."""
    __tracebackhide__ = True
    if _is_asyncio_run(function) and _fits(function, args, options):
        return await _asyncio_run(*args, **options)
    if _is_anyio_run(function) and _fits(function, args, options):
        return await _anyio_run(*args, **options)
    return function(*args, **options)


def _fits(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether the call has valid arguments. If not, the function itself says what is wrong."""
    try:
        inspect.signature(function).bind(*args, **options)
    except TypeError:
        return False
    return True


async def _asyncio_run(
    main: Any, *, debug: bool | None = None, loop_factory: Callable[[], Any] | None = None
) -> Any:
    __tracebackhide__ = True
    if not asyncio.iscoroutine(main):
        raise ValueError(f"a coroutine was expected, got {main!r}")
    if loop_factory is None:
        return await _to_its_end(main)

    async def call() -> Any:
        return await main

    options: dict[str, Any] = {"debug": debug, "loop_factory": loop_factory}
    return await _in_a_thread(call, lambda wrapped: asyncio.run(wrapped(), **options))


async def _anyio_run(
    func: Callable[..., Any],
    *args: Any,
    backend: str = "asyncio",
    backend_options: dict[str, Any] | None = None,
) -> Any:
    __tracebackhide__ = True
    if backend == "asyncio" and not backend_options:
        return await _to_its_end(func(*args))

    import anyio

    run = functools.partial(anyio.run, backend=backend, backend_options=backend_options)
    return await _in_a_thread(functools.partial(func, *args), run)


async def _in_a_thread(call: Callable[[], Any], run: Callable[[Any], Any]) -> Any:
    """Run `call` in a loop of its own, which `run` makes. The stop button cancels it there."""
    __tracebackhide__ = True
    import anyio

    stop: list[Callable[[], Any]] = []
    pressed: list[None] = []

    async def cancellable() -> Any:
        with anyio.CancelScope() as scope:
            stop.append(functools.partial(_call_soon_here(), scope.cancel))
            if pressed:
                scope.cancel()
            return await call()

    def press() -> None:
        pressed.append(None)
        for each in stop:
            each()

    value = await _to_its_end(asyncio.to_thread(run, cancellable), press)
    if pressed and value is None:
        raise _interrupted()
    return value


def _call_soon_here() -> Callable[[Callable[[], Any]], Any]:
    """Return what calls a function in this loop, from another thread."""
    if asyncio._get_running_loop() is not None:
        return asyncio.get_running_loop().call_soon_threadsafe
    import trio

    return trio.lowlevel.current_trio_token().run_sync_soon


async def _to_its_end(
    coroutine: Coroutine[Any, Any, Any], cancel: Callable[[], Any] | None = None
) -> Any:
    """Run a coroutine as a task of its own, as the runners do, and return its result.

    A press of the stop button cancels the coroutine, which may clean up. The second press does not
    wait for that.
    """
    __tracebackhide__ = True
    cell, loop = asyncio.current_task(), asyncio.get_running_loop()
    task: asyncio.Future[Any] = loop.create_task(_outcome(coroutine))
    given_up: asyncio.Future[Any] = loop.create_future()
    presses = 0

    def press() -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            (cancel or task.cancel)()
        elif not given_up.done():
            given_up.set_result(None)

    with _stop_button(loop, task, press):
        while not task.done() and not given_up.done():
            try:
                await asyncio.wait({task, given_up}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:  # by the kernel, where `_stop_button` is not possible
                if cell is not None and sys.version_info >= (3, 11):
                    cell.uncancel()
                press()
    if not task.done() or (task.cancelled() and presses):
        raise _interrupted()
    if task.cancelled():
        raise asyncio.CancelledError
    value, error = task.result()
    if error is not None:
        trace = error.__traceback__
        raise error.with_traceback(trace.tb_next if trace is not None else None)
    return value


def _interrupted() -> KeyboardInterrupt:
    return show_as_one_line(KeyboardInterrupt("the cell was interrupted"))


@contextmanager
def _stop_button(
    loop: asyncio.AbstractEventLoop, task: asyncio.Future[Any], press: Callable[[], None]
) -> Iterator[None]:
    """Make SIGINT call `press` in the loop.

    The handler of ipykernel 6 does not wake a loop that waits: the cell would go on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, presses = False, 0

    def handle(signum: int, frame: Any) -> None:
        nonlocal presses
        presses += 1
        if over:  # a prompt in the background outlived the cell, and restored this handler
            if callable(before):
                before(signum, frame)
        elif presses > 1 and asyncio.current_task(loop) is task:
            raise KeyboardInterrupt  # the task's own code blocks the loop
        else:
            loop.call_soon_threadsafe(press)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        over = True
        if signal.getsignal(signal.SIGINT) is handle:
            signal.signal(signal.SIGINT, before)


async def _outcome(
    coroutine: Coroutine[Any, Any, Any],
) -> tuple[Any, BaseException | None]:
    """Return the value and the error of a coroutine.

    A task that raises SystemExit or KeyboardInterrupt would end the kernel's loop.
    """
    try:
        return await coroutine, None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error
