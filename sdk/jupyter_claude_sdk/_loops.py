"""What differs between asyncio and trio and is not covered by anyio."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable
from typing import Any


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


def spawn_owner(function: Callable[[], Awaitable[None]]) -> None:
    """Start a task that belongs to the loop and not to the caller, in an empty context.

    The empty context keeps it from inheriting what a notebook cell's task carries: its output and
    its cancel scope. `function` must not raise.
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


async def _run(function: Callable[[], Awaitable[None]]) -> None:
    await function()


_owners: set[Any] = set()  # a loop holds its tasks only weakly
