"""An Agent SDK for Python over the Claude Code CLI, written from the public documents.

It works with asyncio and trio, with or without Jupyter.
"""

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
from ._messages import (
    AssistantMessage,
    ContentBlock,
    Message,
    ResultMessage,
    StreamEvent,
    SystemMessage,
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
from ._transport import Transport
from ._turn import ClientTurn
from ._version import __version__

__all__ = [
    "AgentDefinition",
    "AssistantMessage",
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
    "HookCallback",
    "HookContext",
    "HookEvent",
    "HookMatcher",
    "McpServerConfig",
    "Message",
    "Observer",
    "OutputFormat",
    "PermissionMode",
    "PermissionResult",
    "PermissionResultAllow",
    "PermissionResultDeny",
    "PermissionRuleValue",
    "PermissionUpdate",
    "ProcessError",
    "ResultMessage",
    "RewindFilesResult",
    "SdkPluginConfig",
    "SettingSource",
    "StreamEvent",
    "SystemMessage",
    "SystemPromptFile",
    "SystemPromptPreset",
    "TextBlock",
    "ThinkingBlock",
    "ToolPermissionContext",
    "ToolResultBlock",
    "ToolUseBlock",
    "Transport",
    "UnknownBlock",
    "UnknownMessage",
    "UserMessage",
    "__version__",
    "query",
]
