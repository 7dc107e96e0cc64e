"""Joins a connection to its in-process MCP servers.

The CLI sends MCP's JSON-RPC messages one by one, inside control requests. A server of the ``mcp``
library reads and writes streams. A `_ServerConnection` joins the two. The CLI says ``initialize``
when it connects, and again when it reconnects; each time the host makes a new connection. The CLI
also reconnects to each server when there is a new one. It still waits for the calls that it made
before, so the old connection ends only after these.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from typing import Any

import anyio
import mcp.types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import TypeAdapter

logger = logging.getLogger("jupyter_claude_sdk")

#: JSON-RPC's own codes, and the one in use for a request that was cancelled.
METHOD_NOT_FOUND = -32601
INTERNAL_ERROR = -32603
CANCELLED = -32800

# A root model in mcp 1.x, a union of models in 2.x.
_MESSAGES: TypeAdapter[Any] = TypeAdapter(mcp.types.JSONRPCMessage)

StartSoon = Callable[..., object]
Notify = Callable[[str, dict[str, Any]], None]


class McpHost:
    """Serves the ``mcp_message`` requests of one connection.

    Parameters
    ----------
    servers : dict
        The servers, by the names that the CLI uses: a low-level ``Server`` of the ``mcp`` library,
        or its ``FastMCP`` (1.x) or ``MCPServer`` (2.x).
    start_soon : callable
        Runs a task that ends with the connection.
    notify_cli : callable
        ``(server_name, message)``: sends a server's notification to the CLI.

    Raises
    ------
    ValueError
        If one of them is no MCP server.
    """

    def __init__(self, servers: dict[str, Any], start_soon: StartSoon, notify_cli: Notify) -> None:
        self._servers = {name: _low_level(name, server) for name, server in servers.items()}
        self._connections: dict[str, _ServerConnection] = {}
        self._older: dict[str, list[_ServerConnection]] = {}  # with calls that still run
        self._start_soon = start_soon
        self._notify_cli = notify_cli

    def add(self, servers: dict[str, Any]) -> None:
        """Serve these servers too, from the next ``initialize`` with their names on."""
        self._servers |= {name: _low_level(name, server) for name, server in servers.items()}

    def drop(self, names: Iterable[str]) -> None:
        """End the servers with these names, and the tools that they run."""
        for name in names:
            self._servers.pop(name, None)
            self.disconnect(name)

    def disconnect(self, name: str) -> None:
        """End what a server runs; it serves again from the next ``initialize`` on."""
        current = self._connections.pop(name, None)
        for connection in (*self._older.pop(name, ()), *([current] if current else ())):
            connection.end()

    async def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer an ``mcp_message`` request; cancelling this call cancels the tool that it runs."""
        name, message = str(request.get("server_name")), request.get("message")
        if not isinstance(message, dict):
            message = {}
        server = self._servers.get(name)
        if server is None:
            text = f"there is no server {name!r} here"
            return {"mcp_response": _error(message.get("id"), METHOD_NOT_FOUND, text)}
        if message.get("method") == "initialize":
            self._retire(name)
            self._connections[name] = _ServerConnection(name, server, self._notify_cli)
            self._start_soon(self._connections[name].run)
        connection = self._connections.get(name)
        if connection is None:
            text = f"the server {name!r} was not initialized"
            return {"mcp_response": _error(message.get("id"), INTERNAL_ERROR, text)}
        if "method" in message and message.get("id") is not None:
            return {"mcp_response": await connection.request(message)}
        for other in self._older.get(name, ()):
            if other.waits_for_end_of(message):
                connection = other
                break
        connection.notify(message)
        return {"mcp_response": {"jsonrpc": "2.0", "result": {}}}

    def _retire(self, name: str) -> None:
        older = [one for one in self._older.get(name, ()) if one.busy]
        current = self._connections.pop(name, None)
        if current is not None:
            current.end_when_idle()
            if current.busy:
                older.append(current)
        self._older[name] = older


class _Waiter:
    def __init__(self) -> None:
        self.event = anyio.Event()
        self.response: dict[str, Any] = {}

    def answer(self, response: dict[str, Any]) -> None:
        self.response = response
        self.event.set()


class _ServerConnection:
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
                return _failed(message_id, text)
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
            waiter.answer(_error(message_id, code, text))

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
            else:
                # The CLI declares no capability that a server could use.
                text = f"Claude Code does not answer {message['method']}"
                self._send(_error(message_id, METHOD_NOT_FOUND, text))


def _low_level(name: str, server: Any) -> Any:
    """Return the low-level server inside any kind of server."""
    for inner in (
        server,
        getattr(server, "_mcp_server", None),
        getattr(server, "_lowlevel_server", None),
    ):
        if hasattr(inner, "create_initialization_options") and hasattr(inner, "run"):
            return inner
    raise ValueError(
        f"mcp_servers[{name!r}]['instance'] is not an MCP server but {type(server).__name__}; "
        "make one with create_sdk_mcp_server(name, tools=[…])"
    )


def _failed(message_id: Any, text: str) -> dict[str, Any]:
    result = {"content": [{"type": "text", "text": text}], "isError": True}
    return {"jsonrpc": "2.0", "id": message_id, "result": result}


def _error(message_id: Any, code: int, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": text}}
