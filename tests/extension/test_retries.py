"""Waiting for the API's next try: what views are told, and what can be done meanwhile."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import last_prompt
from rich.console import Console

from jupyter_claude._core.events import ConversationChange, TurnBegun
from jupyter_claude._turns.errors import TurnInterrupted
from jupyter_claude._turns.events import TurnChange
from jupyter_claude._turns.retries import RetryNotice, left_text, retry_notice
from jupyter_claude._turns.turn import Turn, end_of
from jupyter_claude._views.countdown import Countdown
from jupyter_claude._views.protocol import notice_view
from tests.extension.front_end import is_view, shown, turn_state

pytestmark = [pytest.mark.anyio]

LIMITED = {"error_status": 429, "error": "rate_limit", "attempt": 2, "max_retries": 10}


@pytest.mark.pure
def test_a_wait_is_told_with_the_time_that_is_left() -> None:
    """Otherwise a page that was reloaded counts from the beginning again."""
    notice = retry_notice("n", {**LIMITED, "retry_delay_ms": 90_000}, None)
    assert notice.text.startswith("Rate limit reached (429); trying again")
    assert notice.text.endswith("in 1 min 30 s (attempt 2 of 10)")
    notice.until -= 80
    wait = notice_view(notice)["wait"]
    assert 0 < wait["ms"] <= 10_000
    assert notice.line() == f"{wait['before']} in 10 s{wait['after']}"
    assert [left_text(seconds) for seconds in (-1, 0.2, 59)] == ["now", "in 1 s", "in 59 s"]


@pytest.mark.pure
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_terminal_counts_in_one_row(anyio_backend: str) -> None:
    """Otherwise a wait fills the screen, or the answer begins behind it."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80)
    notice = retry_notice("n", {**LIMITED, "retry_delay_ms": 30}, None)
    countdown = Countdown(console)
    countdown.start(notice)
    assert countdown.running is not None
    await countdown.running
    countdown.stop()
    first, last = written.getvalue().split("\r\x1b[K")[1:]
    assert "trying again in 1 s (attempt 2 of 10) · Ctrl+C stops" in first
    assert last.endswith("Ctrl+C stops\n")
    plain = io.StringIO()
    Countdown(Console(file=plain, width=40)).start(notice)
    assert plain.getvalue().count("\n") == 1, "a file has each try once"


def limited(request: Any) -> list[dict[str, Any]]:
    """Reply as an API whose limit is reached for all models but one."""
    if "haiku" in request["model"]:
        return [{"text": f"Haiku was asked: {last_prompt(request)}"}]
    return [{"error": 429, "times": 99}]


def waits(turn: Turn) -> asyncio.Future[RetryNotice]:
    """Return what is done once a turn waits for another try."""
    found: asyncio.Future[RetryNotice] = asyncio.get_running_loop().create_future()

    def changed(_: TurnChange) -> None:
        item = turn.items[-1] if turn.items else None
        if isinstance(item, RetryNotice) and not found.done():
            found.set_result(item)

    turn.listen(changed)
    return found


@pytest.mark.cli
async def test_a_wait_can_be_stopped(session: Any) -> None:
    """Otherwise an overloaded API holds up the notebook for minutes, with nothing to press."""
    script = [
        {"when": "busy", "replies": [[{"error": 529, "times": 99}]]},
        {"when": "limit", "replies": [limited]},
    ]
    async with session(script) as claude:
        writer = claude._parts.begin_turn("busy")
        turn = writer.turn
        waiting = waits(turn)
        running = asyncio.ensure_future(claude._parts.runner.run(writer))
        notice = await waiting
        names = [model["value"] for model in notice_view(notice)["wait"]["models"]]
        assert {"haiku", "sonnet"} < set(names), "each model has servers of its own"
        assert not writer.waits_for_model, "a known wait is no stall"
        turn.actions.stop()
        with pytest.raises(TurnInterrupted):
            await running
        assert turn.items[-1].text.endswith("the turn ended before it answered")
        assert "wait" not in notice_view(turn.items[-1])
        # Nobody awaits this one, as in the panel: the other model's turn stands behind it.
        turn = claude._parts.queue.submit("limit")
        claude._parts.queue.submit("behind the limit")
        notice = await waits(turn)
        names = [model["value"] for model in notice_view(notice)["wait"]["models"]]
        assert {"haiku", "sonnet"} < set(names)
        begun = asyncio.get_running_loop().create_future()

        def told(change: ConversationChange) -> None:
            if isinstance(change, TurnBegun):
                begun.set_result(change.turn)

        claude._parts.conversation.listen(told)
        turn.actions.ask_another("nonsense")
        turn.actions.ask_another("haiku")
        await end_of(await begun)
        answers = ["Haiku was asked: behind the limit", "Haiku was asked: limit"]
        assert [str(one) for one in claude.history][1:] == ["", *answers]
        # Who pressed it sees the other prompt go first.
        assert "asking Haiku instead, after the prompt in the queue" in str(turn.error)
        assert claude.settings.model == "haiku"


@pytest.mark.cli
async def test_another_model_answers_in_the_same_cell(claude_kernel: Any) -> None:
    """Otherwise Run All stops at a rate limit, or the answer comes where nobody looks for it."""
    script = [{"when": "limit", "replies": [limited]}]
    async with claude_kernel(script) as kernel:
        cell, behind = kernel.queue(["%%claude --as answer\nlimit", "print(answer, answer.state)"])

        view = await kernel.widget(
            lambda view: is_view(view) and any("wait" in item for item in turn_state(view)["items"])
        )
        view.send_custom({"type": "turn_action", "action": "model", "model": "haiku"})
        await behind.done()
        assert behind.stdout == "Haiku was asked: limit done\n", behind.story()
        assert "Haiku was asked: limit" in shown(cell)


def test_nothing_of_a_wait_is_in_a_copied_turn(tmp_path: Path) -> None:
    """Otherwise a turn cannot be pickled, as its session would go with it."""
    import copy

    from jupyter_claude._claude import Claude

    assert copy.copy(Claude()._parts.begin_turn("Hi").turn.actions) is None
