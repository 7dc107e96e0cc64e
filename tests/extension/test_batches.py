"""`claude.map`: what a session's batches know of it, cost it, and show."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from jupyter_claude_sdk import BatchError
from jupyter_claude_sdk.testing import call_number, last_prompt

from jupyter_claude import BudgetExceeded, ClaudeError, NotSignedIn
from jupyter_claude._tables import Table
from jupyter_claude._views import batch_static
from tests.hangs import HANG

pytestmark = [pytest.mark.anyio]
cli_test = pytest.mark.cli


@dataclass
class Label:
    topic: Literal["fruit", "tool"]
    length: int


def labels(body: Mapping[str, Any]) -> Any:
    """Play a model that labels rows. One kind of row never gets a right answer."""
    word = last_prompt(body).removeprefix("Label: ")
    if call_number(body):
        return [{"text": "Done."}]
    topic = "stone" if word == "rock" else "tool" if word == "saw" else "fruit"
    given = {"topic": topic, "length": len(word)}
    return [{"tool": "StructuredOutput", "input": given}]


def as_shown(error: Any) -> Any:
    """Return the lines that IPython shows for an error of ours."""
    return error._render_traceback_()


def prompts(model: Any) -> list[str]:
    return [last_prompt(body) for body in model.requests]


@cli_test
async def test_a_session_makes_a_frame_of_rows(session: Any, tmp_path: Path) -> None:
    """The whole feature is gone: no frame, no failures to look into, no costs, another folder."""
    import pandas as pd

    rows = pd.DataFrame({"text": ["apple", "saw", "rock", "apple"]}, index=[*"dcba"])
    async with session(labels, model="haiku") as claude:
        batch = claude.map(rows, "Label: {text}", schema=Label, retries=0, cache="labels.jsonl")
        assert claude.batch is batch and not claude.model.requests
        frame = await batch
        assert list(frame.index) == [*"dcba"]
        assert list(frame.topic.dropna()) == ["fruit", "tool", "fruit"] and frame.topic.isna()["b"]
        assert (frame.cost_usd["d"] > 0) and frame.cost_usd["a"] == 0, "equal rows are asked once"
        assert [row.index for row in batch.failed] == ["b"]
        assert claude.cost_usd == pytest.approx(batch.cost_usd) and batch.cost_usd > 0
        table = claude.cost
        assert [row.prompt for row in table.turns] == ["batches (claude.map)"]
        assert table.total.cost_usd == pytest.approx(batch.cost_usd)
        assert len(claude.history) == 0
        assert Path("labels.jsonl").is_file()
        assert all("haiku" in body["model"] for body in claude.model.requests)
        shown = batch_static.bundle(batch)
        assert "Failures to look into" in shown["text/html"]
        assert "rock" in shown["text/html"] and "topic" in shown["text/plain"]


@cli_test
async def test_the_session_s_budget_holds_for_batches(session: Any) -> None:
    """A batch would spend what the user has not allowed, or its costs would be for nothing."""
    async with session(labels) as claude:
        first = await claude.map(["one"], "Label: {text}", schema=Label)
        spent = claude.cost_usd
        assert first[0].cost_usd == pytest.approx(spent)
        claude.budget_usd = spent * 2.5
        words = [f"word{number}" for number in range(8)]
        rows = await claude.map(words, "Label: {text}", schema=Label, concurrency=2)
        assert claude.cost_usd <= claude.budget_usd
        assert [row.kind for row in rows].count("budget") == 7
        assert claude.batch.progress.budget_usd == pytest.approx(spent * 1.5)
        claude.budget_usd = claude.cost_usd
        with pytest.raises(BudgetExceeded):
            await claude.ask("Hello?")


@cli_test
async def test_without_a_sign_in_one_line_and_no_rows(session: Any) -> None:
    """Each row of a frame would say that the user is not signed in, and nothing else would."""
    script = [{"replies": [[{"error": 401, "message": "invalid x-api-key"}]]}]
    async with session(script) as claude:
        batch = claude.map(["a", "b", "c"], "Label: {text}", schema=Label)
        with pytest.raises(NotSignedIn) as caught:
            await batch
        assert as_shown(caught.value) == [f"NotSignedIn: {caught.value}"]
        assert "%claude login" in str(caught.value)
        assert not batch.failed and batch.progress.state == "ready"
        claude.model.script = labels
        assert all(row.error is None for row in await batch), "after the sign-in it works"


@cli_test
async def test_stop_keeps_rows_and_says_so_in_one_line(session: Any) -> None:
    """Who stops a batch would lose what was paid for, or read a traceback of ours."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def script(body: Mapping[str, Any]) -> Any:
        if "slow" in last_prompt(body):
            loop.call_soon_threadsafe(asked.set)
            return [{"hang": True}]
        return labels(body)

    async with session(script) as claude:
        batch = claude.map(["apple", "slow", "saw"], "Label: {text}", schema=Label, concurrency=1)

        async def work() -> Any:
            return await batch

        task = asyncio.create_task(work())
        await asyncio.wait_for(asked.wait(), HANG)
        batch.press_stop()
        with pytest.raises(BatchError) as caught:
            await asyncio.wait_for(task, HANG)
        line = "BatchError: Stopped: 1 of 3 rows are done and kept; await claude.batch for the rest"
        assert as_shown(caught.value) == [line]
        assert caught.value.batch is batch
        pickle.loads(pickle.dumps(caught.value))
        claude.model.script = labels
        rows = await batch
        assert [row.value.topic for row in rows] == ["fruit", "fruit", "tool"]
        assert prompts(claude.model).count("Label: apple") == 1


@pytest.mark.pure
async def test_mistakes_are_one_line(session: Any) -> None:
    """A typo in a template would end in a page of our own code; a user's error must keep its."""
    from jupyter_claude._claude import Claude

    claude = Claude()
    for given, error in [
        ((["a"], "Label: {text.upper}"), (TypeError, ValueError)),
        (([{"a": 1}], "Label: {b}"), (TypeError, ValueError)),
    ]:
        with pytest.raises(error) as caught:
            claude.map(*given)
        (line,) = as_shown(caught.value)
        assert line == f"{type(caught.value).__name__}: {caught.value}"
    with pytest.raises(ValueError, match="retries must be"):
        claude.map(["a"], "{text}", retries=-1)
    claude.settings.options["model"] = "x"  # as a configuration file sets it, without a check
    with pytest.raises(ClaudeError, match=r"take it out, and use claude\.settings\.model"):
        claude.map(["a"], "{text}")

    def broken(rows: Any = 0) -> Any:
        yield len(rows)

    claude.settings.options = {}
    with pytest.raises(TypeError) as own:
        await claude.map(broken(), "{text}")
    assert not hasattr(own.value, "_render_traceback_")


EVIL = "<img src=x onerror=alert(1)> $E=mc^2$ \x1b[31m\u202egnp.exe"


@pytest.mark.pure
def test_rows_are_text_and_nothing_more() -> None:
    """A review in a data set would run code in the notebook, or hide what it says."""
    from jupyter_claude_sdk import Row, Rows

    good = Row(index=EVIL, position=0, fields={}, prompt=EVIL, value=EVIL, text=EVIL)
    bad: Row[str] = Row(
        index=1, position=1, fields={}, prompt=EVIL, error=f"{EVIL}\nnew", kind="failed"
    )
    for rows in (Rows([good, bad]), Rows([bad]), Rows()):
        html = batch_static.as_html(batch_static.rows_parts(rows))
        text = batch_static.as_text(batch_static.rows_parts(rows))
        assert "<img" not in html and "mathjax_ignore" in html
        assert "\u202e" not in html + text and "\x1b" not in html + text
        assert not rows or "⟨U+202E⟩" in text
    table = batch_static.rows_parts(Rows([bad] * 30))
    assert isinstance(table[0], Table) and len(table[0].rows) == 20
    assert table[1] == "… and 10 more"
