"""Makes messages of the CLI's lines.

No line makes an error. A type that this SDK does not know, or a known type in an unknown shape,
becomes an `UnknownMessage` or an `UnknownBlock`.

Source: lines observed on the CLI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar, cast

from .._base.wire_names import WIRE
from .._types.blocks import (
    ContentBlock,
    ServerToolName,
    ServerToolResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from .._types.messages import (
    AssistantMessage,
    ConversationResetMessage,
    DeferredToolUse,
    Message,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    StreamEvent,
    ToolProgressMessage,
    UnknownMessage,
    UserMessage,
)
from .._types.notices import (
    HookEventMessage,
    MirrorErrorMessage,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
)

Json = dict[str, Any]

#: The types of results of `ServerToolName`'s tools. Both kinds of tool search have the same one.
_SERVER_RESULTS = frozenset(
    {
        "advisor_tool_result",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
    }
)


def parse_block(data: Any) -> ContentBlock:
    """Make a content block of a JSON object. It never raises."""
    if not isinstance(data, dict):
        return UnknownBlock("", {"value": data})
    kind = data.get("type")
    if kind == "text":
        text = data.get("text")
        return TextBlock(text) if isinstance(text, str) else UnknownBlock(kind, data)
    if kind == "tool_use" and isinstance(data.get("input"), dict):
        return ToolUseBlock(str(data.get("id", "")), str(data.get("name", "")), data["input"])
    if kind == "tool_result":
        return ToolResultBlock(
            str(data.get("tool_use_id", "")), data.get("content"), data.get("is_error")
        )
    if kind == "thinking":
        return ThinkingBlock(str(data.get("thinking") or ""), str(data.get("signature") or ""))
    if kind == "server_tool_use" and isinstance(data.get("input"), dict):
        name = cast(ServerToolName, str(data.get("name", "")))
        return ServerToolUseBlock(str(data.get("id", "")), name, data["input"])
    if isinstance(kind, str):
        content = data.get("content")
        if kind in _SERVER_RESULTS and isinstance(content, (dict, list)):
            return ServerToolResultBlock(str(data.get("tool_use_id", "")), content, kind)
        return UnknownBlock(kind, data)
    return UnknownBlock("", data)


_M = TypeVar("_M")

#: The values of fields without a default that a line lacks. A field of another type must be there.
_EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False}


#: Instead of a name: the field gets the whole line.
_LINE = ""


@cache
def _reading(kind: Any, needed: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    """Return the fields of a class of messages, each with its name on the wire and its default."""
    found = []
    for item in fields(kind):
        default = item.default if item.default is not MISSING else _EMPTY.get(item.type, MISSING)
        wire = _LINE if item.name in ("raw", "data") else item.metadata.get(WIRE, item.name)
        found.append((item.name, wire, MISSING if item.name in needed else default))
    return found


def _read(kind: type[_M], line: Json, /, *needed: str, **given: Any) -> _M:
    """Make a message of a line, by the names that its fields have on the wire.

    Raises
    ------
    KeyError
        If the line lacks a field that must be there.
    """
    for name, wire, default in _reading(cast(Any, kind), needed):
        if wire == _LINE:
            given[name] = line
        elif name not in given:
            given[name] = line[wire] if default is MISSING else line.get(wire, default)
    return kind(**given)


def _parse_user(data: Json) -> Message:
    content = data["message"]["content"]
    if isinstance(content, list):
        content = [parse_block(part) for part in content]
    elif not isinstance(content, str):
        raise TypeError
    return _read(UserMessage, data, content=content, origin=_dict_or_none(data.get("origin")))


def _parse_result(data: Json) -> Message:
    return _read(
        ResultMessage,
        data,
        "subtype",
        is_error=bool(data.get("is_error", False)),
        deferred_tool_use=_deferred(data.get("deferred_tool_use")),
        origin=_dict_or_none(data.get("origin")),
    )


def _dict_or_none(value: Any) -> Json | None:
    return value if isinstance(value, dict) else None


def _deferred(data: Any) -> DeferredToolUse | None:
    if not isinstance(data, dict):
        return None
    return DeferredToolUse(data.get("id", ""), data.get("name", ""), data.get("input") or {})


def _parse_rate_limit(data: Json) -> Message:
    raw = data["rate_limit_info"]
    info = _read(RateLimitInfo, raw, "status")
    return _read(RateLimitEvent, data, rate_limit_info=info)


def _parse_reset(data: Json) -> Message:
    return _read(ConversationResetMessage, data, "new_conversation_id")


def _parse_tool_progress(data: Json) -> Message:
    return _read(ToolProgressMessage, data, "tool_use_id")


def _parse_system(data: Json) -> Message:
    subtype = data["subtype"]
    if not isinstance(subtype, str):
        raise TypeError
    parser = _SYSTEM_PARSERS.get(subtype)
    if parser is not None:
        try:
            return parser(data)
        except (KeyError, TypeError, AttributeError):
            pass  # its shape is unknown, but it is still a notice
    return SystemMessage(subtype, data)


def _parse_task_updated(data: Json) -> SystemMessage:
    patch = _dict_or_none(data.get("patch")) or {}
    status = patch.get("status")
    status = status if isinstance(status, str) else None
    return _read(TaskUpdatedMessage, data, "task_id", patch=patch, status=status)


def _parse_hook_event(data: Json) -> SystemMessage:
    name = data["hook_event"] if "hook_event" in data else data["hook_name"]
    return _read(HookEventMessage, data, hook_event_name=name)


def _parse_mirror_error(data: Json) -> SystemMessage:
    error = str(data.get("error") or "")
    return _read(MirrorErrorMessage, data, error=error)


_SYSTEM_PARSERS: dict[str, Callable[[Json], SystemMessage]] = {
    "task_started": lambda data: _read(TaskStartedMessage, data, "task_id"),
    "task_progress": lambda data: _read(TaskProgressMessage, data, "task_id"),
    "task_updated": _parse_task_updated,
    "task_notification": lambda data: _read(TaskNotificationMessage, data, "task_id"),
    "hook_started": _parse_hook_event,
    "hook_progress": _parse_hook_event,
    "hook_response": _parse_hook_event,
    "mirror_error": _parse_mirror_error,
}

_PARSERS: dict[str, Callable[[Json], Message]] = {
    "user": _parse_user,
    "system": _parse_system,
    "result": _parse_result,
    "rate_limit_event": _parse_rate_limit,
    "conversation_reset": _parse_reset,
    "tool_progress": _parse_tool_progress,
}


def parse_message(data: Json) -> Message:
    """Make a message of a line from the CLI. It never raises.

    A known type in an unknown shape becomes an `UnknownMessage` too, so one odd line cannot end a
    connection.
    """
    return parse_messages([data])[0]


_new = object.__new__


def parse_messages(lines: list[Json]) -> list[Message]:
    """Make messages of many lines, as `parse_message` does of one.

    Most messages of a stream are of two kinds. This function makes them itself and sets their
    fields one by one: calling a parser and a class for each would take most of the time.
    """
    messages: list[Message] = []
    for data in lines:
        get = data.get
        kind = get("type")
        if kind == "stream_event":
            event = get("event")
            if type(event) is dict:
                piece = _new(StreamEvent)
                piece.uuid = get("uuid", "")
                piece.session_id = get("session_id", "")
                piece.event = event
                piece.parent_tool_use_id = get("parent_tool_use_id")
                piece.user_message_uuid = get("user_message_uuid")
                piece.user_message_uuids = get("user_message_uuids")
                piece.raw = data
                piece.api_message_id = get("api_message_id")
                piece.ttft_ms = get("ttft_ms")
                messages.append(piece)
                continue
        elif kind == "assistant":
            body = get("message")
            if type(body) is dict and type(body.get("content")) is list:
                answer = _new(AssistantMessage)
                blocks: list[ContentBlock] = []
                answer.content = blocks
                for part in body["content"]:
                    if type(part) is dict and part.get("type") == "text":
                        text = part.get("text")
                        if type(text) is str:
                            block = _new(TextBlock)
                            block.text = text
                            blocks.append(block)
                            continue
                    blocks.append(parse_block(part))
                of_body = body.get
                answer.model = of_body("model", "")
                answer.parent_tool_use_id = get("parent_tool_use_id")
                answer.error = get("error")
                answer.usage = of_body("usage")
                answer.message_id = of_body("id")
                answer.stop_reason = of_body("stop_reason")
                answer.session_id = get("session_id")
                answer.uuid = get("uuid")
                answer.user_message_uuid = get("user_message_uuid")
                answer.user_message_uuids = get("user_message_uuids")
                answer.raw = data
                answer.request_id = get("request_id")
                answer.timestamp = get("timestamp")
                answer.agent_id = get("agent_id")
                answer.subagent_type = get("subagent_type")
                answer.aborted = get("aborted")
                answer.api_error_status = get("api_error_status")
                answer.api_error_type = get("api_error_type")
                messages.append(answer)
                continue
        messages.append(_parse_rarer(kind, data))
    return messages


def _parse_rarer(kind: Any, data: Json) -> Message:
    try:
        return _PARSERS[kind](data)
    except (KeyError, TypeError, AttributeError):
        return UnknownMessage(str(kind or ""), data)
