"""Sessions on disk, against what the real CLI writes and what it sends when it goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    StreamEvent,
    delete_session,
    fork_session,
    get_session_info,
    get_session_messages,
    get_subagent_messages,
    list_sessions,
    list_subagents,
    project_key_for_directory,
    rename_session,
    tag_session,
)
from jupyter_claude_sdk.testing import ScriptedModel

pytestmark = pytest.mark.cli

Step = str | Callable[[ClaudeSDKClient], Any]


def bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command}}


AGENT = {
    "description": "job",
    "prompt": "SUBTASK",
    "subagent_type": "general-purpose",
    "run_in_background": False,
}
SCRIPT: list[dict[str, Any]] = [
    {"when": "BOTH", "replies": [[bash("echo a"), bash("echo b")], [{"text": "both done"}]]},
    {"when": "AGENT", "replies": [[{"tool": "Agent", "input": AGENT}], [{"text": "agent done"}]]},
    {"when": "SUBTASK", "replies": [[bash("echo sub")], [{"text": "sub result"}]]},
    {"when": "ENDLESS", "replies": [[{"text": "starting"}, {"hang": True}]]},
]


@dataclass
class Machine:
    """A real CLI with its configuration, a folder to work in, and a scripted model."""

    cli: Path
    model: ScriptedModel
    folder: Path
    config: Path
    sessions: dict[str, str] = field(default_factory=dict)

    def run(self, *steps: Step, cwd: Path | None = None, **fields: Any) -> str:
        """Run one CLI through `steps`; return its session's id."""
        environment = {**self.model.env, "CLAUDE_CONFIG_DIR": str(self.config)}
        options = ClaudeAgentOptions(
            cli_path=self.cli,
            cwd=cwd or self.folder,
            env=environment,
            allowed_tools=["Bash", "Agent"],
            **fields,
        )

        async def main() -> str:
            session_id = ""
            with anyio.fail_after(60):
                async with ClaudeSDKClient(options) as client:
                    for step in steps:
                        if not isinstance(step, str):
                            await step(client)
                            continue
                        await client.query(step)
                        async for message in client.receive_response():
                            if isinstance(message, ResultMessage):
                                session_id = message.session_id
            return session_id

        return anyio.run(main)

    def sent_after_resuming(self, session_id: str) -> list[tuple[str, str, str]]:
        """Resume a session and return what the model is sent, flattened."""
        before = len(self.model.requests)
        self.run("PROBE", resume=session_id, fork_session=True)
        sent = self.model.requests[before:]
        return flat([body for body in sent if "PROBE" in json.dumps(body)][-1]["messages"])

    def file(self, session_id: str) -> Path:
        return next(self.config.glob(f"projects/*/{session_id}.jsonl"))


def flat(messages: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return the blocks of a conversation; how they are grouped into messages says nothing."""
    blocks = []
    for message in messages:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            keys = ("text", "thinking", "tool_use_id", "id")
            said = next((block[key] for key in keys if block.get(key)), "")
            if message["role"] != "system":
                blocks.append((message["role"], block["type"], said.strip()))
    return blocks


async def take_back(client: ClaudeSDKClient) -> None:
    """Rewind in the live CLI, with no further turn."""
    async with client.turn("forgotten") as turn:
        async for _ in turn:
            pass
    await client.rewind_conversation(turn.uuid)


async def cut(client: ClaudeSDKClient) -> None:
    await client.query("ENDLESS")
    async for message in client.receive_response():
        if isinstance(message, StreamEvent) and message.event["type"] == "content_block_delta":
            await client.interrupt()


@pytest.fixture(scope="module")
def machine(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Make one transcript of each kind, once."""
    root = tmp_path_factory.mktemp("sessions")
    # What looks like a path or a flag elsewhere; two UTF-16 units; accents as macOS spells them.
    folder = root / "wörk dir_x.y 😀 e\u0301"
    folder.mkdir()
    with ScriptedModel(SCRIPT) as model, pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_", "CLAUDECODE")):
                patch.delenv(name)
        machine = Machine(cli, model, folder, root / "config")
        machine.sessions["plain"] = machine.run("one", "BOTH", "three")
        machine.sessions["compacted"] = machine.run("alpha", "beta", "/compact", "gamma")
        machine.sessions["interrupted"] = machine.run(
            "first", cut, "after", include_partial_messages=True
        )
        machine.sessions["taken back"] = machine.run("kept", "kept too", take_back)
        machine.sessions["agent"] = machine.run("AGENT")
        patch.setenv("CLAUDE_CONFIG_DIR", str(machine.config))
        rewound = machine.run("r1", "r2", "r3")
        answer = get_session_messages(rewound)[1]
        machine.sessions["rewound"] = machine.run(
            "r2 again", resume=rewound, resume_session_at=answer.uuid
        )
        yield machine


@pytest.fixture
def sessions(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(machine.config))
    return machine.sessions


@pytest.mark.parametrize("kind", ["plain", "compacted", "interrupted", "rewound", "taken back"])
def test_the_messages_are_those_that_a_resumed_cli_sends(
    machine: Machine, sessions: dict[str, str], kind: str
) -> None:
    """A user would read another conversation than the one that Claude remembers."""
    told = flat([item.message for item in get_session_messages(sessions[kind], machine.folder)])
    sent = machine.sent_after_resuming(sessions[kind])
    assert len(told) > 3
    assert told == [block for block in sent if block in told]
    beyond = [block[2] for block in sent if block not in told and block[2] != "PROBE"]
    assert all(text.startswith(("<system-reminder>", "<local-command-")) for text in beyond)


def test_a_result_leads_to_its_session(machine: Machine, sessions: dict[str, str]) -> None:
    """`ResultMessage.session_id` is all that a program has to find its session again."""
    info = get_session_info(sessions["plain"], machine.folder)
    assert info is not None and info == get_session_info(sessions["plain"])
    assert (info.first_prompt, info.summary) == ("one", "three")
    assert info.cwd == str(machine.folder)
    assert info.created_at is not None and info.created_at < info.last_modified
    assert info.file_size == machine.file(sessions["plain"]).stat().st_size
    listed = list_sessions(machine.folder)
    assert info in listed and set(sessions.values()) <= {item.session_id for item in listed}
    changed = [item.last_modified for item in listed]
    assert changed == sorted(changed, reverse=True)


def test_a_subagent_can_be_read(sessions: dict[str, str]) -> None:
    """What a subagent did would be known to nobody."""
    (agent,) = list_subagents(sessions["agent"])
    messages = get_subagent_messages(sessions["agent"], agent)
    said = flat([message.message for message in messages])
    assert (said[0][2], said[-1][2], len(said)) == ("SUBTASK", "sub result", 4)
    calls = flat([item.message for item in get_session_messages(sessions["agent"])])
    (call,) = [text for _, kind, text in calls if kind == "tool_use"]
    assert {message.parent_tool_use_id for message in messages} == {call}


@pytest.mark.parametrize("kind", ["plain", "compacted", "taken back"])
def test_a_fork_goes_on_in_the_real_cli(
    machine: Machine, sessions: dict[str, str], kind: str
) -> None:
    """A fork that the CLI cannot resume, or resumes with another history, is worth nothing."""
    messages = get_session_messages(sessions[kind])
    whole = fork_session(sessions[kind]).session_id
    told = flat([message.message for message in messages])
    sent = machine.sent_after_resuming(whole)
    assert told == [block for block in sent if block in told]
    up_to = fork_session(
        sessions[kind], up_to_message_id=messages[-2].uuid, title="A part"
    ).session_id
    sent = machine.sent_after_resuming(up_to)
    assert [block for block in sent if block in told] == told[:-1]
    info = get_session_info(up_to)
    assert info is not None and info.custom_title == "A part"
    assert flat([message.message for message in get_session_messages(sessions[kind])]) == told
    delete_session(whole)
    assert get_session_info(whole) is None and get_session_info(sessions[kind]) is not None


def test_a_session_is_named_while_a_cli_writes_to_it(
    machine: Machine, sessions: dict[str, str]
) -> None:
    """A lost or torn line would lose the title, or a part of the conversation."""

    async def name(client: ClaudeSDKClient) -> None:
        (newest, *_) = list_sessions(machine.folder, limit=1)
        rename_session(newest.session_id, "Näme 😀")
        tag_session(newest.session_id, "red")

    session_id = machine.run("before", name, "after naming")
    info = get_session_info(session_id)
    assert info is not None
    assert (info.custom_title, info.tag, info.summary) == ("Näme 😀", "red", "Näme 😀")
    for line in machine.file(session_id).read_bytes().splitlines():
        json.loads(line)
    assert len(get_session_messages(session_id)) == 4
    # The CLI takes a title over that was given behind its back, even over its own /rename.
    machine.run("/rename Other", "more", resume=session_id)
    rename_session(session_id, "Mine")
    machine.run("even more", resume=session_id)
    info = get_session_info(session_id)
    assert info is not None and info.custom_title == "Mine"
    assert info.tag == "red"


def test_sessions_are_found_where_the_cli_keeps_them(machine: Machine, tmp_path: Path) -> None:
    """In a folder with an odd or a very long name, no session would ever be listed."""
    target = tmp_path / ("ab" * 100) / ("é x" * 20)
    target.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(target)
    session_id = machine.run("hi", cwd=link)
    assert machine.file(session_id).parent.name == project_key_for_directory(link)
    odd = machine.file(machine.sessions["plain"]).parent.name
    assert odd == project_key_for_directory(machine.folder)
