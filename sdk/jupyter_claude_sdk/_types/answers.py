"""Types of the CLI's answers: the state of MCP servers, and the use of the context window.

At run time the values are the CLI's own dicts, with all fields that it sends. Annotations
are evaluated here (no ``__future__`` import), else ``__required_keys__`` would be wrong.

Source: the documented references of the Agent SDK, and answers observed on the CLI.
"""

from typing import Any, Literal, Union

from .._base.typing import NotRequired, TypedDict
from .option_types import McpHttpServerConfig, McpSSEServerConfig, McpStdioServerConfig

__all__ = [
    "ContextUsageCategory",
    "ContextUsageResponse",
    "McpServerConnectionStatus",
    "McpServerInfo",
    "McpServerStatus",
    "McpServerStatusConfig",
    "McpSetServersResult",
    "McpStatusResponse",
    "McpToolAnnotations",
    "McpToolInfo",
]

# --- get_mcp_status ---------------------------------------------------------------------------

McpServerConnectionStatus = Literal["connected", "failed", "needs-auth", "pending", "disabled"]


class McpServerInfo(TypedDict):
    """The name and version that a server states."""

    name: str
    version: str


class McpToolAnnotations(TypedDict, total=False):
    """A tool's hints, if it has any."""

    readOnly: bool
    destructive: bool
    openWorld: bool


class McpToolInfo(TypedDict):
    """A tool of a server."""

    name: str
    description: NotRequired[str]
    annotations: NotRequired[McpToolAnnotations]


class McpSdkServerConfigStatus(TypedDict):
    """An in-process server, as the CLI knows it."""

    type: Literal["sdk"]
    name: str


class McpClaudeAIProxyServerConfig(TypedDict):
    """A connector of the claude.ai account."""

    type: Literal["claudeai-proxy"]
    url: str
    id: str


McpServerStatusConfig = Union[
    McpStdioServerConfig,
    McpSSEServerConfig,
    McpHttpServerConfig,
    McpSdkServerConfigStatus,
    McpClaudeAIProxyServerConfig,
]


class McpServerStatus(TypedDict):
    """One MCP server. ``error`` is there if it failed, ``tools`` once it is connected."""

    name: str
    status: McpServerConnectionStatus
    serverInfo: NotRequired[McpServerInfo]
    error: NotRequired[str]
    config: NotRequired[McpServerStatusConfig]
    scope: NotRequired[str]
    tools: NotRequired[list[McpToolInfo]]


class McpStatusResponse(TypedDict):
    """All MCP servers of the session."""

    mcpServers: list[McpServerStatus]


# --- set_mcp_servers --------------------------------------------------------------------------


class McpSetServersResult(TypedDict):
    """Which MCP servers are new, which have ended, and why one of the new ones failed.

    A server that was replaced is in ``added``, and one in this process also in ``removed``.
    ``errors`` has a text for each server that did not start.
    """

    added: list[str]
    removed: list[str]
    errors: dict[str, str]


# --- get_context_usage ------------------------------------------------------------------------


class ContextUsageCategory(TypedDict):
    """One part of the context window, such as the system prompt or the messages."""

    name: str
    tokens: int
    color: str
    isDeferred: NotRequired[bool]


class ContextUsageResponse(TypedDict):
    """What fills the context window. ``percentage`` is of ``maxTokens``."""

    categories: list[ContextUsageCategory]
    totalTokens: int
    maxTokens: int
    rawMaxTokens: int
    percentage: float
    model: str
    isAutoCompactEnabled: bool
    memoryFiles: list[dict[str, Any]]
    mcpTools: list[dict[str, Any]]
    agents: list[dict[str, Any]]
    gridRows: list[list[dict[str, Any]]]
    autoCompactThreshold: NotRequired[int]
    deferredBuiltinTools: NotRequired[list[dict[str, Any]]]
    systemTools: NotRequired[list[dict[str, Any]]]
    systemPromptSections: NotRequired[list[dict[str, Any]]]
    slashCommands: NotRequired[dict[str, Any]]
    skills: NotRequired[dict[str, Any]]
    messageBreakdown: NotRequired[dict[str, Any]]
    apiUsage: NotRequired[dict[str, Any] | None]
