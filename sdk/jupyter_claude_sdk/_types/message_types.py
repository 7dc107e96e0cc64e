"""Types of the plain dicts in messages.

The classes are for type checkers and completion. At run time the values are the CLI's own dicts,
with all fields that it sends. Annotations are evaluated here (no ``__future__``
import), else ``__required_keys__`` would be wrong.

Source: the documented references of the Agent SDK, and lines observed on the CLI.
"""

from typing import Literal, Union

from .._base.typing import NotRequired, Required, TypedDict
from .permissions import PermissionMode

__all__ = [
    "TERMINAL_TASK_STATUSES",
    "FastModeDisabledReason",
    "FastModeState",
    "MessageOrigin",
    "MessageOriginKind",
    "ModelUsage",
    "SubagentStats",
    "SystemInitData",
    "SystemInitMcpServer",
    "SystemInitPlugin",
    "SystemInitPluginError",
    "TaskNotificationOriginSubkind",
    "TaskNotificationStatus",
    "TaskUpdatedStatus",
    "TaskUsage",
]

# --- where a message comes from ---------------------------------------------------------------

MessageOriginKind = Literal[
    "human",
    "channel",
    "peer",
    "task-notification",
    "coordinator",
    "unclassified",
    "observer",
    "auto-continuation",
    "observer-activity",
]
TaskNotificationOriginSubkind = Literal["scheduled-trigger", "peer-send-message"]

MessageOrigin = TypedDict(
    "MessageOrigin",
    {
        "kind": Required[MessageOriginKind],
        "server": str,
        "from": str,  # a keyword of Python, hence the functional form
        "name": str,
        "fromSession": str,
        "senderTaskId": str,
        "body": str,
        "verifiedPeerPid": int,
        "subkind": TaskNotificationOriginSubkind,
        "producer": str,
        "runId": str,
    },
    total=False,
)
MessageOrigin.__doc__ = "Where a message came from: ``kind``, and the other fields of that kind."

# --- background tasks -------------------------------------------------------------------------

TaskNotificationStatus = Literal["completed", "failed", "stopped"]
TaskUpdatedStatus = Literal["pending", "running", "paused", "completed", "failed", "killed"]

#: A task with one of these statuses has ended.
TERMINAL_TASK_STATUSES: frozenset[str] = frozenset({"completed", "failed", "stopped", "killed"})


class TaskUsage(TypedDict):
    """The tokens, tool calls and time of a background task."""

    total_tokens: int
    tool_uses: int
    duration_ms: int


# --- results ----------------------------------------------------------------------------------


class ModelUsage(TypedDict):
    """Tokens and cost of one model, since the CLI's process started."""

    inputTokens: int
    outputTokens: int
    cacheReadInputTokens: int
    cacheCreationInputTokens: int
    webSearchRequests: int
    costUSD: float
    contextWindow: int
    maxOutputTokens: int
    canonicalModel: NotRequired[str]
    provider: NotRequired[str]
    thinkingTokens: NotRequired[int]
    cacheCreationEphemeral5mInputTokens: NotRequired[int]
    cacheCreationEphemeral1hInputTokens: NotRequired[int]
    costBasis: NotRequired[str]


class SubagentStats(TypedDict):
    """How many subagents the CLI's process has started, and how they ended."""

    spawned: int
    requested: dict[str, int]
    started_in_background: int
    max_depth: int
    spawned_by_subagents: int
    completed: int
    failed: int
    killed: dict[str, int]
    refused: dict[str, int]
    by_type: dict[str, int]


# --- the init notice --------------------------------------------------------------------------

FastModeState = Literal["off", "cooldown", "on"]
FastModeDisabledReason = Literal[
    "free",
    "preference",
    "extra_usage_disabled",
    "network_error",
    "unknown",
    "not_first_party",
    "disabled_by_env",
    "model_not_allowed",
    "sdk_opt_in_required",
    "pending",
]


class SystemInitMcpServer(TypedDict):
    """An MCP server in the init notice."""

    name: str
    status: str
    source: NotRequired[str]


class SystemInitPlugin(TypedDict):
    """A plugin that the CLI loaded."""

    name: str
    path: str
    version: NotRequired[str]
    source: NotRequired[str]


class SystemInitPluginError(TypedDict):
    """A plugin that the CLI could not load, and why."""

    plugin: str
    type: str
    message: str
    path: NotRequired[str]


class SystemInitData(TypedDict):
    """``data`` of the `SystemMessage` with the subtype ``init``, which begins each turn."""

    type: Literal["system"]
    subtype: Literal["init"]
    uuid: str
    session_id: str
    agents: NotRequired[list[str]]
    apiKeySource: str
    betas: NotRequired[list[str]]
    claude_code_version: str
    cwd: str
    tools: list[str]
    mcp_servers: list[SystemInitMcpServer]
    model: str
    permissionMode: PermissionMode
    slash_commands: list[str]
    terminal_slash_commands: NotRequired[list[str]]
    output_style: str
    skills: list[str]
    plugins: list[SystemInitPlugin]
    plugin_errors: NotRequired[list[SystemInitPluginError]]
    fast_mode_state: NotRequired[FastModeState]
    fast_mode_disabled_reason: NotRequired[FastModeDisabledReason]
    capabilities: NotRequired[list[str]]
    original_cwd: NotRequired[str]
    additional_directories: NotRequired[list[str]]
    memory_paths: NotRequired[dict[str, str]]
    messaging_socket_path: NotRequired[str]
    user_message_uuids: NotRequired[list[str]]
    view_mode: NotRequired[str]
    analytics_disabled: NotRequired[bool]
    sandbox_enabled: NotRequired[Union[bool, Literal["unknown"]]]
    product_feedback_disabled: NotRequired[bool]
    served_by_anthropic: NotRequired[bool]
    per_turn_effort_active: NotRequired[bool]
    ultrathink_available: NotRequired[bool]
    ultrathink_typed_raises: NotRequired[bool]
