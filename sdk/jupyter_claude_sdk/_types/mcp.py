"""The types of tools and MCP servers that run in this process.

Source: the documented Python reference of the Agent SDK.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar

if TYPE_CHECKING:
    from .tool_annotations import ToolAnnotations

__all__ = ["McpSdkServerConfig", "SdkMcpTool"]

T = TypeVar("T")


@dataclass
class SdkMcpTool(Generic[T]):
    """A tool that runs in this process; `tool` makes one.

    Parameters
    ----------
    name, description : str
        What Claude sees.
    input_schema : dict or type
        What the tool takes, see `tool`.
    handler : callable
        ``async (input) -> result``.
    annotations : ToolAnnotations, optional
        Hints for whoever decides about a call, such as ``readOnlyHint``.
    """

    name: str
    description: str
    input_schema: type[T] | dict[str, Any]
    handler: Callable[[T], Awaitable[Any]]
    annotations: "ToolAnnotations | None" = None

    def __repr__(self) -> str:
        return f"SdkMcpTool({self.name!r}, {self.description!r})"


class McpSdkServerConfig(TypedDict):
    """An in-process MCP server, as ``mcp_servers`` takes it; ``instance`` is the server itself."""

    type: Literal["sdk"]
    name: str
    instance: Any
