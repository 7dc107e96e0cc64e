"""Types of the control lines, for programs that speak the protocol themselves.

This SDK does not use them. `compat` has them in ``claude_agent_sdk.types``.
Annotations are evaluated here (no ``__future__`` import), else ``__required_keys__`` would be
wrong.

Source: the lines as observed on the CLI.
"""

from typing import Any, Literal, Union

from .._base.typing import NotRequired, TypedDict
from .._types.permissions import PermissionMode

# --- requests of a client ---------------------------------------------------------------------


class SDKControlInitializeRequest(TypedDict):
    """The first request; its answer says what the CLI can do."""

    subtype: Literal["initialize"]
    hooks: NotRequired[dict[str, list[dict[str, Any]]] | None]
    agents: NotRequired[dict[str, dict[str, Any]]]
    skills: NotRequired[list[str]]


class SDKControlInterruptRequest(TypedDict):
    """Interrupts the running turn."""

    subtype: Literal["interrupt"]


class SDKControlSetPermissionModeRequest(TypedDict):
    """Changes the permission mode."""

    subtype: Literal["set_permission_mode"]
    mode: PermissionMode


class SDKControlRewindFilesRequest(TypedDict):
    """Restores files to their state before a prompt."""

    subtype: Literal["rewind_files"]
    user_message_id: str
    dry_run: NotRequired[bool]


class SDKControlMcpReconnectRequest(TypedDict):
    """Connects to an MCP server again."""

    subtype: Literal["mcp_reconnect"]
    serverName: str


class SDKControlMcpToggleRequest(TypedDict):
    """Turns an MCP server on or off."""

    subtype: Literal["mcp_toggle"]
    serverName: str
    enabled: bool


class SDKControlStopTaskRequest(TypedDict):
    """Stops a background task."""

    subtype: Literal["stop_task"]
    task_id: str


# --- requests of the CLI ----------------------------------------------------------------------


class SDKControlPermissionRequest(TypedDict):
    """Asks whether a tool may run."""

    subtype: Literal["can_use_tool"]
    tool_name: str
    input: dict[str, Any]
    tool_use_id: NotRequired[str]
    permission_suggestions: NotRequired[list[Any] | None]
    blocked_path: NotRequired[str | None]
    decision_reason: NotRequired[str]
    agent_id: NotRequired[str]


class SDKHookCallbackRequest(TypedDict):
    """Runs a hook."""

    subtype: Literal["hook_callback"]
    callback_id: str
    input: Any
    tool_use_id: NotRequired[str | None]


class SDKControlMcpMessageRequest(TypedDict):
    """Brings a JSON-RPC message to an in-process MCP server."""

    subtype: Literal["mcp_message"]
    server_name: str
    message: Any


# --- the lines --------------------------------------------------------------------------------


class SDKControlRequest(TypedDict):
    """A request, from the client or from the CLI."""

    type: Literal["control_request"]
    request_id: str
    request: Union[
        SDKControlInitializeRequest,
        SDKControlInterruptRequest,
        SDKControlSetPermissionModeRequest,
        SDKControlRewindFilesRequest,
        SDKControlMcpReconnectRequest,
        SDKControlMcpToggleRequest,
        SDKControlStopTaskRequest,
        SDKControlPermissionRequest,
        SDKHookCallbackRequest,
        SDKControlMcpMessageRequest,
    ]


class ControlResponse(TypedDict):
    """The answer."""

    subtype: Literal["success"]
    request_id: str
    response: NotRequired[dict[str, Any] | None]


class ControlErrorResponse(TypedDict):
    """The reason why the request was refused."""

    subtype: Literal["error"]
    request_id: str
    error: str
    error_code: NotRequired[str]


class SDKControlResponse(TypedDict):
    """An answer, from the client or from the CLI."""

    type: Literal["control_response"]
    response: Union[ControlResponse, ControlErrorResponse]
