"""What a client asks of the CLI beside prompts, on the real one."""

from __future__ import annotations

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
    RewindFilesResult,
)

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

Options = Callable[..., ClaudeAgentOptions]


async def ask(client: ClaudeSDKClient, prompt: str) -> ClientTurn:
    with anyio.fail_after(30):
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
