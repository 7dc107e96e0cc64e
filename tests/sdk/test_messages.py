"""Messages and blocks: what becomes of each line of the CLI's, and how it looks."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import jupyter_claude_sdk as sdk
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk import (
    AssistantMessage,
    ContentBlock,
    ConversationResetMessage,
    DeferredToolUse,
    HookEventMessage,
    MirrorErrorMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    RewindConversationResult,
    RewindFilesResult,
    SDKSessionInfo,
    ServerToolResultBlock,
    ServerToolUseBlock,
    SessionMessage,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TaskStartedMessage,
    TaskUpdatedMessage,
    TextBlock,
    ThinkingBlock,
    ToolProgressMessage,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from jupyter_claude_sdk._base.repr import short
from jupyter_claude_sdk._wire.parsing import parse_block, parse_message

pytestmark = pytest.mark.pure

#: One line of each kind that the CLI was seen to send, long strings cut.
WIRE = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "wire.jsonl").read_text("utf-8").splitlines()
]
KEY: sdk.SessionKey = {"project_key": "p", "session_id": "s"}
CLASSES: dict[str, type] = {
    "assistant": AssistantMessage,
    "user": UserMessage,
    "result": ResultMessage,
    "stream_event": StreamEvent,
    "rate_limit_event": RateLimitEvent,
    "conversation_reset": ConversationResetMessage,
    "tool_progress": ToolProgressMessage,
    "system": SystemMessage,
    "system/task_started": TaskStartedMessage,
    "system/task_progress": TaskProgressMessage,
    "system/task_updated": TaskUpdatedMessage,
    "system/task_notification": TaskNotificationMessage,
    "system/hook_started": HookEventMessage,
    "system/hook_response": HookEventMessage,
    "command_lifecycle": UnknownMessage,  # the session's own; never handed out
}


def kind(data: dict[str, Any]) -> str:
    return f"{data['type']}/{data.get('subtype')}"


@pytest.mark.parametrize("data", WIRE, ids=[f"{n}-{kind(data)}" for n, data in enumerate(WIRE)])
def test_each_line_that_the_cli_sends_has_its_class(data: dict[str, Any]) -> None:
    """A program that tests `isinstance` would miss the message, or crash on it."""
    before = copy.deepcopy(data)
    message = parse_message(data)
    assert type(message) is CLASSES.get(kind(data), CLASSES[data["type"]])
    assert data == before  # nothing is taken out of the line or put into it
    whole = getattr(message, "raw", None) or getattr(message, "data", None)
    assert whole is data  # so every field that has no name of its own can be reached
    for field in dataclasses.fields(message):
        if field.name not in ("raw", "data", "subtype", "type") and field.name in data:
            value = getattr(message, field.name)
            assert value == data[field.name] or dataclasses.is_dataclass(value)
    for block in getattr(message, "content", ()):
        if isinstance(block, UnknownBlock):
            assert block.type == "image"  # as the documents: no class for it
    assert len(repr(message)) <= 600
    assert pickle.loads(pickle.dumps(message)) == message == copy.copy(message)


#: What has another name here.
RENAMED = {
    "modelUsage": "model_usage",
    "isReplay": "is_replay",
    "isSynthetic": "is_synthetic",
    "hook_event": "hook_event_name",
}
#: Of a stream's two messages, which must be made quickly, what is rarely of use is in `raw` alone.
RAW_ALONE = {"thinking_display", "thinking_duration_ms", "abandoned_blocks"}


@pytest.mark.parametrize("data", WIRE, ids=[f"{n}-{kind(data)}" for n, data in enumerate(WIRE)])
def test_each_field_of_the_wire_has_a_type(data: dict[str, Any]) -> None:
    """A program would read it as `Any` from `raw`, and misspell it."""
    message = parse_message(data)
    if isinstance(message, UnknownMessage) or type(message) is SystemMessage:
        if data.get("subtype") == "init":
            known = sdk.SystemInitData.__required_keys__ | sdk.SystemInitData.__optional_keys__
            assert {*data} <= known
        return
    names = {field.name for field in dataclasses.fields(message)} | {"type", "message"} | RAW_ALONE
    assert {RENAMED.get(key, key) for key in data} - names == set()
    for key in {*RENAMED} & {*data}:
        assert getattr(message, RENAMED[key]) == data[key]


def test_fields_of_a_newer_cli_have_types() -> None:
    """A program would read them as `Any`, though the next CLI sends them."""
    result = next(data for data in WIRE if kind(data) == "result/success")
    message = parse_message({**result, "begun_message_ids": ["msg_1"]})
    assert isinstance(message, ResultMessage)
    assert message.begun_message_ids == ["msg_1"]
    assert "begun" not in repr(message)
    assert "sandbox_enabled" in sdk.SystemInitData.__optional_keys__
    for enabled in (True, "unknown"):
        init = parse_message({"type": "system", "subtype": "init", "sandbox_enabled": enabled})
        assert isinstance(init, SystemMessage) and init.init is not None
        assert init.init.get("sandbox_enabled") == enabled


@pytest.mark.parametrize("data", WIRE, ids=[f"{n}-{kind(data)}" for n, data in enumerate(WIRE)])
def test_a_message_is_as_its_class_makes_it(data: dict[str, Any]) -> None:
    """A field that was forgotten would be missing in `vars()`, or an AttributeError."""
    message = parse_message(data)
    made: Any
    for made in (message, *getattr(message, "content", ())):
        if not isinstance(made, str):
            fields = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
            assert list(vars(made)) == list(vars(type(made)(**fields)))


@pytest.mark.parametrize("data", WIRE, ids=[f"{n}-{kind(data)}" for n, data in enumerate(WIRE)])
def test_a_line_without_a_field_is_parsed_the_same(data: dict[str, Any]) -> None:
    """The frequent messages have a quick way; a field's absence must not change another field."""
    whole = parse_message(data)
    for key in ("uuid", "session_id", "parent_tool_use_id"):
        lacking = parse_message({name: value for name, value in data.items() if name != key})
        assert type(lacking) is type(whole)
        for field in dataclasses.fields(whole):
            if field.name not in (key, "raw", "data"):
                assert getattr(lacking, field.name) == getattr(whole, field.name)
    body = data["message"] if data["type"] in ("assistant", "user") else {}
    for key in {*body} - {"content"}:
        message = {name: value for name, value in body.items() if name != key}
        assert type(parse_message({**data, "message": message})) is type(whole)


def test_every_kind_of_system_message_was_seen() -> None:
    """The list above would otherwise prove nothing about tasks or hooks."""
    assert {name for name in CLASSES if "/" in name} <= {kind(data) for data in WIRE}
    assert set(CLASSES) >= {data["type"] for data in WIRE}


def test_every_kind_of_message_is_parsed() -> None:
    """Code written for the documented classes would see something else."""
    blocks: list[dict[str, Any]] = [
        {"type": "text", "text": "t"},
        {"type": "thinking", "thinking": "t"},
        {"type": "thinking", "thinking": "t", "signature": None},
        {"type": "tool_use", "id": "i", "name": "n", "input": {}},
        {"type": "tool_result", "tool_use_id": "i", "content": "c", "is_error": True},
        {"type": "new_block", "x": 1},
    ]
    message = parse_message({"type": "assistant", "message": {"content": blocks, "model": "m"}})
    assert isinstance(message, AssistantMessage)
    assert message.content == [
        TextBlock("t"),
        ThinkingBlock("t"),
        ThinkingBlock("t", ""),
        ToolUseBlock("i", "n", {}),
        ToolResultBlock("i", "c", True),
        UnknownBlock("new_block", blocks[-1]),
    ]
    assert [block.type for block in message.content] == [block["type"] for block in blocks]
    user = parse_message({"type": "user", "message": {"content": "hi"}, "uuid": "u"})
    assert user == UserMessage("hi", uuid="u")
    system = {"type": "system", "subtype": "init"}
    assert parse_message(system) == SystemMessage("init", system)
    result = parse_message({"type": "result", "subtype": "success", "total_cost_usd": 0.1})
    assert isinstance(result, ResultMessage)
    assert (result.total_cost_usd, result.is_error, result.result) == (0.1, False, None)
    assert parse_message({"type": "stream_event", "event": {}}) == StreamEvent("", "", {})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": ["x"]},
        {"type": "new_kind", "x": 1},
        {"type": "assistant"},
        {"type": "assistant", "message": None},
        {"type": "user", "message": "x"},
        {"type": "system"},
        {"type": "result"},
        {"type": "stream_event"},
    ],
)
def test_an_odd_message_becomes_an_unknown_one(data: dict[str, object]) -> None:
    """One new kind of line in the next CLI must not end every session."""
    message = parse_message(data)
    assert isinstance(message, UnknownMessage)
    assert message.data is data


@pytest.mark.parametrize("data", [None, "text", 5, {}, {"type": "text"}, {"type": "tool_use"}])
def test_an_odd_block_becomes_an_unknown_one(data: object) -> None:
    """The other blocks of the message would be lost."""
    assert isinstance(parse_block(data), UnknownBlock)


def test_what_is_rarely_sent_is_parsed_too() -> None:
    """Programs for the official package find these fields under these names."""
    use = {"type": "server_tool_use", "id": "i", "name": "web_search", "input": {"query": "q"}}
    assert parse_block(use) == ServerToolUseBlock("i", "web_search", {"query": "q"})
    for name in ("advisor", "web_search", "web_fetch", "code_execution", "tool_search"):
        found = {"type": f"{name}_tool_result", "tool_use_id": "i", "content": [{"a": 1}]}
        block = parse_block(found)
        assert block == ServerToolResultBlock("i", [{"a": 1}], f"{name}_tool_result")
        assert block.type == f"{name}_tool_result"
    assert isinstance(parse_block({"type": "mcp_tool_result", "content": []}), UnknownBlock)
    mirror = {"type": "system", "subtype": "mirror_error", "key": KEY, "error": "e"}
    message = parse_message(mirror)
    assert message == MirrorErrorMessage("mirror_error", mirror, KEY, "e")
    result: dict[str, Any] = {
        "type": "result",
        "subtype": "success",
        "deferred_tool_use": {"id": "i", "name": "n", "input": {"a": 1}},
        "modelUsage": {"m": {"inputTokens": 1}},
        "origin": {"kind": "human"},
    }
    message = parse_message(result)
    assert isinstance(message, ResultMessage)
    assert message.deferred_tool_use == DeferredToolUse("i", "n", {"a": 1})
    assert message.model_usage == {"m": {"inputTokens": 1}}
    assert message.origin == {"kind": "human"}
    assert isinstance(parse_message({**result, "deferred_tool_use": "odd"}), ResultMessage)
    limit = {"status": "rejected", "resetsAt": 5, "rateLimitType": "five_hour", "new": 1}
    event = parse_message({"type": "rate_limit_event", "rate_limit_info": limit})
    assert isinstance(event, RateLimitEvent)
    assert event.rate_limit_info == RateLimitInfo("rejected", 5, "five_hour", raw=limit)


def test_the_init_notice_has_a_typed_view() -> None:
    """Its fields would have to be guessed."""
    [init] = [parse_message(data) for data in WIRE if data.get("subtype") == "init"]
    assert isinstance(init, SystemMessage) and init.init is not None
    assert init.init["claude_code_version"] and init.init["tools"][0]
    assert SystemMessage("status", {}).init is None


def test_a_finished_task_can_be_told() -> None:
    """A program that waits for a task would wait for ever."""
    ended = [parse_message(data) for data in WIRE if data.get("subtype") == "task_updated"]
    assert all(isinstance(message, TaskUpdatedMessage) for message in ended)
    assert ended[0].status in sdk.TERMINAL_TASK_STATUSES  # type: ignore[union-attr]
    assert {"completed", "failed", "stopped", "killed"} == sdk.TERMINAL_TASK_STATUSES


@pytest.mark.parametrize(
    "subtype",
    ["task_started", "task_progress", "task_updated", "task_notification", "hook_started"],
)
def test_an_odd_notice_stays_a_notice(subtype: str) -> None:
    """Its text would be lost for a missing number."""
    data = {"type": "system", "subtype": subtype, "patch": 5}
    assert type(parse_message(data)) is SystemMessage


@pytest.mark.parametrize("patch", [{}, {"patch": 5}, {"patch": None}, {"patch": {"status": 3}}])
def test_a_task_s_odd_change_is_still_one(patch: dict[str, Any]) -> None:
    """A program that counts its tasks would not see the message."""
    message = parse_message({"type": "system", "subtype": "task_updated", "task_id": "t", **patch})
    assert isinstance(message, TaskUpdatedMessage)
    assert (message.task_id, message.status) == ("t", None)
    assert isinstance(message.patch, dict)


def test_a_hook_s_notice_without_its_event_has_the_hook_s_name() -> None:
    """As above, for hooks."""
    data = {"type": "system", "subtype": "hook_started", "hook_name": "PreToolUse:Bash"}
    message = parse_message(data)
    assert isinstance(message, HookEventMessage)
    assert message.hook_event_name == message.hook_name == "PreToolUse:Bash"
    message = parse_message({**data, "hook_event": "PreToolUse"})
    assert isinstance(message, HookEventMessage) and message.hook_event_name == "PreToolUse"


@pytest.mark.parametrize("origin", ["human", 5, ["human"], None])
def test_an_odd_origin_is_none(origin: Any) -> None:
    """`message.origin["kind"]` would fail behind a check for None."""
    user = {"type": "user", "message": {"role": "user", "content": "a"}, "origin": origin}
    result = {"type": "result", "subtype": "success", "origin": origin}
    for data in (user, result):
        message = parse_message(data)
        assert isinstance(message, (UserMessage, ResultMessage)) and message.origin is None
        message = parse_message({**data, "origin": {"kind": "human"}})
        assert message.origin == {"kind": "human"}  # type: ignore[union-attr]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["subtype", "message", "content", "event", "rate_limit_info", "task_id", "patch", "usage"]
KEYS += ["new_conversation_id", "hook_event", "status", "deferred_tool_use", "model", "key"]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine may be busy
@given(
    st.sampled_from([*(name.partition("/")[0] for name in CLASSES), "new"]),
    st.sampled_from([*(name.partition("/")[2] for name in CLASSES), "new"]),
    st.dictionaries(st.sampled_from(KEYS), JSON),
    st.dictionaries(st.sampled_from(["content", "model", "id"]), JSON | st.lists(JSON)),
)
def test_no_line_can_end_a_session(
    name: str, subtype: str, fields: dict[str, Any], inner: dict[str, Any]
) -> None:
    """A newer CLI's line would otherwise be an exception in the reader, and no message at all."""
    for data in (
        {"type": name, "subtype": subtype, **fields},
        {"type": name, "message": inner, **fields},
    ):
        message = parse_message(data)
        assert len(repr(message)) <= 600
        for block in inner.get("content") or () if isinstance(inner.get("content"), list) else ():
            assert len(repr(parse_block(block))) <= 600


def test_a_long_message_is_short_in_a_notebook() -> None:
    """A cell that ends with a message would print a megabyte."""
    long = "x" * 100_000
    blocks: list[ContentBlock] = [
        TextBlock(long),
        ToolUseBlock("id", "Write", {"content": long, "nested": {"a": {"b": {"c": {"d": long}}}}}),
        ToolResultBlock("id", [{"type": "text", "text": long}] * 1000),
    ]
    for block in blocks:
        assert len(repr(block)) < 500
    message = AssistantMessage(blocks * 100, model="m", usage=dict.fromkeys(map(str, range(1000))))
    assert len(repr(message)) <= 600
    assert repr(message).startswith("AssistantMessage(content=[TextBlock(text='xxx")
    known = AssistantMessage([], "m", usage={"a": 1}, message_id="i", session_id="s", uuid="u")
    assert repr(known) == "AssistantMessage(content=[], model='m', uuid='u')"  # no row of ids
    assert repr(TextBlock("short")) == "TextBlock(text='short')"
    assert repr(UserMessage("hi")) == "UserMessage(content='hi')"  # no row of None
    assert repr(UserMessage("hi", uuid="u")) == "UserMessage(content='hi', uuid='u')"
    assert message == dataclasses.replace(message) != dataclasses.replace(message, model="n")


@pytest.mark.parametrize(
    ("value", "start"),
    [
        (
            RewindFilesResult(True, tuple(map(str, range(9999)))),
            "RewindFilesResult(can_rewind=True",
        ),
        (RewindConversationResult("live", "s", "x" * 9999), "RewindConversationResult(how='live'"),
        (SDKSessionInfo("s", "x" * 9999, 1), "SDKSessionInfo(session_id='s', summary='xxx"),
        (SessionMessage("user", "u", "s", {"content": "x" * 9999}), "SessionMessage(type='user'"),
    ],
)
def test_what_methods_return_is_short_in_a_notebook(value: object, start: str) -> None:
    """A cell that ends with `list_sessions()` would print whole transcripts."""
    assert repr(value).startswith(start)
    assert len(repr(value)) <= 600


def test_a_repr_that_fails_is_not_the_messages_fault() -> None:
    """Showing a message would raise."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert short(Broken()) == "<Broken without a repr>"
    assert short(["a" * 80] * 5).endswith("…]")
    assert short({"a": {"b": {"c": {}}}}) == "{'a': {'b': {'c': {}}}}"
    assert short({"a": {"b": {"c": {"d": 1}}}}) == "{'a': {'b': {'c': {…}}}}"
