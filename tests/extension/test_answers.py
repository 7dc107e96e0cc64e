"""What an answer to a permission request may say besides yes and no."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import pytest
from jupyter_claude_sdk import (
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
)

from jupyter_claude._approvals import Approvals
from jupyter_claude._requests import OwnRequest, describe, waiting_line
from jupyter_claude._turns.events import RequestClosed, RequestOpened
from jupyter_claude._turns.requests import PermissionRequest, TrustRequest
from jupyter_claude._turns.writer import TurnWriter

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

RUN = "mcp__kernel__run_code"


class Asked:
    """One call for which the user was asked."""

    def __init__(self, folder: Path, own: bool) -> None:
        self.approvals = Approvals(hold=0.0)
        self.writer = TurnWriter(1, "id", "prompt", folder=folder, can_ask=True)
        self.writer.start()
        self.outcomes: list[str] = []
        self.pressed: list[int] = []
        self.writer.turn.listen(
            lambda change: (
                self.outcomes.append(change.outcome) if isinstance(change, RequestClosed) else None
            )
        )
        given = {"code": "print(1)"} if own else {"command": "ls"}
        context = ToolPermissionContext.from_request({"tool_use_id": "t"})
        request = PermissionRequest(
            "request-1", waiting_line(0), RUN, "", None, None, False, None, [], "",
            [{"index": 0, "label": "Approve for this turn"}], code="print(1)",
        )  # fmt: skip
        mine = OwnRequest(request, self.pressed.append, lambda code: {**given, "code": code})
        self._asking = asyncio.ensure_future(
            self.approvals.decide(
                self.writer,
                RUN if own else "Bash",
                given,
                context,
                folder,
                own=mine if own else None,
            )
        )

    async def answer(self, **fields: Any) -> PermissionResult | None:
        """Answer as a page does; None if the answer does not count."""
        while not self.writer.turn.requests:
            await asyncio.sleep(0)
        (request,) = self.writer.turn.requests
        if self.approvals.answer(request, {"waited": 0, **fields}):
            return await self._asking
        self._asking.cancel()
        return None


async def test_claude_is_told_what_to_do_instead(tmp_path: Path) -> None:
    """Else the user's words are lost, and Claude tries the same again."""
    asked = Asked(tmp_path, own=False)
    result = await asked.answer(behavior="deny", message="  use\nls -a ")
    assert isinstance(result, PermissionResultDeny)
    assert result.message.endswith("what to do instead: use\nls -a")
    assert asked.outcomes == ["Denied. You told Claude: use ls -a"]


async def test_edited_code_runs_in_place_of_claudes(tmp_path: Path) -> None:
    """Else code runs that the user has changed or removed."""
    asked = Asked(tmp_path, own=True)
    result = await asked.answer(behavior="allow", edited="print(2)", suggestion=0)
    assert isinstance(result, PermissionResultAllow)
    assert result.updated_input == {"code": "print(2)"}
    assert result.updated_permissions is None, "our buttons must never write a settings file"
    assert asked.pressed == [0]
    assert asked.outcomes == ["Approved for this turn, as you edited it"]


@pytest.mark.parametrize(
    "fields",
    [
        {"edited": "rm -rf /", "suggestion": 0},  # a rule is for the command that it names
        {"edited": "  "},
        {"edited": 1},
        {"message": ["x"]},
        {"message": "x" * 10_001},
        {"suggestion": 1},
    ],
)
async def test_an_answer_that_no_button_sends_does_not_count(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    """Else a page's broken message approves something else than the user saw."""
    asked = Asked(tmp_path, own="edited" not in fields or fields["edited"] == 1)
    assert await asked.answer(behavior="allow", **fields) is None


async def test_an_edited_command_runs_in_place_of_claudes(tmp_path: Path) -> None:
    """Else another command runs than the user wrote."""
    result = await Asked(tmp_path, own=False).answer(behavior="allow", edited="ls -a")
    assert isinstance(result, PermissionResultAllow)
    assert result.updated_input == {"command": "ls -a"}


async def test_every_request_without_its_own_has_no_code(tmp_path: Path) -> None:
    """Else a page offers to edit what it cannot edit."""
    context = ToolPermissionContext.from_request({"tool_use_id": "t"})
    request = describe("mcp__x__run", {"code": "1"}, context, tmp_path, 0.0)
    assert isinstance(request, PermissionRequest)
    assert request.code is None


async def test_who_answers_one_request_has_time_for_the_others(tmp_path: Path) -> None:
    """Else the administrator's limit denies a call while the user answers the one beside it."""
    seconds = 0.4
    approvals = Approvals(hold=0.0, minutes=lambda: seconds / 60)
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    writer.start()
    loop = asyncio.get_running_loop()

    def ask(id: str) -> asyncio.Future[PermissionResult]:
        context = ToolPermissionContext.from_request({"tool_use_id": id})
        asking = approvals.decide(writer, "Bash", {"command": f"touch {id}"}, context, tmp_path)
        return asyncio.ensure_future(asking)

    def answer(request: str) -> None:
        approvals.answer(request, {"behavior": "allow", "waited": 0})

    asked = [ask("one"), ask("two")]
    while len(writer.turn.requests) < len(asked):
        await asyncio.sleep(0)
    for request, after in zip(writer.turn.requests, (0.5, 1.25), strict=True):
        loop.call_later(after * seconds, answer, request)
    assert [type(await each) for each in asked] == [PermissionResultAllow] * 2
    # For who is away nobody waits any longer.
    assert isinstance(await ask("three"), PermissionResultDeny)


class Alive:
    """Counts how often the time of keeping alive begins anew."""

    def __init__(self) -> None:
        self.renewed = 0

    def during(self, work: str) -> Any:
        """Note nothing."""
        return nullcontext()

    def renew(self) -> None:
        """Count."""
        self.renewed += 1


async def test_who_writes_in_a_request_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the administrator's limit denies a call while the user edits its command."""
    alive, now, writes = Alive(), 100.0, True
    approvals = Approvals(hold=0.0, minutes=lambda: 0.0001, keep_alive=cast(Any, alive))
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    writer.start()
    loop = asyncio.get_running_loop()
    opened: list[str] = []

    def clock() -> float:
        if opened and alive.renewed == 1:  # the limit has passed once since the user wrote
            loop.call_soon(approvals.answer, opened[-1], {"behavior": "allow", "waited": 0})
        return now

    def hear(event: Any) -> None:
        if isinstance(event, RequestOpened):
            approvals.typing(event.request.id if writes else "another")
            opened.append(event.request.id)

    monkeypatch.setattr("jupyter_claude._approvals.monotonic", clock)
    writer.turn.listen(hear)

    def ask() -> Any:
        context = ToolPermissionContext.from_request({"tool_use_id": "t"})
        return approvals.decide(writer, "Bash", {"command": "ls"}, context, tmp_path)

    assert isinstance(await ask(), PermissionResultAllow)
    assert alive.renewed == 2  # by writing, and by the answer
    approvals.typing(opened[0])  # it no longer waits
    now, writes = 200.0, False
    assert isinstance(await ask(), PermissionResultDeny)
    assert alive.renewed == 2


@pytest.mark.parametrize(
    ("timeout", "minutes", "after"),
    [
        (0.0, None, ""),
        (0.0, 0.0, ""),
        (0.0, 1.0, "1 minute, the administrator's limit"),
        (30.0, 1.0, "30 s"),
        (90.0, 1.0, "1 minute, the administrator's limit"),
    ],
)
async def test_a_question_of_trust_says_how_long_it_waits(
    tmp_path: Path, timeout: float, minutes: float | None, after: str
) -> None:
    """Else a user goes to read the settings, and comes back to a start without them."""
    approvals = Approvals(hold=0.0, minutes=lambda: minutes)
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    writer.start()
    question = TrustRequest("r", "Your prompt waits.", str(tmp_path), "why", "hooks", [], True)
    opened: list[str] = []

    def hear(event: Any) -> None:
        if isinstance(event, RequestOpened):
            opened.append(event.request.waiting)
            approvals.answer("r", {"behavior": "allow", "waited": 0})

    writer.turn.listen(hear)
    assert await approvals.ask_trust(writer, question, timeout)
    line = f" Without an answer Claude Code starts without these settings after {after}."
    assert opened == ["Your prompt waits." + (line if after else "")]
