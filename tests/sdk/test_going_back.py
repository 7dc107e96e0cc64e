"""Taking a conversation back, in the running CLI and in a new one, on the real CLI."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClientTurn,
    ControlRequestError,
    InMemorySessionStore,
    Message,
    ResultMessage,
    create_sdk_mcp_server,
)
from jupyter_claude_sdk._transport.subprocess import SubprocessTransport
from jupyter_claude_sdk.testing import ScriptedModel, ScriptedTransport

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]
Scripted = Callable[..., ScriptedModel]

LONG = [{"when": "long", "replies": [[{"text": "word " * 300, "chunk": 5, "every": 0.02}]]}]


@pytest.fixture(params=["live", "fork"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "fork":
        send = SubprocessTransport.send

        async def send_older(self: SubprocessTransport, data: bytes) -> None:
            # The real CLI then seems not to know how to rewind a conversation.
            await send(self, data.replace(b'"rewind_conversation"', b'"rewind_unheard_of"'))

        monkeypatch.setattr(SubprocessTransport, "send", send_older)
    return str(request.param)


async def ask(client: ClaudeSDKClient, prompt: str) -> ClientTurn:
    with anyio.fail_after(60):
        async with client.turn(prompt) as turn:
            async for _ in turn:
                pass
    return turn


def told(model: ScriptedModel) -> str:
    """Return all that the model was told last."""
    return json.dumps(model.requests[-1]["messages"])


async def test_cut_turns_are_forgotten(options: Options, scripted: Scripted, how: str) -> None:
    """Claude must not know what was taken back; readers, observers and settings go on."""
    model = scripted(())
    seen: list[Message] = []

    class Sees:
        def turn_queued(self, turn: ClientTurn) -> None: ...
        def turn_started(self, turn: ClientTurn) -> None: ...
        def turn_ended(self, turn: ClientTurn) -> None: ...
        def message(self, turn: ClientTurn | None, message: Message) -> None:
            seen.append(message)

    chosen = options((), env=model.env)
    client = ClaudeSDKClient(chosen)
    client.add_observer(Sees())
    assert repr(client) == "<ClaudeSDKClient, not connected>"
    async with client:
        read: list[str] = []
        ended = anyio.Event()

        async def read_all() -> None:
            async for message in client.receive_messages():
                if isinstance(message, ResultMessage):
                    read.append(str(message.result))
            ended.set()

        async with anyio.create_task_group() as group:
            group.start_soon(read_all)
            first = await ask(client, "apple")
            assert first.result is not None
            assert f"session {first.result.session_id[:8]}" in repr(client)
            second = await ask(client, "banana")
            await ask(client, "cherry")
            await client.set_model("claude-sonnet-4-5")
            with anyio.fail_after(60):
                done = await client.rewind_conversation(second.uuid)
            assert (done.how, done.prefill) == (how, "banana")
            assert client.options is chosen

            await client.query("damson")
            third = await ask(client, "elder")
            assert "apple" in told(model)
            assert "damson" in told(model)
            assert "banana" not in told(model)
            assert "cherry" not in told(model)
            assert model.requests[-1]["model"] == "claude-sonnet-4-5"
            assert third.result is not None
            same = third.result.session_id == first.result.session_id
            assert same == (how == "live")

            with pytest.raises(ControlRequestError, match=r"no prompt .* in the conversation"):
                await client.rewind_conversation(second.uuid)
            with anyio.fail_after(60):
                again = await client.rewind_conversation(third.uuid)
                start = await client.rewind_conversation(first.uuid)
            assert (again.prefill, start.prefill, start.how) == ("elder", "apple", how)
            await ask(client, "fig")
            assert not [fruit for fruit in ("apple", "damson", "elder") if fruit in told(model)]
            await client.disconnect()
            await ended.wait()
    assert read == ["You said: damson"]
    results = [message.result for message in seen if isinstance(message, ResultMessage)]
    assert results == [
        f"You said: {x}" for x in ["apple", "banana", "cherry", "damson", "elder", "fig"]
    ]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_resumed_conversation(options: Options, scripted: Scripted, how: str) -> None:
    """The prompts of an earlier process can be taken back as well, without sending one first."""
    model = scripted(())
    chosen = options((), env=model.env)
    async with ClaudeSDKClient(chosen) as client:
        await ask(client, "apple")
        second = await ask(client, "banana")
        last = await ask(client, "cherry")
    assert last.result is not None
    async with ClaudeSDKClient(replace(chosen, resume=last.result.session_id)) as client:
        with anyio.fail_after(60):
            done = await client.rewind_conversation(second.uuid)
        assert (done.how, done.prefill) == (how, "banana")
        await ask(client, "damson")
    assert "apple" in told(model)
    assert "banana" not in told(model)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("resumed", [False, True])
async def test_a_conversation_in_a_store(
    options: Options, scripted: Scripted, how: str, resumed: bool, tmp_path: Path
) -> None:
    """What a program keeps in a store of its own could not be taken back elsewhere."""
    model = scripted(())
    store = InMemorySessionStore()
    chosen = options((), env=model.env, session_store=store)
    client = ClaudeSDKClient(chosen)
    await client.connect()
    first = await ask(client, "apple")
    second = await ask(client, "banana")
    await ask(client, "cherry")
    assert first.result is not None
    if resumed:
        await client.disconnect()
        shutil.rmtree(tmp_path / "claude-config")  # another machine's
        client = ClaudeSDKClient(replace(chosen, resume=first.result.session_id))
        await client.connect()
    with anyio.fail_after(60):
        done = await client.rewind_conversation(second.uuid)
    assert (done.how, done.prefill) == (how, "banana")
    damson = await ask(client, "damson")
    await client.disconnect()
    assert "apple" in told(model)
    assert "banana" not in told(model)
    assert damson.result is not None
    goes_on = replace(chosen, resume=damson.result.session_id)
    async with ClaudeSDKClient(goes_on) as client:  # the store has it as it goes on
        await ask(client, "elder")
    assert "damson" in told(model)
    assert "banana" not in told(model)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_fork_has_the_switches_of_mcp_servers(options: Options, how: str) -> None:
    """A server that was switched off, for safety perhaps, would be back without a word."""
    servers = {name: create_sdk_mcp_server(name, tools=[]) for name in ("on", "off")}
    async with ClaudeSDKClient(options((), mcp_servers=servers)) as client:
        await ask(client, "apple")
        second = await ask(client, "banana")
        await client.toggle_mcp_server("off", False)
        with anyio.fail_after(60):
            assert (await client.rewind_conversation(second.uuid)).how == how
        await ask(client, "cherry")
        status = (await client.get_mcp_status())["mcpServers"]
        assert {server["name"]: server["status"] for server in status} == {
            "on": "connected",
            "off": "disabled",
        }


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_fork_has_the_mcp_servers_that_were_set(options: Options, how: str) -> None:
    """The tools of the moment would be gone, and those of the start back."""
    early, late = (create_sdk_mcp_server(name, tools=[]) for name in ("early", "late"))
    async with ClaudeSDKClient(options((), mcp_servers={"early": early})) as client:
        await ask(client, "apple")
        second = await ask(client, "banana")
        await client.toggle_mcp_server("early", False)
        await client.set_mcp_servers({"late": late})
        with anyio.fail_after(60):
            assert (await client.rewind_conversation(second.uuid)).how == how
        await ask(client, "cherry")
        status = (await client.get_mcp_status())["mcpServers"]
        assert {server["name"]: server["status"] for server in status} == {"late": "connected"}
        assert client.options.mcp_servers == {"early": early}


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_not_while_a_turn_runs(options: Options, how: str) -> None:
    """Half a turn cannot be taken back; the turn goes on."""
    async with ClaudeSDKClient(options(LONG)) as client:
        first = await ask(client, "x")
        async with client.turn("long"):
            with anyio.fail_after(60), pytest.raises(ControlRequestError, match="turn is running"):
                await client.rewind_conversation(first.uuid)
        assert (await client.rewind_conversation(first.uuid)).how == how
        assert (await ask(client, "y")).state == "done"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_notebook_goes_back(options: Options, tmp_path: Path) -> None:
    """What NotebookEdit did to the user's notebook would be there for good."""
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": "x"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "work" / "mine.ipynb"
    before = json.dumps(notebook, indent=3)
    path.write_text(before)
    edit = {"notebook_path": str(path), "cell_id": "one", "new_source": "x = 2\ny = 3"}
    script = [
        {
            "when": "edit",
            "replies": [
                [{"tool": "Read", "input": {"file_path": str(path)}}],
                [{"tool": "NotebookEdit", "input": edit}],
                [{"text": "Edited."}],
            ],
        }
    ]
    chosen = options(script, enable_file_checkpointing=True, permission_mode="acceptEdits")
    async with ClaudeSDKClient(chosen) as client:
        turn = await ask(client, "edit")
        assert "y = 3" in path.read_text()
        plan = await client.rewind_files(turn.uuid, dry_run=True)
        assert (plan.can_rewind, plan.files) == (True, (str(path),))
        assert plan.insertions + plan.deletions > 0
        await client.rewind_files(turn.uuid)
    assert path.read_text() == before


async def test_a_transport_of_ones_own_is_not_started_anew() -> None:
    """Nobody but its maker knows what starting it again would do."""
    why = "Unsupported control request subtype: rewind_conversation"
    answer: dict[str, Any] = {
        "type": "control_response",
        "response": {"subtype": "error", "request_id": "$request_id", "error": why},
    }
    rule = {"when": {"request": {"subtype": "rewind_conversation"}}, "send": [{"frame": answer}]}
    async with ClaudeSDKClient(transport=ScriptedTransport([rule])) as client:
        turn = await ask(client, "x")
        with pytest.raises(ControlRequestError, match="a transport of your own"):
            await client.rewind_conversation(turn.uuid)
        assert client.connected
