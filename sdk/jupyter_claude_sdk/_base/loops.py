"""What differs between asyncio and trio and is not covered by anyio."""

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
    """Return what stands for the running event loop: equal for two callers in the same one."""
    trio = _trio()
    return asyncio.get_running_loop() if trio is None else trio.lowlevel.current_trio_token()


def spawn_owner(
    function: Callable[[], Awaitable[None]], lost: Callable[[], None] | None = None
) -> None:
    """Start a task that belongs to the loop and not to the caller, in an empty context.

    The empty context keeps it from inheriting what a notebook cell's task carries: its output and
    its cancel scope. `function` must not raise. `lost` is called if the loop is closed while the
    task still waits, which never wakes it again; nothing can be awaited then.
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
    """Call `lost` when `loop` is closed; the result, called with anything, takes that back."""
    # A loop that is closed lets go of its timers. This one is never due, and nobody else holds what
    # it would call: so that lives as long as the loop is open.
    callback = _Nothing()
    timer = weakref.ref(loop.call_later(_NEVER, callback))
    finalizer = weakref.finalize(callback, lost)
    finalizer.atexit = False  # the end of the process is not the loop's

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


_owners: set[Any] = set()  # a loop holds its tasks only weakly
