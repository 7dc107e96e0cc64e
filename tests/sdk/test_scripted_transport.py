"""`ScriptedTransport`, as users' own tests use it."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeSDKClient,
    CLIConnectionError,
    ResultMessage,
    UnknownMessage,
    query,
)
from jupyter_claude_sdk.testing import ScriptedTransport, ScriptError

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("script", "text"),
    [
        ([{"when": "x"}], "script rule 1: expected 'send'"),
        (["x"], "script rule 1: expected 'send'"),
        ([{"send": [], "wehn": 1}], "script rule 1: expected 'send'"),
        ([{"send": []}, {"send": [{"text": "a"}, {"txet": "b"}]}], "rule 2, step 2: give one of"),
        ([{"send": ["text"]}], "step 1: give one of"),
        ([{"send": [{"text": "a", "raw": b""}]}], "step 1: give one of"),
    ],
)
async def test_a_slip_in_a_script_is_named(script: Any, text: str) -> None:
    """Else the test of a user hangs, and does not say why."""
    with pytest.raises(ScriptError, match=text):
        ScriptedTransport(script)


async def test_rules_serve_in_order_and_as_often_as_they_say() -> None:
    """A script could not tell a first answer from a second one."""
    transport = ScriptedTransport(
        [
            {"when": "x", "times": 1, "send": [{"result": "first", "is_error": True}]},
            {"when": "x", "send": [{"result": "later"}]},
        ]
    )
    results = []
    async with ClaudeSDKClient(transport=transport) as client:
        for _ in range(3):
            await client.query("an x")
            async for message in client.receive_response():
                if isinstance(message, ResultMessage):
                    results.append((message.result, message.is_error))
    assert results == [("first", True), ("later", False), ("later", False)]


async def test_frames_are_filled_in_and_requests_are_awaited() -> None:
    """A hand-written frame must be able to name the prompt that it answers."""
    transport = ScriptedTransport(
        [
            {
                "send": [
                    {"ask": {"subtype": "odd"}},
                    {"frame": {"type": "custom", "of": ["$uuid", {"a": "$uuid"}]}},
                    {"wait": {"type": "control_request", "request": {"model": "m"}}},
                    {"raw": b'{"type":"result","subtype":'},
                    {"raw": b'"raw"}\n'},
                ]
            }
        ]
    )
    async with ClaudeSDKClient(transport=transport) as client, client.turn("x", uuid="u") as turn:
        custom = await anext(turn)
        await client.set_model("m")
        with anyio.fail_after(60):
            end = await anext(turn)
    assert isinstance(custom, UnknownMessage)
    assert custom.data["of"] == ["u", {"a": "u"}]
    assert isinstance(end, ResultMessage)
    assert end.subtype == "raw"
    assert transport.written[2]["response"]["error"].endswith("nothing here answers a odd request")


async def test_after_its_end_it_takes_nothing() -> None:
    """As the real one: what is written to a CLI that is gone must fail."""
    transport = ScriptedTransport([{"send": [{"text": "a"}, {"end": 0}]}])
    with pytest.raises(CLIConnectionError, match="in the middle of a turn"):
        async for _ in query(prompt="x", transport=transport):
            pass
    with pytest.raises(CLIConnectionError, match="no longer takes input"):
        await transport.send(b"{}\n")
