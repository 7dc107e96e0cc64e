"""The small parts without a process: diffs, rules, the broker, the cost ledger."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from pathlib import Path
from typing import Any, cast

import pytest
from jupyter_claude_sdk import (
    PermissionResultAllow,
    PermissionResultDeny,
    RateLimitInfo,
    ResultMessage,
    ToolPermissionContext,
)

from jupyter_claude._approvals import Approvals
from jupyter_claude._cost.ledger import Ledger
from jupyter_claude._requests import describe
from jupyter_claude._turns.api_errors import api_error
from jupyter_claude._turns.diffs import unified
from jupyter_claude._turns.errors import (
    NotSignedIn,
    TurnInterrupted,
    TurnLimitReached,
    error_sentence,
    remedy_of,
)
from jupyter_claude._turns.interruptions import Interruptions
from jupyter_claude._turns.items import Notice, TextItem, Todo, ToolCall, output_images, output_text
from jupyter_claude._turns.notices import limit_text
from jupyter_claude._turns.requests import PermissionRequest
from jupyter_claude._turns.writer import TurnWriter
from jupyter_claude._views import terminal

pytestmark = pytest.mark.pure


def context(*suggestions: dict[str, Any], **fields: Any) -> ToolPermissionContext:
    """Make what the CLI says about a call."""
    return ToolPermissionContext.from_request(
        {"permission_suggestions": list(suggestions), "tool_use_id": "t", **fields}
    )


ADD = {
    "type": "addRules",
    "rules": [{"toolName": "Bash", "ruleContent": "ls *"}],
    "behavior": "allow",
    "destination": "session",
}


def test_limits_are_said_when_they_are_near() -> None:
    """Else a user would be stopped by a limit without warning, or be warned all the time."""

    def said(**fields: Any) -> str:
        return limit_text(RateLimitInfo(**fields))

    assert said(status="allowed", utilization=0.2, rate_limit_type="five_hour") == ""
    near = said(
        status="allowed_warning", utilization=0.93, rate_limit_type="five_hour", resets_at=86400
    )
    assert near.startswith("93% of the 5-hour limit is used; it resets on 1970-01-0")
    reached = said(status="rejected", rate_limit_type="seven_day", resets_at=int(time.time()))
    assert re.fullmatch(r"The weekly limit is reached; it resets at \d\d:\d\d", reached)
    assert said(status="rejected") == "The rate limit is reached"


@pytest.mark.anyio
async def test_the_first_answer_counts_from_any_thread(tmp_path: Path) -> None:
    """Else two views could answer differently, or a click from a subshell thread be lost."""
    approvals = Approvals(hold=0.0)
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    turn = writer.turn
    writer.start()

    async def decide(timeout: float = 0.0) -> Any:
        return await approvals.decide(
            writer, "Bash", {"command": "ls"}, context(ADD), tmp_path, timeout
        )

    asked = asyncio.create_task(decide())
    while not turn.requests:
        await asyncio.sleep(0)
    (request,) = turn.requests
    assert not approvals.answer("request-99", {"behavior": "allow"})
    other = describe("Bash", {}, context(), tmp_path, 0.0)
    assert other.id != request, "a view of the kernel before this one could answer"
    assert not approvals.answer(request, {"behavior": "nonsense", "waited": 0})
    presser = threading.Thread(
        target=lambda: approvals.answer(
            request, {"behavior": "allow", "suggestion": 0, "waited": 0}
        )
    )
    presser.start()
    result = await asked
    presser.join()
    assert isinstance(result, PermissionResultAllow)
    (permission,) = result.updated_permissions or []
    assert [str(rule) for rule in permission.rules or ()] == ["Bash(ls *)"]
    assert not turn.requests
    assert not approvals.answer(request, {"behavior": "deny", "waited": 0})
    late = await decide(timeout=0.01)
    assert isinstance(late, PermissionResultDeny)
    asked = asyncio.create_task(decide())
    while not turn.requests:
        await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not turn.requests, "an interrupt must take the question away"


@pytest.mark.anyio
async def test_an_answer_counts_while_the_loop_is_held_up(tmp_path: Path) -> None:
    """Else what a user has approved in time is denied, since a synchronous cell took too long."""
    approvals = Approvals(hold=0.0)
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    turn = writer.turn
    writer.start()
    told: list[tuple[str, str]] = []
    stop = approvals.listen(lambda request, behavior: told.append((request, behavior)))
    limit = 0.05
    asked = asyncio.create_task(
        approvals.decide(writer, "Bash", {"command": "ls"}, context(ADD), tmp_path, limit)
    )
    while not turn.requests:
        await asyncio.sleep(0)
    (request,) = turn.requests
    taken: list[bool] = []

    def press() -> None:
        taken.extend(
            approvals.answer(request, {"behavior": way, "waited": 0}) for way in ("allow", "deny")
        )

    presser = threading.Thread(target=press)
    presser.start()
    presser.join()  # as a synchronous cell does: nothing of this loop runs
    assert told == [(request, "allow")], "the views hear of it only after the cell"
    time.sleep(2 * limit)
    assert isinstance(await asked, PermissionResultAllow)
    assert taken == [True, False]
    stop()


@pytest.mark.anyio
async def test_nothing_reaches_a_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a tool's name, a note or an outcome could clear the screen above the question."""
    bad = "\x1b[2J\u202e"
    answered = asyncio.Event()

    async def line(prompt: str) -> str:
        print(prompt)
        answered.set()
        return await asyncio.Future()

    monkeypatch.setattr(terminal, "_line", line)
    turn = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    view = terminal.TerminalView(turn.turn, Approvals())
    call = ToolCall("t", f"Bash{bad}", {"command": f"ls {bad}"}, state="denied", note=f"Why {bad}")
    for item in (call, Notice("n", f"Retry {bad}")):
        turn.put(item)
    turn.open_request(
        PermissionRequest(
            id="r",
            waiting="",
            tool=f"Bash{bad}",
            reason=bad,
            command=f"ls {bad}",
            path=bad,
            new_file=True,
            diff=f"+{bad}",
            fields=[{"name": bad, "value": bad}, {"name": bad, "value": f"{bad}\n{bad}"}],
            says=bad,
            suggestions=[{"index": 0, "label": f"Always {bad}"}],
        )
    )
    await answered.wait()
    turn.close_request("r", f"Approved {bad}")
    view.finish()
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\u202e" not in printed, printed
    for words in (
        "● Bash",
        "Why ",
        "Retry ",
        "Permission request: Bash",
        "Allow Bash",
        "Approved ",
    ):
        assert f"{words}⟨U+001B⟩[2J⟨U+202E⟩" in printed, words


def result(cost: float, tokens: int) -> ResultMessage:
    """Make a result with running totals."""
    return ResultMessage(
        subtype="success",
        duration_ms=1,
        duration_api_ms=1,
        is_error=False,
        num_turns=1,
        session_id="s",
        total_cost_usd=cost,
        model_usage={"m": cast(Any, {"outputTokens": tokens, "costUSD": cost})},
    )


def test_the_ledger_takes_differences() -> None:
    """Else each turn would cost all turns before it again."""
    ledger = Ledger(keep=False)

    def take(turn: str, cost: float, tokens: int) -> tuple[float, int]:
        spent = ledger.record_result(turn, result(cost, tokens)).spent
        return round(spent.cost_usd, 9), spent.output

    assert take("a", 0.5, 10) == (0.5, 10)
    assert take("b", 0.75, 14) == (0.25, 4)
    assert take("c", 0.1, 2) == (0.1, 2)  # counted anew
    assert ledger.cost_usd == pytest.approx(0.85)
    # What a resumed conversation had cost elsewhere is told apart from its next turn.
    ledger.start("s", {"m": {"outputTokens": 100, "costUSD": 2.0}})
    before = ledger.entries[-1]
    assert (before.turn, before.spent.output) == ("", 84)
    assert take("d", 2.5, 101) == (0.5, 1)
    # A process that is lost has cost what was noted, and nothing if nothing was.
    ledger.note({"m": {"outputTokens": 111, "costUSD": 2.75}})
    lost = ledger.lose("e", "s")
    assert lost is not None and not lost.complete
    assert (lost.spent.output, round(lost.spent.cost_usd, 9)) == (10, 0.25)
    assert ledger.lose("f", "s") is None


def test_api_errors_say_what_to_do() -> None:
    """Else a number would be all that a user gets."""
    for status, text in ((401, "API Error: 401 bad key"), (None, "Not logged in · run /login")):
        error = api_error(status, text)
        assert isinstance(error, NotSignedIn)
        assert "run `%claude login`" in str(error)
    for status, text, says, remedy in (
        (
            429,
            "API Error: 429 slow down",
            "The rate limit of your account is reached (429).",
            "again",
        ),
        (
            429,
            "You've hit your limit · resets 3pm",
            "You've hit your limit · resets 3pm (429).",
            "again",
        ),
        (
            404,
            "There's an issue with the selected model (opus-9). It may not exist or you may …",
            "Your account cannot use the model opus-9, or it does not exist (404).",
            "model",
        ),
        (400, "Prompt is too long", "The conversation is too long for the model.", "compact"),
        (
            400,
            "Prompt is too long … A single-exchange conversation cannot be compacted",
            "The prompt, with all that comes with it, is too long for the model.",
            "",
        ),
        (
            None,
            "API Error: Unable to connect to API (ConnectionRefused)",
            "The Claude API could not be reached.",
            "again",
        ),
        (418, "teapot", "The API refused the request (418): teapot.", "again"),
    ):
        error = api_error(status, text)
        assert (error_sentence(error), remedy_of(error)) == (says, remedy)
        assert str(error).startswith(says[:-1]) and "\n" not in str(error)


def test_a_terminal_shows_plan_changes_and_subagents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a user of a terminal would see a subagent's words as the answer, and no plan."""
    turn = TurnWriter(1, "id", "prompt", folder=tmp_path)
    view = terminal.TerminalView(turn.turn, Approvals())
    plan = ToolCall("p", "TaskCreate", {"subject": "Read"})
    plan.todos = [Todo(content="Read", status="to do")]
    turn.put(plan)
    plan.todos = [Todo(content="Read", status="done")]
    turn.put(plan)
    turn.put(plan)
    turn.put(ToolCall("a", "Agent", {"description": "Look"}))
    turn.put(TextItem("i", "To myself.\n\n", parent="a"))
    turn.put(ToolCall("r", "Read", {"file_path": "b.txt"}, parent="a", state="done"))
    edit = ToolCall("e", "Edit", {"file_path": "b.txt"}, state="done", diff=unified("a", "b", "b"))
    turn.put(edit)
    turn.put(TextItem("t", "The answer."))
    view.finish()
    printed = capsys.readouterr().out
    assert [line.rstrip() for line in printed.split("\n")] == [
        "● To do: 0 of 1 done",
        "  ☐ Read — to do",
        "● To do: 1 of 1 done",
        "  ☑ Read — done",
        "● Subagent Look — running",
        "  ● Read b.txt — done",
        "● Edit b.txt +1 −1 — done",
        "The answer.",
        "",
    ]


def test_a_summary_says_that_it_leaves_something_out() -> None:
    """Else a card names the first line of a command, and the rest ran unseen."""

    def summary(command: str) -> str:
        return ToolCall("t", "Bash", {"command": command}).summary

    assert summary("\nls\n") == "ls"
    assert summary("ls\nrm -rf x") == "ls …"
    assert summary("x" * 201) == f"{'x' * 200} …"
    assert summary("# a\frm -rf x\u2028b\r") == "# a\frm -rf x\u2028b\r", "only \\n ends a line"
    assert summary("\f\n") == "\f"


def test_a_tasks_output_has_a_name_in_words() -> None:
    """Else a card says "Read /tmp/claude-0/…/tasks/b1f.output", which tells nobody a thing."""

    def read(path: str) -> ToolCall:
        return ToolCall("t", "Read", {"file_path": path})

    of_task = read("/tmp/claude-0/-home-me-x/91b1/tasks/b1f-2.output")
    assert (of_task.title, of_task.summary) == ("Read", "the task's output")
    assert "tasks/b1f-2.output" in of_task.shown_input()[0], "the opened card has the path"
    for path in ("/home/me/tasks/a.output", "/tmp/claude-0/tasks/a.output.py", "tasks/a.output"):
        assert read(path).summary == path


def test_only_pictures_of_bearable_size_are_shown() -> None:
    """Else a large image would make the server drop messages, a document pass for a picture."""

    def image(media_type: str, data: str) -> dict[str, Any]:
        return {
            "type": "image",
            "source": {"type": "base64", "media_type": media_type, "data": data},
        }

    small, large = "iVBORw0KGgo=", "A" * 600_000
    content = [
        {"type": "text", "text": "Two"},
        image("image/png", small),
        image("image/svg+xml", small),
        image("image/png", '"><script>'),
        image("image/jpeg", large),
        {"type": "image", "source": {"type": "url", "url": "http://evil.example/pixel.png"}},
        image("image/webp", small),
    ]
    images, too_large = output_images(content, "Image from x")
    assert [(shown.media_type, shown.data) for shown in images] == [
        ("image/png", small),
        ("image/webp", small),
    ]
    assert too_large == 1
    assert output_images(content, "Image from x", room=len(small))[1] == 2
    lines = output_text(content).split("\n")
    assert lines[:3] == ["Two", "[image/png, 0.0 kB]", "[image/svg+xml, 0.0 kB]"]
    assert lines[4:6] == ["[image/jpeg, 450.0 kB]", "[image]"]


def test_the_first_reason_of_an_interruption_counts() -> None:
    """Otherwise: a turn that a limit stopped says that the user stopped it, or is stopped twice."""
    interruptions = Interruptions()
    limit, stop = TurnLimitReached("limit"), TurnInterrupted("stop")
    assert interruptions.note("turn", limit)
    assert not interruptions.note("turn", stop)
    assert interruptions.note("other", stop)
    assert interruptions.take("turn") is limit
    assert interruptions.take("turn") is None
