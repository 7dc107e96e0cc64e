"""Transports that carry messages, as those for the official package do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    Message,
    MessageTransport,
    PermissionResultAllow,
    ProcessError,
    ResultError,
    ResultMessage,
    Transport,
    query,
)
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

ASK = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"}}


class Duck:
    """A transport of the official interface that has no class above it."""

    def __init__(self, *script: dict[str, Any], **failures: Exception) -> None:
        self.cli = ScriptedTransport(script)
        self.calls: list[str] = []
        self.reading = False
        self._failures = failures

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self._failures:
            raise self._failures[name]

    async def connect(self) -> None:
        self._called("connect")
        await self.cli.connect()

    async def write(self, data: str) -> None:
        assert isinstance(json.loads(data), dict) and data.endswith("\n")
        await self.cli.send(data.encode())

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        self.reading = True
        try:
            while data := await self.cli.receive():
                for line in data.splitlines():
                    yield json.loads(line)
            if (error := self._failures.get("read", await self.cli.ended())) is not None:
                raise error
        finally:
            self.reading = False

    async def end_input(self) -> None:
        self._called("end_input")

    def is_ready(self) -> bool:
        return self.calls[-1:] != ["close"]

    async def close(self) -> None:
        self.calls.append("close")
        await self.cli.close()


class Derived(Duck, Transport):  # type: ignore[misc]  # the two differ in close()
    """The same below the class that the alias calls Transport."""


def texts(messages: list[Message]) -> list[str | None]:
    return [message.result for message in messages if isinstance(message, ResultMessage)]


@pytest.mark.parametrize("kind", [Duck, Derived])
async def test_a_transport_of_messages_carries_a_conversation(kind: type[Duck]) -> None:
    """A program that reaches the CLI over a network of its own would have to be rewritten."""
    asked = []

    async def may(tool: str, given: Any, context: Any) -> PermissionResultAllow:
        asked.append(tool)
        return PermissionResultAllow()

    transport: MessageTransport = kind({"when": "Hi", "send": [{"ask": ASK}, {"result": "one"}]})
    duck: Any = transport
    async with ClaudeSDKClient(ClaudeAgentOptions(can_use_tool=may), transport) as client:
        assert client.connected
        for prompt, told in (("Hi", "one"), ("more\u2028", "You said: more\u2028")):
            await client.query(prompt)
            assert texts([message async for message in client.receive_response()]) == [told]
    assert asked == ["Bash"]
    assert duck.calls == ["connect", "end_input", "close"]
    assert not duck.reading
    await client.connect()  # again, by the same transport
    await client.query("Hi")
    assert texts([message async for message in client.receive_response()]) == ["one"]
    await client.disconnect()
    assert duck.calls == ["connect", "end_input", "close"] * 2
    assert texts([message async for message in query(prompt="x", transport=kind())]) == [
        "You said: x"
    ]


@pytest.mark.parametrize("kind", [Duck, Derived])
async def test_its_errors_say_why_the_cli_ended(kind: type[Duck]) -> None:
    """A program would hang, or blame the wrong thing."""
    steps = [{"result": "no", "is_error": True, "subtype": "error_max_turns"}, {"end": 1}]
    with pytest.raises(ResultError, match=r"failed \(no\)"):
        async for _ in query(prompt="x", transport=kind({"send": steps})):
            pass
    with pytest.raises(ProcessError, match="exit code 3"):
        async for _ in query(prompt="x", transport=kind({"send": [{"end": 3}]})):
            pass
    cut = kind({"send": [{"text": "a"}, {"end": 0}]}, read=OSError("wire cut"))
    with pytest.raises(CLIConnectionError, match="OSError: wire cut") as caught:
        async for _ in query(prompt="x", transport=cut):
            pass
    assert isinstance(caught.value.__cause__, OSError)
    failing = kind(connect=OSError("no route"))
    with pytest.raises(CLIConnectionError, match="OSError: no route"):
        await ClaudeSDKClient(transport=failing).connect()
    assert failing.calls == ["connect", "close"]


async def test_it_is_closed_though_it_fails_or_is_left() -> None:
    """A machine elsewhere would go on working, and cost money."""
    failing = Duck(end_input=OSError("gone"))
    async with ClaudeSDKClient(transport=failing):
        pass
    assert failing.calls == ["connect", "end_input", "close"]

    class Slow(Duck):
        async def end_input(self) -> None:
            self._called("end_input")
            await anyio.sleep_forever()

        async def connect(self) -> None:
            self._called("connect")
            await anyio.sleep_forever()

    slow = Slow()
    with anyio.move_on_after(0.01):
        await ClaudeSDKClient(transport=slow).connect()
    assert slow.calls == ["connect", "close"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jupyter_claude_sdk._transport.messages.END_INPUT", 0.01)
        slow = Slow()
        setattr(slow, "connect", slow.cli.connect)  # noqa: B010
        async with ClaudeSDKClient(transport=slow):
            pass
    assert slow.calls == ["end_input", "close"]


@pytest.mark.parametrize("wrong", [Duck, "claude", object(), ScriptedTransport])
async def test_what_is_no_transport_is_refused_at_once(wrong: Any) -> None:
    """The error would come late, and name an attribute that the program does not know."""
    with pytest.raises(TypeError, match="transport must be an object with"):
        ClaudeSDKClient(ClaudeAgentOptions(), wrong)


def test_a_class_with_neither_pair_of_methods_has_no_instance() -> None:
    """A slip in a method's name would only be found when the CLI is silent."""

    class Half(Transport):
        async def connect(self) -> None: ...

        async def close(self, *, busy: bool = False) -> None: ...

        async def write(self, data: str) -> None: ...

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
