"""The protocol, as a pure state machine."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk._wire.protocol import (
    BadLine,
    ControlAnswer,
    ControlCancel,
    ControlRequest,
    Frame,
    LineTooLong,
    MessagesFrame,
    Protocol,
    StateChanged,
    TurnBegun,
    TurnClosed,
)
from jupyter_claude_sdk._wire.states import TRANSITIONS, CliState, Event, PromptState

from scripts.protocol_diagram import PICTURE, drawn

pytestmark = pytest.mark.pure


def line(**data: Any) -> bytes:
    return json.dumps(data).encode() + b"\n"


def lifecycle(state: str, prompt: str = "u1") -> bytes:
    return line(type="command_lifecycle", command_uuid=prompt, state=state)


def feed(protocol: Protocol, *data: bytes) -> list[Frame]:
    """Return the frames, each message in one of its own."""
    return single(frame for piece in data for frame in protocol.feed(piece))


def single(frames: Iterable[Frame]) -> list[Frame]:
    found: list[Frame] = []
    for frame in frames:
        if isinstance(frame, MessagesFrame):
            *others, last = frame.data
            found += [MessagesFrame([data], frame.prompt) for data in others]
            found.append(MessagesFrame([last], frame.prompt, frame.ends))
        else:
            found.append(frame)
    return found


def prompted(uuid: str = "u1") -> Protocol:
    protocol = Protocol()
    protocol.prompt(uuid, {"type": "user", "message": {"role": "user", "content": "hi"}})
    return protocol


def test_the_table_of_states_is_whole() -> None:
    """A state without a way out, or an event that nobody reads, would hold a session up."""
    assert set(TRANSITIONS) == {*CliState, *PromptState}
    assert {event for follows in TRANSITIONS.values() for event in follows} == set(Event)
    for states in (CliState, PromptState):
        reached = {other for state in states for other in TRANSITIONS[state].values()}
        assert reached == set(states)


def test_the_documentation_shows_the_table() -> None:
    """A reader would draw the protocol wrong."""
    assert PICTURE.read_text("utf-8") == drawn()


def test_a_prompt_s_messages_are_its_own_from_start_to_result() -> None:
    """Else an answer is shown under another prompt, or never ends."""
    protocol = prompted()
    frames = feed(
        protocol,
        lifecycle("queued"),
        line(type="system", subtype="session_state_changed", state="running"),
        lifecycle("started"),
        line(type="system", subtype="init"),
        line(type="assistant", message={}),
        line(type="result", subtype="success", user_message_uuids=["u1"]),
        lifecycle("completed"),
        line(type="system", subtype="session_state_changed", state="idle"),
    )
    owners = [
        (frame.prompt, frame.ends) if isinstance(frame, MessagesFrame) else type(frame)
        for frame in frames
    ]
    assert owners == [
        StateChanged,
        (None, False),
        TurnBegun,
        ("u1", False),
        ("u1", False),
        ("u1", True),
        StateChanged,
        (None, False),
    ]
    assert protocol.running is None


def test_a_background_task_s_result_ends_no_turn() -> None:
    """Else a prompt sent while a background agent reports gets the agent's answer."""
    protocol = Protocol()
    feed(protocol, line(type="system", subtype="session_state_changed", state="running"))
    protocol.prompt("u1", {})
    origin = {"kind": "task-notification"}
    frames = feed(
        protocol,
        line(type="assistant", message={}),
        line(type="result", origin=origin),
        lifecycle("started"),
        line(type="result", origin=origin),
        line(type="assistant", user_message_uuids=["other"]),
        line(type="assistant", user_message_uuid="u1"),
        line(type="result"),
    )
    owners = [(frame.prompt, frame.ends) for frame in frames if isinstance(frame, MessagesFrame)]
    assert owners == [
        (None, False),
        (None, False),
        ("u1", False),
        (None, False),
        ("u1", False),
        ("u1", True),
    ]


def test_an_idle_cli_that_reports_no_lifecycle_is_understood() -> None:
    """A simple stand-in for the CLI, as a user's own transport may be, would never answer."""
    protocol = prompted()
    frames = feed(protocol, line(type="assistant"), line(type="result"))
    assert [frame.prompt for frame in frames if isinstance(frame, MessagesFrame)] == ["u1", "u1"]


@pytest.mark.parametrize("state", ["completed", "cancelled", "discarded"])
def test_a_turn_without_a_result_is_closed(state: str) -> None:
    """Else the cell of a prompt that the CLI dropped would wait for ever."""
    protocol = prompted()
    assert feed(protocol, lifecycle(state, "other"), lifecycle("odd"), lifecycle(state)) == [
        TurnClosed("u1", state)
    ]
    assert feed(protocol, lifecycle(state)) == []


def test_the_cli_s_own_word_says_whether_it_works() -> None:
    """Else what must wait for rest would cut into a background task."""
    protocol = Protocol()
    state = {"type": "system", "subtype": "session_state_changed"}
    seen = [protocol.busy]
    for word in ("running", "idle"):
        feed(protocol, line(**state, state=word))
        seen.append(protocol.busy)
    assert seen == [False, True, False]


def test_a_second_prompt_waits_for_the_first() -> None:
    """The CLI would merge the two into one turn with one result."""
    protocol = prompted()
    with pytest.raises(RuntimeError, match="still running"):
        protocol.prompt("u2", {})


@pytest.mark.parametrize("content", [float("nan"), object(), {1, 2}])
def test_a_prompt_that_is_no_json_changes_nothing(content: Any) -> None:
    """A line such as NaN ends the CLI; a failed prompt must not block the next one."""
    protocol = Protocol()
    with pytest.raises((TypeError, ValueError)):
        protocol.prompt("u1", {"content": content})
    assert protocol.running is None
    protocol.prompt("u2", {})


@pytest.mark.parametrize("text", ["é😀", "\u2028\u2029", "\ud800", "a\nb\r\n\x00", "x" * 200_000])
def test_any_text_is_one_line(text: str) -> None:
    """Else a prompt with an odd character ends the session."""
    data = Protocol().prompt("u1", {"message": {"content": text}})
    assert data.endswith(b"\n")
    assert len(data.decode().splitlines()) == 1
    assert json.loads(data)["message"]["content"] == text


def test_requests_and_answers_find_each_other() -> None:
    """Else a control request would get another one's answer."""
    protocol = Protocol()
    first, data = protocol.request("interrupt")
    assert json.loads(data)["request"] == {"subtype": "interrupt"}
    second, _ = protocol.request("set_model", model="m")
    third, _ = protocol.request("set_permission_mode", mode="m")
    forgotten, _ = protocol.request("interrupt")
    protocol.forget(forgotten)

    def answer(request_id: Any, **body: Any) -> bytes:
        return line(type="control_response", response={"request_id": request_id, **body})

    frames = feed(
        protocol,
        answer(third, subtype="error", error="no", error_code=7),
        answer(second, subtype="error"),
        answer(first, subtype="success", response={"a": 1}),
        answer(first, subtype="success"),
        answer(forgotten, subtype="success"),
        line(type="control_response"),
        line(type="control_response", response=[]),
    )
    assert frames == [
        ControlAnswer(third, "set_permission_mode", {}, "no", "7"),
        ControlAnswer(second, "set_model", {}, "refused without a reason"),
        ControlAnswer(first, "interrupt", {"a": 1}),
    ]


def test_requests_of_the_cli_are_answered_and_withdrawn() -> None:
    """Else a permission request would hang the turn."""
    protocol = Protocol()
    frames = feed(
        protocol,
        line(type="control_request", request_id="r", request={"subtype": "can_use_tool"}),
        line(type="control_request", request_id="s", request=None),
        line(type="control_cancel_request", request_id="r"),
    )
    assert frames == [
        ControlRequest("r", {"subtype": "can_use_tool"}),
        ControlRequest("s", {}),
        ControlCancel("r"),
    ]
    assert json.loads(protocol.answer("r", {"a": 1}))["response"]["response"] == {"a": 1}
    assert json.loads(protocol.refuse("r", "no"))["response"]["error"] == "no"


def test_bad_lines_are_reported_and_passed_over() -> None:
    """Else one odd line, such as a library's debug output, ends the session."""
    protocol = Protocol()
    frames = feed(protocol, b"oops\n\n  \n[1]\n" + b"[" * 100_000 + b"\n", line(type="x"))
    assert [type(frame) for frame in frames] == [BadLine, BadLine, BadLine, MessagesFrame]


def test_bytes_that_are_no_utf8_lose_nothing_else() -> None:
    """A tool's binary output must not cost the whole message."""
    [frame] = feed(Protocol(), b'{"type":"user","text":"a\xffb"}\n')
    assert isinstance(frame, MessagesFrame)
    assert frame.data[0]["text"] == "a\ufffdb"


def test_a_line_over_the_limit_is_dropped_and_the_next_one_is_read() -> None:
    """Else a huge line fills the memory, or ends the session."""
    for chunks in (
        [b"x" * 50 + b"\n"],
        [b"x" * 8, b"x" * 8, b"x" * 50, b"x\n"],
        [b"x" * 11, b"\n"],
        [b"x" * 11, b"x", b"xx\n"],
    ):
        protocol = Protocol(line_limit=10)
        frames = feed(protocol, *chunks, b'{"a":1}\n')
        assert [type(frame) for frame in frames] == [BadLine, MessagesFrame]
        assert isinstance(frames[0], BadLine)
        assert isinstance(frames[0].error, LineTooLong)
    assert list(protocol.end_of_input()) == []


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"type":"a","x":[{}', b'{"y":1}]}', b'{"type":"b"}'],
        [b'{"type":"a","x":[{}', b'{"y":1}]}', b'{"type":"b"},{"type":"c"}'],
        [b'{"type":"a"}', b'{"type":"b"},0,{"type":"c"}', b'{"type":"d"}'],
        [b'{"type":"a","x":"', b'"}', b"5"],
        [b'{"type":"a"}', b"", b'{"type":"b"}', b"[1]", b'{"type":"c","x":NaN}'],
    ],
)
def test_lines_that_come_at_once_are_read_as_if_they_came_alone(lines: list[bytes]) -> None:
    """Broken lines that make sense together would become a message that nobody sent."""
    alone = feed(Protocol(), *(line + b"\n" for line in lines))
    together = feed(Protocol(), b"\n".join([*lines, b""]))
    assert repr(together) == repr(alone)  # NaN equals nothing, and no exception another


def test_an_unfinished_last_line_is_tried() -> None:
    """The result of a CLI that ended without a newline would be lost."""
    protocol = Protocol()
    assert feed(protocol, b'{"type":', b'"x"}') == []
    [frame] = protocol.end_of_input()
    assert isinstance(frame, MessagesFrame)
    assert list(protocol.end_of_input()) == []


def test_messages_in_a_row_come_as_one_frame_that_ends_with_the_turn() -> None:
    """A fast stream would cost a wake-up for every message."""
    protocol = prompted()
    message, result = line(type="assistant"), line(type="result")
    state = line(type="system", subtype="session_state_changed", state="idle")
    frames = protocol.feed(message + message + lifecycle("started") + message + result + state * 2)
    assert [
        (len(frame.data), frame.prompt, frame.ends)
        for frame in frames
        if isinstance(frame, MessagesFrame)
    ] == [(2, "u1", False), (2, "u1", True), (2, None, False)]
    assert frames[1] == TurnBegun("u1")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b'{"a":NaN,"b":-Infinity}', "{'a': nan, 'b': -inf}"),
        (b'{"a":"x\\ud83d"}', "{'a': 'x\ufffd'}"),
        (b'{"a":"\\ud83d\\ude00"}', "{'a': '\U0001f600'}"),
        (b'\t{"a":1}\r', "{'a': 1}"),
        (b'{"a":1,"a":2}', "{'a': 2}"),
        (b'{"a":[123456789012345680000]}', "{'a': [1.2345678901234568e+20]}"),
    ],
)
def test_what_strict_json_does_not_know_is_read_as_well(text: bytes, data: str) -> None:
    """A message that Python's own json reads must not be lost to a faster reader."""
    [frame] = feed(Protocol(), text + b"\n")
    assert isinstance(frame, MessagesFrame)
    assert repr(frame.data[0]) == data


scalars = st.none() | st.booleans() | st.integers() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)
KINDS = "control_response control_request control_cancel_request command_lifecycle system result"
KEYS = """type subtype request_id response request command_uuid state origin
user_message_uuid user_message_uuids"""
kinds = st.sampled_from(KINDS.split())
keys = st.sampled_from(KEYS.split())
odd_frames = st.builds(
    lambda kind, rest: json.dumps({**rest, "type": kind}).encode(),
    kinds | values,
    st.dictionaries(keys, values | st.sampled_from(["u1", "request_1", "started", "completed"])),
)
lines = st.lists(st.binary() | odd_frames).map(b"\n".join)


@settings(max_examples=150, deadline=None)
@given(lines, st.lists(st.integers(0, 400)))
def test_any_chunking_gives_the_same_frames_and_garbage_never_raises(
    data: bytes, cuts: list[int]
) -> None:
    """What the operating system cuts the stream into must not show."""

    def play(pieces: list[bytes]) -> list[str]:
        protocol = prompted()
        protocol.request("interrupt")
        frames = feed(protocol, *pieces) + single(protocol.end_of_input())
        return [repr(frame) for frame in frames]

    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    assert play(pieces) == play([data]) == play([data[i : i + 1] for i in range(len(data))])
