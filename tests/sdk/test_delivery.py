"""How messages reach whoever reads them: at once, and without holding up anybody else."""

from __future__ import annotations

import pickle
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions, ClaudeSDKClient, Message, ResultMessage
from jupyter_claude_sdk._base import signal
from jupyter_claude_sdk._connection.turn import ClientTurn
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

MANY = 5_000
SCRIPT = [{"send": [*({"text": "word"} for _ in range(MANY)), {"result": "end"}]}]


class Finish:
    """An observer that sees the end of the first turn."""

    def __init__(self) -> None:
        self.reached = anyio.Event()

    def turn_queued(self, turn: ClientTurn) -> None: ...

    def turn_started(self, turn: ClientTurn) -> None: ...

    def message(self, turn: ClientTurn | None, message: Message) -> None: ...

    def turn_ended(self, turn: ClientTurn) -> None:
        self.reached.set()


async def unread_answer(sdk: ClaudeSDKClient) -> None:
    """Ask and wait until all of the answer has come."""
    finish = Finish()
    sdk.add_observer(finish)
    await sdk.query("go")
    with anyio.fail_after(60):
        await finish.reached.wait()


@pytest.mark.parametrize("way", ["receive_response", "receive_messages"])
async def test_reading_what_is_there_already_lets_other_tasks_run(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A server's other users, or a kernel's widgets, would stand still behind a long answer."""
    # On a quick machine the answer is read before the pause is due.
    monkeypatch.setattr(signal, "_SECONDS", -1.0)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await anyio.lowlevel.checkpoint()
            beats += 1

    sdk = ClaudeSDKClient(transport=ScriptedTransport(SCRIPT))
    async with sdk, anyio.create_task_group() as group:
        await unread_answer(sdk)
        group.start_soon(beat)
        await anyio.lowlevel.checkpoint()
        before, read = beats, 0
        async for message in getattr(sdk, way)():
            read += 1
            if isinstance(message, ResultMessage):
                break
        group.cancel_scope.cancel()
    assert read == MANY + 1
    assert beats - before > 100


async def test_a_reader_cancelled_in_between_loses_no_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a time limit the rest of the answer would begin one message late."""
    monkeypatch.setattr(signal, "_SECONDS", -1)  # a pause at every look at the clock
    async with ClaudeSDKClient(transport=ScriptedTransport(SCRIPT)) as sdk:
        await unread_answer(sdk)
        read: list[Message] = []
        with anyio.CancelScope() as scope:
            async for message in sdk.receive_messages():
                read.append(message)
                scope.cancel()
        assert 1 <= len(read) < 100
        with anyio.fail_after(60):
            async for message in sdk.receive_messages():
                read.append(message)
                if isinstance(message, ResultMessage):
                    break
    assert len(read) == MANY + 1


class Seen:
    """Notes what an observer is told, and fails while it does."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def turn_queued(self, turn: ClientTurn) -> None:
        self.told.append("queued")

    def turn_started(self, turn: ClientTurn) -> None:
        self.told.append("started")

    def message(self, turn: ClientTurn | None, message: Message) -> None:
        self.told.append(type(message).__name__)
        raise ValueError("an observer's fault")

    def turn_ended(self, turn: ClientTurn) -> None:
        self.told.append("ended")


async def test_observers_see_each_message_of_a_batch_in_order() -> None:
    """A notebook would show an answer without its middle, or after its end."""
    seen = Seen()
    script = [{"send": [{"text": "a"}, {"text": "b"}, {"result": "c"}]}]
    sdk = ClaudeSDKClient(ClaudeAgentOptions(), transport=ScriptedTransport(script))
    sdk.add_observer(seen)
    async with sdk:
        await sdk.query("go")
        messages = [message async for message in sdk.receive_response()]
    names = [type(message).__name__ for message in messages]
    assert seen.told == ["queued", "started", *names, "ended"]
    assert pickle.loads(pickle.dumps(messages)) == messages
