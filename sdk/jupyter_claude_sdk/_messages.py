"""Messages and content blocks, and how a line from the CLI becomes one.

Shapes follow the documented Python reference; fields beyond it carry the wire's own names. Nothing
that the wire carries is dropped: each message keeps its line as ``raw`` or ``data``, and a type
that this SDK does not know becomes an `UnknownMessage` or `UnknownBlock` instead of an error.

Source: the documented Python reference of the Agent SDK, and lines observed on the CLI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Union, cast

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


# --- content blocks ---------------------------------------------------------------------------


@dataclass(repr=False)
class TextBlock(ShortRepr):
    """Text that the model wrote.

    Attributes
    ----------
    text : str
        The text, mostly Markdown.
    """

    text: str
    type = "text"


@dataclass(repr=False)
class ThinkingBlock(ShortRepr):
    """The model's thinking, where it is shown.

    Attributes
    ----------
    thinking : str
        The thoughts; may be empty where the model keeps them to itself.
    signature : str, default ""
        The API's seal on them; some models and gateways send none.
    """

    thinking: str
    signature: str = ""
    type = "thinking"


@dataclass(repr=False)
class ToolUseBlock(ShortRepr):
    """A tool call that the model asks for.

    Attributes
    ----------
    id : str
        The call's id, which its `ToolResultBlock` names.
    name : str
        The tool, such as ``"Bash"`` or ``"mcp__server__tool"``.
    input : dict
        The tool's arguments.
    """

    id: str
    name: str
    input: dict[str, Any]
    type = "tool_use"


@dataclass(repr=False)
class ToolResultBlock(ShortRepr):
    """What a tool call gave back.

    Attributes
    ----------
    tool_use_id : str
        The id of the `ToolUseBlock` that it answers.
    content : str, list of dict or None
        Text, or blocks of the API's form (text, images).
    is_error : bool or None
        Whether the tool failed or was refused; None means that it was not said.
    """

    tool_use_id: str
    content: str | list[dict[str, Any]] | None = None
    is_error: bool | None = None
    type = "tool_result"


ServerToolName = Literal[
    "advisor",
    "web_search",
    "web_fetch",
    "code_execution",
    "bash_code_execution",
    "text_editor_code_execution",
    "tool_search_tool_regex",
    "tool_search_tool_bm25",
]


@dataclass(repr=False)
class ServerToolUseBlock(ShortRepr):
    """A call of a tool that runs at the API, not on this machine.

    Attributes
    ----------
    id : str
        The call's id.
    name : str
        One of `ServerToolName`, or a newer tool's.
    input : dict
        The tool's arguments.
    """

    id: str
    name: ServerToolName
    input: dict[str, Any]
    type = "server_tool_use"


@dataclass(repr=False)
class ServerToolResultBlock(ShortRepr):
    """What a tool at the API gave back.

    Attributes
    ----------
    tool_use_id : str
        The id of the `ServerToolUseBlock` that it answers.
    content : dict or list of dict
        The result in the tool's own form; a search gives a list.
    type : str
        The wire's name for it, such as ``"web_search_tool_result"``.
    """

    tool_use_id: str
    content: dict[str, Any] | list[dict[str, Any]]
    type: str = "advisor_tool_result"


@dataclass(repr=False)
class UnknownBlock(ShortRepr):
    """A block of a type that this SDK has no class for.

    Attributes
    ----------
    type : str
        The wire's name for it, or "" if it has none.
    data : dict
        The whole block.
    """

    type: str
    data: dict[str, Any]


ContentBlock = Union[
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    ToolResultBlock,
    ServerToolUseBlock,
    ServerToolResultBlock,
    UnknownBlock,
]


# --- messages ---------------------------------------------------------------------------------

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


# --- from the wire ----------------------------------------------------------------------------

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
        ),
        data.get("uuid", ""),
        data.get("session_id", ""),
        data,
    )


def _parse_reset(data: Json) -> Message:
    return ConversationResetMessage(
        data["new_conversation_id"], data.get("uuid", ""), data.get("session_id", ""), data
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
    )


def _parse_hook_event(subtype: str, data: Json) -> SystemMessage:
    return HookEventMessage(
        subtype, data, data["hook_event"], data.get("session_id"), data.get("uuid")
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
                messages.append(answer)
                continue
        messages.append(_parse_rarer(kind, data))
    return messages


def _parse_rarer(kind: Any, data: Json) -> Message:
    try:
        return _PARSERS[kind](data)
    except (KeyError, TypeError, AttributeError):
        return UnknownMessage(str(kind or ""), data)
