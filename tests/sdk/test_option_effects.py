"""What options do in the real CLI, where the arguments alone would not tell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookEventMessage,
    Message,
    ProcessError,
    ResultMessage,
    TextBlock,
    query,
)
from jupyter_claude_sdk.testing import ScriptedModel

pytestmark = [
    pytest.mark.cli,
    pytest.mark.anyio,
    # Nothing here depends on the event loop.
    pytest.mark.parametrize("anyio_backend", ["asyncio"]),
]

Options = Callable[..., ClaudeAgentOptions]
Scripted = Callable[[Any], ScriptedModel]


async def ask(options: ClaudeAgentOptions, prompt: str = "go") -> list[Message]:
    with anyio.fail_after(60):
        return [message async for message in query(prompt=prompt, options=options)]


@pytest.mark.parametrize(
    ("skills", "offered"),
    [(["greet"], {"greet"}), ("all", {"greet", "part"}), (["part"], {"part"}), ([], set())],
)
async def test_skills_offers_those_and_no_others(
    skills: Any, offered: set[str], options: Options, scripted: Scripted
) -> None:
    """Claude would not find a skill, or use one that it should not."""
    call = [{"tool": "Skill", "input": {"skill": "greet"}}]
    model = scripted([{"when": "go", "replies": [call, [{"text": "end"}]]}])
    # Named, as an empty list of skills loads no settings by itself.
    chosen = options((), env=model.env, skills=skills, setting_sources=["project"])
    for name in ("greet", "part"):
        folder = Path(str(chosen.cwd)) / ".claude" / "skills" / name
        folder.mkdir(parents=True)
        text = f"---\nname: {name}\ndescription: How to {name} people\n---\nAhoy from {name}.\n"
        (folder / "SKILL.md").write_text(text)
    await ask(chosen)
    first, last = json.dumps(model.requests[0]), json.dumps(model.requests[-1])
    assert {name for name in ("greet", "part") if f"How to {name}" in first} == offered
    assert ("Ahoy from greet" in last) == ("greet" in offered)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system brings a sandbox")
async def test_a_sandbox_that_is_required_is_not_done_without(
    options: Options, tmp_path: Path
) -> None:
    """Commands would run unprotected where somebody relies on the sandbox."""
    (tmp_path / "bin").mkdir()
    chosen = options(
        (),
        env={"PATH": str(tmp_path / "bin")},  # no bubblewrap there
        sandbox={"enabled": True, "failIfUnavailable": True},
    )
    with pytest.raises(ProcessError, match="sandbox required but unavailable"):
        await ask(chosen)


async def test_resume_drops_turn_is_what_may_be_lost(options: Options, scripted: Scripted) -> None:
    """Going back further than meant would take answers away without a word."""
    model = scripted(())
    prompts, answers = [], []
    async with ClaudeSDKClient(options((), env=model.env)) as client:
        for text in ("one", "two", "three"):
            async with client.turn(text) as turn:
                messages = [message async for message in turn]
            prompts.append(turn.uuid)
            answers += [message.uuid for message in messages if type(message) is AssistantMessage]
    assert turn.result is not None
    onward = replace(
        client.options,
        resume=turn.result.session_id,
        fork_session=True,
        resume_drops_turn=prompts[2],
    )
    with pytest.raises(ProcessError, match="Resume rejected"):
        await ask(replace(onward, resume_session_at=answers[0]))
    await ask(replace(onward, resume_session_at=answers[1]))
    seen = json.dumps(model.requests[-1]["messages"])
    assert "You said: two" in seen
    assert "three" not in seen


@pytest.mark.parametrize("forwarded", [False, True])
async def test_a_subagent_s_text_is_forwarded(forwarded: bool, options: Options) -> None:
    """A view of a subagent's work would show its calls and none of its words."""
    agent = {
        "description": "job",
        "prompt": "sub task",
        "subagent_type": "general-purpose",
        "run_in_background": False,
    }
    script = [
        {"when": "sub task", "replies": [[{"text": "report"}]]},
        {"when": "go", "replies": [[{"tool": "Agent", "input": agent}], [{"text": "end"}]]},
    ]
    texts = [
        block.text
        for message in await ask(options(script, forward_subagent_text=forwarded))
        if isinstance(message, AssistantMessage) and message.parent_tool_use_id is not None
        for block in message.content
        if isinstance(block, TextBlock)
    ]
    assert texts == (["report"] if forwarded else [])


@pytest.mark.parametrize("included", [False, True])
async def test_hooks_of_settings_are_told_of(included: bool, options: Options) -> None:
    """Who wonders what a project's hooks do could not see it."""
    hook = {"type": "command", "command": "echo from a hook"}
    settings = json.dumps({"hooks": {"UserPromptSubmit": [{"hooks": [hook]}]}})
    messages = await ask(options((), settings=settings, include_hook_events=included))
    assert isinstance(messages[-1], ResultMessage)
    told = [message for message in messages if isinstance(message, HookEventMessage)]
    assert [message.subtype for message in told] == (
        ["hook_started", "hook_response"] if included else []
    )
    for message in told:
        assert message.hook_event_name == "UserPromptSubmit"
        assert message.session_id == messages[-1].session_id
    if told:
        assert told[-1].data["output"] == "from a hook\n"
        assert (told[-1].data["outcome"], told[-1].data["exit_code"]) == ("success", 0)
