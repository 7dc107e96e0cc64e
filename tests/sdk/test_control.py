"""What a client asks of the CLI beside prompts, on the real one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    CLIConnectionError,
    ClientTurn,
    ControlRequestError,
    ProcessError,
    ResultError,
    RewindFilesResult,
)
from jupyter_claude_sdk.testing import ScriptedModel, ScriptedTransport

pytestmark = [
    pytest.mark.cli,
    pytest.mark.anyio,
    # Nothing here depends on the event loop.
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
]

Options = Callable[..., ClaudeAgentOptions]


async def ask(client: ClaudeSDKClient, prompt: str) -> ClientTurn:
    with anyio.fail_after(60):
        async with client.turn(prompt) as turn:
            async for _ in turn:
                pass
    return turn


def file_tools(folder: Path) -> list[dict[str, Any]]:
    """One prompt changes a file of the user's, the next one makes a file of Claude's."""
    mine, made = str(folder / "mine.txt"), str(folder / "made.txt")
    edit = {"file_path": mine, "old_string": "mine", "new_string": "changed\nlonger"}
    return [
        {
            "when": "edit",
            "replies": [
                [{"tool": "Read", "input": {"file_path": mine}}],
                [{"tool": "Edit", "input": edit}],
                [{"text": "Edited."}],
            ],
        },
        {
            "when": "write",
            "replies": [
                [{"tool": "Write", "input": {"file_path": made, "content": "1\n2\n"}}],
                [{"text": "Written."}],
            ],
        },
    ]


async def test_files_go_back(options: Options, tmp_path: Path) -> None:
    """An unwanted edit, and a file that Claude made, go away, also after a resume."""
    folder = tmp_path / "work"
    mine, made = folder / "mine.txt", folder / "made.txt"
    chosen = options(
        file_tools(folder),
        enable_file_checkpointing=True,
        allowed_tools=["Read", "Edit", "Write"],
    )
    mine.write_text("mine\n")
    async with ClaudeSDKClient(chosen) as client:
        edit = await ask(client, "edit")
        write = await ask(client, "write")
        assert (mine.read_text(), made.read_text()) == ("changed\nlonger\n", "1\n2\n")

        plan = await client.rewind_files(user_message_id=write.uuid, dry_run=True)
        assert plan == RewindFilesResult(True, (str(made),), 0, 2)
        assert made.exists()
        assert await client.rewind_files(write.uuid) == plan
        assert not made.exists()
        assert mine.read_text() == "changed\nlonger\n"

    assert edit.result is not None
    async with ClaudeSDKClient(replace(chosen, resume=edit.result.session_id)) as client:
        done = await client.rewind_files(user_message_uuid=edit.uuid)
    assert done == RewindFilesResult(True, (str(mine),), 1, 2)
    assert mine.read_text() == "mine\n"


async def test_why_files_cannot_go_back(options: Options, tmp_path: Path) -> None:
    """The same words for a dry run and a real one, and they say what to do."""
    chosen = options((), enable_file_checkpointing=True)
    client = ClaudeSDKClient(chosen)
    with pytest.raises(CLIConnectionError, match="Not connected"):
        await client.rewind_files("x")
    unknown = "There is no file checkpoint of the prompt nobody: "
    async with client:
        assert str((await client.rewind_files("nobody", dry_run=True)).reason).startswith(unknown)
        with pytest.raises(ControlRequestError, match=unknown):
            await client.rewind_files("nobody")
        calls: list[dict[str, Any]] = [{}, {"user_message_uuid": "a", "user_message_id": "b"}]
        for wrong in calls:
            with pytest.raises(TypeError, match="needs one prompt"):
                await client.rewind_files(**wrong)
    off = "connect with ClaudeAgentOptions(enable_file_checkpointing=True)"
    async with ClaudeSDKClient(replace(chosen, enable_file_checkpointing=False)) as client:
        plan = await client.rewind_files("x", dry_run=True)
        assert not plan.can_rewind
        assert off in str(plan.reason)
        with pytest.raises(ControlRequestError) as raised:
            await client.rewind_files("x")
    assert off in str(raised.value)
    assert "\n" not in str(raised.value)


STDIO_SERVER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    method, result = request["method"], {}
    if "id" not in request:
        continue
    if method == "initialize":
        result = {"protocolVersion": request["params"]["protocolVersion"],
                  "capabilities": {"tools": {}}, "serverInfo": {"name": "sums", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [{"name": "add", "inputSchema": {"type": "object"}}]}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
"""


async def test_mcp_servers_are_seen_and_switched(options: Options, tmp_path: Path) -> None:
    """A server that failed, or whose tools are in the way, can be dealt with in the session."""
    script = tmp_path / "sums.py"
    script.write_text(STDIO_SERVER)
    servers: dict[str, Any] = {
        "sums": {"type": "stdio", "command": sys.executable, "args": ["-S", str(script)]},
        "broken": {"type": "stdio", "command": str(tmp_path / "nowhere")},
    }
    async with ClaudeSDKClient(options((), mcp_servers=servers)) as client:

        async def status() -> dict[str, str]:
            answer = await client.get_mcp_status()
            return {server["name"]: server["status"] for server in answer["mcpServers"]}

        with anyio.fail_after(60):
            await client.reconnect_mcp_server("sums")
            assert await status() == {"sums": "connected", "broken": "failed"}
            await client.toggle_mcp_server("sums", enabled=False)
            assert (await status())["sums"] == "disabled"
            await client.toggle_mcp_server(server_name="sums", enabled=True)
            assert (await status())["sums"] == "connected"
            for name, why in (("broken", "ENOENT"), ("nobody", "Server not found: nobody")):
                with pytest.raises(ControlRequestError, match=why):
                    await client.reconnect_mcp_server(server_name=name)


async def test_thinking_and_the_context(
    options: Options, scripted: Callable[..., ScriptedModel]
) -> None:
    """A budget that does not reach the model costs money; a full context costs answers."""
    model = scripted(())
    chosen = options((), env=model.env, model="claude-sonnet-4-5")
    async with ClaudeSDKClient(chosen) as client:
        for tokens in (3000, 0):
            await client.set_max_thinking_tokens(tokens)
            await ask(client, "x")
        usage = await client.get_context_usage()
    budget, none = (request.get("thinking") for request in model.requests[-2:])
    assert budget is not None
    assert budget["budget_tokens"] == 3000
    assert none is None or none["type"] == "disabled"
    assert 0 < usage["totalTokens"] < usage["maxTokens"]
    assert {"name", "tokens"} <= set(usage["categories"][0])


@pytest.mark.parametrize("is_error", [True, False])
async def test_an_end_after_a_failed_turn_is_told_from_a_crash(is_error: bool) -> None:
    """Who catches ResultError must get the failed turn's reason, and nothing else."""
    result = {"result": "", "is_error": is_error, "subtype": "error", "errors": ["no budget"]}
    transport = ScriptedTransport([{"send": [result, {"end": 3}]}])
    async with ClaudeSDKClient(transport=transport) as client:
        await client.query("x")
        with anyio.fail_after(60), pytest.raises(ProcessError) as raised:
            async for _ in client.receive_messages():
                pass
    assert raised.value.exit_code == 3
    assert isinstance(raised.value, ResultError) == is_error
    if isinstance(raised.value, ResultError):
        assert raised.value.errors == ["no budget"]
        assert "no budget" in str(raised.value)
