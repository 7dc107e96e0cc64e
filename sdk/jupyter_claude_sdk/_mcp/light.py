"""`LightServer`: an MCP server of a few functions, without the ``mcp`` library.

That library takes a second to import. A program that always has a server of its own, such as the
Jupyter extension, cannot wait for it. This server knows tools and nothing else of MCP.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import anyio

from .config import check_name
from .messages import CALL_ID, CANCELLED, METHOD_NOT_FOUND, error, failed, result

logger = logging.getLogger("jupyter_claude_sdk")


@dataclass(frozen=True)
class LightTool:
    """A tool of a `LightServer`.

    Attributes
    ----------
    name : str
        Letters, digits, ``_`` and ``-``, at most 64.
    description : str
        For Claude.
    input_schema : dict
        A JSON Schema of the input. The server does not check the input; `call` does.
    call : callable
        Gets the input and the id of Claude's call ("" if the CLI gave none). It returns MCP's
        result, such as ``{"content": [{"type": "text", "text": "…"}]}``. An exception becomes an
        error result for Claude.
    always_load : bool, default False
        Whether Claude sees the tool at once. Otherwise Claude may have to search for it.
    """

    name: str
    description: str
    input_schema: dict[str, Any]
    call: Callable[[dict[str, Any], str], Awaitable[dict[str, Any]]] = field(repr=False)
    always_load: bool = False

    def listed(self) -> dict[str, Any]:
        """Return what the CLI gets of the tool."""
        wire: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "inputSchema": self.input_schema,
        }
        if self.always_load:
            wire["_meta"] = {"anthropic/alwaysLoad": True}
        return wire


class LightServer:
    """An MCP server of tools, to use as the ``instance`` of an in-process server.

    Parameters
    ----------
    name : str
        The server's name.
    version : str
        Its version.
    tools : iterable of LightTool
        Its tools.

    Raises
    ------
    ValueError
        If a tool cannot have its name, or two tools have the same one.

    Examples
    --------
    >>> async def greet(given, call):
    ...     return {"content": [{"type": "text", "text": f"Hello, {given['name']}!"}]}
    >>> schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    >>> server = LightServer("hello", "1.0", [LightTool("greet", "Greet", schema, greet)])
    >>> options = {"mcp_servers": {"hello": server.config()}}
    """

    def __init__(self, name: str, version: str, tools: Iterable[LightTool]) -> None:
        self.name = name
        self.version = version
        self._tools: dict[str, LightTool] = {}
        for tool in tools:
            check_name(tool.name, "tool")
            if tool.name in self._tools:
                raise ValueError(f"The server {name} has two tools named {tool.name}")
            self._tools[tool.name] = tool

    def config(self) -> dict[str, Any]:
        """Return the server for the option ``mcp_servers``."""
        return {"type": "sdk", "name": self.name, "instance": self}

    async def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request of the CLI."""
        method, message_id = message.get("method"), message.get("id")
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        if method == "initialize":
            return result(
                message_id,
                {
                    "protocolVersion": params.get("protocolVersion"),
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": self.name, "version": self.version},
                },
            )
        if method == "ping":
            return result(message_id, {})
        if method == "tools/list":
            return result(message_id, {"tools": [tool.listed() for tool in self._tools.values()]})
        if method == "tools/call":
            return await self._call(message_id, params)
        return error(message_id, METHOD_NOT_FOUND, f"the server {self.name} has no {method}")

    async def _call(self, message_id: Any, params: dict[str, Any]) -> dict[str, Any]:
        tool = self._tools.get(str(params.get("name")))
        if tool is None:
            return failed(message_id, f"There is no tool {params.get('name')} on {self.name}")
        given, meta = params.get("arguments"), params.get("_meta")
        call = meta.get(CALL_ID) if isinstance(meta, dict) else None
        try:
            value = await tool.call(
                given if isinstance(given, dict) else {}, call if isinstance(call, str) else ""
            )
        except Exception as reason:
            logger.warning("The tool %s failed", tool.name, exc_info=True)
            return failed(message_id, f"{type(reason).__name__}: {reason}")
        return result(message_id, value)


class LightConnection:
    """One connection of the CLI to a `LightServer`.

    Parameters
    ----------
    server : LightServer
        The server.
    """

    def __init__(self, server: LightServer) -> None:
        self._server = server
        self._running: dict[Any, anyio.CancelScope] = {}

    async def run(self) -> None:
        """Do nothing: the server has no task of its own."""

    @property
    def busy(self) -> bool:
        """Whether the CLI waits for an answer."""
        return bool(self._running)

    async def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the server's answer to a request."""
        message_id = message["id"]
        scope = self._running[message_id] = anyio.CancelScope()
        try:
            with scope:
                return await self._server.answer(message)
        finally:
            del self._running[message_id]
        return error(message_id, CANCELLED, "Request cancelled")

    def notify(self, message: dict[str, Any]) -> None:
        """Cancel the request that a notification names."""
        if message.get("method") == "notifications/cancelled":
            scope = self._running.get((message.get("params") or {}).get("requestId"))
            if scope is not None:
                scope.cancel()

    def waits_for_end_of(self, message: dict[str, Any]) -> bool:
        """Whether a message cancels a request of this connection."""
        cancelled = (message.get("params") or {}).get("requestId")
        return message.get("method") == "notifications/cancelled" and cancelled in self._running

    def end(self) -> None:
        """Cancel what runs."""
        for scope in self._running.values():
            scope.cancel()

    def end_when_idle(self) -> None:
        """Let the requests that run end by themselves."""
