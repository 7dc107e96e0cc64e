"""`ClaudeSDKClient` and `query` over a scripted transport, on both event loops."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    CanUseToolShadowedWarning,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    CLIConnectionError,
    ClientTurn,
    CLIVersionError,
    HookMatcher,
    Message,
    PermissionResultAllow,
    PermissionResultDeny,
    ProcessError,
    ResultMessage,
    query,
)
from jupyter_claude_sdk._connection import turn as turn_module
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

ASK = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}}
INTERRUPT = {"request": {"subtype": "interrupt"}}


def client(*script: dict[str, Any], **fields: Any) -> tuple[ClaudeSDKClient, ScriptedTransport]:
    transport = ScriptedTransport(script)
    return ClaudeSDKClient(ClaudeAgentOptions(**fields), transport=transport), transport


def texts(messages: list[Message]) -> list[str]:
    """Return what an answer says, its result last."""
    found = []
    for message in messages:
        if isinstance(message, AssistantMessage):
            found += [getattr(block, "text", "") for block in message.content]
        elif isinstance(message, ResultMessage):
            found.append(f"result {message.result}")
    return found


async def response(of: ClaudeSDKClient) -> list[str]:
    with anyio.fail_after(60):
        return texts([message async for message in of.receive_response()])


def prompts(transport: ScriptedTransport) -> list[dict[str, Any]]:
    return [line for line in transport.written if line["type"] == "user"]


def answers(transport: ScriptedTransport) -> list[dict[str, Any]]:
    return [line["response"] for line in transport.written if line["type"] == "control_response"]


# --- prompts and answers ----------------------------------------------------------------------


async def test_several_prompts_at_once_get_their_answers_in_order() -> None:
    """Sent together, the CLI would merge them and two of three answers would never come."""
    sdk, transport = client({"when": "one", "send": [{"wait": INTERRUPT}, {"result": "1"}]})
    async with sdk:
        for name in ("one", "two", "three"):
            await sdk.query(name)
        await sdk.set_model("m")  # there and back
        assert len(prompts(transport)) == 1
        await sdk.interrupt()
        assert await response(sdk) == ["result 1"]
        for name in ("two", "three"):
            assert await response(sdk) == [f"You said: {name}", f"result You said: {name}"]
    assert len({line["uuid"] for line in prompts(transport)}) == 3


async def test_after_a_break_the_next_response_is_the_next_prompts() -> None:
    """Else a loop that stops early shows the rest of an old answer under a new question."""
    sdk, _ = client({"when": "long", "send": [{"text": "a"}, {"text": "b"}, {"result": "c"}]})
    async with sdk:
        await sdk.query("long")
        async for message in sdk.receive_response():
            assert texts([message]) == ["a"]
            break
        await sdk.query("next")
        assert (await response(sdk))[0] == "You said: next"


async def test_an_iteration_can_be_closed() -> None:
    """Programs for the official package wrap it in `aclosing`, and would end with an error."""
    own, _ = client({"send": [{"text": "a"}, {"result": "A"}]})
    async with own:
        await own.query("a")
        for messages in (own.receive_messages(), own.receive_response()):
            async with aclosing(messages):  # type: ignore[type-var]
                await anext(messages)
        await own.query("b")
        assert (await response(own))[-1] == "result A"


async def test_after_a_break_the_rest_can_still_be_read() -> None:
    """With no newer prompt the reader wants what it left."""
    sdk, _ = client({"when": "long", "send": [{"text": "a"}, {"text": "b"}, {"result": "c"}]})
    async with sdk:
        await sdk.query("long")
        async for _ in sdk.receive_response():
            break
        assert await response(sdk) == ["b", "result c"]


async def test_after_break_and_interrupt_the_next_response_is_the_next_prompts() -> None:
    """The reference SDK gives the interrupted turn's tail instead."""
    sdk, _ = client(
        {"when": "long", "send": [{"text": "a"}, {"wait": INTERRUPT}, {"result": "aborted"}]}
    )
    async with sdk:
        await sdk.query("long")
        async for _ in sdk.receive_response():
            break
        await sdk.interrupt()
        await sdk.query("next")
        assert (await response(sdk))[0] == "You said: next"


async def test_an_interrupt_that_comes_too_early_is_sent_again() -> None:
    """The CLI passes over a prompt that it has not taken up yet: Stop would do nothing."""
    still_queued = {"subtype": "success", "response": {"still_queued": ["u1"]}}
    sdk, transport = client(
        {
            "when": {"type": "user"},
            "send": [
                {"frame": _lifecycle("u1", "queued")},
                {"wait": {"type": "probe"}},
            ],
        },
        {
            "when": INTERRUPT,
            "times": 1,
            "send": [
                {"frame": _control_response(still_queued)},
                {"frame": _lifecycle("u1", "started")},
            ],
        },
        {
            "when": INTERRUPT,
            "send": [
                {"frame": _control_response({"subtype": "success"})},
                {"frame": {"type": "result", "subtype": "x", "user_message_uuids": ["u1"]}},
            ],
        },
    )
    async with sdk, sdk.turn("long", uuid="u1") as turn:
        with anyio.fail_after(60):
            await sdk.interrupt()
            assert [type(message) async for message in turn] == [ResultMessage]
        assert turn.interrupted
    assert [line.get("request") for line in transport.written[2:]] == [INTERRUPT["request"]] * 2


def _control_response(body: dict[str, Any]) -> dict[str, Any]:
    return {"type": "control_response", "response": {"request_id": "$request_id", **body}}


def _lifecycle(prompt: str, state: str) -> dict[str, Any]:
    return {"type": "command_lifecycle", "command_uuid": prompt, "state": state}


async def test_control_requests_pass_ten_thousand_unread_messages() -> None:
    """The reference SDK's interrupt failed after 60 s behind messages that nobody read."""
    many = [{"text": str(number)} for number in range(10_000)]
    sdk, _ = client({"when": "flood", "send": [*many, {"wait": INTERRUPT}, {"result": "end"}]})
    async with sdk:
        await sdk.query("flood")
        with anyio.fail_after(60):
            await sdk.set_model("m")
        with anyio.fail_after(60):
            assert len(await _some(sdk, 10_000)) == 10_000


async def _some(sdk: ClaudeSDKClient, count: int) -> list[Message]:
    found: list[Message] = []
    async for message in sdk.receive_response():
        found.append(message)
        if len(found) == count:
            break
    return found


async def test_unasked_messages_reach_receive_messages_in_order() -> None:
    """A background task's report would be lost, or be taken for an answer."""
    sdk, transport = client()
    async with sdk:
        await sdk.query("one")
        assert len(await response(sdk)) == 2
        transport.play({"text": "task done"}, {"result": "report"})
        await sdk.query("two")
        found: list[Message] = []
        with anyio.fail_after(60):
            async for message in sdk.receive_messages():
                found.append(message)
                if len(texts(found)) == 4:
                    break
    assert texts(found) == [
        "task done",
        "result report",
        "You said: two",
        "result You said: two",
    ]


async def test_two_readers_are_told_so() -> None:
    """Each would get a part of the messages, and neither would know."""
    sdk, _ = client()
    async with sdk, anyio.create_task_group() as group:
        group.start_soon(_ignore, sdk.receive_messages())
        await _turns_of_the_loop()
        with pytest.raises(CLIConnectionError, match="already receiving"):
            await anext(aiter(sdk.receive_messages()))
        group.cancel_scope.cancel()


async def _turns_of_the_loop() -> None:
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


async def _ignore(messages: AsyncIterator[Message]) -> None:
    async for _ in messages:
        pass


async def test_a_stream_s_text_pieces_are_gathered_into_one_prompt() -> None:
    """The documented example would reach nobody: the CLI ignores such lines."""

    async def stream() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "text", "text": "a"}
        yield {"type": "text", "text": "b"}
        yield {"type": "user", "message": {"role": "user", "content": "c"}}
        yield {"type": "text", "text": "d"}

    sdk, transport = client()
    async with sdk:
        await sdk.query(stream(), session_id="s")
        assert (await response(sdk))[0] == "You said: a\nb"
        assert (await response(sdk))[0] == "You said: c"
        assert (await response(sdk))[0] == "You said: d"
    assert {line["session_id"] for line in prompts(transport)} == {"s"}


@pytest.mark.parametrize(
    "message",
    [{"type": "user"}, {"type": "user", "message": {"role": "assistant", "content": ""}}, {}],
)
async def test_a_message_that_would_end_the_cli_is_refused(message: dict[str, Any]) -> None:
    """The CLI exits at a user line without the role "user": the whole session would be lost."""

    async def stream() -> AsyncGenerator[dict[str, Any], None]:
        yield {**message, "type": "user"}

    sdk, transport = client()
    async with sdk:
        async with aclosing(stream()) as prompt:
            with pytest.raises(ValueError, match="must be text or a user message"):
                await sdk.query(prompt)
        with pytest.raises(ValueError, match="must be text or a user message"):
            async with sdk.turn(message):
                pass
        async with aclosing(_strings()) as strings:
            with pytest.raises(TypeError, match="must give dicts, not str"):
                await sdk.query(strings)
        bad = {"type": "user", "message": {"role": "user", "content": object()}}
        async with sdk.turn(bad) as turn:
            with pytest.raises(ClaudeSDKError, match="cannot be sent as JSON"):
                await anext(turn)
        await sdk.query("next")
        assert (await response(sdk))[0] == "You said: next"
    assert len(prompts(transport)) == 1


async def _strings() -> AsyncGenerator[Any, None]:
    yield "text"


# --- turns and observers ----------------------------------------------------------------------


class Recorder:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def turn_queued(self, turn: ClientTurn) -> None:
        self.seen.append("queued")

    def turn_started(self, turn: ClientTurn) -> None:
        self.seen.append("started")

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        self.seen.append(type(message).__name__)
        raise RuntimeError("an observer's fault")

    def turn_ended(self, turn: ClientTurn) -> None:
        self.seen.append(turn.state)


async def test_a_turn_has_its_own_messages_and_observers_see_all() -> None:
    """The notebook's views are built on these; an observer's fault must not end the session."""
    sdk, _ = client()
    recorder = Recorder()
    sdk.add_observer(recorder)
    async with sdk:
        await sdk.query("for a reader")
        async with sdk.turn("mine", uuid="my-uuid") as turn:
            assert turn.state == "queued"
            assert texts([message async for message in turn])[0] == "You said: mine"
        assert (turn.uuid, turn.state, turn.error) == ("my-uuid", "done", None)
        assert turn.result is not None
        assert (await response(sdk))[0] == "You said: for a reader"
    one = ["started", "AssistantMessage", "ResultMessage", "done"]
    assert recorder.seen == ["queued", "started", "queued", *one[1:], *one]


async def test_leaving_a_turn_early_interrupts_it_or_takes_it_back() -> None:
    """A cancelled cell would leave its turn running, and its queued prompt would still be sent."""
    sdk, transport = client(
        {"when": "long", "send": [{"text": "a"}, {"wait": INTERRUPT}, {"result": "aborted"}]}
    )
    async with sdk:
        async with sdk.turn("long") as first:
            await anext(first)
            async with sdk.turn("queued") as second:
                pass
        assert first.interrupted
        await sdk.set_model("m")  # there and back
        assert (first.state, second.state) == ("done", "failed")
    assert [line["message"]["content"] for line in prompts(transport)] == ["long"]


async def test_leaving_a_turn_of_a_dying_session_keeps_the_first_error() -> None:
    """The reason for leaving would be hidden behind "The client was disconnected"."""
    sdk, _ = client({"send": [{"text": "a"}]})
    async with sdk:
        with pytest.raises(LookupError):  # noqa: PT012
            async with sdk.turn("x") as turn:
                await anext(turn)
                sdk._live_connection()._closing.set()
                raise LookupError


async def test_cancelled_requests_and_turns_leave_nothing_behind() -> None:
    """A long session would grow with each cancelled call."""
    sdk, _ = client({"when": {"request": {"subtype": "set_model"}}, "send": []})
    async with sdk:
        for _ in range(10):
            with anyio.move_on_after(0.001):
                await sdk.set_model("m")
        session = sdk._live_connection()
        assert session._waiters == {}
        assert session._protocol._waiting == {}


# --- requests of the CLI's --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "wire"),
    [
        (PermissionResultAllow(), {"behavior": "allow", "updatedInput": ASK["input"]}),
        ({"behavior": "allow"}, {"behavior": "allow", "updatedInput": ASK["input"]}),
        (
            PermissionResultDeny(message="no", interrupt=True),
            {"behavior": "deny", "message": "no", "interrupt": True},
        ),
        ({"behavior": "deny"}, {"behavior": "deny", "message": ""}),
    ],
)
async def test_permission_callbacks_may_return_classes_or_dicts(result: Any, wire: Any) -> None:
    """The documents show both; one of the two would fail every tool call."""

    async def decide(tool: str, tool_input: dict[str, Any], context: Any) -> Any:
        assert (tool, tool_input, context.raw["subtype"]) == ("Bash", ASK["input"], "can_use_tool")
        return result

    sdk, transport = client({"send": [{"ask": ASK}, {"result": "ok"}]}, can_use_tool=decide)
    async with sdk:
        await sdk.query("x")
        assert await response(sdk) == ["result ok"]
    assert answers(transport)[0]["response"] == wire


async def _raises(*_: Any) -> Any:
    raise KeyError("missing")


async def _wrong(*_: Any) -> Any:
    return True


async def _cancelled(*_: Any) -> Any:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("callback", "error"),
    [
        (_raises, "KeyError: 'missing'"),
        (_wrong, "TypeError: can_use_tool must return"),
        (None, "nothing here answers a can_use_tool request"),
    ],
)
async def test_a_failing_callback_refuses_and_the_turn_goes_on(callback: Any, error: str) -> None:
    """Unanswered, the CLI would wait for ever; allowed, an error would run a command."""
    sdk, transport = client({"send": [{"ask": ASK}, {"result": "ok"}]}, can_use_tool=callback)
    async with sdk:
        await sdk.query("x")
        assert await response(sdk) == ["result ok"]
    assert answers(transport)[0]["subtype"] == "error"
    assert error in answers(transport)[0]["error"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_callback_that_ends_as_cancelled_is_answered() -> None:
    """A callback that awaits a cancelled task of its own would hang the turn."""
    sdk, transport = client({"send": [{"ask": ASK}, {"result": "ok"}]}, can_use_tool=_cancelled)
    async with sdk:
        await sdk.query("x")
        assert await response(sdk) == ["result ok"]
    assert answers(transport)[0]["error"] == "cancelled"


async def test_a_withdrawn_request_cancels_its_callback_even_at_once() -> None:
    """After an interrupt the question would stay on the screen, for nobody."""
    seen: list[str] = []

    async def decide(*_: Any) -> Any:
        seen.append("asked")
        try:
            await anyio.sleep_forever()
        finally:
            seen.append("cancelled")

    request = {"type": "control_request", "request_id": "r", "request": ASK}
    cancel = {"type": "control_cancel_request", "request_id": "r"}
    sdk, transport = client(
        {"when": "later", "send": [{"frame": request}, {"wait": INTERRUPT}, {"result": "later"}]},
        {"when": "at once", "send": [{"frame": request}, {"frame": cancel}, {"result": "ok"}]},
        can_use_tool=decide,
    )
    async with sdk:
        await sdk.query("at once")
        assert await response(sdk) == ["result ok"]
        with anyio.fail_after(60):
            while seen != ["asked", "cancelled"]:
                await anyio.lowlevel.checkpoint()
            seen.clear()
            await sdk.query("later")
            while seen != ["asked"]:
                await anyio.lowlevel.checkpoint()
            transport.play({"frame": cancel})
            while seen != ["asked", "cancelled"]:
                await anyio.lowlevel.checkpoint()
    assert answers(transport) == []


async def test_a_callback_may_disconnect_the_client() -> None:
    """Else it and the disconnection wait for each other, for ever."""

    async def decide(*_: Any) -> Any:
        await sdk.disconnect()
        return {"behavior": "deny"}

    sdk, _ = client({"send": [{"ask": ASK}, {"result": "ok"}]}, can_use_tool=decide)
    await sdk.connect()
    await sdk.query("x")
    with anyio.fail_after(60), pytest.raises(CLIConnectionError, match="disconnected"):
        async for _ in sdk.receive_response():
            pass
    assert not sdk.connected


async def test_hooks_are_registered_called_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    """A hook that is not called, or whose failure is silent, guards nothing."""

    async def hook(data: dict[str, Any], tool_use_id: str | None, context: Any) -> dict[str, Any]:
        if data["fail"]:
            raise RuntimeError("hook failed")
        assert (tool_use_id, context.signal) == ("t", None)
        return {"continue_": False, "async_": True}

    def call(fail: bool, callback: str = "hook_0") -> dict[str, Any]:
        fields = {"callback_id": callback, "input": {"fail": fail}, "tool_use_id": "t"}
        return {"ask": {"subtype": "hook_callback", **fields}}

    matcher = HookMatcher(matcher="Bash", hooks=[hook], timeout=3, on_failure="block")
    sdk, transport = client(
        {"send": [call(False), call(True), call(False, "unknown"), {"result": "ok"}]},
        hooks={"PreToolUse": [matcher, HookMatcher(hooks=[hook])]},
    )
    async with sdk:
        await sdk.query("x")
        assert await response(sdk) == ["result ok"]
    assert transport.written[0]["request"]["hooks"] == {
        "PreToolUse": [
            {"matcher": "Bash", "hookCallbackIds": ["hook_0"], "timeout": 3, "onFailure": "block"},
            {"matcher": None, "hookCallbackIds": ["hook_1"]},
        ]
    }
    good, failed, unknown = answers(transport)
    assert good["response"] == {"continue": False, "async": True}
    assert failed["error"] == "RuntimeError: hook failed"
    assert unknown["subtype"] == "error"
    assert "hook failed" in caplog.text


# --- the connection's life --------------------------------------------------------------------


async def test_before_connect_and_after_disconnect() -> None:
    """A forgotten connect() must say so, not hang."""
    sdk, _ = client()
    for call in (
        lambda: sdk.query("x"),
        sdk.interrupt,
        sdk.get_server_info,
        lambda: anext(aiter(sdk.receive_messages())),
        lambda: anext(aiter(sdk.receive_response())),
    ):
        with pytest.raises(CLIConnectionError, match=r"Call connect\(\) first"):
            await call()
    await sdk.disconnect()
    assert not sdk.connected


async def test_connect_twice_is_refused_and_reconnecting_works() -> None:
    """The reference SDK leaks the first CLI."""
    sdk, transport = client()
    await sdk.connect("first")
    info = await sdk.get_server_info()
    assert info is not None
    assert info["commands"] == []
    with pytest.raises(CLIConnectionError, match="Already connected"):
        await sdk.connect()
    assert (await response(sdk))[0] == "You said: first"
    await sdk.disconnect()
    await sdk.disconnect()
    assert transport.closed
    await sdk.connect()
    await sdk.query("second")
    assert (await response(sdk))[0] == "You said: second"
    await sdk.disconnect()


async def test_readers_end_with_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """A reader that waits while the client disconnects, or the CLI dies, would wait for ever."""
    sdk, transport = client()
    ended: list[str] = []

    async def read(messages: AsyncIterator[Message]) -> None:
        try:
            await _ignore(messages)
            ended.append("ended")
        except CLIConnectionError as error:
            ended.append(str(error))

    ways = [("messages", "leave"), ("response", "leave"), ("messages", "die"), ("response", "die")]
    for kind, way in ways:
        await sdk.connect()
        messages = sdk.receive_messages() if kind == "messages" else sdk.receive_response()
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(read, messages)
                await _turns_of_the_loop()
                if way == "leave":
                    await sdk.disconnect()
                else:
                    said = [{"stderr": "out of memory"}] if kind == "messages" else []  # once
                    transport.play(*said, {"end": 0})
    assert ended == [
        "ended",
        "The client was disconnected",
        "ended",  # between turns nothing is missing
        "The CLI ended; it said: out of memory",
    ]
    assert "The CLI ended; it said: out of memory" in caplog.text
    assert not sdk.connected
    await _ignore(sdk.receive_messages())  # ends at once, and does not wait
    with pytest.raises(CLIConnectionError, match="out of memory"):
        await sdk.query("x")


@pytest.mark.parametrize(
    ("code", "kind"), [(3, ProcessError), (-9, ProcessError), (None, CLIConnectionError)]
)
async def test_a_cli_that_fails_between_turns_is_an_error(
    code: int | None, kind: type[Exception]
) -> None:
    """A crash would look like the end of the conversation."""
    sdk, transport = client()
    await sdk.connect()
    transport.play({"end": code})
    with pytest.raises(kind):
        await _ignore(sdk.receive_messages())
    await sdk.disconnect()


async def test_what_came_before_a_cli_left_is_read() -> None:
    """A program that reads late would lose the last answer."""
    sdk, transport = client()
    await sdk.connect()
    await sdk.query("x")
    async with sdk.turn("y") as turn:
        assert len([message async for message in turn]) == 2
    transport.play({"end": 0})
    with anyio.fail_after(60):
        assert texts([message async for message in sdk.receive_messages()])[-1] == (
            "result You said: x"
        )
    await sdk.disconnect()


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (0, CLIConnectionError, "The CLI ended in the middle of a turn; it said: why"),
        (3, ProcessError, "The CLI ended with an error (exit code 3); it said: why"),
        (None, CLIConnectionError, "The CLI closed its output but still runs; it said: why"),
    ],
)
async def test_a_cli_that_ends_in_a_turn_says_why(
    code: int | None, kind: type[Exception], text: str
) -> None:
    """The reference SDK ends silently, or hangs."""
    sdk, _ = client({"when": "x", "send": [{"text": "a"}, {"stderr": "why"}, {"end": code}]})
    await sdk.connect()
    async with sdk.turn("x") as turn:
        await sdk.query("queued")
        assert texts([await anext(turn)]) == ["a"]
        with pytest.raises(kind) as caught:
            await anext(turn)
    assert str(caught.value) == text
    assert turn.state == "failed"
    with pytest.raises(kind):
        await response(sdk)
    with pytest.raises(kind):
        await _ignore(sdk.receive_messages())
    await sdk.disconnect()


async def test_cancelling_connect_leaves_nothing() -> None:
    """A cell interrupted while the CLI starts must not leave a CLI, or a client that is stuck."""
    sdk, transport = client({"when": {"request": {"subtype": "initialize"}}, "send": []})
    for wait in (0.05, 0):
        with anyio.move_on_after(wait):
            await sdk.connect()
        assert transport.closed
        assert not sdk.connected


class Slow(ScriptedTransport):
    async def connect(self) -> None:
        await anyio.sleep_forever()


async def test_a_transport_that_never_connects_can_be_left() -> None:
    """Else a notebook's stop button would wait for ever."""
    transport = Slow()
    sdk = ClaudeSDKClient(transport=transport)
    with anyio.move_on_after(0.05):
        await sdk.connect()
    assert transport.closed
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:

            async def connect() -> None:
                with pytest.raises(CLIConnectionError, match="disconnected"):
                    await sdk.connect()

            group.start_soon(connect)
            await _turns_of_the_loop()
            with pytest.raises(CLIConnectionError, match="Already connected"):
                await sdk.connect()
            await sdk.disconnect()


async def test_a_cli_that_never_greets_is_given_up_with_its_last_words() -> None:
    """Else connecting hangs, and nobody knows that the CLI waits for a sign-in, say."""
    transport = ScriptedTransport(
        [{"when": {"request": {"subtype": "initialize"}}, "send": [{"stderr": "waiting…"}]}]
    )
    sdk = ClaudeSDKClient(transport=transport, initialize_timeout=0.05)
    with pytest.raises(CLIConnectionError) as caught:
        await sdk.connect()
    assert str(caught.value) == (
        "Claude Code did not start: initialize: the CLI did not answer within 0.05 s; "
        "it said: waiting…"
    )
    assert transport.closed


async def test_too_old_a_cli_is_named_with_the_remedy() -> None:
    """Its turns could not be told from each other; the message says what mends it."""
    sdk = ClaudeSDKClient(transport=ScriptedTransport(version="1.0.0"))
    with pytest.raises(CLIVersionError, match=r"1\.0\.0 is too old.*install-cli"):
        await sdk.connect()


class Broken(ScriptedTransport):
    async def receive(self) -> bytes:
        raise OSError("wire cut")


async def test_a_transport_s_own_error_becomes_the_sdk_s() -> None:
    """Callers catch ClaudeSDKError."""
    sdk = ClaudeSDKClient(transport=Broken())
    with pytest.raises(CLIConnectionError, match="OSError: wire cut"):
        await sdk.connect()


async def test_bad_lines_do_not_end_a_turn(caplog: pytest.LogCaptureFixture) -> None:
    """The reference SDK's session is dead after one."""
    caplog.set_level(logging.WARNING)
    sdk, _ = client(
        {
            "send": [
                {"raw": b"Debugger attached.\n"},
                {"raw": b'{"type":"assistant","message":5}\n\xff\xfe\n'},
                {"frame": {"type": "keep_alive"}},
                {"text": "fine"},
                {"result": "ok"},
            ]
        }
    )
    async with sdk:
        await sdk.query("x")
        assert await response(sdk) == ["fine", "result ok"]
    assert "Debugger attached" in caplog.text


async def test_another_task_of_the_loop_may_call_anything() -> None:
    """Notebook cells are different tasks: connect in one, ask in the next."""
    sdk, _ = client()
    async with anyio.create_task_group() as group:
        group.start_soon(sdk.connect)
    async with anyio.create_task_group() as group:
        group.start_soon(sdk.query, "x")
    assert len(await response(sdk)) == 2
    async with anyio.create_task_group() as group:
        group.start_soon(sdk.disconnect)
    assert not sdk.connected


async def test_another_loop_is_told_so(anyio_backend_name: str) -> None:
    """The reference SDK silently gives no messages there."""
    sdk, _ = client()
    async with sdk:

        def elsewhere() -> str:
            async def use() -> str:
                for call in (sdk.get_server_info, sdk.interrupt, sdk.disconnect):
                    with pytest.raises(CLIConnectionError) as caught:
                        await call()
                return str(caught.value)

            return anyio.run(use, backend=anyio_backend_name)

        assert "another event loop" in await anyio.to_thread.run_sync(elsewhere)
        await sdk.query("x")
        assert len(await response(sdk)) == 2

    def disconnect() -> None:
        anyio.run(sdk.disconnect, backend=anyio_backend_name)

    await anyio.to_thread.run_sync(disconnect)


# --- query() ----------------------------------------------------------------------------------


async def test_query_asks_once_and_ends_its_session() -> None:
    """A script with many query() calls would gather CLI processes."""
    transport = ScriptedTransport()
    found = [message async for message in query(prompt="x", transport=transport)]
    assert texts(found) == ["You said: x", "result You said: x"]
    assert transport.closed


async def test_query_with_a_stream_that_waits_for_answers() -> None:
    """A stream whose next prompt depends on the answer would wait for ever."""
    transport = ScriptedTransport()
    heard = anyio.Event()

    async def stream() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "user", "message": {"role": "user", "content": "one"}}
        await heard.wait()
        yield {"type": "user", "message": {"role": "user", "content": "two"}}

    results = []
    with anyio.fail_after(60):
        async for message in query(prompt=stream(), transport=transport):
            if isinstance(message, ResultMessage):
                results.append(message.result)
                heard.set()
    assert results == ["You said: one", "You said: two"]


async def test_query_s_stream_may_be_empty_or_fail() -> None:
    """Neither may hang; a fault in the user's own stream must be seen."""

    async def empty() -> AsyncIterator[dict[str, Any]]:
        nothing: list[dict[str, Any]] = []
        for item in nothing:
            yield item

    async def failing() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "user", "message": {"role": "user", "content": "one"}}
        raise LookupError("no more")

    with anyio.fail_after(60):
        assert [m async for m in query(prompt=empty(), transport=ScriptedTransport())] == []
        found = []
        with pytest.raises(LookupError, match="no more"):  # noqa: PT012
            async for message in query(prompt=failing(), transport=ScriptedTransport()):
                found.append(message)
    assert len(found) == 2


async def test_leaving_query_early_ends_its_session() -> None:
    """A loop that stops at the first answer would leave a CLI running."""
    transport = ScriptedTransport([{"send": [{"text": "a"}]}])
    messages = query(prompt="x", transport=transport)
    async for _ in messages:
        break
    await messages.aclose()
    assert transport.closed


# --- leaving right after a prompt -------------------------------------------------------------


@pytest.mark.parametrize("how", ["async with", "disconnect"])
async def test_a_prompt_is_sent_even_if_the_client_leaves_at_once(how: str) -> None:
    """A prompt that starts work and waits for no answer would be lost."""
    sdk, transport = client({"send": [{"text": "a"}]})
    with anyio.fail_after(60):
        if how == "disconnect":
            await sdk.connect()
            await sdk.query("work")
            await sdk.disconnect()
        else:
            async with sdk:
                await sdk.query("work")
    assert [line["message"]["content"] for line in prompts(transport)] == ["work"]
    assert transport.closed


@pytest.mark.parametrize("failed", [False, True])
async def test_leaving_after_a_prompt_is_bounded(
    failed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CLI that hangs would hold up the program; so would one whose program has failed."""
    monkeypatch.setattr(turn_module, "_BEGIN", 3600 if failed else 0.001)
    sdk, transport = client({"send": []})
    with anyio.fail_after(60), suppress(LookupError):
        async with sdk:
            await sdk.query("work")
            if failed:
                raise LookupError
    assert transport.closed
    sdk, transport = client({"send": []})
    with anyio.fail_after(60):
        await sdk.connect()
        with anyio.CancelScope() as scope:
            await sdk.query("work")
            scope.cancel()
            await sdk.disconnect()
    assert transport.closed


@pytest.mark.filterwarnings("error")
async def test_options_changed_before_connecting_are_checked_again() -> None:
    """A mode that is set later would let everything through, with a callback that says no."""

    async def refuse(*_: Any) -> PermissionResultDeny:
        return PermissionResultDeny()

    sdk, _ = client(can_use_tool=refuse)
    sdk.options.permission_mode = "bypassPermissions"
    with pytest.warns(CanUseToolShadowedWarning, match="will not be called"):
        await sdk.connect()
    await sdk.disconnect()
    sdk.options.permission_mode = "default"
    await sdk.connect()
    await sdk.disconnect()
    sdk.options.permission_mode = "bypas"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="permission_mode is 'bypas'"):
        await sdk.connect()
    with pytest.warns(CanUseToolShadowedWarning):
        said = ClaudeAgentOptions(can_use_tool=refuse, allowed_tools=["Read"])
    async with ClaudeSDKClient(dataclasses.replace(said), ScriptedTransport()):
        pass  # it was said when the options were made


async def test_options_changed_later_leave_the_session_alone() -> None:
    """Half of a change would count: the CLI has the old options, and this process the new ones."""
    asked: list[str] = []

    async def first(*_: Any) -> Any:
        asked.append("first")
        return {"behavior": "allow"}

    async def later(*_: Any) -> Any:
        asked.append("later")
        return {"behavior": "allow"}

    sdk, transport = client({"send": [{"ask": ASK}, {"result": "ok"}]}, can_use_tool=first)
    async with sdk:
        sdk.options.verbatim_prompts = True
        sdk.options.can_use_tool = later
        sdk.options.env["CLAUDE_CONFIG_DIR"] = "elsewhere"
        await sdk.query("/x")
        assert await response(sdk) == ["result ok"]
        assert not sdk._live_connection().options.env
    assert asked == ["first"]
    assert ["client_composed" in line for line in prompts(transport)] == [False]
    async with sdk:
        await sdk.query("/x")
        assert await response(sdk) == ["result ok"]
    assert asked == ["first", "later"]
    assert ["client_composed" in line for line in prompts(transport)] == [False, True]
