"""A session that no CLI had, written from messages, is one that the real CLI continues."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from jupyter_claude_sdk.lowlevel import Transcript, new_transcript, parse_message
from jupyter_claude_sdk.testing import ScriptedModel

from tests.sdk.test_sessions_cli import SCRIPT, Machine

PICTURE = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/png",
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    },
}


def said(text: str, *more: Any, **fields: Any) -> AssistantMessage:
    """Make an answer."""
    return AssistantMessage([TextBlock(text), *more], "claude-opus-5-5", **fields)


def prompt(content: Any) -> Any:
    """Make a prompt of a text, or of blocks in the API's form."""
    return parse_message(
        {"type": "user", "message": {"role": "user", "content": content}, "uuid": str(uuid4())}
    )


@pytest.mark.cli
def test_the_real_cli_continues_it(cli: Path, tmp_path: Path) -> None:
    """Else Claude would not know what was said before, or the API would refuse the conversation.

    The API refuses calls without results, results without calls, and thinking without a signature.
    """
    folder = tmp_path / "wörk 😀"
    folder.mkdir()
    with ScriptedModel(SCRIPT) as model:
        machine = Machine(cli, model, folder, tmp_path / "config")
        environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(machine.config)}
        messages = [
            prompt([PICTURE, {"type": "text", "text": "first"}]),
            AssistantMessage([ThinkingBlock("hm")], "claude-opus-5-5", message_id="msg_1"),
            said("I look.", ToolUseBlock("toolu_1", "Bash", {"command": "a"}), message_id="msg_1"),
            AssistantMessage(
                [ToolUseBlock("toolu_2", "Bash", {"command": "b"})],
                "claude-opus-5-5",
                message_id="msg_1",
            ),
            said("of a subagent", parent_tool_use_id="toolu_1"),
            UserMessage([ToolResultBlock("toolu_1", [{"type": "text", "text": "A"}], False)]),
            UserMessage([ToolResultBlock("elsewhere", "of no call")]),
            said("Stopped.", message_id="msg_2", uuid=str(uuid4())),
        ]
        session = new_transcript(messages, cwd=folder, environment=environment)
        transcript = Transcript.find(session, environment, folder)
        assert transcript is not None
        if os.name == "posix":
            assert transcript.path.stat().st_mode & 0o777 == 0o600
        expected = [
            ("user", "image", ""),
            ("user", "text", "first"),
            ("assistant", "text", "I look."),
            ("assistant", "tool_use", "toolu_1"),
            ("assistant", "tool_use", "toolu_2"),
            ("user", "tool_result", "toolu_1"),
            ("user", "tool_result", "toolu_2"),
            ("assistant", "text", "Stopped."),
        ]
        assert of_conversation(machine.sent_after_resuming(session)) == expected
        machine.run("asked", resume=session)
        fresh = len(model.requests)
        machine.run("new")
        resumed = next(body for body in model.requests if '"asked"' in json.dumps(body))
        assert resumed["tools"] == model.requests[fresh]["tools"]
        # The first block is a header for billing, with a hash of its own.
        assert resumed["system"][1:] == model.requests[fresh]["system"][1:]
        # More is added behind what the CLI wrote, also behind a rewind.
        added = prompt("second")
        transcript.add([added, said("Added.")], cwd=folder, environment=environment)
        expected += [("user", "text", "asked"), ("assistant", "text", "You said: asked")]
        second = [("user", "text", "second"), ("assistant", "text", "Added.")]
        assert of_conversation(machine.sent_after_resuming(session)) == expected + second
        transcript.note_end(transcript.conversation()[-3].uuid, added.uuid)
        third = [("user", "text", "third"), ("assistant", "text", "Instead.")]
        transcript.add([prompt("third"), said("Instead.")], cwd=folder, environment=environment)
        assert of_conversation(machine.sent_after_resuming(session)) == expected + third


def of_conversation(sent: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Leave out what the CLI adds, and the last prompt."""
    return [block for block in sent[:-1] if not block[2].startswith("<system-reminder>")]


@pytest.mark.pure
def test_it_replaces_nothing(tmp_path: Path) -> None:
    """Else a conversation would be lost, or a file elsewhere overwritten."""
    environment = {"CLAUDE_CONFIG_DIR": str(tmp_path)}
    given: dict[str, Any] = {"cwd": tmp_path, "environment": environment}
    session = new_transcript([prompt("first")], **given)
    with pytest.raises(FileExistsError):
        new_transcript([prompt("second")], session_id=session, **given)
    transcript = Transcript.find(session, environment)
    assert transcript is not None
    assert [entry.prompt for entry in transcript.conversation()] == ["first"]
    with pytest.raises(ValueError, match="take a uuid"):
        new_transcript([prompt("x")], session_id="../x", **given)
    with pytest.raises(ValueError, match="at least one message"):
        new_transcript([], **given)
