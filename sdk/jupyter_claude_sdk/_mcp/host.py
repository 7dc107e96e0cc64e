"""Joins a connection to its in-process MCP servers.

The CLI sends MCP's JSON-RPC messages one by one, inside control requests. The CLI says
``initialize`` when it connects, and again when it reconnects; each time the host makes a new
connection. The CLI also reconnects to each server when there is a new one. It still waits for the
calls that it made before, so the old connection ends only after these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from .light import LightConnection, LightServer
from .messages import INTERNAL_ERROR, METHOD_NOT_FOUND, Notify, error

StartSoon = Callable[..., object]


class ServerConnection(Protocol):
    """One connection of the CLI to one server."""

    @property
    def busy(self) -> bool:
        """Whether the CLI waits for an answer."""
        raise NotImplementedError

    async def run(self) -> None:
        """Run the server until the connection ends; it raises nothing."""

    async def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Give a request to the server and return its answer."""
        raise NotImplementedError

    def notify(self, message: dict[str, Any]) -> None:
        """Pass a notification to the server."""

    def waits_for_end_of(self, message: dict[str, Any]) -> bool:
        """Whether a message cancels a request of this connection."""
        raise NotImplementedError

    def end(self) -> None:
        """End the connection, and the tools that it runs."""

    def end_when_idle(self) -> None:
        """End the connection after the requests that it has."""


class McpHost:
    """Serves the ``mcp_message`` requests of one connection.

    Parameters
    ----------
    servers : dict
        The servers, by the names that the CLI uses: a `LightServer`, a low-level ``Server`` of the
        ``mcp`` library, or its ``FastMCP`` (1.x) or ``MCPServer`` (2.x).
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
        self._connections: dict[str, ServerConnection] = {}
        self._older: dict[str, list[ServerConnection]] = {}  # with calls that still run
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
            return {"mcp_response": error(message.get("id"), METHOD_NOT_FOUND, text)}
        if message.get("method") == "initialize":
            self._retire(name)
            self._connections[name] = self._connect(name)
            self._start_soon(self._connections[name].run)
        connection = self._connections.get(name)
        if connection is None:
            text = f"the server {name!r} was not initialized"
            return {"mcp_response": error(message.get("id"), INTERNAL_ERROR, text)}
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

    def _connect(self, name: str) -> ServerConnection:
        server = self._servers[name]
        if isinstance(server, LightServer):
            return LightConnection(server)
        from .library import LibraryConnection

        return LibraryConnection(name, server, self._notify_cli)


def _low_level(name: str, server: Any) -> Any:
    """Return the low-level server inside any kind of server."""
    if isinstance(server, LightServer):
        return server
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
