"""What comes back: the messages of a session.

Shapes follow the documented Python reference; fields beyond it carry the wire's own names. Nothing
that the wire carries is dropped: each message keeps its line as ``raw`` or ``data``.

Source: the documented Python reference of the Agent SDK, and lines observed on the CLI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Union, cast

from ._blocks import ContentBlock
from ._message_types import (
    MessageOrigin,
    ModelUsage,
    SystemInitData,
    TaskNotificationStatus,
    TaskUpdatedStatus,
    TaskUsage,
)
from ._repr import ShortRepr
from ._stores import SessionKey

Json = dict[str, Any]


def _hidden(*names: str) -> dict[str, Callable[[Any], str]]:
    """Leave fields out of a ``repr``: what another message says as well, or says better."""
    return dict.fromkeys(names, lambda _: "")


AssistantMessageError = Literal[
    "authentication_failed",
    "billing_error",
    "rate_limit",
    "invalid_request",
    "server_error",
    "unknown",
]


@dataclass(repr=False)
class UserMessage(ShortRepr):
    """A user's message: a prompt, or the results of tool calls.

    Attributes
    ----------
    content : str or list of ContentBlock
        The text, or the blocks.
    uuid : str, optional
        The message's id; a prompt's is the checkpoint that `ClaudeSDKClient.rewind_files` takes.
    parent_tool_use_id : str, optional
        The call of the subagent that it belongs to.
    tool_use_result : dict, list or str, optional
        A tool's result in its own form, beside what the model sees of it.
    origin : MessageOrigin, optional
        Where it came from, if not from the person at the keyboard.
    raw : dict
        The line as it came.
    """

    content: str | list[ContentBlock]
    uuid: str | None = None
    parent_tool_use_id: str | None = None
    tool_use_result: Any = None
    origin: MessageOrigin | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(repr=False)
class AssistantMessage(ShortRepr):
    """A message of the model's. The CLI sends one for each content block.

    Attributes
    ----------
    content : list of ContentBlock
        The blocks.
    model : str
        The model; ``"<synthetic>"`` if the CLI wrote it itself, as it does on API errors.
    parent_tool_use_id : str, optional
        The call of the subagent that it belongs to.
    error : str, optional
        Why the API gave no answer: one of the documented kinds, or a newer one.
    usage : dict, optional
        The API's count of tokens for the whole message, so far.
    message_id : str, optional
        The API's id, the same for all blocks of one message.
    stop_reason : str, optional
        Why the model stopped, where that is known already.
    session_id, uuid : str, optional
        The session and the message's own id.
    user_message_uuid : str, optional
        The prompt that it answers.
    user_message_uuids : list of str, optional
        All prompts that it answers, if the CLI merged several.
    raw : dict
        The line as it came.
    """

    content: list[ContentBlock]
    model: str
    parent_tool_use_id: str | None = None
    error: AssistantMessageError | None = None
    usage: dict[str, Any] | None = None
    message_id: str | None = None
    stop_reason: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    _shown = _hidden("usage", "message_id", "session_id", "user_message_uuid", "user_message_uuids")


@dataclass(repr=False)
class SystemMessage(ShortRepr):
    """A notice from the CLI: ``init``, ``status``, ``api_retry`` and others.

    Some subtypes have a class of their own, below this one.

    Attributes
    ----------
    subtype : str
        What kind of notice.
    data : dict
        The line as it came.
    """

    subtype: str
    data: dict[str, Any]

    @property
    def init(self) -> SystemInitData | None:
        """``data`` with its types, if this is the ``init`` notice that opens each turn."""
        return cast(SystemInitData, self.data) if self.subtype == "init" else None


class _TypedSystemMessage(SystemMessage):
    """One whose fields say what ``data`` says; the ``repr`` shows them alone."""

    _shown = _hidden("subtype", "data")


@dataclass(repr=False)
class TaskStartedMessage(_TypedSystemMessage):
    """A background task began: a subagent, a command, a monitor.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task's id, which `ClaudeSDKClient.stop_task` takes.
    description : str
        What it does, in words.
    uuid, session_id : str
        The notice's id and the session.
    tool_use_id : str, optional
        The tool call that started it.
    task_type : str, optional
        Such as ``"local_agent"`` or ``"local_bash"``.
    """

    task_id: str
    description: str
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    task_type: str | None = None


@dataclass(repr=False)
class TaskProgressMessage(_TypedSystemMessage):
    """A background task goes on.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id, description, uuid, session_id, tool_use_id
        As in `TaskStartedMessage`.
    usage : TaskUsage
        What it has used so far.
    last_tool_name : str, optional
        The tool that it used last.
    """

    task_id: str
    description: str
    usage: TaskUsage
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    last_tool_name: str | None = None


@dataclass(repr=False)
class TaskUpdatedMessage(_TypedSystemMessage):
    """Something about a background task changed.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task.
    patch : dict
        The changed fields with their new values.
    status : str, optional
        The new status, if that changed; see `TERMINAL_TASK_STATUSES`.
    session_id, uuid : str, optional
        The session and the notice's id.
    """

    task_id: str
    patch: dict[str, Any]
    status: TaskUpdatedStatus | None = None
    session_id: str | None = None
    uuid: str | None = None


@dataclass(repr=False)
class TaskNotificationMessage(_TypedSystemMessage):
    """A background task ended.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    task_id : str
        The task.
    status : str
        ``"completed"``, ``"failed"`` or ``"stopped"``.
    output_file : str
        The file with its output, or "".
    summary : str
        What came of it, in words.
    uuid, session_id : str
        The notice's id and the session.
    tool_use_id : str, optional
        The tool call that started it.
    usage : TaskUsage, optional
        What it used.
    """

    task_id: str
    status: TaskNotificationStatus
    output_file: str
    summary: str
    uuid: str
    session_id: str
    tool_use_id: str | None = None
    usage: TaskUsage | None = None


@dataclass(repr=False)
class HookEventMessage(_TypedSystemMessage):
    """A hook from the settings runs or has run (``include_hook_events``).

    Attributes
    ----------
    subtype : str
        ``"hook_started"``, ``"hook_progress"`` or ``"hook_response"``.
    data : dict
        The line: ``hook_name``; in a response ``outcome``, ``exit_code``, ``output`` too.
    hook_event_name : str
        The event, such as ``"PreToolUse"``.
    session_id, uuid : str, optional
        The session and the notice's id.
    """

    hook_event_name: str = ""
    session_id: str | None = None
    uuid: str | None = None

    _shown = _hidden("data")


@dataclass(repr=False)
class MirrorErrorMessage(_TypedSystemMessage):
    """A session store failed to take a copy of the transcript; the session itself goes on.

    Attributes
    ----------
    subtype, data
        As in `SystemMessage`.
    key : SessionKey, optional
        The transcript that is incomplete in the store.
    error : str
        What the store said.
    """

    key: SessionKey | None = None
    error: str = ""


@dataclass(repr=False)
class DeferredToolUse(ShortRepr):
    """The tool call that a hook put off with ``"defer"``, which ended the turn.

    Attributes
    ----------
    id, name : str
        The call's id and the tool.
    input : dict
        The tool's arguments.
    """

    id: str
    name: str
    input: dict[str, Any]


@dataclass(repr=False)
class ResultMessage(ShortRepr):
    """The end of a turn.

    Attributes
    ----------
    subtype : str
        ``"success"``, ``"error_max_turns"``, ``"error_during_execution"`` and others. An error of
        the API is a "success" too: ask `is_error`.
    duration_ms, duration_api_ms : int
        How long it took, as a whole and waiting for the API.
    is_error : bool
        Whether the turn failed.
    num_turns : int
        How often the model was asked.
    session_id : str
        The session, for ``resume``.
    total_cost_usd : float, optional
        The running total of the CLI's process in US dollars, not the turn's own cost.
    usage : dict, optional
        The turn's tokens.
    result : str, optional
        The last text of the answer, or the error's.
    stop_reason : str, optional
        Why the model stopped.
    structured_output : optional
        The answer by the schema of ``output_format``.
    model_usage : dict of str to ModelUsage, optional
        Tokens and cost for each model, of the whole process.
    permission_denials : list of dict, optional
        The tool calls that were refused.
    deferred_tool_use : DeferredToolUse, optional
        The call that a hook put off.
    errors : list of str, optional
        What went wrong, where `result` does not say it.
    api_error_status : int, optional
        The API's HTTP status, if it gave an error.
    uuid : str, optional
        The message's id.
    terminal_reason : str, optional
        Why the turn ended, in one word, such as ``"completed"`` or ``"aborted_tools"``.
    origin : MessageOrigin, optional
        What began the turn, if not a prompt.
    user_message_uuid : str, optional
        The prompt that the turn answers.
    user_message_uuids : list of str, optional
        All prompts that it answers, if the CLI merged several.
    raw : dict
        The line as it came.
    """

    subtype: str
    duration_ms: int
    duration_api_ms: int
    is_error: bool
    num_turns: int
    session_id: str
    total_cost_usd: float | None = None
    usage: dict[str, Any] | None = None
    result: str | None = None
    stop_reason: str | None = None
    structured_output: Any = None
    model_usage: dict[str, ModelUsage] | None = None
    permission_denials: list[dict[str, Any]] | None = None
    deferred_tool_use: DeferredToolUse | None = None
    errors: list[str] | None = None
    api_error_status: int | None = None
    uuid: str | None = None
    terminal_reason: str | None = None
    origin: MessageOrigin | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    _shown = _hidden("model_usage", "user_message_uuid", "user_message_uuids")


@dataclass(repr=False)
class StreamEvent(ShortRepr):
    """A piece of an answer as it comes (``include_partial_messages``).

    Attributes
    ----------
    uuid, session_id : str
        The event's id and the session.
    event : dict
        The API's own event, such as ``{"type": "content_block_delta", …}``.
    parent_tool_use_id : str, optional
        The call of the subagent that it belongs to.
    user_message_uuid : str, optional
        The prompt that is answered.
    user_message_uuids : list of str, optional
        All prompts that are answered, if the CLI merged several.
    raw : dict
        The line as it came.
    """

    uuid: str
    session_id: str
    event: dict[str, Any]
    parent_tool_use_id: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    _shown = _hidden("session_id", "user_message_uuid", "user_message_uuids")


RateLimitStatus = Literal["allowed", "allowed_warning", "rejected"]
RateLimitType = Literal["five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet", "overage"]


@dataclass(repr=False)
class RateLimitInfo(ShortRepr):
    """How near a subscription is to its limit.

    Attributes
    ----------
    status : str
        ``"allowed"``, ``"allowed_warning"`` or ``"rejected"``.
    resets_at : int, optional
        When the limit begins anew, in seconds since 1970.
    rate_limit_type : str, optional
        Which limit, such as ``"five_hour"``.
    utilization : float, optional
        The part that is used, from 0 to 1.
    overage_status, overage_resets_at, overage_disabled_reason : optional
        The same for use beyond the limit, and why there is none.
    raw : dict
        The wire's form with all its fields.
    """

    status: RateLimitStatus
    resets_at: int | None = None
    rate_limit_type: RateLimitType | None = None
    utilization: float | None = None
    overage_status: RateLimitStatus | None = None
    overage_resets_at: int | None = None
    overage_disabled_reason: str | None = None
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(repr=False)
class RateLimitEvent(ShortRepr):
    """A subscription's rate limit changed.

    Attributes
    ----------
    rate_limit_info : RateLimitInfo
        The limit as it is now.
    uuid, session_id : str
        The event's id and the session.
    raw : dict
        The line as it came.
    """

    rate_limit_info: RateLimitInfo
    uuid: str
    session_id: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(repr=False)
class ConversationResetMessage(ShortRepr):
    """The conversation began anew, as ``/clear`` makes it.

    Attributes
    ----------
    new_conversation_id : str
        The id from now on.
    uuid, session_id : str
        The message's id and the session that ended.
    raw : dict
        The line as it came.
    """

    new_conversation_id: str
    uuid: str
    session_id: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(repr=False)
class UnknownMessage(ShortRepr):
    """A message of a type that this SDK has no class for, or of a known type in an odd shape.

    Attributes
    ----------
    type : str
        The wire's name for it, or "" if it has none.
    data : dict
        The line as it came.
    """

    type: str
    data: dict[str, Any]


Message = Union[
    UserMessage,
    AssistantMessage,
    SystemMessage,
    ResultMessage,
    StreamEvent,
    RateLimitEvent,
    ConversationResetMessage,
    UnknownMessage,
]
