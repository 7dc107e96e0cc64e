"""What comes back: the messages of a session.

Shapes follow the documented Python reference; fields beyond it carry the wire's own names. Nothing
that the wire carries is dropped: each message keeps its line as ``raw`` or ``data``.

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
        The message's id; a prompt's is the checkpoint that `ClaudeSDKClient.rewind_files` takes.
    parent_tool_use_id : str, optional
        The call of the subagent that it belongs to.
    tool_use_result : dict, list or str, optional
        A tool's result in its own form, beside what the model sees of it.
    origin : MessageOrigin, optional
        Where it came from, if not from the person at the keyboard.
    raw : dict
        The line as it came.
    session_id : str, optional
        The session.
    timestamp : str, optional
        When it was, in ISO format.
    agent_id, subagent_type, task_description : str, optional
        The subagent that it is of, its kind and its task.
    tool_result_meta : list of dict, optional
        For each result how the call was permitted, or why it did not run.
    is_replay, is_synthetic : bool, optional
        Whether it is the echo of a prompt, and whether the CLI wrote it.
    refused_message_id : str, optional
        The answer that the model refused to go on with.
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
    request_id : str, optional
        The API's id of the request, which its support asks for.
    timestamp : str, optional
        When it was, in ISO format.
    agent_id, subagent_type : str, optional
        The subagent that it is of, and its kind.
    aborted : bool, optional
        True if it was cut off by an interrupt.
    api_error_status : int, optional
        The API's HTTP status, if it gave an error.
    api_error_type : str, optional
        The API's own name of the error.
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
    model_usage_since_last_result : dict of str to ModelUsage, optional
        As `model_usage`, since the result before this one.
    subagent_stats : SubagentStats, optional
        How many subagents the process has had, and what became of them.
    ttft_ms, ttft_stream_ms, time_to_request_ms, first_content_frame_ms : int, optional
        From the turn's beginning to the model's first token, to the stream's, to the request, and
        to the first content.
    request_sent_wall_ms : int, optional
        When the first request was sent, in milliseconds since 1970.
    first_request_input_tokens, first_request_cache_read_input_tokens : int, optional
        The first request's tokens.
    queued_turn_count : int, optional
        How many prompts wait behind this one.
    result_index : int, optional
        Which result of the process it is, from 0 on.
    safety_stops : int, optional
        How often the model refused.
    fast_mode_state, fast_mode_disabled_reason : str, optional
        Whether fast mode is on, and why not.
    local_command : str, optional
        The command, such as ``"compact"``, if the CLI did it by itself.
    api_error_type : str, optional
        The API's own name of the error.
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

    _shown = hidden(
        *("model_usage", "user_message_uuid", "user_message_uuids"),
        *("model_usage_since_last_result", "subagent_stats", "ttft_ms", "ttft_stream_ms"),
        *("time_to_request_ms", "first_content_frame_ms", "request_sent_wall_ms"),
        *("first_request_input_tokens", "first_request_cache_read_input_tokens"),
        *("queued_turn_count", "result_index", "safety_stops"),
        *("fast_mode_state", "fast_mode_disabled_reason"),
    )


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
    api_message_id : str, optional
        The API's id of the answer that it is a piece of: `AssistantMessage.message_id`.
    ttft_ms : int, optional
        From the turn's beginning to the model's first token, with that.
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
    is_using_overage : bool, optional
        Whether the limit is passed, and use goes on.
    surpassed_threshold : float, optional
        The part of the limit that was passed, which is why it is told.
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
    trigger : str, optional
        What began it, such as ``"clear"``.
    user_message_uuid : str, optional
        The prompt that asked for it.
    timestamp : str, optional
        When it was, in ISO format.
    """

    new_conversation_id: str
    uuid: str
    session_id: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)
    trigger: str | None = None
    user_message_uuid: str | None = None
    timestamp: str | None = None


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
