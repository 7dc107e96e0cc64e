"""Any frames in any order, while prompts, interrupts and disconnections go on: nothing hangs."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import Any
from unittest.mock import patch

import anyio
import anyio.lowlevel
import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    CLIConnectionError,
    ClientTurn,
    HookMatcher,
    Message,
    PermissionResultAllow,
    ProcessError,
    Transport,
)
from jupyter_claude_sdk._base.signal import Signal
from jupyter_claude_sdk._connection import turn as turn_module

pytestmark = pytest.mark.pure

EXAMPLES = int(os.environ.get("STURDY_EXAMPLES", "100"))


class Puppet(Transport):
    """A CLI that greets, and for the rest says what the test says."""

    def __init__(self) -> None:
        self.prompt = ""
        self.request = ""
        self._output: list[bytes] = []
        self._open = False
        self._code: int | None = 0
        self._changed = Signal()

    async def connect(self) -> None:
        self._output.clear()
        self._open = True
        self._code = 0

    async def send(self, data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        if not self._open:
            raise CLIConnectionError("The CLI no longer takes input")
        for line in data.splitlines():
            frame = json.loads(line)
            if frame["type"] == "user":
                self.prompt = frame["uuid"]
            elif frame["type"] == "control_request":
                self.request = frame["request_id"]
                if frame["request"]["subtype"] == "initialize":
                    self.say(SUCCESS)

    def say(self, text: str) -> None:
        """Send text in which $prompt and $request stand for the latest ones."""
        text = text.replace("$prompt", self.prompt).replace("$request", self.request)
        self._output.append(text.encode("utf-8", "surrogatepass"))
        self._changed.notify()

    def end(self, code: int | None) -> None:
        self._open = False
        self._code = code
        self._changed.notify()

    async def receive(self) -> bytes:
        while not self._output:
            if not self._open:
                return b""
            await self._changed.wait()
        await anyio.lowlevel.checkpoint()
        data = b"".join(self._output)
        self._output.clear()
        return data

    async def ended(self) -> Exception | None:
        if self._code is None:
            return CLIConnectionError("The CLI closed its output but still runs")
        return ProcessError("The CLI ended with an error", self._code, "") if self._code else None

    async def close(self, *, busy: bool = False) -> None:
        self.end(0)


def _line(frame: Any) -> str:
    return json.dumps(frame) + "\n"


ANSWER = {"subtype": "success", "request_id": "$request", "response": {}}
SUCCESS = _line(
    {
        "type": "control_response",
        "response": {**ANSWER, "response": {"claude_code_version": "2.1.332"}},
    }
)
REFUSAL = _line(
    {
        "type": "control_response",
        "response": {"subtype": "error", "request_id": "$request", "error": "no"},
    }
)
QUEUED = _line(
    {
        "type": "control_response",
        "response": {**ANSWER, "response": {"still_queued": ["$prompt"]}},
    }
)
TEXT = _line(
    {
        "type": "assistant",
        "message": {"model": "m", "content": [{"type": "text", "text": "a"}]},
    }
)
RESULT = _line({"type": "result", "subtype": "success", "user_message_uuids": ["$prompt"]})
STRAY = _line({"type": "result", "subtype": "success", "origin": {"kind": "task"}})


def _lifecycle(state: str) -> str:
    return _line({"type": "command_lifecycle", "command_uuid": "$prompt", "state": state})


def _ask(request_id: str, request: Any) -> str:
    return _line({"type": "control_request", "request_id": request_id, "request": request})


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars | st.sampled_from(["$prompt", "$request", "a1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = """assistant user system result stream_event control_request control_response
control_cancel_request command_lifecycle rate_limit_event conversation_reset mcp odd"""
KEYS = """subtype message content role model request request_id response error result state
command_uuid user_message_uuid user_message_uuids origin event session_id is_error usage uuid
parent_tool_use_id tool_name input callback_id data"""
odd = st.builds(
    lambda kind, rest: _line({"type": kind, **rest}),
    st.sampled_from(KINDS.split()) | values,
    st.dictionaries(st.sampled_from(KEYS.split()), values, max_size=5),
)
usual = st.sampled_from(
    [SUCCESS, SUCCESS, REFUSAL, QUEUED, TEXT, RESULT, RESULT, STRAY]
    + [_lifecycle(state) for state in ("queued", "started", "completed", "cancelled")]
    + [
        _ask("a1", {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}}),
        _ask("a1", {"subtype": "can_use_tool", "tool_name": "slow", "input": {}}),
        _ask("a1", {"subtype": "hook_callback", "callback_id": "hook_0", "input": {}}),
        _ask("a2", {"subtype": "nonsense"}),
        _line({"type": "control_cancel_request", "request_id": "a1"}),
        "garbage\n",
        '{"type":',
        "\n",
    ]
)
said = st.tuples(st.just("say"), usual | odd | st.text(max_size=20))
DEEDS = """query query turn turn leave interrupt cancelled model read wait wait disconnect
connect"""
done = st.tuples(st.sampled_from(DEEDS.split()), st.integers(0, 4))
ended = st.tuples(st.just("end"), st.sampled_from([0, 1, None]))
steps = st.lists(said | said | done | done | ended, max_size=30)


class Ledger:
    """An observer that keeps account of the turns."""

    def __init__(self) -> None:
        self.open: list[ClientTurn] = []
        self.faults: list[str] = []

    def turn_queued(self, turn: ClientTurn) -> None:
        self.open.append(turn)

    def turn_started(self, turn: ClientTurn) -> None:
        if turn not in self.open:
            self.faults.append("started, though it was not queued or has ended")

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        if turn is not None and turn not in self.open:
            self.faults.append("a message of a turn that has ended")

    def turn_ended(self, turn: ClientTurn) -> None:
        if turn not in self.open:
            self.faults.append("ended twice")
            return
        self.open.remove(turn)
        if not turn.ended or (turn.result is None) == (turn.error is None):
            self.faults.append(f"ended with {turn.result!r} and {turn.error!r}")
        if turn.error is not None and not isinstance(turn.error, ClaudeSDKError):
            self.faults.append(f"ended with an error of no type: {turn.error!r}")


class Play:
    """One client and everything that is done with it."""

    def __init__(self) -> None:
        async def may(tool: str, *_: Any) -> Any:
            if tool == "slow":
                await anyio.sleep_forever()
            return PermissionResultAllow()

        async def hook(*_: Any) -> Any:
            raise RuntimeError("the hook's own fault")

        self.puppet = Puppet()
        self.ledger = Ledger()
        self.client = ClaudeSDKClient(
            ClaudeAgentOptions(can_use_tool=may, hooks={"Stop": [HookMatcher(hooks=[hook])]}),
            transport=self.puppet,
        )
        self.client.add_observer(self.ledger)

    async def run(self, script: list[tuple[str, Any]]) -> None:
        await self.client.connect()
        session = self.client._live_connection()
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for what, detail in script:
                    if what == "say":
                        self.puppet.say(detail)
                    elif what == "end":
                        self.puppet.end(detail)
                    elif what == "wait":
                        for _ in range(detail * 3):
                            await anyio.lowlevel.checkpoint()
                    else:
                        group.start_soon(self._do, what, detail)
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
                while self.client._connection is not None or self.client._starting is not None:
                    await self.client.disconnect()
        assert session.ended
        assert (session._waiters, session._callbacks, session._group) == ({}, {}, None)
        assert not self.ledger.faults, self.ledger.faults
        assert not self.ledger.open

    async def _do(self, what: str, detail: int) -> None:
        client = self.client
        try:
            if what == "query":
                await client.query(f"prompt {detail}")
                async for _ in client.receive_response():
                    pass
            elif what == "turn":
                async with client.turn(f"prompt {detail}") as turn:
                    async for _ in turn:
                        pass
            elif what == "leave":
                async with client.turn("prompt"):
                    for _ in range(detail):
                        await anyio.lowlevel.checkpoint()
            elif what == "interrupt":
                await client.interrupt()
            elif what == "cancelled":
                with anyio.move_on_after(0):
                    await client.interrupt()
            elif what == "model":
                await client.set_model("m")
            elif what == "read":
                async for _ in client.receive_messages():
                    pass
            elif what == "connect":
                await client.connect()
            else:
                await client.disconnect()
        except ClaudeSDKError:
            pass  # typed, so it is an answer


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=steps)
@example(script=[("say", '{"type":"result"}\n'), ("query", 0)])
def test_nothing_that_a_cli_says_hangs_a_session(
    backend: str, script: list[tuple[str, Any]]
) -> None:
    """Every call returns or raises a typed error, every turn ends, and no task is left over."""

    async def main() -> None:
        before = _tasks(backend)
        await Play().run(script)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        assert _tasks(backend) == before

    logging.getLogger("jupyter_claude_sdk").disabled = True
    try:
        # A puppet that has said nothing yet says nothing later, so a long wait finds no more.
        with patch.multiple(turn_module, _BEGIN=0.05, _ASK=0.05):
            anyio.run(main, backend=backend)
    finally:
        logging.getLogger("jupyter_claude_sdk").disabled = False


def _tasks(backend: str) -> int:
    if backend == "asyncio":
        return len(asyncio.all_tasks())
    return trio.lowlevel.current_statistics().tasks_living
