"""`Background`: a pool of Claude Code processes in a thread of its own, for code without a loop."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal
from jupyter_claude_sdk.lowlevel import Outcome, Pool

T = TypeVar("T")

#: Seconds without a row after which the processes end. They start again for the next row.
IDLE = 30.0


class Closed(RuntimeError):
    """The processes were ended, as with their worker."""


class Background:
    """A pool and its event loop, in a thread of their own.

    The pool is there while it has something to do, and `IDLE` seconds longer. So no process is
    left for good if nobody says that the work has ended.

    Parameters
    ----------
    make_pool : callable
        Makes a new pool.
    idle : float, default `IDLE`
        The seconds.
    """

    def __init__(self, make_pool: Callable[[], Pool], *, idle: float = IDLE) -> None:
        self._make_pool = make_pool
        self._idle = idle
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._started: Future[BlockingPortal] = Future()
        self._pool: Pool | None = None
        self._users = 0
        self._failure: Exception | None = None
        # These belong to the thread's loop.
        self._changed: anyio.Event
        self._ready: anyio.Event
        self._stop: anyio.Event

    def run(self, work: Callable[[Pool], Awaitable[T]]) -> T:
        """Run a function with the pool in the thread's loop, and wait for what it returns.

        Raises
        ------
        Closed
            If `close` was called, before or meanwhile.
        """
        portal = self._portal()
        try:
            result: T = portal.start_task_soon(self._with_pool, work).result()
        except (RuntimeError, CancelledError) as error:
            if self._closed:
                raise Closed("The Claude Code processes of this worker have ended") from error
            raise
        return result

    def ask(self, prompt: str) -> Outcome:
        """Ask a prompt, from any thread, and wait for the answer; see `Pool.ask`."""
        return self.run(lambda pool: pool.ask(prompt))

    def close(self) -> None:
        """End the processes, and wait for that. What runs ends with `Closed`."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            try:
                portal = self._started.result()
                portal.start_task_soon(self._set_stop).result()
            except (RuntimeError, CancelledError):
                pass  # it has ended
            thread.join()

    def _portal(self) -> BlockingPortal:
        with self._lock:
            if self._closed:
                raise Closed("The Claude Code processes of this worker have ended")
            if self._thread is None:
                # A daemon: a program that forgets it can end, and its processes end with it.
                self._thread = threading.Thread(
                    target=lambda: anyio.run(self._main), name="jupyter-claude-rows", daemon=True
                )
                self._thread.start()
        return self._started.result()

    async def _main(self) -> None:
        self._changed, self._ready, self._stop = anyio.Event(), anyio.Event(), anyio.Event()
        async with BlockingPortal() as portal:
            self._started.set_result(portal)
            while not self._stop.is_set():
                if self._users:
                    await self._have_pool()
                else:
                    await self._change()
            await portal.stop(cancel_remaining=True)

    async def _have_pool(self) -> None:
        """Have a pool for as long as there is something to do."""
        self._failure = None
        try:
            async with self._make_pool() as pool:
                self._pool = pool
                self._ready.set()
                await self._use()
                # From here on whoever comes waits for the next pool.
                self._pool, self._ready = None, anyio.Event()
        except Exception as error:
            self._failure = error
            ready, self._pool, self._ready = self._ready, None, anyio.Event()
            ready.set()
            while self._users:
                await self._change()

    async def _use(self) -> None:
        while not self._stop.is_set():
            with anyio.move_on_after(None if self._users else self._idle) as scope:
                await self._change()
            if scope.cancelled_caught and not self._users:
                return

    async def _with_pool(self, work: Callable[[Pool], Awaitable[T]]) -> T:
        self._users += 1
        self._changed.set()
        try:
            while self._pool is None:
                await self._ready.wait()
                if self._failure is not None:
                    raise self._failure
            return await work(self._pool)
        finally:
            self._users -= 1
            self._changed.set()

    async def _change(self) -> None:
        await self._changed.wait()
        self._changed = anyio.Event()

    async def _set_stop(self) -> None:
        self._stop.set()
        self._changed.set()


class Kept:
    """A pool for one batch that is another's: the batch's end does not end it."""

    def __init__(self, pool: Pool) -> None:
        self.ask = pool.ask

    async def __aenter__(self) -> Kept:
        return self

    async def __aexit__(self, *_: Any) -> None:
        return None
