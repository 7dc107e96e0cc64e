"""Typed forms of the values that options take.

Annotations are evaluated here (no ``__future__`` import), else ``__required_keys__`` would be
wrong.

Source: the documented references of the Agent SDK.
"""

from typing import Any, Literal, Union

from .._base.typing import NotRequired, TypedDict
from .mcp import McpSdkServerConfig

__all__ = [
    "EffortLevel",
    "McpHttpServerConfig",
    "McpSSEServerConfig",
    "McpServerConfig",
    "McpStdioServerConfig",
    "OutputFormat",
    "SandboxIgnoreViolations",
    "SandboxNetworkConfig",
    "SandboxSettings",
    "SdkBeta",
    "SdkPluginConfig",
    "SettingSource",
    "SystemPromptCustom",
    "SystemPromptFile",
    "SystemPromptPreset",
    "TaskBudget",
    "ThinkingConfig",
    "ThinkingConfigAdaptive",
    "ThinkingConfigDisabled",
    "ThinkingConfigEnabled",
    "ThinkingDisplay",
    "ToolsPreset",
]

SettingSource = Literal["user", "project", "local"]
SdkBeta = Literal["context-1m-2025-08-07"]
EffortLevel = Literal["low", "medium", "high", "xhigh", "max"]


# --- prompts, tools, output -------------------------------------------------------------------


class SystemPromptPreset(TypedDict):
    """Claude Code's own system prompt, with text added at its end if ``append`` is there.

    ``exclude_dynamic_sections`` moves what differs between machines (folder, date, git state) out
    of it, so that the API's cache serves several users; ``snapshot`` says whether the prompt is
    kept with the session.
    """

    type: Literal["preset"]
    preset: Literal["claude_code"]
    append: NotRequired[str]
    exclude_dynamic_sections: NotRequired[bool]
    snapshot: NotRequired[bool]


class SystemPromptCustom(TypedDict):
    """A system prompt of your own; ``snapshot`` says whether it is kept with the session."""

    type: Literal["custom"]
    prompt: str
    snapshot: NotRequired[bool]


class SystemPromptFile(TypedDict):
    """A system prompt read from a file."""

    type: Literal["file"]
    path: str


class ToolsPreset(TypedDict):
    """All tools of Claude Code."""

    type: Literal["preset"]
    preset: Literal["claude_code"]


class OutputFormat(TypedDict):
    """The JSON schema that a turn's structured output must meet."""

    type: Literal["json_schema"]
    schema: dict[str, Any]


class SdkPluginConfig(TypedDict):
    """A plugin in a local folder; `path` is absolute or relative to ``cwd``."""

    type: Literal["local"]
    path: str


class TaskBudget(TypedDict):
    """The tokens that a turn should get by with; the model is told and plans for it."""

    total: int


# --- thinking ---------------------------------------------------------------------------------

ThinkingDisplay = Literal["summarized", "omitted"]


class ThinkingConfigAdaptive(TypedDict):
    """The model decides how much to think."""

    type: Literal["adaptive"]
    display: NotRequired[ThinkingDisplay]


class ThinkingConfigEnabled(TypedDict):
    """The model thinks within a budget of tokens."""

    type: Literal["enabled"]
    budget_tokens: int
    display: NotRequired[ThinkingDisplay]


class ThinkingConfigDisabled(TypedDict):
    """The model does not think."""

    type: Literal["disabled"]


ThinkingConfig = Union[ThinkingConfigAdaptive, ThinkingConfigEnabled, ThinkingConfigDisabled]


# --- the sandbox of commands ------------------------------------------------------------------


class SandboxNetworkConfig(TypedDict, total=False):
    """What sandboxed commands may reach over the network."""

    allowedDomains: list[str]
    deniedDomains: list[str]
    allowManagedDomainsOnly: bool
    allowUnixSockets: list[str]
    allowAllUnixSockets: bool
    allowLocalBinding: bool
    allowMachLookup: list[str]
    httpProxyPort: int
    socksProxyPort: int


#: Violations that are not reported: paths or domains by command pattern.
SandboxIgnoreViolations = dict[str, list[str]]


class SandboxSettings(TypedDict, total=False):
    """How commands are kept in a sandbox; it goes to the CLI within its settings.

    What commands may read, write and reach by permission rules is not decided here. Where the
    system lacks what a sandbox needs (bubblewrap and socat on Linux), commands run without one,
    unless ``failIfUnavailable`` is set: then the CLI does not start.
    """

    enabled: bool
    failIfUnavailable: bool
    autoAllowBashIfSandboxed: bool
    excludedCommands: list[str]
    allowUnsandboxedCommands: bool
    network: SandboxNetworkConfig
    ignoreViolations: SandboxIgnoreViolations
    enableWeakerNestedSandbox: bool


# --- MCP servers ------------------------------------------------------------------------------


class McpStdioServerConfig(TypedDict):
    """An MCP server that the CLI starts as a program."""

    type: NotRequired[Literal["stdio"]]
    command: str
    args: NotRequired[list[str]]
    env: NotRequired[dict[str, str]]


class McpSSEServerConfig(TypedDict):
    """An MCP server over HTTP with server-sent events."""

    type: Literal["sse"]
    url: str
    headers: NotRequired[dict[str, str]]


class McpHttpServerConfig(TypedDict):
    """An MCP server over streamable HTTP."""

    type: Literal["http"]
    url: str
    headers: NotRequired[dict[str, str]]


McpServerConfig = Union[
    McpStdioServerConfig, McpSSEServerConfig, McpHttpServerConfig, McpSdkServerConfig
]
