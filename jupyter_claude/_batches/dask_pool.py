"""`DaskPool`: asks rows on the workers of a Dask cluster.

The batch itself stays here: the rows, the limiter, the budget, the file. A row counts as in flight
until its worker has answered, or is gone. So the limits hold for all workers together, whatever
happens to one of them. Dask's own retries are not used: of a row that Dask asks again the budget
would not hear.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import anyio
import anyio.to_thread
from distributed import Client
from distributed.client import FutureCancelledError
from jupyter_claude_sdk.lowlevel import Lost, Outcome, Refused

from .dask_worker import Answer, ClaudeWorker, ask_here, id_of, line_of, nothing
from .travel import Asking

#: How many rows a worker asks at the same time, if the batch does not say how many all ask.
ROOM = 4

_LOOK = 1.0  # seconds between looks at which workers there are
_LONGEST = 400  # characters of an error
_LONGEST_END = 15.0  # seconds that the end of the workers' processes may take
_WITHOUT_WORKERS = 600.0  # seconds until a row is not asked because there is no worker


class DaskPool:
    """A pool whose processes are on the workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
        The client.
    asking : Asking
        How rows are asked.
    size : int
        How many rows are asked at the same time, on all workers.
    """

    def __init__(self, client: Client, asking: Asking, size: int) -> None:
        self._client = client
        self._asking = asking
        self._size = size
        self._room = max(ROOM, size)
        self._name = f"jupyter-claude-{uuid.uuid4().hex}"
        self._ids: dict[str, str] = {}  # by address: workers that are there
        self._load: dict[str, int] = {}
        self._gone: set[str] = set()  # ids of workers that cannot ask any more
        self._looked = -_LOOK
        self._looking = anyio.Lock()
        self._freed = anyio.Event()
        self._threads = anyio.CapacityLimiter(size + 2)
        self._wish: Any = None

    async def __aenter__(self) -> DaskPool:
        await self._look()
        if self._ids:
            # If one worker is lost, the others take its rows, up to twice as many as planned.
            self._room = max(ROOM, 2 * -(-self._size // len(self._ids)))
        plugin = ClaudeWorker(self._name, self._asking, self._room)
        try:
            await self._call(self._client.register_plugin, plugin, name=self._name)
        except Exception as error:
            await self._forget()
            raise Refused(
                f"The Dask workers cannot ask rows: {_line(error)}. They need jupyter_claude too, "
                "and the modules of the schema"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._forget()

    async def ask(self, prompt: str) -> Outcome:
        """Ask a prompt on the worker that has the fewest; see `Pool.ask`."""
        while True:
            address, worker_id = await self._place()
            try:
                answer = await self._answer(address, worker_id, prompt)
            finally:
                self._load[address] -= 1
                self._freed.set()
            if answer is None or answer.elsewhere:
                self._gone.add(worker_id)
                if self._ids.get(address) == worker_id:
                    del self._ids[address]
            if answer is None or not answer.elsewhere:
                break
        if answer is None:
            raise Lost(f"The Dask worker {address} was lost while it asked the row")
        if isinstance(answer.error, Refused):
            raise Refused(f"Dask worker {address}: {answer.error}", answer.error.cost_usd)
        if answer.error is not None:
            raise answer.error
        if answer.outcome is None:
            raise Refused(f"Dask worker {address}: {answer.line}")
        return self._with_value(answer.outcome)

    def _with_value(self, outcome: Outcome) -> Outcome:
        read = self._asking.read
        if read is None or outcome.error is not None:
            return outcome
        try:
            return dataclasses.replace(outcome, value=read(outcome.text))
        except ValueError as error:
            line = f"The worker's answer is not of the schema here: {_line(error)}"
            return dataclasses.replace(outcome, error=line, kind="invalid", errors=(line,))

    async def _answer(self, address: str, worker_id: str, prompt: str) -> Answer | None:
        """Run the row's task; return None if its worker is gone."""
        future = self._client.submit(
            ask_here,
            self._name,
            worker_id,
            prompt,
            key=f"claude-row-{uuid.uuid4().hex}",
            workers=[address],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        answer: Answer | None = None
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch, address, worker_id, group.cancel_scope)
                try:
                    answer = await self._call(future.result)
                except Exception as error:
                    failure = error
                group.cancel_scope.cancel()
        finally:
            future.release()
        if isinstance(failure, FutureCancelledError) and self._client.status == "running":
            return None  # as after `client.restart()`
        if failure is not None:
            raise Refused(f"The Dask cluster cannot ask rows: {_line(failure)}") from failure
        return answer

    # --- the workers -------------------------------------------------------------------------

    async def _place(self) -> tuple[str, str]:
        """Return the address and id of the worker with the fewest rows; wait until one has room."""
        since = time.monotonic()
        while True:
            await self._look()
            free = [one for one in self._ids if self._load.get(one, 0) < self._room]
            if free:
                address = min(free, key=lambda one: self._load.get(one, 0))
                self._load[address] = self._load.get(address, 0) + 1
                return address, self._ids[address]
            if self._ids:
                since = time.monotonic()
            elif time.monotonic() - since > _WITHOUT_WORKERS:
                raise Refused("The Dask cluster has no workers")
            elif self._wish is None:
                self._wish = self._client.submit(nothing, pure=False)
            if self._freed.is_set():
                self._freed = anyio.Event()
            with anyio.move_on_after(_LOOK):
                await self._freed.wait()

    async def _watch(self, address: str, worker_id: str, scope: anyio.CancelScope) -> None:
        """Cancel the scope when a worker is gone."""
        while self._ids.get(address) == worker_id:
            await anyio.sleep(_LOOK)
            try:
                await self._look()
            except Refused:
                return  # the row's own task says what is wrong
        scope.cancel()

    async def _look(self) -> None:
        """See which workers there are, if that was not done just now."""
        async with self._looking:
            if time.monotonic() - self._looked < _LOOK:
                return
            try:
                there = await self._call(self._client.nthreads)
                new = [address for address in there if address not in self._ids]
                found: dict[str, Any] = {}
                if new:
                    found = await self._call(
                        self._client.run, id_of, workers=new, on_error="ignore"
                    )
            except Exception as error:
                raise Refused(f"The Dask cluster cannot be reached: {_line(error)}") from error
            self._ids = {
                address: self._ids.get(address) or found[address]
                for address in there
                if address in self._ids or found.get(address, "") not in {"", *self._gone}
            }
            self._looked = time.monotonic()

    async def _forget(self) -> None:
        """End the processes on all workers."""
        self._wish = None
        with anyio.move_on_after(_LONGEST_END, shield=True):
            try:
                await self._call(self._client.unregister_worker_plugin, self._name)
            except Exception:
                pass  # the cluster has ended, and its processes with it

    async def _call(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Call a function of the client's without blocking the loop."""
        if self._client.asynchronous:
            return await function(*given, **named)
        return await anyio.to_thread.run_sync(
            partial(function, *given, **named), abandon_on_cancel=True, limiter=self._threads
        )


def _line(error: BaseException) -> str:
    return line_of(error)[:_LONGEST]
