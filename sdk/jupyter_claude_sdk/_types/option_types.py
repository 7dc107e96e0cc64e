"""Types of the values of options.

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
    """Claude Code's own system prompt, with the text of ``append`` at its end.

    ``exclude_dynamic_sections`` moves the parts that differ between machines (folder, date, git
    state) out of the prompt, so that several users share the API's cache. ``snapshot`` says whether
    the CLI keeps the prompt with the session.
    """

    type: Literal["preset"]
    preset: Literal["claude_code"]
    append: NotRequired[str]
    exclude_dynamic_sections: NotRequired[bool]
    snapshot: NotRequired[bool]


class SystemPromptCustom(TypedDict):
    """A system prompt of your own. ``snapshot``: whether the CLI keeps it with the session."""

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
    """The JSON Schema of a turn's structured output."""

    type: Literal["json_schema"]
    schema: dict[str, Any]


class SdkPluginConfig(TypedDict):
    """A plugin in a local folder; `path` is absolute or relative to ``cwd``."""

    type: Literal["local"]
    path: str


class TaskBudget(TypedDict):
    """How many tokens a turn should use at most. The model knows the number and plans for it."""

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


#: Violations that are not reported: paths or domains, by the command's pattern.
SandboxIgnoreViolations = dict[str, list[str]]


class SandboxSettings(TypedDict, total=False):
    """How the CLI runs commands in a sandbox. It becomes a part of the CLI's settings.

    Permission rules are not set here. A sandbox needs bubblewrap and socat on Linux. If the system
    lacks them, commands run without a sandbox. With ``failIfUnavailable`` the CLI does not start
    then.
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
