"""The messages of a session.

Each message keeps the CLI's line as ``raw`` or ``data``, so nothing in it is lost.

Source: the documented Python reference of the Agent SDK, and lines observed on the CLI.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Union

from .._base.repr import ShortRepr, hidden
from .._base.wire_names import on_wire
from .blocks import ContentBlock
from .message_types import (
    FastModeDisabledReason,
    FastModeState,
    MessageOrigin,
    ModelUsage,
    SubagentStats,
)
from .notices import SystemMessage

__all__ = [
    "AssistantMessage",
    "AssistantMessageError",
    "ConversationResetMessage",
    "DeferredToolUse",
    "Message",
    "RateLimitEvent",
    "RateLimitInfo",
    "RateLimitStatus",
    "RateLimitType",
    "ResultMessage",
    "StreamEvent",
    "ToolProgressMessage",
    "UnknownMessage",
    "UserMessage",
]

Json = dict[str, Any]


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
        The message's id. `ClaudeSDKClient.rewind_files` takes the id of a prompt.
    parent_tool_use_id : str, optional
        For a subagent's message: the call that started the subagent.
    tool_use_result : dict, list or str, optional
        A tool's result in its own form. ``content`` has the form that the model sees.
    origin : MessageOrigin, optional
        Where the message came from, if not from the user.
    raw : dict
        The CLI's line.
    session_id : str, optional
        The session.
    timestamp : str, optional
        The time, in ISO format.
    agent_id, subagent_type, task_description : str, optional
        The subagent that the message belongs to, its kind and its task.
    tool_result_meta : list of dict, optional
        For each result: how the call was permitted, or why it did not run.
    is_replay, is_synthetic : bool, optional
        Whether the message is the echo of a prompt, and whether the CLI wrote it.
    refused_message_id : str, optional
        The answer that the model refused to continue.
    """

    content: str | list[ContentBlock]
    uuid: str | None = None
    parent_tool_use_id: str | None = None
    tool_use_result: Any = None
    origin: MessageOrigin | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)
    session_id: str | None = None
    timestamp: str | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    task_description: str | None = None
    tool_result_meta: list[dict[str, Any]] | None = None
    is_replay: bool | None = field(default=None, metadata=on_wire("isReplay"))
    is_synthetic: bool | None = field(default=None, metadata=on_wire("isSynthetic"))
    refused_message_id: str | None = None

    _shown = hidden("session_id", "timestamp", "agent_id", "task_description", "tool_result_meta")


@dataclass(repr=False)
class AssistantMessage(ShortRepr):
    """A message of the model. The CLI sends one for each content block.

    Attributes
    ----------
    content : list of ContentBlock
        The blocks.
    model : str
        The model. ``"<synthetic>"`` if the CLI wrote the message, as for errors of the API.
    parent_tool_use_id : str, optional
        For a subagent's message: the call that started the subagent.
    error : str, optional
        Why the API gave no answer: one of `AssistantMessageError`, or a newer kind.
    usage : dict, optional
        The tokens of the whole message so far, as the API counts them.
    message_id : str, optional
        The API's id, the same for all blocks of one message.
    stop_reason : str, optional
        Why the model stopped, if that is known yet.
    session_id, uuid : str, optional
        The session and the message's own id.
    user_message_uuid : str, optional
        The prompt that the message answers.
    user_message_uuids : list of str, optional
        All prompts that are answered, if the CLI merged several.
    raw : dict
        The CLI's line.
    request_id : str, optional
        The API's id of the request. Anthropic's support asks for it.
    timestamp : str, optional
        The time, in ISO format.
    agent_id, subagent_type : str, optional
        The subagent that the message belongs to, and its kind.
    aborted : bool, optional
        True if an interrupt cut the message off.
    api_error_status : int, optional
        The API's HTTP status, if it gave an error.
    api_error_type : str, optional
        The API's name for the error.
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
    request_id: str | None = None
    timestamp: str | None = None
    agent_id: str | None = None
    subagent_type: str | None = None
    aborted: bool | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None

    _shown = hidden(
        *("usage", "message_id", "session_id", "user_message_uuid", "user_message_uuids"),
        *("request_id", "timestamp", "agent_id"),
    )


@dataclass(repr=False)
class DeferredToolUse(ShortRepr):
    """A tool call that a hook deferred with ``"defer"``. This ends the turn.

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
        ``"success"``, ``"error_max_turns"``, ``"error_during_execution"`` and others. It may be
        "success" even if the API failed: look at `is_error`.
    duration_ms, duration_api_ms : int
        How long the turn took, and how much of this the API took.
    is_error : bool
        Whether the turn failed.
    num_turns : int
        How many calls of the model the turn made.
    session_id : str
        The session, for ``resume``.
    total_cost_usd : float, optional
        The cost in US dollars of all turns of the CLI's process, not of this turn alone.
    usage : dict, optional
        The turn's tokens.
    result : str, optional
        The last text of the answer, or of the error.
    stop_reason : str, optional
        Why the model stopped.
    structured_output : optional
        The answer in the form of ``output_format``.
    model_usage : dict of str to ModelUsage, optional
        Tokens and cost of each model, for all turns of the CLI's process.
    permission_denials : list of dict, optional
        The tool calls that were refused.
    deferred_tool_use : DeferredToolUse, optional
        The call that a hook deferred.
    errors : list of str, optional
        The errors, if `result` does not have them.
    api_error_status : int, optional
        The API's HTTP status, if it gave an error.
    uuid : str, optional
        The message's id.
    terminal_reason : str, optional
        Why the turn ended, in one word, such as ``"completed"`` or ``"aborted_tools"``.
    origin : MessageOrigin, optional
        What began the turn, if no prompt did.
    user_message_uuid : str, optional
        The turn's prompt.
    user_message_uuids : list of str, optional
        All prompts that are answered, if the CLI merged several.
    raw : dict
        The CLI's line.
    model_usage_since_last_result : dict of str to ModelUsage, optional
        As `model_usage`, but since the previous result.
    subagent_stats : SubagentStats, optional
        How many subagents the process has started, and how they ended.
    ttft_ms, ttft_stream_ms, time_to_request_ms, first_content_frame_ms : int, optional
        Milliseconds from the beginning of the turn to the model's first token, to the stream's
        first token, to the request, and to the first content.
    request_sent_wall_ms : int, optional
        The time of the first request, in milliseconds since 1970.
    first_request_input_tokens, first_request_cache_read_input_tokens : int, optional
        The tokens of the first request.
    queued_turn_count : int, optional
        How many prompts wait behind this one.
    result_index : int, optional
        The number of this result in the process, from 0 on.
    safety_stops : int, optional
        How often the model refused.
    fast_mode_state, fast_mode_disabled_reason : str, optional
        Whether fast mode is on, and why not.
    local_command : str, optional
        The command, such as ``"compact"``, if the CLI ran one without the model.
    api_error_type : str, optional
        The API's name for the error.
    begun_message_ids : list of str, optional
        The API's ids of the answers that began to stream in the turn. CLIs from 2.1.330 on send
        it, only with ``include_partial_messages``, and not for a command without the model.
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
    model_usage: dict[str, ModelUsage] | None = field(default=None, metadata=on_wire("modelUsage"))
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
    model_usage_since_last_result: dict[str, ModelUsage] | None = None
    subagent_stats: SubagentStats | None = None
    ttft_ms: int | None = None
    ttft_stream_ms: int | None = None
    time_to_request_ms: int | None = None
    first_content_frame_ms: int | None = None
    request_sent_wall_ms: int | None = None
    first_request_input_tokens: int | None = None
    first_request_cache_read_input_tokens: int | None = None
    queued_turn_count: int | None = None
    result_index: int | None = None
    safety_stops: int | None = None
    fast_mode_state: FastModeState | None = None
    fast_mode_disabled_reason: FastModeDisabledReason | None = None
    local_command: str | None = None
    api_error_type: str | None = None
    begun_message_ids: list[str] | None = None

    _shown = hidden(
        *("model_usage", "user_message_uuid", "user_message_uuids"),
        *("model_usage_since_last_result", "subagent_stats", "ttft_ms", "ttft_stream_ms"),
        *("time_to_request_ms", "first_content_frame_ms", "request_sent_wall_ms"),
        *("first_request_input_tokens", "first_request_cache_read_input_tokens"),
        *("queued_turn_count", "result_index", "safety_stops", "begun_message_ids"),
        *("fast_mode_state", "fast_mode_disabled_reason"),
    )


@dataclass(repr=False)
class StreamEvent(ShortRepr):
    """A piece of an answer, as it comes (``include_partial_messages``).

    Attributes
    ----------
    uuid, session_id : str
        The event's id and the session.
    event : dict
        The API's event, such as ``{"type": "content_block_delta", …}``.
    parent_tool_use_id : str, optional
        For a subagent's message: the call that started the subagent.
    user_message_uuid : str, optional
        The prompt that is answered.
    user_message_uuids : list of str, optional
        All prompts that are answered, if the CLI merged several.
    raw : dict
        The CLI's line.
    api_message_id : str, optional
        The API's id of the answer, as in `AssistantMessage.message_id`.
    ttft_ms : int, optional
        Milliseconds from the beginning of the turn to the model's first token; in that token's
        event.
    """

    uuid: str
    session_id: str
    event: dict[str, Any]
    parent_tool_use_id: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)
    api_message_id: str | None = None
    ttft_ms: int | None = None

    _shown = hidden(
        "session_id", "user_message_uuid", "user_message_uuids", "api_message_id", "ttft_ms"
    )


RateLimitStatus = Literal["allowed", "allowed_warning", "rejected"]
RateLimitType = Literal["five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet", "overage"]


@dataclass(repr=False)
class RateLimitInfo(ShortRepr):
    """How close a subscription is to its limit.

    Attributes
    ----------
    status : str
        ``"allowed"``, ``"allowed_warning"`` or ``"rejected"``.
    resets_at : int, optional
        When the limit is reset, in seconds since 1970.
    rate_limit_type : str, optional
        The kind of limit, such as ``"five_hour"``.
    utilization : float, optional
        The used part of the limit, from 0 to 1.
    overage_status, overage_resets_at, overage_disabled_reason : optional
        The same for extra usage beyond the limit, and why there is none.
    raw : dict
        The wire's form, with all fields.
    is_using_overage : bool, optional
        Whether the limit is passed and extra usage has begun.
    surpassed_threshold : float, optional
        The threshold that was just passed, as a part of the limit.
    """

    status: RateLimitStatus
    resets_at: int | None = field(default=None, metadata=on_wire("resetsAt"))
    rate_limit_type: RateLimitType | None = field(default=None, metadata=on_wire("rateLimitType"))
    utilization: float | None = None
    overage_status: RateLimitStatus | None = field(default=None, metadata=on_wire("overageStatus"))
    overage_resets_at: int | None = field(default=None, metadata=on_wire("overageResetsAt"))
    overage_disabled_reason: str | None = field(
        default=None, metadata=on_wire("overageDisabledReason")
    )
    raw: Json = field(default_factory=dict, repr=False)
    is_using_overage: bool | None = field(default=None, metadata=on_wire("isUsingOverage"))
    surpassed_threshold: float | None = field(default=None, metadata=on_wire("surpassedThreshold"))


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
        The CLI's line.
    """

    rate_limit_info: RateLimitInfo
    uuid: str
    session_id: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(repr=False)
class ConversationResetMessage(ShortRepr):
    """A new conversation began, for example after ``/clear``.

    Attributes
    ----------
    new_conversation_id : str
        The new conversation's id.
    uuid, session_id : str
        The message's id and the session that ended.
    raw : dict
        The CLI's line.
    trigger : str, optional
        The cause, such as ``"clear"``.
    user_message_uuid : str, optional
        The prompt that caused it.
    timestamp : str, optional
        The time, in ISO format.
    """

    new_conversation_id: str
    uuid: str
    session_id: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)
    trigger: str | None = None
    user_message_uuid: str | None = None
    timestamp: str | None = None


@dataclass(repr=False)
class ToolProgressMessage(ShortRepr):
    """A tool still runs. The CLI says so every 30 s, for each tool.

    Attributes
    ----------
    tool_use_id : str
        The message's own id. In older CLIs, and for some tools, the call's.
    tool_name : str
        The tool, such as ``"Bash"``.
    elapsed_time_seconds : float
        For how long the call has been running.
    parent_tool_use_id : str, optional
        If `heartbeat`, the call that runs. Else the call that started the subagent.
    heartbeat : bool, optional
        Whether the CLI reports no more than that the call still runs.
    uuid, session_id : str
        The message's id and the session.
    raw : dict
        The CLI's line.
    task_id : str, optional
        The background task that the call belongs to.
    subagent_type : str, optional
        The subagent's kind.
    subagent_retry : dict, optional
        If a subagent waits for the API: the attempt, the delay and the error.
    """

    tool_use_id: str
    tool_name: str
    elapsed_time_seconds: float
    parent_tool_use_id: str | None = None
    heartbeat: bool | None = None
    uuid: str = ""
    session_id: str = ""
    raw: Json = field(default_factory=dict, repr=False, compare=False)
    task_id: str | None = None
    subagent_type: str | None = None
    subagent_retry: dict[str, Any] | None = None

    _shown = hidden("session_id", "subagent_retry")

    @property
    def call_id(self) -> str:
        """The id of the call that runs, as in its `ToolUseBlock`."""
        if self.heartbeat and self.parent_tool_use_id:
            return self.parent_tool_use_id
        return self.tool_use_id


@dataclass(repr=False)
class UnknownMessage(ShortRepr):
    """A message of an unknown type, or of a known type in an unknown shape.

    Attributes
    ----------
    type : str
        The message's type on the wire; "" if it has none.
    data : dict
        The CLI's line.
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
    ToolProgressMessage,
    UnknownMessage,
]
