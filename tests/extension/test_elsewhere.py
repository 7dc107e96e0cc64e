"""One conversation in two kernels: a warning, two ways to go on, and histories that are true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import last_prompt

from jupyter_claude import ClaudeError
from jupyter_claude._conversations.elsewhere import Other, others
from jupyter_claude._turns.turn import end_of
from tests.extension.test_conversations import again

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are looked at as on POSIX"),
]


def got(claude: Any) -> list[str]:
    """Return the prompts that the model got last, as it got them."""
    messages = claude.model.requests[-1]["messages"]
    return [
        last_prompt({"messages": messages[: place + 1]})
        for place, message in enumerate(messages)
        if message["role"] == "user"
    ]


def prompts(claude: Any) -> list[str]:
    return [turn.prompt for turn in claude.history if turn.state == "done"]


def notices(turn: Any) -> str:
    return " ".join(item.text for item in turn.items if item.kind == "notice")


@pytest.mark.cli
async def test_a_conversation_that_is_open_elsewhere_is_warned_about(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a history shows what Claude never got, and nobody knows of the other notebook."""
    monkeypatch.setattr("jupyter_claude._conversations.elsewhere._PATIENCE", 0.1)
    async with session([]) as first:
        first._parts.host.frontend.can_be_asked = lambda: True
        await first.ask("first A")
        second = again(first)
        second._parts.host.frontend.can_be_asked = lambda: True
        try:
            await second.resume(first.session_id)
            waiting = [
                second._parts.queue.submit("not sent"),
                second._parts.queue.submit("not sent"),
            ]
            both = (
                r"^Another kernel \(in .*, process \d+\) has this conversation open, and neither .*"
                r" Send the prompt again to continue here anyway, or run %claude fork"
            )
            with pytest.raises(ClaudeError, match=both):
                await second.ask("not sent")
            # Those that waited before anybody could read it are not sent either.
            for turn in waiting:
                await end_of(turn)
                assert "Another kernel" in str(turn.error)
            assert "not sent" not in str(first.model.requests)
            assert "has this conversation open" in second._parts.health.problems()[-1].text
            await second.ask("second B")  # to ask again is to go on
            assert got(second) == prompts(second) == ["first A", "second B"]

            with pytest.raises(ClaudeError, match="Another kernel"):
                await first.ask("not sent")  # the other one has gone on
            await first.ask("third A")
            assert got(first) == prompts(first) == ["first A", "third A"]
            await second.ask("fourth B")
            assert got(second) == prompts(second) == ["first A", "second B", "fourth B"]

            await first.fork()
            await first.ask("in a copy")
            # Claude Code goes on from where the process that ended last was.
            assert got(first) == prompts(first) == ["first A", "third A", "in a copy"]

            await first.resume(second.session_id)
            await first.ask("fifth A")
            assert got(first) == prompts(first)
            await first.close()
            await second.ask("sixth B")
            await second.close()
            asked = ["first A", "second B", "fourth B", "sixth B"]
            assert got(second) == asked
            turn = await first.ask("seventh A")
            assert got(first) == prompts(first) == [*asked, "seventh A"]
            assert "was continued elsewhere" in notices(turn)
            assert notices(await first.ask("eighth A")) == ""

            second._parts.host.frontend.can_be_asked = lambda: False
            assert "Another kernel" in notices(await second.ask("ninth B"))
            await first.close()
            await second.close()
            await first.fork()
            await first.ask("in a copy")
            assert got(first) == prompts(first) == [*prompts(second), "in a copy"]
        finally:
            await second.close()


@pytest.mark.cli
async def test_a_copy_goes_on_without_a_warning(session: Any) -> None:
    """Otherwise the way out of the warning is warned about, too; or a run without anybody fails."""
    async with session([]) as first:
        await first.ask("one")
        second = again(first)
        second._parts.host.frontend.can_be_asked = lambda: True
        third = again(first)  # nobody can be asked there
        try:
            second._parts.go_on_with(first.session_id)
            second._parts.switcher.plan(second._parts.switcher.fork(None))
            turn = await second.ask("two")
            assert notices(turn) == ""
            assert second.session_id != first.session_id
            assert got(second) == prompts(second) == ["one", "two"]

            third._parts.go_on_with(first.session_id)
            turn = await third.ask("three")
            assert "Another kernel" in notices(turn)
            assert got(third) == prompts(third) == ["one", "three"]
        finally:
            await second.close()
            await third.close()
        # What Claude Code writes for itself is nobody else's.
        await first.ask("/context")
        first.settings.system_prompt = "Be brief."
        assert notices(await first.ask("four")) == ""


@pytest.mark.cli
async def test_what_a_plan_shows_is_read_again_with_its_prompt(session: Any) -> None:
    """Otherwise a history lacks what was asked elsewhere between the choice and the prompt."""
    async with session([]) as first:
        await first.ask("one")
        second = again(first)
        try:
            second._parts.go_on_with(first.session_id)
            assert prompts(second) == ["one"]
            await first.ask("two")
            await first.close()
            turn = await second.ask("three")
            assert got(second) == prompts(second) == ["one", "two", "three"]
            assert "was continued elsewhere" in notices(turn)
        finally:
            await second.close()


@pytest.mark.pure
def test_only_processes_that_live_count(tmp_path: Path) -> None:
    """Otherwise a kernel that was killed is warned about for ever."""
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    sessions = tmp_path / "sessions"
    sessions.mkdir()

    def note(pid: int, **more: Any) -> None:
        data = {"pid": pid, "sessionId": "s", "cwd": "/w", "entrypoint": "jupyter-claude", **more}
        (sessions / f"{pid}.json").write_text(json.dumps(data))

    try:
        note(living.pid)
        assert others(tmp_path, "s", None) == [Other(living.pid, "Another kernel", "/w")]
        assert others(tmp_path, "s", living.pid) == []  # our own
        assert others(tmp_path, "t", None) == []
        if sys.platform.startswith("linux"):
            note(living.pid, procStart="1")  # the number of one that ended
            assert others(tmp_path, "s", None) == []
            note(living.pid, pidDomain="linux:x:pid:[1]")  # of another container
            assert others(tmp_path, "s", None) == []
            domain = "linux:x:" + os.readlink("/proc/self/ns/pid")
            note(living.pid, pidDomain=domain, entrypoint="cli")
            assert others(tmp_path, "s", None) == [Other(living.pid, "Another program", "/w")]
    finally:
        living.communicate()
    note(living.pid)
    (sessions / "broken.json").write_text("{")
    assert others(tmp_path, "s", None) == []
