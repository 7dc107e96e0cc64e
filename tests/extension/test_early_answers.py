"""No accidental answers: the kernel takes none that came too soon after the request."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk import PermissionResultAllow, ToolPermissionContext

from jupyter_claude import _approvals
from jupyter_claude._approvals import HOLD, Approvals
from jupyter_claude._turns.writer import TurnWriter
from tests.extension.front_end import answer, request, turn_state
from tests.kernels.harness import Comm

pytestmark = [pytest.mark.anyio]

LONG = 60_000.0  # milliseconds

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "Made."}],
        ],
    },
]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_counts_only_after_the_request_was_there_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a key or a click that was meant for something else runs a command unread."""
    clock = Clock()
    monkeypatch.setattr(_approvals, "monotonic", clock)
    approvals = Approvals()
    told: list[tuple[str, str]] = []
    approvals.listen(lambda request, verdict: told.append((request, verdict)))
    writer = TurnWriter(1, "id", "prompt", folder=tmp_path, can_ask=True)
    turn = writer.turn
    writer.start()
    context = ToolPermissionContext(tool_use_id="t")
    asked = asyncio.create_task(
        approvals.decide(writer, "Bash", {"command": "ls"}, context, tmp_path)
    )
    while not turn.requests:
        await asyncio.sleep(0)
    (id,) = turn.requests

    def press(**fields: Any) -> bool:
        return approvals.answer(id, {"behavior": "allow", **fields})

    assert not press(waited=LONG), "the kernel has only just asked"
    clock.now = HOLD - 0.001
    assert not press(waited=LONG)
    clock.now = HOLD
    # The view knows better when it showed the request, moved it, or gave it the focus.
    for waited in (None, "900", True, -1, 0, HOLD * 1000 - 1, math.nan):
        assert not press(waited=waited), waited
    assert not press(), "a view that does not say has not looked"
    assert not approvals.answer(id, {"behavior": "deny", "waited": 0}), "nor does a denial"
    assert set(told) == {(id, "early")}
    assert not asked.done() and turn.requests, "the request still waits"
    told.clear()
    assert press(waited=HOLD * 1000)
    assert not press(waited=0), "it is settled"
    assert isinstance(await asked, PermissionResultAllow)
    assert told == [], "in the loop's own thread the end of the request says it"


@pytest.mark.cli
async def test_a_view_hears_that_its_answer_came_too_early(claude_kernel: Any) -> None:
    """Else a command runs unread; or the view waits for ever, its buttons dead."""
    async with claude_kernel(SCRIPT) as kernel:
        cell = kernel.execute("%%claude\ntouch")
        view, asked = await request(kernel)
        for fields in ({"waited": 10}, {"waited": None}):
            answer(view, asked, "allow", **fields)
        await view.until(lambda view: len(_early(view, asked["id"])) == 2)
        assert not (kernel.cwd / "made.txt").exists()
        assert turn_state(view)["state"] == "running"
        answer(view, asked, "allow")
        await cell.done()
        assert cell.status == "ok", cell.story()
        assert (kernel.cwd / "made.txt").exists()


def _early(view: Comm, request_id: str) -> list[dict[str, Any]]:
    return [
        message for message in view.custom if message == {"type": "early", "request": request_id}
    ]
