"""Joins a connection to a server of the ``mcp`` library, which reads and writes streams.

This module loads that library. Only the first server of its kind needs it.
"""

from __future__ import annotations

import logging
import math
from typing import Any

import anyio
import mcp.types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import TypeAdapter

from .messages import CANCELLED, INTERNAL_ERROR, METHOD_NOT_FOUND, Notify, error, failed, result

logger = logging.getLogger("jupyter_claude_sdk")

# A root model in mcp 1.x, a union of models in 2.x.
_MESSAGES: TypeAdapter[Any] = TypeAdapter(mcp.types.JSONRPCMessage)


class _Waiter:
    def __init__(self) -> None:
        self.event = anyio.Event()
        self.response: dict[str, Any] = {}

    def answer(self, response: dict[str, Any]) -> None:
        self.response = response
        self.event.set()


class LibraryConnection:
    def __init__(self, name: str, server: Any, notify_cli: Notify) -> None:
        self._name = name
        self._server = server
        self._notify_cli = notify_cli
        self._waiters: dict[Any, _Waiter] = {}
        self._scope = anyio.CancelScope()
        self._last = False  # no more requests will come
        # The streams have no limit, so neither side ever waits for the other.
        self._inward: MemoryObjectSendStream[Any]
        self._server_reads: MemoryObjectReceiveStream[Any]
        self._server_writes: MemoryObjectSendStream[Any]
        self._outward: MemoryObjectReceiveStream[Any]
        self._inward, self._server_reads = anyio.create_memory_object_stream[Any](math.inf)
        self._server_writes, self._outward = anyio.create_memory_object_stream[Any](math.inf)

    async def run(self) -> None:
        """Run the server until the connection ends; it raises nothing."""
        try:
            with self._scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._listen)
                    await self._server.run(
                        self._server_reads,
                        self._server_writes,
                        self._server.create_initialization_options(),
                    )
                    group.cancel_scope.cancel()
        except Exception:
            # The server itself failed, for example in its lifespan. The connection continues.
            logger.exception("The MCP server %s failed", self._name)
        finally:
            for stream in (self._inward, self._server_reads, self._server_writes, self._outward):
                stream.close()
            for message_id in list(self._waiters):
                self._release(message_id, INTERNAL_ERROR, f"the server {self._name} has ended")

    @property
    def busy(self) -> bool:
        """Whether the CLI waits for an answer."""
        return bool(self._waiters)

    def end(self) -> None:
        """End the connection, and the tools that it runs."""
        self._scope.cancel()

    def end_when_idle(self) -> None:
        """End the connection after the requests that it has."""
        self._last = True
        if not self.busy:
            self.end()

    def waits_for_end_of(self, message: dict[str, Any]) -> bool:
        """Whether a message cancels a request of this connection."""
        cancelled = (message.get("params") or {}).get("requestId")
        return message.get("method") == "notifications/cancelled" and cancelled in self._waiters

    async def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Give a request to the server and return its answer."""
        message_id = message["id"]
        waiter = self._waiters[message_id] = _Waiter()
        name, timeout = self._limit(message)
        try:
            self._send(message)
            with anyio.move_on_after(timeout):
                await waiter.event.wait()
            if not waiter.event.is_set():
                # Not awaited: a thread does not end, nor a function that ignores its cancellation.
                self._cancel(message_id)
                text = f"The tool {name} took longer than {timeout:g} s"
                logger.warning("%s", text)
                return failed(message_id, text)
        except anyio.get_cancelled_exc_class():
            self._cancel(message_id)
            raise
        finally:
            if self._waiters.get(message_id) is waiter:
                del self._waiters[message_id]
            if self._last and not self.busy:
                self.end()
        return waiter.response

    def _limit(self, message: dict[str, Any]) -> tuple[str, float | None]:
        """Return the tool that a request calls, and the seconds that it may take."""
        params = message.get("params")
        if message.get("method") != "tools/call" or not isinstance(params, dict):
            return "", None
        name = str(params.get("name"))
        # Servers of the mcp library's own kinds have no such attribute.
        return name, getattr(self._server, "tool_timeouts", {}).get(name)

    def _cancel(self, message_id: Any) -> None:
        params = {"requestId": message_id}
        self._send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    def notify(self, message: dict[str, Any]) -> None:
        """Pass a notification, or an answer to one of the server's requests, to the server."""
        self._send(message)
        if message.get("method") == "notifications/cancelled":
            # mcp 2.x does not answer a cancelled request, and the CLI waits for an answer.
            cancelled = (message.get("params") or {}).get("requestId")
            self._release(cancelled, CANCELLED, "Request cancelled")

    def _release(self, message_id: Any, code: int, text: str) -> None:
        waiter = self._waiters.pop(message_id, None)
        if waiter is not None:
            waiter.answer(error(message_id, code, text))

    def _send(self, message: dict[str, Any]) -> None:
        try:
            parsed = _MESSAGES.validate_python(message)
        except ValueError as error:
            logger.warning("The CLI sent a message that is not MCP: %s", error)
            self._release(message.get("id"), INTERNAL_ERROR, "this is not an MCP message")
            return
        try:
            self._inward.send_nowait(SessionMessage(parsed))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._release(message.get("id"), INTERNAL_ERROR, f"the server {self._name} has ended")

    async def _listen(self) -> None:
        async for sent in self._outward:
            message = _MESSAGES.dump_python(
                sent.message, by_alias=True, mode="json", exclude_none=True
            )
            message_id = message.get("id")
            if "method" not in message:
                waiter = self._waiters.pop(message_id, None)
                if waiter is not None:
                    waiter.answer(message)
            elif message_id is None:
                self._notify_cli(self._name, message)
            elif message["method"] == "ping":
                self._send(result(message_id, {}))
            else:
                # The CLI declares no capability that a server could use.
                text = f"Claude Code does not answer {message['method']}"
                self._send(error(message_id, METHOD_NOT_FOUND, text))
