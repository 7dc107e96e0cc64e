"""Types of the inputs of hooks.

The classes are for type checkers and completion. At run time the values are the CLI's own dicts,
with all fields that it sends. Annotations are evaluated here (no ``__future__`` import), else
``__required_keys__`` would be wrong. Events that we have not observed have no class:
``CwdChanged``, ``DirectoryAdded``, ``PermissionDenied``, ``Setup`` and ``TeammateIdle``.

Source: the documented references of the Agent SDK, and calls observed on the CLI.
"""

from typing import Any, Literal, Union

from .._base.typing import NotRequired, TypedDict

__all__ = [
    "BackgroundTaskSummary",
    "BaseHookInput",
    "ConfigChangeHookInput",
    "ElicitationHookInput",
    "ElicitationResultHookInput",
    "FileChangedHookInput",
    "HookEffort",
    "HookInput",
    "HookMcpServer",
    "InstructionsLoadedHookInput",
    "MessageDisplayHookInput",
    "NotificationHookInput",
    "PermissionRequestHookInput",
    "PostCompactHookInput",
    "PostModelSwitchHookInput",
    "PostToolBatchHookInput",
    "PostToolUseFailureHookInput",
    "PostToolUseHookInput",
    "PreCompactHookInput",
    "PreModelSwitchHookInput",
    "PreSkillShellCommandHookInput",
    "PreToolUseHookInput",
    "SessionCronSummary",
    "SessionEndHookInput",
    "SessionStartHookInput",
    "StopFailureHookInput",
    "StopHookInput",
    "SubagentStartHookInput",
    "SubagentStopHookInput",
    "TaskCompletedHookInput",
    "TaskCreatedHookInput",
    "ToolBatchCall",
    "UserPromptExpansionHookInput",
    "UserPromptSubmitHookInput",
    "WorktreeCreateHookInput",
    "WorktreeRemoveHookInput",
]

# --- parts of inputs --------------------------------------------------------------------------


class HookEffort(TypedDict):
    """How hard the model works at present."""

    level: str


class BackgroundTaskSummary(TypedDict):
    """A background task that still runs."""

    id: str
    type: str
    status: str
    description: str
    command: NotRequired[str]
    agent_type: NotRequired[str]
    server: NotRequired[str]
    tool: NotRequired[str]
    name: NotRequired[str]


class SessionCronSummary(TypedDict):
    """A prompt that the session has planned for later."""

    id: str
    schedule: str
    recurring: bool
    prompt: str


class HookMcpServer(TypedDict):
    """The MCP server that has a tool."""

    name: str
    source: NotRequired[str]


class BaseHookInput(TypedDict):
    """What every hook gets."""

    session_id: str
    transcript_path: str
    cwd: str
    permission_mode: NotRequired[str]
    prompt_id: NotRequired[str]
    effort: NotRequired[HookEffort]


class _InSubagent(TypedDict, total=False):
    """Which subagent it is about, if any."""

    agent_id: str
    agent_type: str


# --- inputs -----------------------------------------------------------------------------------


class PreToolUseHookInput(BaseHookInput, _InSubagent):
    """A tool is about to be used."""

    hook_event_name: Literal["PreToolUse"]
    tool_name: str
    tool_input: dict[str, Any]
    tool_use_id: str
    mcp_server: NotRequired[HookMcpServer]


class PostToolUseHookInput(BaseHookInput, _InSubagent):
    """A tool was used."""

    hook_event_name: Literal["PostToolUse"]
    tool_name: str
    tool_input: dict[str, Any]
    tool_response: Any
    tool_use_id: str
    duration_ms: NotRequired[int]
    mcp_server: NotRequired[HookMcpServer]


class PostToolUseFailureHookInput(BaseHookInput, _InSubagent):
    """A tool failed, or was interrupted."""

    hook_event_name: Literal["PostToolUseFailure"]
    tool_name: str
    tool_input: dict[str, Any]
    tool_use_id: str
    error: str
    is_interrupt: NotRequired[bool]
    duration_ms: NotRequired[int]
    mcp_server: NotRequired[HookMcpServer]


class ToolBatchCall(TypedDict):
    """One of the tool calls that were made together."""

    tool_name: str
    tool_input: dict[str, Any]
    tool_use_id: str
    tool_response: NotRequired[Any]


class PostToolBatchHookInput(BaseHookInput, _InSubagent):
    """The tool calls of one answer are all done."""

    hook_event_name: Literal["PostToolBatch"]
    tool_calls: list[ToolBatchCall]


class UserPromptSubmitHookInput(BaseHookInput):
    """A prompt was sent."""

    hook_event_name: Literal["UserPromptSubmit"]
    prompt: str


class StopHookInput(BaseHookInput):
    """Claude is about to end its turn."""

    hook_event_name: Literal["Stop"]
    stop_hook_active: bool
    last_assistant_message: NotRequired[str]
    background_tasks: NotRequired[list[BackgroundTaskSummary]]
    session_crons: NotRequired[list[SessionCronSummary]]


class SubagentStopHookInput(BaseHookInput):
    """A subagent is about to end."""

    hook_event_name: Literal["SubagentStop"]
    stop_hook_active: bool
    agent_id: str
    agent_transcript_path: str
    agent_type: str
    last_assistant_message: NotRequired[str]
    background_tasks: NotRequired[list[BackgroundTaskSummary]]
    session_crons: NotRequired[list[SessionCronSummary]]


class PreCompactHookInput(BaseHookInput):
    """The conversation is about to be compacted."""

    hook_event_name: Literal["PreCompact"]
    trigger: Literal["manual", "auto"]
    custom_instructions: str | None


class PostCompactHookInput(BaseHookInput):
    """The conversation was compacted."""

    hook_event_name: Literal["PostCompact"]
    trigger: Literal["manual", "auto"]
    compact_summary: str


class SessionStartHookInput(BaseHookInput):
    """A session began, or continued: ``source`` says how."""

    hook_event_name: Literal["SessionStart"]
    source: str
    model: NotRequired[str]


class NotificationHookInput(BaseHookInput):
    """The CLI notifies the user."""

    hook_event_name: Literal["Notification"]
    message: str
    title: NotRequired[str]
    notification_type: str


class SubagentStartHookInput(BaseHookInput):
    """A subagent begins."""

    hook_event_name: Literal["SubagentStart"]
    agent_id: str
    agent_type: str


class PermissionRequestHookInput(BaseHookInput, _InSubagent):
    """The CLI is about to ask for a permission."""

    hook_event_name: Literal["PermissionRequest"]
    tool_name: str
    tool_input: dict[str, Any]
    permission_suggestions: NotRequired[list[Any]]


class MessageDisplayHookInput(BaseHookInput):
    """A part of an answer is about to be shown; ``final`` marks its last one."""

    hook_event_name: Literal["MessageDisplay"]
    turn_id: str
    message_id: str
    index: int
    final: bool
    delta: str


class UserPromptExpansionHookInput(BaseHookInput):
    """A slash command was expanded into a prompt."""

    hook_event_name: Literal["UserPromptExpansion"]
    expansion_type: str
    command_name: str
    command_args: str
    command_source: str
    prompt: str


class PreSkillShellCommandHookInput(BaseHookInput, _InSubagent):
    """A shell command in the text of a skill or a slash command is about to run.

    ``PreToolUse`` does not see these commands. ``tool_input`` has the ``command``.
    """

    hook_event_name: Literal["PreSkillShellCommand"]
    tool_name: str
    tool_input: dict[str, Any]
    tool_use_id: str
    command_name: str
    command_source: NotRequired[str]
    invoked_by: Literal["user", "claude", "other"]


class StopFailureHookInput(BaseHookInput):
    """A turn ended with an error of the API."""

    hook_event_name: Literal["StopFailure"]
    error: str
    last_assistant_message: NotRequired[str]


class SessionEndHookInput(BaseHookInput):
    """A session ends, for example by ``/clear``."""

    hook_event_name: Literal["SessionEnd"]
    reason: str


class TaskCreatedHookInput(BaseHookInput):
    """A task is being put on the to-do list."""

    hook_event_name: Literal["TaskCreated"]
    task_id: str
    task_subject: str
    task_description: NotRequired[str]


class TaskCompletedHookInput(BaseHookInput):
    """A task of the to-do list is being marked as done."""

    hook_event_name: Literal["TaskCompleted"]
    task_id: str
    task_subject: str
    task_description: NotRequired[str]


class _ModelSwitch(BaseHookInput):
    from_model: str
    to_model: str
    requested_model: str
    source: str
    context_tokens: int
    prompt_cache_warm: bool
    cache_ttl: NotRequired[str]
    estimated_cache_write_usd: NotRequired[float]
    pricing: NotRequired[str]


class PreModelSwitchHookInput(_ModelSwitch):
    """The model is about to be changed."""

    hook_event_name: Literal["PreModelSwitch"]


class PostModelSwitchHookInput(_ModelSwitch):
    """The model was changed."""

    hook_event_name: Literal["PostModelSwitch"]


class ElicitationHookInput(BaseHookInput):
    """An MCP server asks the user something."""

    hook_event_name: Literal["Elicitation"]
    mcp_server_name: str
    message: str
    mode: NotRequired[str]
    requested_schema: NotRequired[dict[str, Any]]


class ElicitationResultHookInput(BaseHookInput):
    """The user, or a hook, answered an MCP server."""

    hook_event_name: Literal["ElicitationResult"]
    mcp_server_name: str
    action: Literal["accept", "decline", "cancel"]
    mode: NotRequired[str]
    content: NotRequired[dict[str, Any]]


class InstructionsLoadedHookInput(BaseHookInput):
    """A file of instructions, such as ``CLAUDE.md``, was read."""

    hook_event_name: Literal["InstructionsLoaded"]
    file_path: str
    memory_type: str
    load_reason: str


class ConfigChangeHookInput(BaseHookInput):
    """A file of settings changed."""

    hook_event_name: Literal["ConfigChange"]
    source: str
    file_path: NotRequired[str]


class FileChangedHookInput(BaseHookInput):
    """A watched file changed."""

    hook_event_name: Literal["FileChanged"]
    file_path: str
    event: str


class WorktreeCreateHookInput(BaseHookInput):
    """The hook is to make a worktree."""

    hook_event_name: Literal["WorktreeCreate"]
    name: str


class WorktreeRemoveHookInput(BaseHookInput):
    """The hook is to remove a worktree."""

    hook_event_name: Literal["WorktreeRemove"]
    worktree_path: str


HookInput = Union[
    PreToolUseHookInput,
    PostToolUseHookInput,
    PostToolUseFailureHookInput,
    UserPromptSubmitHookInput,
    StopHookInput,
    SubagentStopHookInput,
    PreCompactHookInput,
    NotificationHookInput,
    SubagentStartHookInput,
    PermissionRequestHookInput,
    PostToolBatchHookInput,
    PostCompactHookInput,
    SessionStartHookInput,
    MessageDisplayHookInput,
    UserPromptExpansionHookInput,
    StopFailureHookInput,
    SessionEndHookInput,
    TaskCreatedHookInput,
    TaskCompletedHookInput,
    PreModelSwitchHookInput,
    PreSkillShellCommandHookInput,
    PostModelSwitchHookInput,
    ElicitationHookInput,
    ElicitationResultHookInput,
    InstructionsLoadedHookInput,
    ConfigChangeHookInput,
    FileChangedHookInput,
    WorktreeCreateHookInput,
    WorktreeRemoveHookInput,
]
