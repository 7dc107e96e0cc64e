"""Live turns after replayed ones: Claude knows the replayed turns, in one conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jupyter_claude_sdk import (
    AssistantMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from jupyter_claude import ClaudeError
from jupyter_claude._turns.items import Attached, Item, TextItem, ToolCall, ToolImage
from jupyter_claude._turns.replayed import Replayed
from jupyter_claude._turns.turn import Turn
from tests.extension.test_conversations import again

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OPUS = "claude-opus-5-5"


def replay(
    claude: Any, prompt: str, *answer: str, call: str = "", chips: tuple[Item, ...] = ()
) -> Turn:
    """Add a turn as a recording gives it: a call with a result if wished, then the answer."""
    writer = claude._parts.begin_turn(prompt)
    writer.start()
    items: list[Item] = list(chips)
    messages: list[Any] = []
    if call:
        id = f"toolu_{uuid4().hex}"
        items.append(ToolCall(id, "Bash", {"command": call}, state="done", output="said"))
        used = ToolUseBlock(id, "Bash", {"command": call})
        messages += [
            AssistantMessage([used], OPUS, message_id=f"msg_{uuid4().hex}", uuid=str(uuid4())),
            UserMessage([ToolResultBlock(id, "said", False)], uuid=str(uuid4())),
        ]
    for text in answer:
        items.append(TextItem(f"text-{uuid4()}", text))
        messages.append(AssistantMessage([TextBlock(text)], OPUS, uuid=str(uuid4())))
    writer.play(Replayed("key", "2026-11-03", 0.5), items, messages, OPUS)
    writer.finish("done")
    turn: Turn = writer.turn
    return turn


def sent(claude: Any) -> list[str]:
    """Return what the model was sent last, without what Claude Code adds."""
    found = []
    for message in claude.model.requests[-1]["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if message["role"] != "system" and "<system-reminder>" not in str(block.get("text")):
                said = block.get("text") or block.get("input") or block.get("content") or ""
                found.append(f"{message['role']} {block['type']} {said}".strip())
    return found


def prompts(claude: Any) -> list[str]:
    """Return the history's prompts."""
    return [turn.prompt for turn in claude.history]


async def test_claude_knows_the_replayed_turns(session: Any) -> None:
    """Else the first new question is asked to a Claude that knows nothing of what the user sees."""
    async with session([]) as claude:
        early = claude._parts.early_start
        assert early._makes_sense()
        chip = Attached("a", "@df", "3 rows", "a b c", images=[ToolImage("image/png", PIXEL, "a")])
        first = replay(claude, "look at @df", "I saw it.", call="ls", chips=(chip,))
        second = replay(claude, "and now", "Something else.")
        assert not early._makes_sense()  # the next prompt may be replayed too
        live = await claude.ask("go on")
        told = [
            *("user text <notebook-data", "user image", "user text look at @df"),
            *("assistant tool_use {'command': 'ls'}", "user tool_result said"),
            *("assistant text I saw it.", "user text and now", "assistant text Something else."),
        ]
        assert [
            block[: len(start)] for block, start in zip(sent(claude), told, strict=False)
        ] == told
        assert sent(claude)[len(told) :] == ["user text go on"]
        # The history is the same, and only the new turn has a cost.
        assert list(claude.history) == [first, second, live]
        assert first.replayed is not None and second.replayed is not None
        assert claude.cost_usd == pytest.approx(live.cost_usd) and live.cost_usd > 0
        pid = claude._parts.client.pid
        last = await claude.ask("and on")
        assert claude._parts.client.pid == pid
        assert sent(claude)[-3:-1] == ["user text go on", "assistant text You said: go on"]
        assert claude.cost_usd == pytest.approx(live.cost_usd + last.cost_usd)
        resumed = claude.model.requests[-1]
        conversation = claude.session_id
        await claude.new()
        claude._parts.go_on_with(conversation)
        assert list(claude.history) == [first, second, live, last]
        await claude.close()
        # After a restart of the kernel it is a conversation as all others.
        other = again(claude)
        try:
            await other.resume(conversation)
            assert [turn.id for turn in other.history] == [turn.id for turn in claude.history]
            assert prompts(other) == ["look at @df", "and now", "go on", "and on"]
            assert other.history[0].tools[0].output == "said"
            await other.ask("after all")
            assert len(sent(other)) == len(told) + 5
            # It is given what a new conversation is given.
            await other.new()
            await other.ask("fresh")
            fresh = other.model.requests[-1]
            assert resumed["tools"] == fresh["tools"]
            assert resumed["system"][1:] == fresh["system"][1:]
        finally:
            await other.close()


async def test_between_live_turns(session: Any) -> None:
    """Else Claude forgets a replayed turn in the middle, or the session loses what came before."""
    async with session([]) as claude:
        one = await claude.ask("one")
        before = claude.session_id
        two = replay(claude, "two", "Two again.", call="pwd")
        three = await claude.ask("three")
        assert sent(claude) == [
            *("user text one", "assistant text You said: one", "user text two"),
            *("assistant tool_use {'command': 'pwd'}", "user tool_result said"),
            *("assistant text Two again.", "user text three"),
        ]
        assert claude.session_id == before
        assert claude.cost_usd == pytest.approx(one.cost_usd + three.cost_usd)
        assert list(claude.history) == [one, two, three]
        # A summary has all of them.
        await claude.ask("/compact")
        assert "Two again." in json.dumps(claude.model.requests)
        four = replay(claude, "four", "Four again.")
        await claude.ask("five")
        assert sent(claude)[-3:] == [
            *("user text four", "assistant text Four again.", "user text five"),
        ]
        assert "Two again." not in sent(claude)
        assert four in claude.history


async def test_back_to_before_a_turn(session: Any) -> None:
    """Else a rewind of a replayed notebook fails, or Claude still knows the turns."""
    async with session([]) as claude:
        first = replay(claude, "first", "One.")
        replay(claude, "second", "Two.")
        # Without Claude Code: nothing has been asked.
        path, claude.settings.cli_path = claude.settings.cli_path, "/nowhere"
        plan = await claude.rewind(2)
        assert plan.done and list(claude.history) == [first]
        await claude.undo_rewind()
        assert prompts(claude) == ["first", "second"]
        await claude.rewind(2)
        claude.settings.cli_path = path
        assert claude.model.requests == []
        replay(claude, "another second", "Other.")
        await claude.ask("third")
        other = ["user text another second", "assistant text Other."]
        start = ["user text first", "assistant text One."]
        assert sent(claude) == [*start, *other, "user text third"]
        # Also from live turns, in the running process, and to before an unsent replayed one.
        replay(claude, "fourth", "Four.")
        await claude.rewind(3)
        await claude.ask("third again")
        assert sent(claude) == [*start, *other, "user text third again"]
        await claude.rewind(1)
        await claude.ask("new")
        assert sent(claude) == ["user text new"]
        await claude.undo_rewind()
        assert prompts(claude) == ["first", "another second", "third again"]
        await claude.ask("more")
        assert sent(claude)[:2] == start and sent(claude)[-1] == "user text more"


async def test_a_copy(session: Any) -> None:
    """Else `%claude fork` of a replayed conversation loses turns, or says there is nothing."""
    async with session([]) as claude:
        first = replay(claude, "first", "One.")
        second = replay(claude, "second", "Two.")
        await claude.fork(1)
        assert list(claude.history) == [first]
        third = await claude.ask("third")
        start = ["user text first", "assistant text One."]
        assert sent(claude) == [*start, "user text third"]
        copy = claude.session_id
        await claude.fork()
        fourth = replay(claude, "fourth", "Four.")
        await claude.ask("fifth")
        assert sent(claude)[-3:] == ["user text fourth", "assistant text Four.", "user text fifth"]
        assert sent(claude)[:3] == [*start, "user text third"]
        assert claude.session_id != copy
        assert list(claude.history)[:3] == [first, third, fourth] and second not in claude.history
        await claude.fork(3)
        await claude.ask("sixth")
        assert sent(claude)[-3:] == ["user text fourth", "assistant text Four.", "user text sixth"]


async def test_a_transcript_that_cannot_be_written(session: Any, tmp_path: Path) -> None:
    """Else the question goes to a Claude that knows nothing, or to one that knows it twice."""
    async with session([]) as claude:
        replay(claude, "first", "One.")
        config = tmp_path / "claude-config"
        config.write_text("not a folder")
        with pytest.raises(ClaudeError, match="cannot be told the replayed turns") as raised:
            await claude.ask("second")
        assert "\n" not in str(raised.value)
        assert claude.model.requests == []
        config.unlink()
        await claude.ask("third")
        assert sent(claude) == ["user text first", "assistant text One.", "user text third"]
