"""`tool` and `create_sdk_mcp_server`: Python functions that Claude can call in this process.

This module does not load the ``mcp`` library before a server is made.

Source: the documented Python reference of the Agent SDK.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._types.mcp import McpSdkServerConfig, SdkMcpTool
from .config import check_name

if TYPE_CHECKING:
    from .._types.tool_annotations import ToolAnnotations

__all__ = ["create_sdk_mcp_server", "tool"]

T = TypeVar("T")


@overload
def tool(
    name: str,
    description: str,
    input_schema: dict[str, Any],
    annotations: ToolAnnotations | Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
) -> Callable[[Callable[[Any], Awaitable[Any]]], SdkMcpTool[Any]]: ...


@overload
def tool(
    name: str,
    description: str,
    input_schema: type[T],
    annotations: ToolAnnotations | Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
) -> Callable[[Callable[[T], Awaitable[Any]]], SdkMcpTool[T]]: ...


def tool(
    name: str,
    description: str,
    input_schema: type[Any] | dict[str, Any],
    annotations: ToolAnnotations | Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
) -> Callable[[Callable[[Any], Awaitable[Any]]], SdkMcpTool[Any]]:
    """Make a tool of an async function. Use it as a decorator.

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``, at most 64.
    description : str
        For Claude: what the tool does and when to use it.
    input_schema : dict or type
        The tool's input: a map such as ``{"city": str, "days": int}``, a JSON Schema, a TypedDict,
        a dataclass or a pydantic model. ``{}`` means no input.
    annotations : ToolAnnotations or dict, optional
        Hints such as ``{"readOnlyHint": True}``.
    timeout : float, optional
        The seconds that a call may take. Then the function is cancelled, and Claude gets an error.
        Without it a call may take any time.

    Returns
    -------
    callable
        A decorator that makes an `SdkMcpTool` of the function. The function gets the checked input
        as its only argument: a dict, or an instance of the dataclass or pydantic model.

        The function returns a str, or ``{"content": [block, …]}`` with MCP's blocks, and
        ``"is_error": True`` if it failed. An exception becomes an error result for Claude.

    Raises
    ------
    ValueError
        If a tool cannot have that name or that timeout.
    TypeError
        If the function is not async, or the timeout is no number.

    Examples
    --------
    >>> @tool("greet", "Greet a user", {"name": str})
    ... async def greet(args):
    ...     return {"content": [{"type": "text", "text": f"Hello, {args['name']}!"}]}
    """
    check_name(name, "tool")
    _check_timeout(name, timeout)

    def make(handler: Callable[[Any], Awaitable[Any]]) -> SdkMcpTool[Any]:
        function = inspect.unwrap(handler) if callable(handler) else handler
        if not callable(handler) or inspect.isasyncgenfunction(function):
            raise TypeError(f"The tool {name} needs an async function that returns its result")
        if inspect.isroutine(function) and not inspect.iscoroutinefunction(function):
            # It would block the event loop, and with it the connection.
            raise TypeError(
                f"The tool {name} needs an async function: write `async def` (and "
                "`await anyio.to_thread.run_sync(…)` for work that blocks)"
            )
        from .._types.tool_annotations import annotations_of

        hints = None if annotations is None else annotations_of(annotations)
        return SdkMcpTool(name, description, input_schema, handler, hints, timeout)

    return make


def _check_timeout(name: str, timeout: Any) -> None:
    if timeout is None:
        return
    how = f"The timeout of the tool {name} must be a number of seconds greater than 0"
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"{how}, not {type(timeout).__name__}")
    if not (timeout > 0 and math.isfinite(timeout)):
        raise ValueError(f"{how}, not {timeout}; None means no limit")


def create_sdk_mcp_server(
    name: str, version: str = "1.0.0", tools: Iterable[SdkMcpTool[Any]] | None = None
) -> McpSdkServerConfig:
    """Make an MCP server of tools. It runs in this process while a client is connected.

    Parameters
    ----------
    name : str
        The server's name. Claude calls a tool ``mcp__KEY__TOOL``, with the key in ``mcp_servers``.
    version : str, default "1.0.0"
        The server's version.
    tools : list of SdkMcpTool, optional
        Tools that `tool` made.

    Returns
    -------
    McpSdkServerConfig
        For ``ClaudeAgentOptions(mcp_servers={KEY: …})``. Several clients may share it.

    Raises
    ------
    TypeError
        If an item of `tools` is not a tool, or an input schema is invalid.
    ValueError
        If two tools have the same name, or the server has no name.
    """
    if not isinstance(name, str) or not name:
        raise ValueError("An MCP server needs a name: write create_sdk_mcp_server(name, tools=[…])")
    if not isinstance(version, str):
        raise TypeError(
            f"The version of the server {name} must be a string, not {type(version).__name__}; "
            "tools are given as tools=[…]"
        )
    if isinstance(tools, SdkMcpTool) or not isinstance(tools, (Iterable, type(None))):
        raise TypeError(f"The tools of the server {name} must be a list; write tools=[…]")
    given = list(tools or ())
    seen: set[str] = set()
    for item in given:
        if not isinstance(item, SdkMcpTool):
            raise TypeError(
                f"The server {name} got {item!r} as a tool; decorate the function with "
                "@tool(name, description, input_schema)"
            )
        check_name(item.name, "tool")
        _check_timeout(item.name, item.timeout)
        if item.name in seen:
            raise ValueError(f"The server {name} has two tools named {item.name}")
        seen.add(item.name)
    from .server import build_server

    return {"type": "sdk", "name": name, "instance": build_server(name, version, given)}
