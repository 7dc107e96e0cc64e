"""How a line from the CLI becomes a message.

No line makes an error: what this SDK does not know, or what has an odd shape, becomes an
`UnknownMessage` or `UnknownBlock`.

Source: lines observed on the CLI.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ._blocks import (
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
from ._messages import (
    AssistantMessage,
    ConversationResetMessage,
    DeferredToolUse,
    Message,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    StreamEvent,
    UnknownMessage,
    UserMessage,
)
from ._notices import (
    HookEventMessage,
    MirrorErrorMessage,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
)

Json = dict[str, Any]

#: The results of `ServerToolName`'s tools; one is shared by both kinds of tool search.
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
    """Make a content block of a JSON object; never raises."""
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


def _parse_user(data: Json) -> Message:
    content = data["message"]["content"]
    if isinstance(content, list):
        content = [parse_block(part) for part in content]
    elif not isinstance(content, str):
        raise TypeError
    return UserMessage(
        content,
        data.get("uuid"),
        data.get("parent_tool_use_id"),
        data.get("tool_use_result"),
        data.get("origin"),
        data,
        session_id=data.get("session_id"),
        timestamp=data.get("timestamp"),
        agent_id=data.get("agent_id"),
        subagent_type=data.get("subagent_type"),
        task_description=data.get("task_description"),
        tool_result_meta=data.get("tool_result_meta"),
        is_replay=data.get("isReplay"),
        is_synthetic=data.get("isSynthetic"),
        refused_message_id=data.get("refused_message_id"),
    )


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
        deferred_tool_use=_deferred(data.get("deferred_tool_use")),
        errors=data.get("errors"),
        api_error_status=data.get("api_error_status"),
        uuid=data.get("uuid"),
        terminal_reason=data.get("terminal_reason"),
        origin=data.get("origin"),
        user_message_uuid=data.get("user_message_uuid"),
        user_message_uuids=data.get("user_message_uuids"),
        raw=data,
        model_usage_since_last_result=data.get("model_usage_since_last_result"),
        subagent_stats=data.get("subagent_stats"),
        ttft_ms=data.get("ttft_ms"),
        ttft_stream_ms=data.get("ttft_stream_ms"),
        time_to_request_ms=data.get("time_to_request_ms"),
        first_content_frame_ms=data.get("first_content_frame_ms"),
        request_sent_wall_ms=data.get("request_sent_wall_ms"),
        first_request_input_tokens=data.get("first_request_input_tokens"),
        first_request_cache_read_input_tokens=data.get("first_request_cache_read_input_tokens"),
        queued_turn_count=data.get("queued_turn_count"),
        result_index=data.get("result_index"),
        safety_stops=data.get("safety_stops"),
        fast_mode_state=data.get("fast_mode_state"),
        fast_mode_disabled_reason=data.get("fast_mode_disabled_reason"),
        local_command=data.get("local_command"),
        api_error_type=data.get("api_error_type"),
    )


def _deferred(data: Any) -> DeferredToolUse | None:
    if not isinstance(data, dict):
        return None
    return DeferredToolUse(data.get("id", ""), data.get("name", ""), data.get("input") or {})


def _parse_rate_limit(data: Json) -> Message:
    info = data["rate_limit_info"]
    return RateLimitEvent(
        RateLimitInfo(
            status=info["status"],
            resets_at=info.get("resetsAt"),
            rate_limit_type=info.get("rateLimitType"),
            utilization=info.get("utilization"),
            overage_status=info.get("overageStatus"),
            overage_resets_at=info.get("overageResetsAt"),
            overage_disabled_reason=info.get("overageDisabledReason"),
            raw=info,
            is_using_overage=info.get("isUsingOverage"),
            surpassed_threshold=info.get("surpassedThreshold"),
        ),
        data.get("uuid", ""),
        data.get("session_id", ""),
        data,
    )


def _parse_reset(data: Json) -> Message:
    return ConversationResetMessage(
        data["new_conversation_id"],
        data.get("uuid", ""),
        data.get("session_id", ""),
        data,
        trigger=data.get("trigger"),
        user_message_uuid=data.get("user_message_uuid"),
        timestamp=data.get("timestamp"),
    )


def _parse_system(data: Json) -> Message:
    subtype = data["subtype"]
    if not isinstance(subtype, str):
        raise TypeError
    parser = _SYSTEM_PARSERS.get(subtype)
    if parser is not None:
        try:
            return parser(subtype, data)
        except (KeyError, TypeError, AttributeError):
            pass  # odd, but still a notice
    return SystemMessage(subtype, data)


def _parse_task_started(subtype: str, data: Json) -> SystemMessage:
    return TaskStartedMessage(
        subtype,
        data,
        task_id=data["task_id"],
        description=data.get("description", ""),
        uuid=data.get("uuid", ""),
        session_id=data.get("session_id", ""),
        tool_use_id=data.get("tool_use_id"),
        task_type=data.get("task_type"),
        run_id=data.get("run_id"),
        subagent_type=data.get("subagent_type"),
        is_backgrounded=data.get("is_backgrounded"),
        spawn_depth=data.get("spawn_depth"),
        prompt=data.get("prompt"),
    )


def _parse_task_progress(subtype: str, data: Json) -> SystemMessage:
    return TaskProgressMessage(
        subtype,
        data,
        task_id=data["task_id"],
        description=data.get("description", ""),
        usage=data["usage"],
        uuid=data.get("uuid", ""),
        session_id=data.get("session_id", ""),
        tool_use_id=data.get("tool_use_id"),
        last_tool_name=data.get("last_tool_name"),
        run_id=data.get("run_id"),
        subagent_type=data.get("subagent_type"),
    )


def _parse_task_updated(subtype: str, data: Json) -> SystemMessage:
    patch = data["patch"]
    return TaskUpdatedMessage(
        subtype,
        data,
        task_id=data["task_id"],
        patch=patch,
        status=patch.get("status"),
        session_id=data.get("session_id"),
        uuid=data.get("uuid"),
        run_id=data.get("run_id"),
    )


def _parse_task_notification(subtype: str, data: Json) -> SystemMessage:
    return TaskNotificationMessage(
        subtype,
        data,
        task_id=data["task_id"],
        status=data["status"],
        output_file=data.get("output_file", ""),
        summary=data.get("summary", ""),
        uuid=data.get("uuid", ""),
        session_id=data.get("session_id", ""),
        tool_use_id=data.get("tool_use_id"),
        usage=data.get("usage"),
        run_id=data.get("run_id"),
        summary_is_report=data.get("summary_is_report"),
    )


def _parse_hook_event(subtype: str, data: Json) -> SystemMessage:
    return HookEventMessage(
        subtype,
        data,
        data["hook_event"],
        data.get("session_id"),
        data.get("uuid"),
        hook_id=data.get("hook_id"),
        hook_name=data.get("hook_name"),
        outcome=data.get("outcome"),
        exit_code=data.get("exit_code"),
        output=data.get("output"),
        stdout=data.get("stdout"),
        stderr=data.get("stderr"),
    )


def _parse_mirror_error(subtype: str, data: Json) -> SystemMessage:
    return MirrorErrorMessage(subtype, data, data.get("key"), str(data.get("error") or ""))


_SYSTEM_PARSERS: dict[str, Callable[[str, Json], SystemMessage]] = {
    "task_started": _parse_task_started,
    "task_progress": _parse_task_progress,
    "task_updated": _parse_task_updated,
    "task_notification": _parse_task_notification,
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
}


def parse_message(data: Json) -> Message:
    """Make a message of a line from the CLI; never raises.

    A known type whose shape is not the known one becomes an `UnknownMessage` too, so that one odd
    line cannot end a session.
    """
    return parse_messages([data])[0]


_new = object.__new__


def parse_messages(lines: list[Json]) -> list[Message]:
    """Do as `parse_message` does, for many lines.

    A stream consists of two kinds of messages. They are made right here, their fields set one by
    one: a call of a parser, and in it of the class, would cost more than all the rest.
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
