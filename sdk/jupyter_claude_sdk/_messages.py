"""Messages and content blocks, and how a line from the CLI becomes one.

Shapes follow the documented Python reference; fields beyond it carry the wire's own names. Nothing
that the wire carries is dropped: each message keeps its line as ``raw`` or ``data``, and a type
that this SDK does not know becomes an `UnknownMessage` or `UnknownBlock` instead of an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Union

Json = dict[str, Any]


# --- content blocks ---------------------------------------------------------------------------


@dataclass
class TextBlock:
    """Text that the model wrote."""

    text: str
    type = "text"


@dataclass
class ThinkingBlock:
    """The model's thinking, where it is shown."""

    thinking: str
    signature: str = ""
    type = "thinking"


@dataclass
class ToolUseBlock:
    """A tool call that the model asks for."""

    id: str
    name: str
    input: dict[str, Any]
    type = "tool_use"


@dataclass
class ToolResultBlock:
    """What a tool call gave back."""

    tool_use_id: str
    content: str | list[dict[str, Any]] | None = None
    is_error: bool | None = None
    type = "tool_result"


@dataclass
class UnknownBlock:
    """A block of a type that this SDK has no class for."""

    type: str
    data: dict[str, Any]


ContentBlock = Union[TextBlock, ThinkingBlock, ToolUseBlock, ToolResultBlock, UnknownBlock]


# --- messages ---------------------------------------------------------------------------------


@dataclass
class UserMessage:
    """A user's message: a prompt, or the results of tool calls."""

    content: str | list[ContentBlock]
    uuid: str | None = None
    parent_tool_use_id: str | None = None
    tool_use_result: Any = None
    origin: dict[str, Any] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass
class AssistantMessage:
    """A message of the model's. The CLI sends one for each content block."""

    content: list[ContentBlock]
    model: str
    parent_tool_use_id: str | None = None
    error: str | None = None
    usage: dict[str, Any] | None = None
    message_id: str | None = None
    stop_reason: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass
class SystemMessage:
    """A notice from the CLI: ``init``, ``status``, ``api_retry`` and others."""

    subtype: str
    data: dict[str, Any]


@dataclass
class ResultMessage:
    """The end of a turn.

    ``total_cost_usd`` is the running total of the CLI's process in US dollars, not the turn's own
    cost; ``usage`` is the turn's.
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
    model_usage: dict[str, Any] | None = None
    permission_denials: list[dict[str, Any]] | None = None
    deferred_tool_use: dict[str, Any] | None = None
    errors: list[str] | None = None
    api_error_status: int | None = None
    uuid: str | None = None
    terminal_reason: str | None = None
    origin: dict[str, Any] | None = None
    user_message_uuid: str | None = None
    user_message_uuids: list[str] | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass
class StreamEvent:
    """A piece of an answer as it comes (``include_partial_messages``)."""

    uuid: str
    session_id: str
    event: dict[str, Any]
    parent_tool_use_id: str | None = None


@dataclass
class UnknownMessage:
    """A message of a type that this SDK has no class for."""

    type: str
    data: dict[str, Any]


Message = Union[
    UserMessage, AssistantMessage, SystemMessage, ResultMessage, StreamEvent, UnknownMessage
]


# --- from the wire ----------------------------------------------------------------------------


def parse_block(data: Any) -> ContentBlock:
    """Make a content block of a JSON object; never raises."""
    if not isinstance(data, dict):
        return UnknownBlock("", {"value": data})
    kind = data.get("type")
    if kind == "text" and isinstance(data.get("text"), str):
        return TextBlock(data["text"])
    if kind == "tool_use" and isinstance(data.get("input"), dict):
        return ToolUseBlock(str(data.get("id", "")), str(data.get("name", "")), data["input"])
    if kind == "tool_result":
        return ToolResultBlock(
            str(data.get("tool_use_id", "")), data.get("content"), data.get("is_error")
        )
    if kind == "thinking":
        return ThinkingBlock(str(data.get("thinking") or ""), str(data.get("signature") or ""))
    return UnknownBlock(str(kind or ""), data)


def _parse_user(data: Json) -> Message:
    content = data["message"]["content"]
    return UserMessage(
        content=content if isinstance(content, str) else [parse_block(part) for part in content],
        uuid=data.get("uuid"),
        parent_tool_use_id=data.get("parent_tool_use_id"),
        tool_use_result=data.get("tool_use_result"),
        origin=data.get("origin"),
        raw=data,
    )


def _parse_assistant(data: Json) -> Message:
    message = data["message"]
    return AssistantMessage(
        content=[parse_block(part) for part in message["content"]],
        model=message.get("model", ""),
        parent_tool_use_id=data.get("parent_tool_use_id"),
        error=data.get("error"),
        usage=message.get("usage"),
        message_id=message.get("id"),
        stop_reason=message.get("stop_reason"),
        session_id=data.get("session_id"),
        uuid=data.get("uuid"),
        user_message_uuid=data.get("user_message_uuid"),
        user_message_uuids=data.get("user_message_uuids"),
        raw=data,
    )


def _parse_system(data: Json) -> Message:
    return SystemMessage(subtype=data["subtype"], data=data)


def _parse_result(data: Json) -> Message:
    return ResultMessage(
        subtype=data["subtype"],
        duration_ms=data.get("duration_ms", 0),
        duration_api_ms=data.get("duration_api_ms", 0),
        is_error=bool(data.get("is_error", False)),
        num_turns=data.get("num_turns", 0),
        session_id=data.get("session_id", ""),
        total_cost_usd=data.get("total_cost_usd"),
        usage=data.get("usage"),
        result=data.get("result"),
        stop_reason=data.get("stop_reason"),
        structured_output=data.get("structured_output"),
        model_usage=data.get("modelUsage"),
        permission_denials=data.get("permission_denials"),
        deferred_tool_use=data.get("deferred_tool_use"),
        errors=data.get("errors"),
        api_error_status=data.get("api_error_status"),
        uuid=data.get("uuid"),
        terminal_reason=data.get("terminal_reason"),
        origin=data.get("origin"),
        user_message_uuid=data.get("user_message_uuid"),
        user_message_uuids=data.get("user_message_uuids"),
        raw=data,
    )


def _parse_stream_event(data: Json) -> Message:
    return StreamEvent(
        uuid=data.get("uuid", ""),
        session_id=data.get("session_id", ""),
        event=data["event"],
        parent_tool_use_id=data.get("parent_tool_use_id"),
    )


_PARSERS: dict[str, Callable[[Json], Message]] = {
    "user": _parse_user,
    "assistant": _parse_assistant,
    "system": _parse_system,
    "result": _parse_result,
    "stream_event": _parse_stream_event,
}


def parse_message(data: Json) -> Message:
    """Make a message of a line from the CLI; never raises.

    A known type whose shape is not the known one becomes an `UnknownMessage` too, so that one odd
    line cannot end a session.
    """
    kind = data.get("type")
    parser = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parser is not None:
        try:
            return parser(data)
        except (KeyError, TypeError, AttributeError):
            pass
    return UnknownMessage(str(kind or ""), data)
