"""Conversations that last: listed, resumed with their turns, forked, renamed, by notebook."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_claude_sdk import PermissionResultDeny

from jupyter_claude import APIError, ClaudeError, TurnFailed, TurnInterrupted
from jupyter_claude._claude import Claude
from jupyter_claude._conversations.recent import conversations_of, notebook_name, remember
from jupyter_claude._core.events import HistoryReplaced
from tests.extension.test_session import until

pytestmark = [pytest.mark.anyio, pytest.mark.cli]


def write(name: str, text: str = "x\n") -> dict[str, Any]:
    """Make a call of the Write tool."""
    return {"tool": "Write", "input": {"file_path": name, "content": text}}


SCRIPT: list[dict[str, Any]] = [
    {"when": "make it", "replies": [[write("made.txt")], [{"text": "It is *made*."}]]},
    {"when": "forbidden", "replies": [[write("no.txt")], [{"text": "then not"}]]},
    {"when": "hang", "replies": [[write("hung.txt")], [{"text": "so far"}, {"hang": True}]]},
    {"when": "four hundred", "replies": [[{"error": 400, "message": "bad thing"}]]},
]


def again(claude: Any) -> Any:
    """Make the session of another kernel on the same notebook, with the same settings."""
    other: Any = Claude()
    for name in ("env", "cli_path", "permission_mode"):
        setattr(other.settings, name, getattr(claude.settings, name))
    other.model = claude.model
    return other


async def test_a_resumed_conversation_has_its_turns(session: Any) -> None:
    """Else after a kernel restart history, slider and panel would be empty, or tell another story.

    Prompts, answers, tool calls with their results, states, times, costs and ids are as they were.
    """
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        await claude.ask("hello")
        await claude.ask("make it")
        claude.settings.permission_mode = "default"
        await claude.ask("forbidden")
        with pytest.raises(APIError):
            await claude.ask("four hundred")
        claude.settings.permission_mode = "acceptEdits"
        hanging = claude._parts.queue.submit("hang")
        await until(lambda: "so far" in hanging.text)
        await claude.interrupt()
        await until(lambda: hanging.ended)
        await claude.ask("bye")
        await claude.close()
        other = again(claude)
        try:
            told: list[Any] = []
            other._parts.conversation.listen(told.append)
            await other.resume(claude.session_id)
            assert HistoryReplaced() in told
            assert [turn.number for turn in other.history] == [1, 2, 3, 4, 5, 6]
            for before, after in zip(claude.history, other.history, strict=True):
                assert after.id == before.id
                assert (after.prompt, after.text, after.state) == (
                    *(before.prompt, before.text, before.state),
                )
                assert [(call.name, call.state, call.output) for call in after.tools] == [
                    (call.name, call.state, call.output) for call in before.tools
                ]
                assert after.cost_usd == pytest.approx(before.cost_usd)
                assert after.usage == {name: before.usage[name] for name in after.usage}
                assert abs((after.time - before.time).total_seconds()) < 5
                assert after.files == before.files
            assert type(other.history[3].error) is APIError
            assert "400" in str(other.history[3].error)
            assert type(other.history[4].error) is TurnInterrupted
            assert (
                other.history[1].cost_line.split(" · ")[:3]
                == (claude.history[1].cost_line.split(" · ")[:3])
            )
            assert other.cost_usd == pytest.approx(claude.cost_usd)
            # It goes on, and going back reaches what was asked before the restart.
            await other.ask("and now")
            assert "make it" in str(other.model.requests[-1]["messages"])
            await other.rewind(2)
            assert not Path("made.txt").exists()
            assert [turn.prompt for turn in other.history] == ["hello"]
            await other.ask("then")
            assert "make it" not in str(other.model.requests[-1]["messages"])
        finally:
            await other.close()


async def test_another_model_is_no_turn(session: Any) -> None:
    """Else a resumed conversation has a turn that nobody asked, and says that it was lost."""
    async with session(SCRIPT) as claude:
        await claude._parts.connect()
        await claude.set_model("opus")
        await claude.ask("hello")
        await claude.set_model("sonnet")
        await claude.ask("bye")
        await claude.close()
        transcript = claude._parts.switcher.transcripts.path(claude.session_id)
        assert "<command-name>/model" in transcript.read_text()
        other = again(claude)
        await other.resume(claude.session_id)
        assert [(turn.prompt, turn.state) for turn in other.history] == [
            ("hello", "done"),
            ("bye", "done"),
        ]
        [listed] = other.conversations()
        assert (listed.turns, listed.name) == (2, "hello")
        await other.close()


async def test_a_crash_is_seen_in_the_transcript(session: Any) -> None:
    """Else a turn that was lost would look as if Claude had answered it."""
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        lost = claude._parts.queue.submit("hang")
        await until(lambda: "so far" in lost.text)
        transcript = claude._parts.switcher.transcripts.path(claude.session_id)
        await until(lambda: "toolUseResult" in transcript.read_text())  # written a moment later
        os.kill(claude.client.server_info["pid"], signal.SIGKILL)
        await until(lambda: lost.ended)
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            (turn,) = other.history
            assert turn.state == "failed" and isinstance(turn.error, TurnFailed)
            assert [call.state for call in turn.tools] == ["done"]
        finally:
            await other.close()


async def test_conversations_are_listed_and_picked(session: Any, monkeypatch: Any) -> None:
    """Else a user would have to know a uuid by heart to go on with yesterday's work."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/work.ipynb")
    async with session(SCRIPT) as claude:
        assert repr(claude.conversations()) == "No conversations in this folder yet"
        with pytest.raises(ClaudeError, match="No other conversation"):
            await claude.resume()
        await claude.ask("the first <b>prompt</b>")
        await claude.ask("hello")
        first, cost = claude.session_id, claude.cost_usd
        await claude.new()
        await claude.ask("second conversation")
        found = claude.conversations()
        assert [(one.first_prompt, one.turns) for one in found] == [
            ("second conversation", 1),
            ("the first <b>prompt</b>", 2),
        ]
        assert found[1].id == first
        assert found[1].cost_usd == pytest.approx(cost)
        # The list says which one is open, and the other one of this notebook needs no name.
        assert "second conversation — this one " in repr(found)
        own = repr(found).split("This notebook's\n")[1]
        assert "the first <b>prompt</b> " in own and "Others" not in own
        claude._parts.go_on_with()
        assert [turn.prompt for turn in claude.history] == ["the first <b>prompt</b>", "hello"]
        await claude.resume(found[0])
        await claude.rename("Second\nbest")
        text, html = repr(claude.conversations()), claude.conversations()._repr_html_()
        assert "Second best" in text and "Second best" in html
        assert claude._parts.state().title == "Second best"
        assert "<b>" not in html and "&lt;b&gt;" in html and "<script" not in html
        for pick in (found[1], first[:8]):
            claude._parts.go_on_with(pick)
            assert [turn.prompt for turn in claude.history] == ["the first <b>prompt</b>", "hello"]
        await claude.resume(found[0])
        assert [turn.prompt for turn in claude.history] == ["second conversation"]
        with pytest.raises(ClaudeError, match="begins with"):
            await claude.resume("zzz")
        assert [turn.prompt for turn in claude.history] == ["second conversation"]
        assert not any("second" in path.read_text() for path in _kept())
        # In another kernel of the same notebook, the last one needs no name.
        await claude.ask("go on")
        other = again(claude)
        try:
            await other.resume()
            assert [turn.prompt for turn in other.history] == ["second conversation", "go on"]
            assert other._parts.state().title == "Second best"
        finally:
            await other.close()


def _kept() -> list[Path]:
    return list(Path(os.environ["JUPYTER_CLAUDE_SESSIONS"]).iterdir())


async def test_what_is_planned_is_seen_at_once_and_undone_when_it_fails(session: Any) -> None:
    """Else `%claude resume` would show the old turns until the next prompt, or lose them."""
    async with session(SCRIPT) as claude:
        await claude.ask("one")
        first = claude.session_id
        claude._parts.begin_new()
        assert len(claude.history) == 0 and claude._parts.state().session_id is None
        await claude.ask("two")
        claude._parts.go_on_with(first)
        assert [turn.prompt for turn in claude.history] == ["one"]
        assert claude._parts.state().session_id == first
        claude._parts.begin_new()
        assert len(claude.history) == 0
        claude._parts.go_on_with("00000000-0000-0000-0000-000000000000")
        with pytest.raises(ClaudeError, match="the present one stays"):
            await claude.ask("lost?")
        assert [turn.prompt for turn in claude.history] == ["two", "lost?"]
        assert [turn.number for turn in claude.history] == [1, 2]


async def test_the_cost_of_what_is_planned_is_seen_at_once(session: Any) -> None:
    """Else after ``%claude resume`` nothing seems spent until a prompt, or it counts twice."""
    async with session(SCRIPT) as claude:
        await claude.ask("one")
        await claude.ask("two")
        one, cost = claude.session_id, claude.cost_usd
        other = again(claude)
        other._parts.go_on_with(one)
        try:
            assert other.cost_usd == pytest.approx(cost) and cost > 0
            assert [row.prompt for row in other.cost.turns] == ["one", "two"]
            assert other._parts.state().cost == claude._parts.state().cost
            other._parts.begin_new()
            assert other.cost_usd == 0 and other.cost.turns == []
            other._parts.go_on_with(one)
            await other.ask("three")
            assert [row.prompt for row in other.cost.turns] == ["one", "two", "three"]
            assert other.cost_usd == pytest.approx(cost + other.history[-1].cost_usd)
            other._parts.go_on_with(one)
            assert [row.prompt for row in other.cost.turns] == ["one", "two", "three"]
        finally:
            await other.close()


async def test_a_fork_goes_on_from_after_a_turn(session: Any) -> None:
    """Else trying another way would cost the way that was gone, or rewinding would not reach it."""
    async with session(SCRIPT, permission_mode="acceptEdits") as claude:
        with pytest.raises(ClaudeError, match="nothing to fork yet"):
            await claude.fork()
        for prompt in ("alpha", "make it", "gamma"):
            await claude.ask(prompt)
        old, cost = claude.session_id, claude.cost_usd
        with pytest.raises(ClaudeError, match="no turn 7 in a history of 3"):
            await claude.fork(7)
        await claude.fork(2)
        assert [turn.prompt for turn in claude.history] == ["alpha", "make it"]
        await claude.ask("delta")
        assert claude.session_id not in (None, old)
        said = str(claude.model.requests[-1]["messages"])
        assert "make it" in said and "gamma" not in said
        assert claude.history[-1].cost_usd == pytest.approx(claude.cost_usd - cost)
        assert not any(row.prompt.startswith("outside") for row in claude.cost.turns)
        fork = claude.session_id
        assert [one.name for one in claude.conversations()] == ["alpha (copy)", "alpha"]
        await claude.rename("Another way")
        assert [one.name for one in claude.conversations()] == ["Another way", "alpha"]
        # Files go back to before the fork, and the old conversation is whole.
        await claude.rewind(2, conversation=False)
        assert not Path("made.txt").exists()
        await claude.resume(old)
        assert [turn.prompt for turn in claude.history] == ["alpha", "make it", "gamma"]
        # The cost of both is known in another kernel, and none of it counts twice.
        total = claude.cost_usd
        other = again(claude)
        try:
            await other.resume(fork)
            await other.resume(old)
            assert other.cost_usd == pytest.approx(total)
            other._parts.switcher.plan(other._parts.switcher.fork(None))
            assert len(other.history) == 3
            await other.ask("epsilon")
            assert other.session_id not in (old, fork)
            assert "gamma" in str(other.model.requests[-1]["messages"])
        finally:
            await other.close()


async def test_denials_are_kept(session: Any) -> None:
    """Else a call that the user denied would look like one that failed."""
    async with session(SCRIPT) as claude:

        async def deny(*_: Any) -> PermissionResultDeny:
            return PermissionResultDeny(message="The user denied this.")

        claude._parts.approvals.decide = deny
        await claude.ask("make it")
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            assert [call.state for call in other.history[0].tools] == ["denied"]
        finally:
            await other.close()


async def test_compaction_leaves_the_turns(session: Any) -> None:
    """Else what was said before a compaction would be gone from the history after a restart."""
    async with session([{"when": "summary of the conversation", "replies": [[{"text": "S"}]]}]) as (
        claude
    ):
        await claude.ask("before it")
        await claude.ask("/compact")
        await claude.ask("after it")
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            prompts = [turn.prompt for turn in other.history]
            assert prompts[0] == "before it" and prompts[-1] == "after it"
            assert not any("continued from a previous" in prompt for prompt in prompts)
            # Not taken for one that Claude Code was lost in.
            assert {turn.state for turn in other.history} == {"done"}
        finally:
            await other.close()


async def test_new_forgets_and_clear_too(session: Any) -> None:
    """Else the slider would offer to go back to what is no part of the conversation."""
    async with session(SCRIPT) as claude:
        await claude.ask("one")
        cost = claude.cost_usd
        await claude.ask("/clear")
        assert [turn.prompt for turn in claude.history] == ["/clear"]
        await claude.ask("two")
        assert claude.cost_usd == pytest.approx(cost + claude.history[-1].cost_usd)


def test_a_notebook_and_its_conversation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else notebooks would resume each other's conversations, or a full disk would end a turn."""
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": "/code/a.ipynb"})
    assert notebook_name() is None
    assert notebook_name(shell) == "/code/a.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "/lab/b.ipynb")
    assert notebook_name(shell) == "/lab/b.ipynb"
    assert conversations_of("/lab/b.ipynb") == []
    remember("/lab/b.ipynb", "one")
    remember("/lab/c.ipynb", "two")
    remember("/lab/b.ipynb", "three")
    remember(None, "four")
    assert conversations_of("/lab/b.ipynb") == ["three", "one"]
    assert conversations_of("/lab/c.ipynb")[0] == "two"
    (damaged,) = (path for path in _kept() if json.loads(path.read_text())["session_id"] == "two")
    damaged.write_text("[")
    assert conversations_of("/lab/c.ipynb") == []
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("JUPYTER_CLAUDE_SESSIONS", str(blocked / "sessions"))
    remember("/lab/b.ipynb", "five")
    assert conversations_of("/lab/b.ipynb") == []


async def test_a_notebook_goes_on_after_a_restart(
    claude_kernel: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else a kernel restart would end the conversation for whoever does not write Python."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "work.ipynb"))
    here = f"import os; os.chdir({str(tmp_path)!r})"
    async with claude_kernel(SCRIPT) as kernel:
        nothing = await kernel.run_ok(f"{here}\n%claude resume")
        assert nothing.shown[0]["data"]["text/plain"] == "No conversations in this folder yet"
        await kernel.run_ok("%%claude\nthe word is plum")
        await kernel.run_ok("%claude rename The plum  talk")
        await kernel.run_ok("%%claude --new\nsomething else")
    async with claude_kernel(SCRIPT) as kernel:
        said = await kernel.run_ok(f"{here}\n%claude resume")
        assert said.stdout.startswith("The next prompt continues conversation ")
        assert ": something else (1 turn)\n" in said.stdout
        listed = said.shown[1]["data"]["text/plain"]
        assert "1  something else" in listed and "2  The plum talk" in listed
        assert listed.count("  %claude resume ") == 2
        shown = await kernel.run_ok("print([turn.prompt for turn in claude.history])")
        assert shown.stdout == "['something else']\n"
        assert "The plum talk (1 turn)" in (await kernel.run_ok("%claude resume 2")).stdout
        await kernel.run_ok("%%claude\nwhich word?")
        assert "plum" in str(kernel.model.requests[-1]["messages"])
        copied = await kernel.run_ok("%claude fork 1")
        assert copied.stdout.startswith("The next prompt continues in a copy")
        await kernel.run_ok("%%claude\nin the copy")
        assert "which word" not in str(kernel.model.requests[-1]["messages"])
        # What was only looked at costs nothing here.
        spent = "print(len({row.prompt for row in claude.cost.turns}))"
        assert (await kernel.run_ok(spent)).stdout == "3\n"
        told = await kernel.run_ok("%claude status\n%claude budget")
        assert "turns:     2, $0." in told.shown[0]["data"]["text/plain"]
        assert "No budget; $0." in told.stdout
        limited = await kernel.run_ok("%claude budget 0.0001")
        assert limited.stdout.endswith("of a budget of $0.0001 is spent\n")
        refused = await kernel.run("%%claude\nmore")
        assert (refused.status, refused.reply["ename"]) == ("error", "BudgetExceeded")
        await kernel.run_ok("%claude budget off")
        dear = await kernel.run_ok("%%claude --budget 0.0001\nhello")
        assert "Over budget: the turn has cost $0.0" in str(dear.shown)


async def test_subagents_are_read_again(session: Any) -> None:
    """Else after a restart an agent's call would look as if nothing had been done under it."""
    script = [
        {"when": "subtask", "replies": [[write("sub.txt")], [{"text": "the subtask is done"}]]},
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
                            "run_in_background": False,
                        },
                    }
                ],
                [{"text": "It came back."}],
            ],
        },
    ]
    async with session(script, permission_mode="acceptEdits") as claude:
        before = await claude.ask("delegate")
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            (after,) = other.history
            assert [call.name for call in after.tools] == ["Agent", "Write"]
            assert after.text == before.text == "It came back."
            assert [(call.name, call.state, call.parent) for call in after.tools] == [
                (call.name, call.state, call.parent) for call in before.tools
            ]
        finally:
            await other.close()
