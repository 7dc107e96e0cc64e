"""What the user can do about a failed turn or a running task, with the real CLI."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_claude._core.events import ConversationChange
from jupyter_claude._turns.errors import ClaudeError
from jupyter_claude._turns.events import TurnChange
from jupyter_claude._turns.retries import TurnActions
from jupyter_claude._turns.turn import Turn, end_of
from jupyter_claude._views.protocol import call_view, status_view, whole_output
from tests.hangs import HANG

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

LONG = "prompt is too long: 250000 tokens > 200000 maximum"
WATCH = {
    "tool": "Bash",
    "input": {
        "command": "for i in 1 2 3; do echo line $i; done; exec tail -f /dev/null",
        "description": "Watch the files",
        "run_in_background": True,
    },
}
AGENT = {
    "tool": "Agent",
    "input": {
        "description": "Look around",
        "prompt": "inner",
        "subagent_type": "general-purpose",
        "run_in_background": True,
    },
}
SCRIPT: list[dict[str, Any]] = [
    {"when": "summary of the conversation", "replies": [[{"text": "A summary."}]]},
    {
        "when": "inner",
        "replies": [[{"tool": "Bash", "input": {"command": "tail -f /dev/null"}}], []],
    },
    {"when": "watch", "replies": [[WATCH, AGENT], [{"text": "Under way."}], [{"text": "Ended."}]]},
    {"when": "long", "replies": lambda request: length_of(request)},
    {"when": "busy", "replies": [[{"error": 529, "times": 2}, {"text": "At last."}]]},
    {"when": "gone", "replies": lambda request: model_of(request)},
]


def model_of(request: Any) -> list[dict[str, Any]]:
    """Reply as an API that knows no model but one."""
    known = "haiku" in request["model"]
    return [{"text": "Haiku."} if known else {"error": 404, "message": "no such model"}]


def length_of(request: Any) -> list[dict[str, Any]]:
    """Reply as an API for which only a compacted conversation is short enough."""
    if "A summary." in str(request["messages"]):
        return [{"text": "Short."}]
    return [{"error": 400, "message": LONG}]


def submit(claude: Any, prompt: str) -> Turn:
    """Send a prompt as the panel does."""
    turn: Turn = claude._parts.queue.submit(prompt)
    return turn


def act(turn: Turn) -> TurnActions:
    """Return what does the actions of a turn's views."""
    assert turn.actions is not None
    return turn.actions


async def failed(claude: Any, prompt: str) -> tuple[Turn, dict[str, Any]]:
    """Return a turn that fails, and its problem as views get it."""
    turn = submit(claude, prompt)
    await end_of(turn)
    problem: Any = status_view(turn)["problem"]
    return turn, problem


async def until(turn: Turn, condition: Any) -> None:
    """Wait until a condition of a turn holds."""
    holds = asyncio.Event()

    def look(_: TurnChange | None = None) -> None:
        if condition():
            holds.set()

    stop = turn.listen(look)
    look()
    await asyncio.wait_for(holds.wait(), HANG)
    stop()


async def test_a_prompt_that_failed_is_sent_again(session: Any) -> None:
    """Otherwise the user types the prompt once more, each time the API is overloaded."""
    async with session(SCRIPT, env={"CLAUDE_CODE_MAX_RETRIES": "1"}) as claude:
        turn, problem = await failed(claude, "busy")
        assert problem == {"text": "The API is overloaded (529).", "remedy": "again", "models": []}
        act(turn).again()
        act(turn).again()  # a second click is no second prompt
        again = claude.history[-1]
        await end_of(again)
        assert [str(one) for one in claude.history] == ["", "At last."]
        assert status_view(turn)["problem"] == {**problem, "remedy": ""}


async def test_another_model_is_asked_where_one_does_not_exist(session: Any) -> None:
    """Otherwise a mistyped model is a dead end for somebody who knows no magics."""
    async with session(SCRIPT, model="claude-none-9") as claude:
        turn, problem = await failed(claude, "gone")
        words = "Your account cannot use the model claude-none-9, or it does not exist (404)."
        assert (problem["text"], problem["remedy"]) == (words, "model")
        assert {"haiku", "sonnet"} < {model["value"] for model in problem["models"]}
        answered = asyncio.Event()

        def begun(_: ConversationChange) -> None:
            if len(claude.history) > 1:
                answered.set()

        claude._parts.conversation.listen(begun)
        act(turn).ask_another("nonsense")
        act(turn).ask_another("haiku")
        await asyncio.wait_for(answered.wait(), HANG)
        await end_of(claude.history[-1])
        assert str(claude.history[-1]) == "Haiku."
        assert claude.settings.model == "haiku"


async def test_a_conversation_that_is_too_long_is_compacted(session: Any) -> None:
    """Otherwise a long conversation ends in an error that no later prompt gets out of."""
    # Claude Code compacts by itself, unless the user turned that off.
    async with session(SCRIPT, env={"DISABLE_AUTO_COMPACT": "1"}) as claude:
        for prompt in ("one", "two", "three"):
            await claude.ask(prompt)
        turn, problem = await failed(claude, "long")
        assert problem["text"] == "The conversation is too long for the model."
        assert problem["remedy"] == "compact"
        act(turn).compact()
        await until(turn, lambda: turn.remedy == "again")
        assert claude.history[-1].prompt == "/compact"
        act(turn).again()
        await end_of(claude.history[-1])
        assert str(claude.history[-1]) == "Short."


async def test_an_api_that_cannot_be_reached_is_one_sentence(session: Any) -> None:
    """Otherwise the user reads names of system calls, and not that the network is down."""
    nowhere = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "CLAUDE_CODE_MAX_RETRIES": "0"}
    async with session(SCRIPT, env=nowhere) as claude:
        _, problem = await failed(claude, "hello")
        assert problem == {
            "text": "The Claude API could not be reached.",
            "remedy": "again",
            "models": [],
        }
        with pytest.raises(ClaudeError, match="check your network"):
            await claude.ask("hello")


async def test_tasks_are_listed_and_stopped_one_by_one(session: Any) -> None:
    """Otherwise what a turn left running works on unseen, until the kernel ends."""
    async with session(SCRIPT, allowed_tools=["Bash"]) as claude:
        turn = await claude.ask("watch")
        state = claude._parts.state
        assert [(task["title"], task["about"]) for task in state().tasks] == [
            ("Run", "Watch the files"),
            ("Subagent", "Look around"),
        ]
        command, agent = turn.tools[0], turn.tools[1]
        assert {call_view(call)["task"] for call in (command, agent)} == {True}
        # The CLI names the file with the output, so its last lines are here.
        await until(turn, lambda: "line 3" in command.output)
        act(turn).stop_task(command.id)
        await until(turn, lambda: command.state == "stopped")
        assert [task["call"] for task in state().tasks] == [agent.id]
        act(turn).stop_task(agent.id)
        act(turn).stop_task("nonsense")
        await until(turn, lambda: agent.state == "stopped")
        assert state().tasks == ()


async def test_a_view_gets_all_of_a_long_output_when_it_asks(session: Any) -> None:
    """Otherwise the middle of a long output can be read nowhere."""
    command = {"tool": "Bash", "input": {"command": "seq 1 5000"}}
    script = [{"when": "seq", "replies": [[command], [{"text": "done"}]]}]
    async with session(script, allowed_tools=["Bash"]) as claude:
        turn = await claude.ask("seq")
        (call,) = turn.tools
        view = call_view(call)
        assert view["output"].startswith("1\n2\n") and view["output_end"].endswith("\n5000")
        shown = view["output"].count("\n") + 1 + view["output_end"].count("\n") + 1
        assert shown + view["left_out"] == 5000
        assert whole_output(turn, call.id) == ("output", call.id, call.output)
        assert whole_output(turn, "nonsense") is None
