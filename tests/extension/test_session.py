"""The session itself, without a kernel: order, cost, settings, conversations, errors."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from jupyter_claude_sdk import ClaudeSDKClient, CLIConnectionError, CLINotFoundError
from jupyter_claude_sdk.testing import last_prompt

from jupyter_claude import APIError, ClaudeError, TurnFailed, TurnInterrupted, TurnLimitReached
from jupyter_claude._claude import Claude
from jupyter_claude._conversations.replay import turns_of
from jupyter_claude._cost.ledger import Ledger
from jupyter_claude._ipython.extension import load

#: What Tab offers, and documents name.
FOR_USERS = {
    *("ask", "ask_sync", "stream", "client", "interrupt", "close"),
    *("map", "batch", "replay"),
    *("history", "rewind", "undo_rewind"),
    *("new", "resume", "conversations", "fork", "rename", "session_id"),
    *("cost", "cost_usd", "budget_usd"),
    *("panel", "settings", "set_model", "set_mode", "cwd"),
    *("hide", "tool", "tools"),
}

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

SCRIPT: list[dict[str, Any]] = [
    {"when": "subtask", "replies": [[{"text": "the subtask is done"}]]},
    {
        "when": "delegate",
        "replies": [
            [
                {
                    "tool": "Agent",
                    "input": {
                        "description": "d",
                        "prompt": "do the subtask",
                        "subagent_type": "general-purpose",
                    },
                }
            ],
            [{"text": "It is under way."}],
            [{"text": "It came back."}],
        ],
    },
    {
        "when": "two commands",
        "replies": [
            [
                {"tool": "Bash", "input": {"command": "echo first"}},
                {"tool": "Bash", "input": {"command": "sleep 0.5; echo second"}},
            ],
            [{"tool": "Bash", "input": {"command": "echo third"}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "compound",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch a.txt && touch b.txt"}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "loop",
        "replies": [
            [{"tool": "Bash", "input": {"command": 'for i in 1 2; do echo "($i)" > f$i; done'}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "redirect",
        "replies": [
            [{"tool": "Bash", "input": {"command": "python3 -V > two.txt"}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "write",
        "replies": [
            [{"tool": "Write", "input": {"file_path": "w.txt", "content": "x\n"}}],
            [{"text": "done"}],
        ],
    },
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    {"when": "slow", "replies": [[{"text": "word " * 40, "chunk": 5, "every": 0.05}]]},
]


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; what happens in between runs in this same loop."""
    with anyio.fail_after(60):
        while not holds():
            await asyncio.sleep(0.01)


async def test_cost_is_the_difference_also_after_a_restart(session: Any) -> None:
    """Else a turn after a crash, a stop or a changed setting would cost all turns before again."""
    async with session(SCRIPT) as claude:
        first = await claude.ask("one")
        second = await claude.ask("two")
        await claude.close()
        third = await claude.ask("three")
        os.kill(claude.client.server_info["pid"], signal.SIGKILL)
        await until(lambda: not claude.client.connected)
        fourth = await claude.ask("four")
        claude.settings.system_prompt = "Be brief."
        fifth = await claude.ask("five")
        # The first wrote the cache; the others read it.
        assert first.cost_usd > 5 * second.cost_usd > 0
        for turn in (third, fourth):
            assert turn.cost_usd == pytest.approx(second.cost_usd, rel=0.2), turn.cost_line
            assert turn.usage["output_tokens"] < 10
        assert claude.cost_usd == pytest.approx(sum(turn.cost_usd for turn in claude.history))
        assert fifth.cost_usd < first.cost_usd * 2
        said = str(claude.model.requests[-1]["messages"])
        assert all(word in said for word in ("one", "two", "three", "four", "five"))


async def test_settings_take_effect_with_the_next_prompt(session: Any, tmp_path: Path) -> None:
    """Else a user who changes the model or folder asks the old one, or loses the conversation."""
    async with session(SCRIPT) as claude:
        await claude.ask("alpha")
        process = claude.client.server_info["pid"]
        claude.settings.model = "claude-haiku-4-5"
        await claude.ask("beta")
        assert claude.model.requests[-1]["model"] == "claude-haiku-4-5"
        assert claude.client.pid == process, "a restart would forget what was allowed"
        turn = await claude.ask("gamma", model="another-model")
        assert claude.model.requests[-1]["model"] == "another-model"
        assert turn.model == "another-model"
        await claude.ask("delta")
        assert claude.model.requests[-1]["model"] == "claude-haiku-4-5", "--model is for one turn"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        os.chdir(elsewhere)
        await claude.ask("epsilon")
        body = claude.model.requests[-1]
        assert str(elsewhere) in str(body)
        assert "alpha" in str(body["messages"])
        # What the CLI says about a changed model is no turn.
        assert [turn.prompt for turn in claude.history] == [
            *("alpha", "beta", "gamma", "delta", "epsilon")
        ]
        assert claude._parts.conversation.running is None
        # Claude Code itself would go on with the text that the conversation began with.
        claude.settings.system_prompt = "Speak like a pirate."
        await claude.ask("zeta")
        body = claude.model.requests[-1]
        assert "Speak like a pirate." in str(body["system"])
        assert "alpha" in str(body["messages"])
        # More than a program takes as an argument.
        claude.settings.system_prompt = "Speak like a sailor. " + "Ahoy! " * 30_000 + "Aye."
        await claude.ask("eta")
        said = str(claude.model.requests[-1]["system"])
        assert "Speak like a sailor." in said
        assert "Aye." in said
        assert "pirate" not in said
        claude.settings.system_prompt = ""
        await claude.ask("theta")
        assert "Speak like" not in str(claude.model.requests[-1]["system"])


async def test_a_failed_start_keeps_the_conversation(session: Any) -> None:
    """Else one wrong setting, mended at once, would cost the user the whole conversation."""
    async with session(SCRIPT) as claude:
        await claude.ask("remember me")
        kept = claude.session_id
        claude.settings.permission_mode = "nonsense"
        with pytest.raises(ClaudeError, match="permission_mode is 'nonsense'; it can be"):
            await claude.ask("this one fails")
        assert claude.history[-1].state == "failed"
        claude.settings.permission_mode = "default"
        await claude.ask("and again")
        assert claude.session_id == kept
        assert "remember me" in str(claude.model.requests[-1]["messages"])


async def test_a_conversation_that_is_gone_is_said(session: Any) -> None:
    """Else Claude would have forgotten everything, and nothing would say so."""
    async with session(SCRIPT) as claude:
        await claude.ask("one")
        await claude.close()
        claude._parts.conversation.identify("00000000-0000-0000-0000-000000000000")
        await claude.client.query("two")
        async for _ in claude.client.receive_response():
            pass
        turn = claude.history[-1]
        assert "could not be resumed" in turn.items[0].text
        assert "new one" in turn.items[0].text
        assert turn.text == "You said: two"


async def test_new_resume_and_close(session: Any) -> None:
    """Else new conversations would know old secrets, and old ones would be out of reach."""
    async with session(SCRIPT) as claude:
        await claude.ask("the word is plum")
        first = claude.session_id
        await claude.new()
        assert claude.session_id is None
        await claude.ask("fresh")
        assert "plum" not in str(claude.model.requests[-1])
        second = claude.session_id
        assert second != first
        await claude.resume(first)
        assert claude.session_id == first
        await claude.ask("back")
        assert "plum" in str(claude.model.requests[-1]["messages"])
        with pytest.raises(ClaudeError, match=r"no conversation .*; the present one stays"):
            await claude.resume("00000000-0000-0000-0000-000000000000")
        await claude.ask("still here")
        assert claude.session_id == first
        assert "plum" in str(claude.model.requests[-1]["messages"])
        # What %claude new and %claude resume plan holds for every way of asking.
        claude._parts.begin_new()
        await claude.client.query("through the client")
        async for _ in claude.client.receive_response():
            pass
        assert "plum" not in str(claude.model.requests[-1])
        claude._parts.go_on_with("00000000-0000-0000-0000-000000000000")
        with pytest.raises(ClaudeError, match="the present one stays"):
            await claude.ask("not asked")
        claude._parts.go_on_with(second)
        await claude.ask("the second again")
        assert "fresh" in str(claude.model.requests[-1]["messages"])
        # The history is the conversation's, the cost that of all of them, none of it twice.
        asked = [turn.prompt for turn in claude.history]
        assert asked == ["fresh", "the second again"]
        prompts = {row.prompt: row.turn for row in claude.cost.turns}
        assert list(prompts) == [
            *("the word is plum", "fresh", "back", "still here", "through the client"),
            "the second again",
        ]
        assert prompts["the second again"] == 2 and prompts["back"] is None
        assert claude.cost_usd > sum(turn.cost_usd for turn in claude.history) > 0


async def test_several_at_once_queue_in_order(session: Any) -> None:
    """Else answers would come mixed up, or one would swallow the others."""
    async with session(SCRIPT) as claude:
        slow = asyncio.create_task(claude.ask("slow"))
        others = [asyncio.create_task(claude.ask(f"number {n}")) for n in range(3)]
        await asyncio.sleep(0)
        await claude.client.query("direct")
        turns = await asyncio.gather(slow, *others)
        assert [turn.text for turn in turns[1:]] == [f"You said: number {n}" for n in range(3)]
        assert [turn.number for turn in turns] == [1, 2, 3, 4]
        asked = [last_prompt(body) for body in claude.model.requests]
        assert sorted(asked) == ["direct", "number 0", "number 1", "number 2", "slow"]
        assert asked[0] == "slow"
        assert [prompt for prompt in asked if "number" in prompt] == [
            *("number 0", "number 1", "number 2")
        ]


async def test_other_settings_wait_for_a_running_turn(session: Any) -> None:
    """Else a second prompt with a new setting would end the first one's process in mid-answer."""
    async with session(SCRIPT) as claude:
        running = asyncio.create_task(claude.ask("slow"))
        await until(lambda: claude._parts.conversation.running is not None)
        claude.settings.system_prompt = "Other."
        await claude.client.query("direct")
        async for _ in claude.client.receive_response():
            pass
        turn = await running
        assert turn.state == "done"
        assert turn.text == ("word " * 40).strip()
        assert claude.history[-1].text == "You said: direct"


async def test_what_claude_does_unasked_is_in_the_history(session: Any) -> None:
    """Else a background agent's answer would be lost, and its cost would be the next turn's."""
    async with session(SCRIPT) as claude:
        turn = await claude.ask("delegate")
        assert turn.text == "It is under way."
        await until(lambda: len(claude.history) == 2 and claude.history[1].ended)
        unasked = claude.history[1]
        assert unasked.prompt == ""
        assert unasked.text == "It came back."
        assert unasked.cost_usd > 0
        after = await claude.ask("hello")
        assert after.text == "You said: hello"
        assert claude.cost_usd == pytest.approx(sum(turn.cost_usd for turn in claude.history))
        # In another kernel it is the same turn, at the same cost.
        known = Ledger()
        known.read(str(claude.session_id))
        path = claude._parts.switcher.transcripts.path(str(claude.session_id))
        replayed = turns_of(path, folder=claude.cwd, practice=False, ledger=known)
        assert [(one.turn.id, one.turn.cost_usd) for one in replayed[:2]] == [
            (turn.id, turn.cost_usd) for turn in claude.history[:2]
        ]


async def test_max_turns_ends_after_whole_calls(session: Any) -> None:
    """Else a limit would break off commands that were running, or not limit anything."""
    async with session(SCRIPT, allowed_tools=["Bash"]) as claude:
        with pytest.raises(TurnLimitReached) as caught:
            await claude.ask("two commands", max_turns=1)
        turn = caught.value.turn
        assert turn is not None
        states = [call.state for call in turn.tools]
        assert states[:2] == ["done", "done"]
        # The next call may have come before the stop did, and did not run.
        assert set(states[2:]) <= {"stopped"}
        assert turn.state == "failed"
        assert (await claude.ask("hello")).text == "You said: hello"
        assert (await claude.ask("hello", max_turns=1)).state == "done"


@pytest.mark.parametrize("what", ["compound", "loop", "redirect", "write"])
async def test_the_named_rule_really_allows(session: Any, what: str) -> None:
    """Else a user of a headless notebook would put a rule into allowed_tools that does nothing."""
    async with session(SCRIPT) as claude:
        turn = await claude.ask(what)
        (call,) = turn.tools
        assert call.state == "denied"
        assert call.note in turn.text
        start, _, rest = call.note.partition("claude.settings.allowed_tools += ")
        assert start.startswith("Denied: nobody can be asked here")
        rules = ast.literal_eval(rest)
        assert rules
        claude.settings.allowed_tools += rules
        turn = await claude.ask(what)
        assert [call.state for call in turn.tools] == ["done"], turn.text


async def test_leaving_a_stream_stops_the_turn(session: Any) -> None:
    """Else a turn that nobody looks at any more would go on and cost money."""
    async with session(SCRIPT) as claude:
        events = []
        async for event in claude.stream("hang"):
            events.append(str(event))
            break
        await until(lambda: claude.history[0].ended)
        assert "".join(events) == "so far"
        assert claude.history[0].state == "interrupted"
        told = [str(event) async for event in claude.stream("hello")]
        assert "".join(told) == "You said: hello"


async def test_interrupting_from_another_task(session: Any) -> None:
    """Else `await claude.interrupt()` would leave the caller of `ask` waiting."""
    async with session(SCRIPT) as claude:
        asked = asyncio.create_task(claude.ask("hang"))
        await until(lambda: claude.history and claude.history[0].text)
        await claude.interrupt()
        with pytest.raises(TurnInterrupted) as caught:
            await asked
        assert caught.value.turn is not None
        assert caught.value.turn.text == "so far"
        assert (await claude.ask("hello")).text == "You said: hello"
        assert "hang" in str(claude.model.requests[-1]["messages"])


async def test_errors_are_one_line_and_the_session_goes_on(session: Any) -> None:
    """Else one failed call would be a riddle, or the end of the session."""
    script = [
        {"when": "four hundred", "replies": [[{"error": 400, "message": "bad\nthing"}]]},
        {"when": "no key", "replies": [[{"error": 401, "message": "invalid x-api-key"}]]},
        {"when": "too many", "replies": [[{"error": 429, "message": "slow down"}]]},
        {"when": "overloaded", "replies": [[{"error": 529, "message": "Overloaded"}]]},
    ]
    async with session(script, env={"CLAUDE_CODE_MAX_RETRIES": "1"}) as claude:
        await claude.ask("first")
        for prompt, status, word in (
            ("four hundred", 400, "bad"),
            ("no key", 401, "%claude login"),
            ("too many", 429, "rate limit"),
            ("overloaded", 529, "overloaded"),
        ):
            with pytest.raises(APIError) as caught:
                await claude.ask(prompt)
            error = caught.value
            assert error.status == status
            assert str(status) in str(error)
            assert word in str(error)
            assert "\n" not in str(error)
            assert error.turn is claude.history[-1]
            name = "NotSignedIn" if status == 401 else "APIError"
            assert error._render_traceback_() == [f"{name}: {error}"]
        turn = claude.history[-2]
        assert (
            "429" in turn.items[0].text
            and "the turn ended before it answered" in turn.items[0].text
        )
        after = await claude.ask("after all")
        assert after.text == "You said: after all"
        assert "first" in str(claude.model.requests[-1]["messages"])


async def test_the_cli_dies_in_the_middle(session: Any) -> None:
    """Else a crash would hang the cell, lose the text that had come, or the conversation."""
    async with session(SCRIPT) as claude:
        await claude.ask("first")
        asked = asyncio.create_task(claude.ask("hang"))
        await until(lambda: len(claude.history) > 1 and claude.history[1].text)
        os.kill(claude.client.server_info["pid"], signal.SIGKILL)
        with pytest.raises(TurnFailed, match="same conversation") as caught:
            await asked
        assert caught.value.turn is not None
        assert caught.value.turn.text == "so far"
        after = await claude.ask("after")
        assert after.text == "You said: after"
        said = str(claude.model.requests[-1]["messages"])
        assert "first" in said and "hang" in said


async def test_the_cli_dies_while_nobody_looks(session: Any) -> None:
    """Else the first prompt after a crash is lost, in a terminal IPython every time."""
    async with session(SCRIPT) as claude:
        await claude.ask("first")
        pid = claude.client.server_info["pid"]
        os.kill(pid, signal.SIGKILL)
        # As after a rest of the loop: dead for the system, and the loop has not looked.
        with contextlib.suppress(ChildProcessError):  # asyncio's own thread was there first
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        after = await claude.ask("after")
        assert after.text == "You said: after"
        assert "first" in str(claude.model.requests[-1]["messages"])


async def test_a_stream_that_stalls(session: Any) -> None:
    """Else a cell would wait for ever for a model that has gone silent."""
    async with session(SCRIPT, stall_timeout=1.0) as claude:
        from jupyter_claude import StreamStalled

        with pytest.raises(StreamStalled, match="stall_timeout"):
            await claude.ask("hang")
        assert claude.history[0].text == "so far"
        assert (await claude.ask("hello")).text == "You said: hello"


async def test_no_cli(session: Any, tmp_path: Path, cli: Path) -> None:
    """Else a newcomer would not learn what is missing, or would lose what they had typed."""
    async with session(SCRIPT) as claude:
        claude.settings.cli_path = str(tmp_path / "nowhere")
        with pytest.raises(CLINotFoundError, match="jupyter-claude install-cli") as caught:
            await claude.ask("a long prompt")
        missing: Any = caught.value
        assert missing._render_traceback_() == [f"CLINotFoundError: {missing}"]
        assert claude.history[0].prompt == "a long prompt"
        assert claude.history[0].state == "failed"
        old = tmp_path / "old"
        old.write_text(
            "#!/bin/sh\nread line\n"
            'id=$(echo "$line" | sed \'s/.*"request_id":"\\([^"]*\\)".*/\\1/\')\n'
            'echo "{\\"type\\":\\"control_response\\",\\"response\\":{\\"subtype\\":\\"success\\",'
            '\\"request_id\\":\\"$id\\",\\"response\\":{\\"claude_code_version\\":\\"1.0.3\\"}}}"\n'
            "read line\n"
        )
        old.chmod(0o755)
        claude.settings.cli_path = str(old)
        with pytest.raises(CLIConnectionError, match=r"1\.0\.3 is too old.*install-cli"):
            await claude.ask("again")
        claude.settings.cli_path = str(cli)
        assert (await claude.ask("now")).text == "You said: now"
        assert len(claude.history) == 3


async def test_a_client_used_directly_is_in_the_history(session: Any) -> None:
    """Else what is asked through `claude.client` would be missing from history and cost."""
    async with session(SCRIPT) as claude:
        async with claude.client as client:
            await client.query("through the client")
            said = [message async for message in client.receive_response()]
            assert said[-1].result == "You said: through the client"
            assert claude.history[0].text == "You said: through the client"
            assert claude.history[0].cost_usd > 0
            await client.set_permission_mode("plan")
            assert claude.settings.permission_mode == "plan"
        await claude.ask("and then")
        assert "through the client" in str(claude.model.requests[-1]["messages"])


def offered(code: str, jedi: bool = True, **names: Any) -> set[str]:
    """Return the public names that IPython offers behind this code."""
    from IPython.core.completer import IPCompleter, provisionalcompleter

    completer: Any = cast(Any, IPCompleter)(namespace=names, use_jedi=jedi)
    with provisionalcompleter():
        found = {each.text.lstrip(".") for each in completer.completions(code, len(code))}
    return {name for name in found if name[0] != "_"}


def test_tab_offers_what_is_for_users() -> None:
    """Else `claude.<tab>` buries `ask` in what only our own parts are to call."""
    assert load is not None  # it tells IPython
    claude = Claude()
    for jedi in (True, False):
        assert offered("claude.", jedi, claude=claude) == FOR_USERS, jedi
    documents = Path(__file__).parents[2].joinpath("docs").glob("*.md")
    named = {
        name
        for page in documents
        for name in re.findall(r"`(?:await )?claude\.([a-z_]+)", page.read_text())
    }
    assert named <= FOR_USERS
    assert {name for name in FOR_USERS if not hasattr(claude, name)} == set()


def test_tab_offers_the_clients_names_of_the_sdk() -> None:
    """Else a user calls what only our own parts are to call, and the session loses its state."""
    claude = Claude()
    names = {name for name in dir(ClaudeSDKClient) if name[0] != "_"}
    # Without jedi, IPython offers nothing behind a property.
    assert offered("claude.client.", claude=claude) == names
    assert offered("client.", client=claude.client) == names
    assert {name for name in dir(claude.client) if name[0] != "_"} == names
