"""Commands and plans that the user edited, denials with words, and answered questions: real CLI."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jupyter_claude_sdk.testing import Reply, tool_results

from jupyter_claude._approvals import HOLD
from jupyter_claude._turns.events import RequestOpened, TurnChange
from jupyter_claude._turns.requests import PermissionRequest, QuestionRequest
from jupyter_claude._views import static

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

PLAN = "# Steps\n\n1. **Read** it\n"


def write_plan(request: Mapping[str, Any]) -> Reply:
    """Reply with a plan where Claude Code wants it."""
    path = re.search(r"[^\s\"'`\\]*/plans/[\w.-]+\.md", json.dumps(request))
    assert path is not None
    return [{"tool": "Write", "input": {"file_path": path[0], "content": PLAN}}]


def asks(claude: Any, answer: Callable[[Any], Mapping[str, Any]]) -> list[Any]:
    """Answer each request as a user does who has read it; return the requests."""
    asked: list[Any] = []
    claude.settings.request_timeout = 60
    parts = claude._parts
    parts.approvals.hold = 0.0

    def begun(writer: Any) -> Any:
        writer._record.can_ask = True

        def changed(change: TurnChange) -> None:
            if isinstance(change, RequestOpened):
                asked.append(change.request)
                given = {"waited": HOLD * 1000, **answer(change.request)}
                asyncio.get_running_loop().call_soon(
                    parts.approvals.answer, change.request.id, given
                )

        writer.turn.listen(changed)

    made = parts.maker.begin_turn
    parts.maker.begin_turn = lambda *args, **more: (lambda writer: (begun(writer), writer)[1])(
        made(*args, **more)
    )
    return asked


def last_said(claude: Any) -> str:
    """Return what the model got last: results, and what Claude Code adds."""
    return json.dumps(claude.model.requests[-1]["messages"][-3:])


async def test_a_command_that_the_user_edited(session: Any) -> None:
    """Else another command runs than was approved, or Claude believes that its own one ran."""
    script = [{"replies": [[{"tool": "Bash", "input": {"command": "touch claudes.txt"}}],
                           [{"text": "Done."}]]}]  # fmt: skip
    async with session(script) as claude:
        asks(claude, lambda request: {"behavior": "allow", "edited": "touch mine.txt; false"})
        turn = await claude.ask("go")
        folder = claude._parts.workspace.cwd
    assert (folder / "mine.txt").exists()
    assert not (folder / "claudes.txt").exists()
    said = last_said(claude)
    assert "The user edited your command before it ran. This ran instead:" in said
    assert "touch mine.txt; false" in said
    (call,) = turn.tools
    assert call.summary == "touch mine.txt; false"
    assert call.note == "You edited the command"
    html = static.html(turn)
    assert "touch mine.txt; false" in html
    assert "claudes.txt" not in html


async def test_a_denial_with_words(session: Any) -> None:
    """Else Claude is only told no, and tries the same again."""
    script = [{"replies": [[{"tool": "Bash", "input": {"command": "touch a.txt"}}],
                           [{"text": "Done."}]]}]  # fmt: skip
    async with session(script) as claude:
        asks(claude, lambda request: {"behavior": "deny", "message": "List the files first"})
        await claude.ask("go")
    assert "tells you what to do instead: List the files first" in last_said(claude)


@pytest.mark.parametrize(
    ("answer", "mode", "told"),
    [
        ({"behavior": "allow", "suggestion": 0}, "acceptEdits", "## Approved Plan:\\n# Steps"),
        ({"behavior": "allow", "suggestion": 1}, "default", "## Approved Plan:\\n# Steps"),
        (
            {"behavior": "allow", "suggestion": 1, "edited": "# Mine"},
            "default",
            "## Approved Plan (edited by user):\\n# Mine",
        ),
        ({"behavior": "deny", "message": "Plot first"}, "plan", "They say: Plot first"),
    ],
)
async def test_a_plan(session: Any, answer: dict[str, Any], mode: str, told: str) -> None:
    """Else Claude begins with a plan that was sent back, or asks where it should not."""
    script = [{"replies": [write_plan, [{"tool": "ExitPlanMode", "input": {}}],
                           [{"text": "Done."}]]}]  # fmt: skip
    async with session(script, permission_mode="plan") as claude:
        asked = asks(claude, lambda request: answer)
        turn = await claude.ask("go")
        assert claude.settings.permission_mode == mode
    (request,) = asked
    assert isinstance(request, PermissionRequest)
    assert (request.title, request.plan) == ("Claude's plan", PLAN)
    assert told in last_said(claude)
    call = turn.tools[-1]
    html = static.html(turn)
    assert "Plan</strong>" in html
    expected = "Mine</h1>" if "edited" in answer else "Steps</h1>"
    assert expected in html
    assert call.plan == answer.get("edited", PLAN)
    if answer["behavior"] == "deny":  # the words to Claude are not for the user
        assert (call.note, call.output) == ("Claude keeps planning. You told it: Plot first", "")


async def test_a_question_keeps_its_answer(session: Any) -> None:
    """Else nobody can see later what was asked, and what was chosen."""
    options = [{"label": "Blue", "description": ""}, {"label": "Green", "description": ""}]
    asked_of = [{"question": "Which colour?", "header": "Colour", "options": options,
                 "multiSelect": False}]  # fmt: skip
    script = [{"replies": [[{"tool": "AskUserQuestion", "input": {"questions": asked_of}}],
                           [{"text": "Done."}]]}]  # fmt: skip
    async with session(script) as claude:
        asked = asks(
            claude, lambda request: {"behavior": "allow", "answers": {"Which colour?": "Green"}}
        )
        turn = await claude.ask("go")
    assert isinstance(asked[0], QuestionRequest)
    assert tool_results(claude.model.requests[-1])
    (call,) = turn.tools
    assert call.summary == "Which colour? Green"
    assert call.shown_input() == ("Which colour?\n→ Green", "questions")
    html = static.html(turn)
    assert "Which colour?\n→ Green" in html
    assert "multiSelect" not in html
