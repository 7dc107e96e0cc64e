"""What goes on while nobody asked: background tasks, on the real CLI."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    Message,
    ResultMessage,
    TaskNotificationMessage,
    TaskStartedMessage,
    TextBlock,
)
from jupyter_claude_sdk._connection.inbox import _UNPROMPTED_LIMIT
from jupyter_claude_sdk.testing import ScriptedTransport

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]


def background(tool: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"tool": tool, "input": {**fields, "description": "job", "run_in_background": True}}]


def texts(messages: list[Message]) -> list[str]:
    return [
        block.text
        for message in messages
        if isinstance(message, AssistantMessage)
        for block in message.content
        if isinstance(block, TextBlock)
    ]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_background_agent_is_heard(options: Options) -> None:
    """Its messages come after the prompt's result, when nobody waits for a response."""
    script = [
        {"when": "sub job", "replies": [[{"delay": 0.5}, {"text": "from the agent"}]]},
        {
            "when": "start",
            "replies": [
                background("Agent", prompt="sub job", subagent_type="general-purpose"),
                [{"text": "started"}],
                [{"text": "noted"}],
            ],
        },
    ]
    async with ClaudeSDKClient(options(script)) as client:
        with anyio.fail_after(60):
            await client.query("start")
            messages = []
            async for message in client.receive_messages():
                messages.append(message)
                if texts([message]) == ["noted"]:
                    break
    said = texts(messages)
    assert said.index("started") < said.index("noted")
    (started,) = (m for m in messages if isinstance(m, TaskStartedMessage))
    (note,) = (m for m in messages if isinstance(m, TaskNotificationMessage))
    assert (note.task_id, note.status) == (started.task_id, "completed")
    assert note.summary == "from the agent"


async def test_a_turn_and_a_task_do_not_mix(options: Options, tmp_path: Path) -> None:
    """A task's report in the middle of another turn's messages would be taken for its answer."""
    go = tmp_path / "go"
    script = [
        {
            "when": "start",
            "replies": [
                background("Bash", command=f"until [ -e {go} ]; do sleep 0.05; done"),
                [{"text": "started"}],
                [{"delay": 0.5}, {"text": "noted"}],
            ],
        },
    ]
    async with ClaudeSDKClient(options(script, allowed_tools=["Bash"])) as client:
        with anyio.fail_after(60):
            async with client.turn("start") as turn:
                assert texts([message async for message in turn]) == ["started"]
            everything = client.receive_messages()
            go.touch()  # only now: a task that ends earlier is told of in its own turn
            async for message in everything:
                if isinstance(message, TaskNotificationMessage):
                    break
            # The task's own turn begins now.
            async with client.turn("question") as turn:
                own = [message async for message in turn]
            assert turn.result is not None
            assert turn.result.result == "You said: question"
            assert texts(own) == ["You said: question"]
            rest = []
            async for message in everything:
                rest.append(message)
                if isinstance(message, ResultMessage):
                    break
    assert texts(rest) == ["noted"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_is_stopped(options: Options) -> None:
    """A server or watcher that Claude started would run on for ever."""
    script = [
        {
            "when": "start",
            "replies": [background("Bash", command="sleep 60"), [{"text": "started"}]],
        },
    ]
    async with ClaudeSDKClient(options(script, allowed_tools=["Bash"])) as client:
        with anyio.fail_after(60):
            async with client.turn("start") as turn:
                messages = [message async for message in turn]
            (started,) = (m for m in messages if isinstance(m, TaskStartedMessage))
            await client.stop_task(started.task_id)
            async for message in client.receive_messages():
                if isinstance(message, TaskNotificationMessage):
                    break
    assert isinstance(message, TaskNotificationMessage)
    assert (message.task_id, message.status) == (started.task_id, "stopped")


@pytest.mark.parametrize("more", [0, 5])
async def test_dropping_unread_messages_is_said_once(
    more: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Memory must not fill for ever; but what is lost must not be lost in silence."""
    note = {"frame": {"type": "system", "subtype": "note", "session_id": "s", "uuid": "u"}}
    script = [{"when": "go", "send": [{"result": "done"}, *[note] * (_UNPROMPTED_LIMIT + more)]}]
    with caplog.at_level(logging.WARNING, "jupyter_claude_sdk"):
        async with ClaudeSDKClient(transport=ScriptedTransport(script)) as client:
            await client.query("go")
            with anyio.fail_after(60):
                assert len([m async for m in client.receive_response()]) == 1
                await client.query("next")
                assert len([m async for m in client.receive_response()]) == 2
    said = [record for record in caplog.records if "receive_messages()" in record.message]
    assert len(said) == (1 if more else 0)
