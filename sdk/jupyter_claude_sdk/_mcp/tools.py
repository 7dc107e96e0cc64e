"""Tools of your own: Python functions that Claude can call, served in this process over MCP.

Nothing here needs the ``mcp`` library until a server is made.

Source: the documented Python reference of the Agent SDK.
"""

from __future__ import annotations

import inspect
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
) -> Callable[[Callable[[Any], Awaitable[Any]]], SdkMcpTool[Any]]: ...


@overload
def tool(
    name: str,
    description: str,
    input_schema: type[T],
    annotations: ToolAnnotations | Mapping[str, Any] | None = None,
) -> Callable[[Callable[[T], Awaitable[Any]]], SdkMcpTool[T]]: ...


def tool(
    name: str,
    description: str,
    input_schema: type[Any] | dict[str, Any],
    annotations: ToolAnnotations | Mapping[str, Any] | None = None,
) -> Callable[[Callable[[Any], Awaitable[Any]]], SdkMcpTool[Any]]:
    """Make a tool of an async function.

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``, at most 64.
    description : str
        What it does and when to use it, for Claude.
    input_schema : dict or type
        What it takes: a map such as ``{"city": str, "days": int}``, a JSON Schema, a TypedDict, a
        dataclass or a pydantic model. ``{}`` is no input.
    annotations : ToolAnnotations or dict, optional
        Hints such as ``{"readOnlyHint": True}``.

    Returns
    -------
    callable
        A decorator that makes an `SdkMcpTool` of the function. The function gets the checked input
        as one argument: a dict, or for a dataclass or pydantic model an instance of it.

        It returns ``{"content": [block, …]}`` with MCP's blocks, ``"is_error": True`` if it
        failed; a str is one text block. What it raises becomes an error result for Claude.

    Raises
    ------
    ValueError
        If the name cannot be a tool's.
    TypeError
        If the function is not async.

    Notes
    -----
    Source: the documented Python reference of the Agent SDK. Instances for dataclasses and
    pydantic models, and str results, are this package's own.

    Examples
    --------
    >>> @tool("greet", "Greet a user", {"name": str})
    ... async def greet(args):
    ...     return {"content": [{"type": "text", "text": f"Hello, {args['name']}!"}]}
    """
    check_name(name, "tool")

    def make(handler: Callable[[Any], Awaitable[Any]]) -> SdkMcpTool[Any]:
        function = inspect.unwrap(handler) if callable(handler) else handler
        if not callable(handler) or inspect.isasyncgenfunction(function):
            raise TypeError(f"The tool {name} needs an async function that returns its result")
        if inspect.isroutine(function) and not inspect.iscoroutinefunction(function):
            # It would hold up the loop, and with it everything else of the session.
            raise TypeError(
                f"The tool {name} needs an async function: write `async def` (and "
                "`await anyio.to_thread.run_sync(…)` for work that blocks)"
            )
        from .._types.tool_annotations import annotations_of

        hints = None if annotations is None else annotations_of(annotations)
        return SdkMcpTool(name, description, input_schema, handler, hints)

    return make


def create_sdk_mcp_server(
    name: str, version: str = "1.0.0", tools: Iterable[SdkMcpTool[Any]] | None = None
) -> McpSdkServerConfig:
    """Make an MCP server of tools; it runs in this process, as long as a session does.

    Parameters
    ----------
    name : str
        The server's name. What Claude calls is ``mcp__KEY__TOOL`` with the key in `mcp_servers`.
    version : str, default "1.0.0"
        The server's version.
    tools : list of SdkMcpTool, optional
        What `tool` made.

    Returns
    -------
    McpSdkServerConfig
        For ``ClaudeAgentOptions(mcp_servers={KEY: …})``, of as many sessions as you like.

    Raises
    ------
    TypeError
        If something in `tools` is no tool, or an input schema is none.
    ValueError
        If two tools have one name, or the server has none.

    Notes
    -----
    Source: the documented Python reference of the Agent SDK.
    """
    if not isinstance(name, str) or not name:
        raise ValueError("An MCP server needs a name")
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
        if item.name in seen:
            raise ValueError(f"The server {name} has two tools named {item.name}")
        seen.add(item.name)
    from .server import build_server

    return {"type": "sdk", "name": name, "instance": build_server(name, version, given)}
