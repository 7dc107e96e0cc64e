"""What is spent: by turn and model, kept over interrupts, crashes and restarts, and limited."""

from __future__ import annotations

import asyncio
import builtins
import os
import signal
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_claude_sdk import RateLimitInfo

from jupyter_claude import BudgetExceeded, ClaudeError, TurnInterrupted
from jupyter_claude._core.events import StateChanged, TurnBegun
from jupyter_claude._cost.table import CostTable
from jupyter_claude._views.protocol import state_view
from tests.extension.test_conversations import again, write
from tests.extension.test_session import until

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
                        "model": "haiku",
                        "run_in_background": False,
                    },
                }
            ],
            [{"text": "It came back."}],
        ],
    },
    {"when": "hang", "replies": [[write("hung.txt")], [{"text": "so far"}, {"hang": True}]]},
    {"when": "dear", "replies": [[write("d.txt")], [{"text": "not paid for"}, {"hang": True}]]},
    {
        "when": "steps",
        "replies": [[write("1.txt")], [write("2.txt")], [write("3.txt")], [{"text": "all done"}]],
    },
]
EDITS = {"permission_mode": "acceptEdits"}


def total(claude: Any) -> float:
    """Return what all rows of the table cost."""
    return sum(row.spent.cost_usd for row in claude.cost.turns)


async def test_the_table_by_turn_and_model(session: Any) -> None:
    """Else nobody could say which turn or model the money went to, or what the cache saved."""
    async with session(SCRIPT, **EDITS) as claude:
        await claude.ask("hello <b>you</b>")
        await claude.ask("again", model="claude-haiku-4-5")
        await claude.ask("delegate")
        table = claude.cost
        assert [row.turn for row in table.turns] == [1, 2, 3]
        assert claude.cost_usd == pytest.approx(total(claude))
        assert isinstance(claude.cost_usd, float)
        for row, turn in zip(table.turns, claude.history, strict=True):
            assert row.spent.cost_usd == pytest.approx(turn.cost_usd)
            assert row.spent.cache_read == turn.usage["cache_read_input_tokens"]
        first, second, third = table.turns
        assert first.spent.cache_write > 1000 and first.spent.cache_read == 0
        (other,) = second.models
        assert "haiku" in other
        # The subagent's model is told apart, and is in the turn's own sum.
        assert set(third.models) == {*first.models, *(n for n in third.models if "haiku" in n)}
        assert len(third.models) == 2
        assert sum(spent.cost_usd for spent in table.models.values()) == pytest.approx(
            claude.cost_usd
        )
        text, html = repr(table), table._repr_html_()
        assert "cache read" in text and f"${claude.cost_usd:.4f}" in text
        assert "total" in text and "haiku" in text
        assert "<b>" not in html and "&lt;b&gt;" in html and "<script" not in html


async def test_the_ledger_survives(session: Any) -> None:
    """Else what was spent would vanish with an interrupt, a crash, a rewind or a restart."""
    async with session(SCRIPT, **EDITS) as claude:
        await claude.ask("hello")
        stopped = claude._parts.queue.submit("hang")
        await until(lambda: "so far" in stopped.text)
        await claude.interrupt()
        await until(lambda: stopped.ended)
        assert type(stopped.error) is TurnInterrupted
        assert stopped.cost_usd > 0
        lost = claude._parts.queue.submit("hang once more")
        await until(lambda: "so far" in lost.text)
        # The CLI keeps nothing when it is killed; what was asked of it meanwhile is known.
        await until(lambda: claude._parts.ledger.since_result().cost_usd > 0)
        os.kill(claude.client.server_info["pid"], signal.SIGKILL)
        await until(lambda: lost.ended)
        assert lost.cost_usd > 0 and "out" in lost.cost_line
        assert "at least" in repr(claude.cost)
        after = await claude.ask("after")
        assert 0 < after.cost_usd < 0.02
        spent = claude.cost_usd
        assert spent == pytest.approx(sum(turn.cost_usd for turn in claude.history))
        await claude.rewind(3, files=False)
        assert len(claude.history) == 2
        assert claude.cost_usd == pytest.approx(spent)
        assert [row.turn for row in claude.cost.turns] == [1, 2, None, None]
        await claude.ask("on another way")
        spent = claude.cost_usd
        await claude.close()
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            assert other.cost_usd == pytest.approx(spent)
            assert len(other.cost.turns) == 5
            assert other.history[1].cost_usd == pytest.approx(stopped.cost_usd)
            next_one = await other.ask("and on")
            assert 0 < next_one.cost_usd < 0.02
            assert other.cost_usd == pytest.approx(spent + next_one.cost_usd)
        finally:
            await other.close()


async def test_what_was_spent_elsewhere_is_told_apart(session: Any) -> None:
    """Else a conversation from the terminal would look free, or its cost be the next turn's."""
    async with session(SCRIPT) as claude:
        await claude.ask("one")
        spent = claude.cost_usd
        await claude.close()
        for path in _files():
            os.unlink(path)  # as if it had been asked in the terminal
        other = again(claude)
        try:
            await other.resume(claude.session_id)
            (row,) = other.cost.turns
            assert row.prompt == "outside these turns" and row.turn is None
            assert row.spent.cost_usd == pytest.approx(spent)
            assert other.history[0].cost_line == "", "a cost that is not known is not guessed"
            turn = await other.ask("two")
            assert other.cost_usd == pytest.approx(spent + turn.cost_usd)
        finally:
            await other.close()


def _files() -> list[str]:
    folder = os.environ["JUPYTER_CLAUDE_SESSIONS"]
    return [os.path.join(folder, name) for name in os.listdir(folder)]


async def test_a_budget_for_the_session(session: Any) -> None:
    """Else a Run All could cost any amount."""
    async with session(SCRIPT, **EDITS) as claude:
        with pytest.raises(ValueError, match="an amount of US dollars"):
            claude.budget_usd = "much"
        claude.budget_usd = 0.0001
        told = claude._parts.state()
        assert (told.budget_usd, told.cost) == (0.0001, "$0.0000")
        # One call of the model cannot be broken off; the answer stays, and a note says so.
        turn = await claude.ask("hello")
        assert turn.state == "done" and turn.text == "You said: hello"
        assert "budget is $0.0001" in turn.items[-1].text
        asked = len(claude.model.requests)
        for ask in (claude.ask, claude.client.query):
            with pytest.raises(
                BudgetExceeded, match=r"was not sent; raise it with %claude budget USD"
            ) as caught:
                await ask("refused")
            assert "\n" not in str(caught.value)
            assert caught.value._render_traceback_() == [f"BudgetExceeded: {caught.value}"]
        with pytest.raises(BudgetExceeded):
            await claude.client.connect("refused")
        with pytest.raises(BudgetExceeded):
            async with claude.client.turn("refused"):
                pass
        assert len(claude.model.requests) == asked
        assert claude.history[-1].prompt == "refused" and claude.history[-1].state == "failed"
        claude.budget_usd = claude.cost_usd + 0.0001
        with pytest.raises(BudgetExceeded, match="its budget is") as caught:
            await claude.ask("dear")
        turn = caught.value.turn
        assert turn is not None and [call.state for call in turn.tools] == ["done"]
        assert turn.cost_usd > 0
        # Of several that were given at once, the first may have spent it.
        claude.budget_usd = claude.cost_usd + 0.0001
        before = len(claude.history)
        prompts = ("one", "two", "three")
        for prompt in prompts:
            await claude.client.query(prompt)
        await until(lambda: all(turn.ended for turn in claude.history))
        # By prompt: a call of the turn that was stopped may still have been on its way.
        last = [str(body["messages"][-1]) for body in claude.model.requests]
        sent = [each for each in prompts if any(f"'text': '{each}'" in text for text in last)]
        assert sent == ["one"]
        kinds = [type(turn.error) for turn in claude.history[before:]]
        assert kinds == [type(None), BudgetExceeded, BudgetExceeded]
        claude.budget_usd = None
        assert (await claude.ask("hello")).state == "done"


async def test_a_budget_for_one_turn(session: Any) -> None:
    """Else `--budget` would limit nothing, or the turns after it as well."""
    async with session(SCRIPT, **EDITS) as claude:
        await claude.ask("hello")
        with pytest.raises(BudgetExceeded, match=r"has cost \$0.00.*limit is \$0.0001") as caught:
            await claude.ask("dear", budget_usd=0.0001)
        turn = caught.value.turn
        assert turn is not None and turn.state == "failed"
        assert [call.state for call in turn.tools] == ["done"]
        assert (await claude.ask("steps")).text == "all done"
        assert (await claude.ask("steps", budget_usd=1.0)).text == "all done"


async def test_a_budget_for_what_goes_on_in_the_background(session: Any) -> None:
    """Else a subagent in the background, or what Claude does after it, costs any amount."""
    agent = {"description": "d", "prompt": "the subtask", "subagent_type": "general-purpose"}
    script: list[dict[str, Any]] = [
        {"when": "the subtask", "replies": [[write(f"{n}.txt")] for n in range(20)]},
        {
            "when": "delegate",
            "replies": [
                [{"tool": "Agent", "input": {**agent, "run_in_background": True}}],
                [{"text": "Under way."}],
                *([write(f"unasked{n}.txt")] for n in range(20)),
            ],
        },
    ]
    async with session(script, **EDITS) as claude:
        turn = await claude.ask("delegate")
        claude.budget_usd = claude.cost_usd + 0.0001
        await until(lambda: len(claude.history) == 2 and claude.history[1].ended)
        stopped, unasked = claude.history
        assert stopped is turn
        (notice,) = [item.text for item in turn.items if item.id == "budget"]
        assert notice.startswith("Stopped in the background: the session has spent")
        (call,) = [call for call in turn.tools if call.name == "Agent"]
        assert call.state == "stopped" and call.note.startswith("Stopped")
        assert isinstance(unasked.error, BudgetExceeded)
        assert len(claude.model.requests) < 15
        assert claude.cost_usd == pytest.approx(total(claude))


async def test_a_subscription_shows_no_dollars(session: Any) -> None:
    """Else somebody with a subscription would believe that each turn costs dollars."""
    async with session(SCRIPT, **EDITS) as claude:
        environment = dict(claude.settings.env)
        environment["CLAUDE_CODE_OAUTH_TOKEN"] = key = environment.pop("ANTHROPIC_API_KEY")
        claude.settings.env = environment
        turn = await claude.ask("hello")
        state = claude._parts.state()
        assert state.subscription
        assert "$" not in state.cost and "out" in state.cost
        assert state.limits == "Within the subscription's limits"
        assert "$" not in turn.cost_line and "out" in turn.cost_line
        assert "$" not in repr(claude.cost) and "limits" in repr(claude.cost)
        claude.client.rate_limit = RateLimitInfo(
            "allowed_warning", rate_limit_type="five_hour", utilization=0.9
        )
        assert claude._parts.state().limits == "90% of the 5-hour limit is used"
        assert key not in repr(claude.cost) + str(state_view(state))


def test_a_data_frame_where_pandas_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a user without pandas would get a traceback, and one with it numbers as text."""
    from jupyter_claude._cost.ledger import Spent
    from jupyter_claude._cost.table import CostRow

    table = CostTable([CostRow(1, "p", {"m": Spent(1, 2, 3, 4, 0.5)}), CostRow(None, "q", {})])
    made: dict[str, Any] = {}

    class DataFrame:
        def __init__(self, rows: Any, columns: Any) -> None:
            made.update(rows=rows, columns=columns)

        def astype(self, kinds: Any) -> DataFrame:
            made["kinds"] = kinds
            return self

    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=DataFrame))
    table.to_dataframe()
    assert made["rows"] == [(1, "p", "m", 1, 2, 3, 4, 0.5, "")]
    assert made["columns"][2:] == [
        *("model", "input", "cache_write", "cache_read", "output", "cost_usd", "note")
    ]
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "pandas":
            raise ImportError
        return real(name, *arguments, **more)

    monkeypatch.delitem(sys.modules, "pandas")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ClaudeError, match=r"needs pandas.*%pip install pandas"):
        table.to_dataframe()


async def test_the_context_is_known_after_a_turn(session: Any) -> None:
    """Else the panel's meter would stay empty."""
    async with session(SCRIPT) as claude:
        assert claude._parts.state().context is None
        told: list[Any] = []
        stop = claude._parts.conversation.listen(told.append)
        await claude.ask("hello")
        await until(lambda: claude._parts.state().context is not None)
        context = claude._parts.state().context
        assert 0 < context["tokens"] < context["max"]
        assert StateChanged() in told
        stop()


async def test_model_and_mode_are_what_the_cli_reports(session: Any) -> None:
    """Else the pickers would offer what does not exist, or change nothing."""
    async with session(SCRIPT, **EDITS) as claude:
        assert [model["value"] for model in claude._parts.state().models] == [""]
        await claude.set_model("opus")
        assert claude.settings.model == "opus"
        await claude.ask("hello")
        names = [model["value"] for model in claude._parts.state().models]
        assert names[0] == "" and {"opus", "sonnet"} <= set(names)
        process = claude.client.server_info["pid"]
        running = claude._parts.queue.submit("hang")
        await until(lambda: "so far" in running.text)
        await claude.set_model("claude-haiku-4-5")
        await claude.set_mode("plan")
        assert running.state == "running"
        await claude.interrupt()
        await until(lambda: running.ended)
        assert claude._parts.state().mode == "plan"
        assert claude._parts.state().models[-1]["value"] == "claude-haiku-4-5"
        with pytest.raises(ClaudeError, match="'wild' is not a permission mode"):
            await claude.set_mode("wild")
        await claude.ask("hello")
        assert claude.model.requests[-1]["model"] == "claude-haiku-4-5"
        assert claude.client.server_info["pid"] == process


async def test_submit_and_withdraw(session: Any) -> None:
    """Else a prompt of the panel would be asked twice after a reload, or never be taken back."""
    async with session(SCRIPT, **EDITS) as claude:
        told: list[Any] = []
        claude._parts.conversation.listen(told.append)
        id = "0f0e0d0c-1111-4222-8333-444455556666"
        first = claude._parts.queue.submit("hang", id)
        assert claude._parts.queue.submit("hang", id) is first
        second = claude._parts.queue.submit("to be taken back")
        third = claude._parts.queue.submit("third")
        assert [turn.number for turn in claude.history] == [1, 2, 3]
        await until(lambda: "so far" in first.text)
        state = claude._parts.state()
        assert (state.status, state.queued, first.id) == ("working", 2, id)
        assert not claude._parts.queue.withdraw(first)
        assert claude._parts.queue.withdraw(second)
        assert [turn.number for turn in claude.history] == [1, 2] and third.number == 2
        await claude.interrupt()
        await until(lambda: third.ended)
        await asyncio.sleep(0)
        assert third.text == "You said: third"
        assert "taken back" not in str(claude.model.requests)
        assert claude._parts.state().status == "idle"
        assert told.count(TurnBegun(first)) == 1
        with pytest.raises(ClaudeError, match="is a uuid"):
            claude._parts.queue.submit("x", "../../etc")
