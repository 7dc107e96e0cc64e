"""The states of tool calls, with the real CLI: true words in every case."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

import pytest

from jupyter_claude._approvals import Approvals
from jupyter_claude._conversations.replay import turns_of
from jupyter_claude._turns.errors import TurnFailed, TurnInterrupted
from jupyter_claude._turns.events import ItemChanged, TurnChange
from jupyter_claude._turns.items import ToolCall
from jupyter_claude._turns.requests import PermissionRequest
from jupyter_claude._turns.turn import Turn
from jupyter_claude._views.script import ScriptFrontend
from jupyter_claude._views.static import bundle

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

AGENT = {"description": "Look", "prompt": "inner", "subagent_type": "general-purpose"}
SLEEP = {"tool": "Bash", "input": {"command": "echo begun > begun; sleep 600"}}


def touch(name: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": f"touch {name}"}}


SCRIPT: list[dict[str, Any]] = [
    {"when": "inner", "replies": [[SLEEP], [{"text": "Looked."}]]},
    {"when": "touch", "replies": [[touch("made.txt")], [{"text": "done"}]]},
    {"when": "two", "replies": [[touch("a.txt"), touch("b.txt")], [{"text": "done"}]]},
    {
        "when": "below",
        "replies": [
            [{"tool": "Bash", "input": {"command": "cd sub && pwd"}}],
            [{"tool": "Bash", "input": {"command": "rm -rf data"}}],
            [{"text": "done"}],
        ],
    },
    {"when": "sleep", "replies": [[SLEEP], [{"text": "done"}]]},
    {"when": "fail", "replies": [[{"tool": "Bash", "input": {"command": "ls nowhere"}}], []]},
    {
        "when": "agent",
        "replies": [
            [{"tool": "Agent", "input": {**AGENT, "run_in_background": False}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "background",
        "replies": [
            [{"tool": "Agent", "input": {**AGENT, "run_in_background": True}}],
            [{"text": "Under way."}],
        ],
    },
]
SHELL = ["Bash"]


class Asked(ScriptFrontend):
    """Somebody can be asked, and nothing is shown."""

    def can_be_asked(self) -> bool:
        return True

    def show(self, turn: Turn, approvals: Approvals, *, quiet: bool) -> Any:
        return contextlib.nullcontext()

    def show_requests(self, turn: Turn, approvals: Approvals) -> None:
        pass


class Watched:
    """A turn that runs, and each state of its calls as views are told of it."""

    def __init__(self, claude: Any, prompt: str) -> None:
        self.claude = claude
        claude._parts.host.frontend = Asked()
        writer = claude._parts.begin_turn(prompt)
        self.turn: Turn = writer.turn
        self.task = asyncio.ensure_future(claude._parts.runner.run(writer))
        self.told: dict[str, list[str]] = {}
        self._news = asyncio.Event()
        self.turn.listen(self._changed)

    def _changed(self, change: TurnChange) -> None:
        if isinstance(change, ItemChanged) and isinstance(change.item, ToolCall):
            states = self.told.setdefault(change.item.id, [])
            if states[-1:] != [change.item.state]:
                states.append(change.item.state)
        self._news.set()

    async def until(self, condition: Any) -> None:
        """Wait for what the turn's news brings about."""
        while not condition(self.turn):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 60)

    async def asked(self) -> str:
        """Wait for a request."""
        await self.until(lambda turn: turn.requests)
        return next(iter(self.turn.requests))

    async def ran(self, error: type[Exception] | None = None) -> list[ToolCall]:
        """Wait for the end; return the calls."""
        with contextlib.nullcontext() if error is None else pytest.raises(error):
            await self.task
        return self.turn.tools

    @property
    def states(self) -> list[list[str]]:
        return list(self.told.values())


async def begun(claude: Any) -> None:
    """Wait until the command runs."""
    while not (claude.cwd / "begun").exists():
        await asyncio.sleep(0.02)


def replayed(claude: Any, prompt: str = "") -> list[tuple[str, str]]:
    """Return the states and notes of a turn's calls, as another kernel reads them."""
    path = claude._parts.switcher.transcripts.path(claude.session_id)
    if path is None:
        return []  # a process that was killed may not have written it
    turns = turns_of(path, folder=claude.cwd, practice=False, ledger=claude._parts.ledger)
    turn = next((one.turn for one in reversed(turns) if prompt in one.turn.prompt), None)
    return [] if turn is None else [(call.state, call.note) for call in turn.tools]


def press(claude: Any, request: str, behavior: str) -> None:
    """Answer a request; how long it had been there is tested elsewhere."""
    claude._parts.approvals.hold = 0.0
    assert claude._parts.approvals.answer(request, {"behavior": behavior, "waited": 0})


async def test_a_call_waits_and_runs_when_it_is_approved(session: Any) -> None:
    """Else a user would take a command that waits for the answer for one that runs."""
    async with session(SCRIPT) as claude:
        watched = Watched(claude, "touch")
        request = await watched.asked()
        (call,) = watched.turn.tools
        assert call.state == "waiting"
        assert "waiting" in bundle(watched.turn)["text/plain"]
        press(claude, request, "allow")
        await watched.ran()
        assert watched.states == [["running", "waiting", "running", "done"]]


async def test_a_request_says_in_which_folder_its_command_runs(session: Any) -> None:
    """Else "rm -rf data" is approved, and it is another folder's data that goes."""
    async with session(SCRIPT) as claude:
        # In the folder that Claude works in, nothing more is said.
        watched = Watched(claude, "touch")
        request = watched.turn.requests[await watched.asked()]
        assert isinstance(request, PermissionRequest)
        assert "Runs in" not in [field["name"] for field in request.fields]
        press(claude, request.id, "deny")
        await watched.ran()

        (claude.cwd / "sub").mkdir()
        watched = Watched(claude, "below")
        first = await watched.asked()
        request = watched.turn.requests[first]
        assert isinstance(request, PermissionRequest)
        if "cd sub" in str(request.command):  # it may run unasked
            press(claude, first, "allow")
            await watched.until(lambda turn: turn.requests and first not in turn.requests)
        (request,) = watched.turn.requests.values()
        assert isinstance(request, PermissionRequest)
        assert request.command == "rm -rf data"
        assert {"name": "Runs in", "value": "sub"} in request.fields
        press(claude, request.id, "deny")
        await watched.ran()


async def test_a_call_behind_one_that_waits_waits_as_well(session: Any) -> None:
    """Else the second of two commands would seem to run while nothing does."""
    async with session(SCRIPT) as claude:
        watched = Watched(claude, "two")
        first = await watched.asked()
        await watched.until(lambda turn: len(turn.tools) == 2)
        assert [call.state for call in watched.turn.tools] == ["waiting", "waiting"]
        press(claude, first, "deny")
        await watched.until(lambda turn: turn.requests and first not in turn.requests)
        assert [call.state for call in watched.turn.tools] == ["denied", "waiting"]
        press(claude, await watched.asked(), "allow")
        calls = await watched.ran()
        assert [call.state for call in calls] == ["denied", "done"]
        assert watched.states[0] == ["running", "waiting", "denied"]


async def test_stopping_while_requests_wait(session: Any) -> None:
    """Else a user would read that they denied what they never answered."""
    async with session(SCRIPT) as claude:
        watched = Watched(claude, "two")
        await watched.asked()
        await watched.until(lambda turn: len(turn.tools) == 2)
        await claude.interrupt()
        calls = await watched.ran(TurnInterrupted)
        assert [(call.state, call.note, call.output) for call in calls] == [
            ("stopped", "Stopped before it ran", "")
        ] * 2
        assert all(told[-2:] == ["waiting", "stopped"] for told in watched.states)
        assert replayed(claude) == [("stopped", "Stopped before it ran")] * 2
        shown = bundle(watched.turn)
        assert "stopped" in shown["text/html"] and "denied" not in str(shown)


@pytest.mark.parametrize("prompt", ["sleep", "agent"])
async def test_stopping_what_runs(session: Any, prompt: str) -> None:
    """Else a command that was stopped would be called denied, as if it had never run."""
    async with session(SCRIPT, allowed_tools=SHELL) as claude:
        watched = Watched(claude, prompt)
        await begun(claude)
        await claude.interrupt()
        for call in await watched.ran(TurnInterrupted):
            assert (call.state, call.output) == ("stopped", ""), call.name
            assert call.note == "Stopped; what it did before stays"
        assert {state for told in watched.states for state in told} == {"running", "stopped"}
        assert {state for state, _ in replayed(claude)} == {"stopped"}


async def test_stopping_a_subagent_that_waits(session: Any) -> None:
    """Else its command would be called failed, though it never ran."""
    async with session(SCRIPT) as claude:
        watched = Watched(claude, "agent")
        await watched.asked()
        await claude.interrupt()
        agent, command = await watched.ran(TurnInterrupted)
        assert (agent.state, command.state) == ("stopped", "stopped")
        assert command.note == "Stopped before it ran"
        assert [state for state, _ in replayed(claude)] == ["stopped", "stopped"]


async def test_denied_and_failed_stay_what_they_are(session: Any) -> None:
    """Else a user could not tell what they denied from what went wrong."""
    async with session(SCRIPT, allowed_tools=["Bash(ls:*)"]) as claude:
        watched = Watched(claude, "touch")
        press(claude, await watched.asked(), "deny")
        (call,) = await watched.ran()
        assert watched.states == [["running", "waiting", "denied"]]
        assert replayed(claude)[0][0] == "denied"
        (call,) = await Watched(claude, "fail").ran()
        assert call.state == "failed" and "nowhere" in call.output
        assert replayed(claude)[0][0] == "failed"


async def test_a_request_that_nobody_answers_is_denied(session: Any) -> None:
    """Else a run without anybody there would show a call that waits, for ever."""
    async with session(SCRIPT, request_timeout=0.5) as claude:
        watched = Watched(claude, "touch")
        (call,) = await watched.ran()
        assert (call.state, call.note) == ("denied", "Denied: no answer within 0.5 s")
        assert watched.states == [["running", "waiting", "denied"]]


@pytest.mark.parametrize("prompt", ["sleep", "touch"])
async def test_what_the_lost_process_ran_has_failed(session: Any, prompt: str) -> None:
    """Else a crash would look like something that the user had stopped."""
    async with session(SCRIPT, allowed_tools=["Bash(echo:*)", "Bash(sleep:*)"]) as claude:
        watched = Watched(claude, prompt)
        if prompt == "sleep":
            press(claude, await watched.asked(), "allow")
            await begun(claude)
        else:
            await watched.asked()
        os.kill(claude.client.server_info["pid"], signal.SIGKILL)
        (call,) = await watched.ran(TurnFailed)
        assert call.state == "failed"
        assert call.ran is (prompt == "sleep")
        assert call.note == ("" if prompt == "sleep" else "It never ran")
        # Its last entries may not have been written.
        assert {state for state, _ in replayed(claude)} <= {"failed"}


async def test_a_background_task_ends_with_its_process(session: Any) -> None:
    """Else an agent that the user ended would be said to have failed."""
    async with session(SCRIPT, allowed_tools=SHELL) as claude:
        turn = await claude.ask("background")
        await begun(claude)
        assert {call.state for call in turn.tools} == {"running"}
        await claude.close()
        await claude.ask("hello")
        assert [call.state for call in turn.tools] == ["stopped", "stopped"]
        # Of the command the transcript may say what its end by the signal printed.
        assert replayed(claude, "background")[0][0] == "stopped"


async def test_streams_tell_the_states(session: Any) -> None:
    """Else a program that shows a stream would say that a command runs which waits."""
    async with session(SCRIPT) as claude:
        claude._parts.host.frontend = Asked()
        words: list[str] = []
        async for event in claude.stream("touch"):
            if event.kind == "tool":
                words.append(event.text.rsplit(" ", 1)[-1].strip("]\n"))
            for request in list(claude.history[-1].requests):
                press(claude, request, "allow")
        assert [word for word in words if word != "running"] == ["waiting", "done"]
        assert words.index("waiting") < len(words) - 1 - words[::-1].index("running")
