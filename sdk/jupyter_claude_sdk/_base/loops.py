"""Differences between asyncio and trio that anyio does not cover."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

_NEVER = 10 * 365 * 24 * 3600  # seconds


def _trio() -> Any:
    """Return the trio module if the caller runs in a trio task, else None."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return None
    return trio


def current_loop() -> Any:
    """Return an object for the running event loop; two callers in one loop get equal objects."""
    trio = _trio()
    return asyncio.get_running_loop() if trio is None else trio.lowlevel.current_trio_token()


def call_in(loop: Any, function: Callable[[], object]) -> None:
    """Call a function soon in an event loop of `current_loop`, from any thread.

    Nothing happens if the loop has ended.
    """
    call = getattr(loop, "run_sync_soon", None) or loop.call_soon_threadsafe
    try:
        call(function)
    except RuntimeError:  # trio's RunFinishedError is one
        pass


def spawn_owner(
    function: Callable[[], Awaitable[None]], lost: Callable[[], None] | None = None
) -> None:
    """Start a task that belongs to the loop and not to the caller, in an empty context.

    The context of a notebook cell's task has the cell's output and its cancel scope. In an empty
    context the new task has neither. `function` must not raise. `lost` is called if the loop is
    closed before the task ends. The task never wakes again then, and nothing can be awaited.
    """
    context = contextvars.Context()
    trio = _trio()
    if trio is not None:
        trio.lowlevel.spawn_system_task(function, name="jupyter_claude_sdk", context=context)
        return
    loop = asyncio.get_running_loop()
    # create_task(context=…) came with Python 3.11.
    task = context.run(lambda: loop.create_task(_run(function), name="jupyter_claude_sdk"))
    _owners.add(task)
    task.add_done_callback(_owners.discard)
    if lost is not None:
        task.add_done_callback(_when_closed(loop, lost))


def _when_closed(
    loop: asyncio.AbstractEventLoop, lost: Callable[[], None]
) -> Callable[[Any], None]:
    """Call `lost` when `loop` is closed. Return a function that cancels this."""
    # A loop that is closed forgets its timers. This timer is never due, and only it holds its
    # callback. So the callback is garbage-collected when the loop is closed.
    callback = _Nothing()
    timer = weakref.ref(loop.call_later(_NEVER, callback))
    finalizer = weakref.finalize(callback, lost)
    finalizer.atexit = False  # the end of the process is not the end of the loop

    def cancel(_: Any) -> None:
        finalizer.detach()
        handle = timer()
        if handle is not None:
            handle.cancel()

    return cancel


class _Nothing:
    def __call__(self) -> None:
        pass


async def _run(function: Callable[[], Awaitable[None]]) -> None:
    await function()


_owners: set[Any] = set()  # asyncio keeps only weak references to tasks
