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
    """A tool that runs in this process. `tool` makes one.

    Parameters
    ----------
    name, description : str
        The name and description that Claude sees.
    input_schema : dict or type
        The tool's input; see `tool`.
    handler : callable
        ``async (input) -> result``.
    annotations : ToolAnnotations, optional
        Hints about the tool, such as ``readOnlyHint``.
    timeout : float, optional
        The seconds that a call may take.
    """

    name: str
    description: str
    input_schema: type[T] | dict[str, Any]
    handler: Callable[[T], Awaitable[Any]]
    annotations: "ToolAnnotations | None" = None
    timeout: float | None = None

    def __repr__(self) -> str:
        return f"SdkMcpTool({self.name!r}, {self.description!r})"


class McpSdkServerConfig(TypedDict):
    """An in-process MCP server for ``mcp_servers``. ``instance`` is the server itself."""

    type: Literal["sdk"]
    name: str
    instance: Any
