"""An Agent SDK for Python over the Claude Code CLI, written from the public documents.

It works with asyncio and trio, with or without Jupyter.
"""

import typing

from ._client import ClaudeSDKClient
from ._errors import (
    ClaudeSDKError,
    CLIConnectionError,
    CLIJSONDecodeError,
    CLINotFoundError,
    CLIVersionError,
    ControlRequestError,
    ProcessError,
)
from ._hooks import HookCallback, HookContext, HookEvent, HookMatcher
from ._mcp import McpSdkServerConfig, SdkMcpTool, create_sdk_mcp_server, tool
from ._message_types import (
    TERMINAL_TASK_STATUSES,
    FastModeDisabledReason,
    FastModeState,
    MessageOrigin,
    MessageOriginKind,
    ModelUsage,
    SystemInitData,
    SystemInitMcpServer,
    SystemInitPlugin,
    SystemInitPluginError,
    TaskNotificationOriginSubkind,
    TaskNotificationStatus,
    TaskUpdatedStatus,
    TaskUsage,
)
from ._messages import (
    AssistantMessage,
    AssistantMessageError,
    ContentBlock,
    ConversationResetMessage,
    DeferredToolUse,
    HookEventMessage,
    Message,
    MirrorErrorMessage,
    RateLimitEvent,
    RateLimitInfo,
    RateLimitStatus,
    RateLimitType,
    ResultMessage,
    ServerToolName,
    ServerToolResultBlock,
    ServerToolUseBlock,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from ._options import (
    AgentDefinition,
    ClaudeAgentOptions,
    McpServerConfig,
    OutputFormat,
    SdkPluginConfig,
    SettingSource,
    SystemPromptFile,
    SystemPromptPreset,
)
from ._permissions import (
    CanUseTool,
    PermissionMode,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    ToolPermissionContext,
)
from ._query import query
from ._rewind import RewindFilesResult
from ._session import Observer
from ._stores import (
    InMemorySessionStore,
    SessionKey,
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    SessionStoreFlushMode,
    SessionStoreListEntry,
    SessionSummaryEntry,
    fold_session_summary,
)
from ._transport import Transport
from ._turn import ClientTurn
from ._version import __version__

if typing.TYPE_CHECKING:
    from ._mcp_tools import ToolAnnotations
    from ._sqlite_store import SqliteSessionStore

#: Names that come with a large library, by the module that has them: loaded on first use.
_LAZY = {"SqliteSessionStore": "._sqlite_store", "ToolAnnotations": "._mcp_tools"}

__all__ = [
    "TERMINAL_TASK_STATUSES",
    "AgentDefinition",
    "AssistantMessage",
    "AssistantMessageError",
    "CLIConnectionError",
    "CLIJSONDecodeError",
    "CLINotFoundError",
    "CLIVersionError",
    "CanUseTool",
    "ClaudeAgentOptions",
    "ClaudeSDKClient",
    "ClaudeSDKError",
    "ClientTurn",
    "ContentBlock",
    "ControlRequestError",
    "ConversationResetMessage",
    "DeferredToolUse",
    "FastModeDisabledReason",
    "FastModeState",
    "HookCallback",
    "HookContext",
    "HookEvent",
    "HookEventMessage",
    "HookMatcher",
    "InMemorySessionStore",
    "McpSdkServerConfig",
    "McpServerConfig",
    "Message",
    "MessageOrigin",
    "MessageOriginKind",
    "MirrorErrorMessage",
    "ModelUsage",
    "Observer",
    "OutputFormat",
    "PermissionMode",
    "PermissionResult",
    "PermissionResultAllow",
    "PermissionResultDeny",
    "PermissionRuleValue",
    "PermissionUpdate",
    "ProcessError",
    "RateLimitEvent",
    "RateLimitInfo",
    "RateLimitStatus",
    "RateLimitType",
    "ResultMessage",
    "RewindFilesResult",
    "SdkMcpTool",
    "SdkPluginConfig",
    "ServerToolName",
    "ServerToolResultBlock",
    "ServerToolUseBlock",
    "SessionKey",
    "SessionListSubkeysKey",
    "SessionStore",
    "SessionStoreEntry",
    "SessionStoreFlushMode",
    "SessionStoreListEntry",
    "SessionSummaryEntry",
    "SettingSource",
    "SqliteSessionStore",
    "StreamEvent",
    "SystemInitData",
    "SystemInitMcpServer",
    "SystemInitPlugin",
    "SystemInitPluginError",
    "SystemMessage",
    "SystemPromptFile",
    "SystemPromptPreset",
    "TaskNotificationMessage",
    "TaskNotificationOriginSubkind",
    "TaskNotificationStatus",
    "TaskProgressMessage",
    "TaskStartedMessage",
    "TaskUpdatedMessage",
    "TaskUpdatedStatus",
    "TaskUsage",
    "TextBlock",
    "ThinkingBlock",
    "ToolAnnotations",
    "ToolPermissionContext",
    "ToolResultBlock",
    "ToolUseBlock",
    "Transport",
    "UnknownBlock",
    "UnknownMessage",
    "UserMessage",
    "__version__",
    "create_sdk_mcp_server",
    "fold_session_summary",
    "query",
    "tool",
]


def __getattr__(name: str) -> typing.Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name], __name__), name)
