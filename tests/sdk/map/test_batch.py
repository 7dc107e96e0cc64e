"""Batches: what comes back, what is asked, and what is left when they stop."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest
from jupyter_claude_sdk import BatchError, Progress, Row
from jupyter_claude_sdk._map.outcome import Busy, Outcome, Refused

from tests.hangs import HANG

from .fakes import FakePool, answered, make, wrong

pytestmark = [pytest.mark.pure, pytest.mark.anyio]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let slow-downs take no time to speak of."""
    monkeypatch.setattr("jupyter_claude_sdk._map.limiter._FIRST_WAIT", 0.01)
    monkeypatch.setattr("jupyter_claude_sdk._map.limiter._LONGEST_WAIT", 0.02)


async def wait_for(condition: Any) -> None:
    with anyio.fail_after(HANG):
        while not condition():
            await anyio.sleep(0.001)


async def test_answers_come_back_in_the_rows_order() -> None:
    """Labels would stand beside the wrong rows."""

    class Uneven(FakePool):
        async def ask(self, prompt: str) -> Outcome:
            await anyio.sleep(0.01 if prompt in ("a", "c") else 0)
            return await super().ask(prompt)

    pool = Uneven()
    batch = make(["a", "b", "c", "d"], "{text}", pool, concurrency=3)
    assert pool.opened == 0
    rows = await batch
    assert [row.value for row in rows] == ["A", "B", "C", "D"]
    assert [row.index for row in rows] == [0, 1, 2, 3]
    assert pool.most <= 3
    assert (pool.opened, pool.closed) == (1, 1)
    assert await batch is rows
    assert pool.opened == 1
    assert batch.progress.state == "done"


async def test_overload_loses_no_row(quick: None) -> None:
    """D1: a burst of 429 would lose rows, or count against their tries."""

    def answer(prompt: str, nth: int) -> Outcome:
        if prompt in ("row 10", "row 11", "row 50") and nth == 1:
            raise Busy("429", 429, cost_usd=0.001)
        return wrong("400") if prompt == "row 70" else answered(prompt)

    pool = FakePool(answer)
    batch = make(range(100), "row {n}", pool, concurrency=4)
    rows = await batch
    assert [row.value for row in rows] == [None if i == 70 else f"row {i}" for i in range(100)]
    assert [row.index for row in batch.failed] == [70]
    assert rows[10].attempts == 1
    assert rows[10].cost_usd == pytest.approx(0.011)
    assert batch.cost_usd == pytest.approx(1.003)
    assert len(pool.asked) == 103


async def test_it_gives_up_when_nothing_succeeds(quick: None) -> None:
    """A batch would wait for ever for an API that is down."""

    def answer(prompt: str, nth: int) -> Outcome:
        if prompt == "first":
            return answered("ok")
        raise Busy("529", 529)

    pool = FakePool(answer)
    batch = make(["first", "b", "c", "d"], "{x}", pool, concurrency=1, patience=0.1)
    rows = await batch
    assert [row.kind for row in rows] == ["", "busy", "busy", "busy"]
    assert "no room" in str(rows[1].error) and "Not asked" in str(rows[3].error)
    assert "no room" in batch.progress.note
    pool.answer = lambda prompt, nth: answered(prompt)
    assert [row.value for row in await batch.retry()] == ["ok", "b", "c", "d"]


async def test_a_long_wait_that_the_api_asks_for_is_not_waited_for() -> None:
    """An hour's limit of the account would hang the cell, instead of saying so."""

    def answer(prompt: str, nth: int) -> Outcome:
        raise Busy("429", 429, retry_after=3600.0)

    with anyio.fail_after(HANG):  # not the hour
        rows = await make(["a", "b"], "{x}", FakePool(answer), concurrency=2)
    assert [row.kind for row in rows] == ["busy", "busy"]


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_the_budget_counts_what_is_in_flight(concurrency: int) -> None:
    """D3: rows that start together would pass the budget together."""
    pool = FakePool()
    batch = make(range(30), "{n}", pool, concurrency=concurrency, budget_usd=0.055)
    rows = await batch
    assert batch.cost_usd == pytest.approx(0.05)
    assert [row.error is None for row in rows] == [True] * 5 + [False] * 25
    assert {row.kind for row in batch.failed} == {"budget"}
    assert str(rows[-1].error).startswith("budget: $0.0500 of $0.055 are spent")
    batch.budget_usd = 0.1
    await batch.retry()
    assert len(batch.failed) == 20


async def test_a_budget_of_nothing_asks_nothing() -> None:
    """A run that was to cost nothing would cost a row."""
    pool = FakePool()
    rows = await make(["a"], "{n}", pool, budget_usd=0)
    assert (rows[0].kind, pool.asked) == ("budget", [])


async def test_money_for_overload_and_wrong_tries_counts(quick: None) -> None:
    """The budget would be passed by what brings no answer."""

    def answer(prompt: str, nth: int) -> Outcome:
        if nth < 3:
            raise Busy("429", 429, cost_usd=0.01)
        return wrong(cost_usd=0.02)

    batch = make(range(10), "{n}", FakePool(answer), concurrency=1, budget_usd=0.1)
    rows = await batch
    assert 0.06 <= batch.cost_usd <= 0.1
    assert sum(row.cost_usd for row in rows) == pytest.approx(batch.cost_usd)


async def test_equal_rows_are_asked_once() -> None:
    """D4: a column with few different values would cost thousandfold."""

    def answer(prompt: str, nth: int) -> Outcome:
        return wrong() if prompt == "bad" else answered(prompt)

    pool = FakePool(answer)
    batch = make(["a", "bad", "a", "b", "bad", "a"], "{x}", pool)
    rows = await batch
    assert sorted(pool.asked) == ["a", "b", "bad"]
    assert [row.value for row in rows] == ["a", None, "a", "b", None, "a"]
    assert sum(row.cost_usd for row in rows) == pytest.approx(0.03)
    assert [row.reused for row in rows] == [False, False, True, False, False, True]
    pool.answer = lambda prompt, nth: answered(prompt)
    await batch.retry()
    assert sorted(pool.asked) == ["a", "b", "bad", "bad"]
    assert batch.failed == []


async def test_a_refusal_stops_all() -> None:
    """A wrong key would be tried a thousand times; or rows would be lost in silence."""

    def answer(prompt: str, nth: int) -> Outcome:
        if prompt == "5":
            raise Refused("Invalid API key", cost_usd=0.5)
        return answered(prompt)

    pool = FakePool(answer)
    batch = make(range(100), "{n}", pool, concurrency=2)
    rows = await batch
    assert len(pool.asked) <= 8
    assert rows[5].error == "Invalid API key" and rows[5].cost_usd == 0.5
    assert rows[99].error == "Not asked, because the batch stopped: Invalid API key"
    assert {row.kind for row in batch.failed} == {"refused"}
    assert batch.progress.note == "Invalid API key"
    pool.answer = lambda prompt, nth: answered(prompt)
    assert [row.value for row in await batch.retry()] == [str(n) for n in range(100)]


async def test_a_pool_that_cannot_start_is_a_refusal() -> None:
    """Without a CLI a user would get a traceback instead of the remedy."""

    class NoCli(FakePool):
        async def __aenter__(self) -> FakePool:
            raise Refused("Claude Code is not installed")

    rows = await make(["a", "b"], "{x}", NoCli())
    assert rows[0].error == "Claude Code is not installed"
    assert rows[1].kind == "refused"


async def test_a_fault_of_ours_is_raised_and_done_rows_stay() -> None:
    """A mistake would look like a failed row."""

    def answer(prompt: str, nth: int) -> Outcome:
        if prompt == "2":
            raise ZeroDivisionError("mistake")
        return answered(prompt)

    pool = FakePool(answer)
    batch = make(range(9), "{n}", pool, concurrency=1)
    with pytest.raises(ZeroDivisionError, match="mistake"):
        await batch
    assert [row.value for row in batch.rows[:3]] == ["0", "1", None]
    assert batch.rows[2].kind == "waiting"
    assert pool.closed == 1


async def test_an_error_stops_the_batch_if_wanted() -> None:
    """`on_error="raise"` would spend on, or lose what is done."""

    def answer(prompt: str, nth: int) -> Outcome:
        return wrong("bad row") if prompt == "3" and nth == 1 else answered(prompt)

    pool = FakePool(answer)
    batch = make(range(50), "{n}", pool, concurrency=1, on_error="raise")
    with pytest.raises(BatchError, match=r"^Row 3: bad row$") as caught:
        await batch
    assert caught.value.row is not None and caught.value.row.position == 3
    assert caught.value.batch is batch
    assert len(pool.asked) == 4
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.row, copy.batch) == (str(caught.value), caught.value.row, None)
    with pytest.raises(BatchError, match=r"^Row 3"):
        await batch
    assert len(pool.asked) == 4
    with pytest.raises(BatchError):
        _ = [row async for row in batch]
    assert len(await batch.retry()) == 50
    assert len(pool.asked) == 51


async def test_rows_arrive_as_they_come() -> None:
    """A loop would wait for the slowest row, or miss rows."""
    pool = FakePool()
    pool.hangs = {"b"}
    batch = make(["a", "b", "c"], "{x}", pool, concurrency=2)
    seen = []
    async for row in batch:
        seen.append(row.value)
        if len(seen) == 2:
            break
    assert seen == ["A", "C"]
    await wait_for(lambda: pool.closed)
    assert batch.progress.state == "ready"
    pool.hangs.clear()
    assert [row.value async for row in batch] == ["A", "C", "B"]
    assert [row.value for row in await batch] == ["A", "B", "C"]


async def test_several_iterators_each_get_each_row() -> None:
    """Two loops would share the rows between them; one that leaves would end the other."""
    batch = make(range(20), "{n}", FakePool(), concurrency=3)
    found: list[list[Any]] = [[], []]

    async def read(into: list[Any]) -> None:
        async for row in batch:
            into.append(row.index)

    async def leave() -> None:
        async for _ in batch:
            break

    async with anyio.create_task_group() as group:
        group.start_soon(leave)
        group.start_soon(read, found[0])
        group.start_soon(read, found[1])
    assert [sorted(each) for each in found] == [list(range(20))] * 2


async def test_leaving_the_block_waits_for_the_end() -> None:
    """Processes would still run after the block."""
    pool = FakePool()
    pool.hangs = {"b"}
    async with make(["a", "b"], "{x}", pool) as batch:
        async for _ in batch:
            break
        assert pool.closed == 0
    assert pool.closed == 1


async def test_an_interrupt_keeps_what_is_done() -> None:
    """D6: an interrupt would lose paid answers, or leave processes."""
    pool = FakePool()
    pool.hangs = {"7"}
    batch = make(range(20), "{n}", pool, concurrency=2)
    with anyio.move_on_after(HANG) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(batch._whole)
            await wait_for(lambda: batch.progress.done == 19)
            group.cancel_scope.cancel()
    assert not scope.cancelled_caught
    assert (pool.closed, pool.running) == (1, 0)
    assert [row.index for row in batch.rows if row.kind == "waiting"] == [7]
    assert batch.failed == []
    pool.hangs.clear()
    assert len([row for row in await batch if row.value]) == 20
    assert pool.counts["7"] == 2 and len(pool.asked) == 21


async def test_cancel_from_another_thread() -> None:
    """A Stop button, which another thread handles, would do nothing."""
    pool = FakePool()
    pool.hangs = {"b"}
    batch = make(["a", "b", "c"], "{x}", pool, concurrency=1)

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            threading.Thread(target=batch.cancel).start()

    end = batch.listen(stop)
    with anyio.fail_after(HANG):
        rows = await batch
    end()
    assert [row.kind for row in rows] == ["", "cancelled", "cancelled"]
    assert str(rows[2].error).startswith("cancelled: ")
    assert pool.closed == 1
    assert await batch is rows
    pool.hangs.clear()
    assert [row.value for row in await batch.retry()] == ["A", "B", "C"]


async def test_cancel_before_the_start_asks_nothing() -> None:
    """A cancelled batch would start when it is awaited."""
    pool = FakePool()
    batch = make(["a"], "{x}", pool)
    batch.cancel()
    assert [row.kind for row in await batch] == ["cancelled"]
    assert pool.opened == 0


async def test_an_estimate_keeps_what_it_asked() -> None:
    """An estimate would cost its rows twice, or look only at the first rows."""
    pool = FakePool()
    batch = make([str(n % 10) for n in range(20)], "{n}", pool, concurrency=2)
    guess = await batch.estimate(3)
    assert (guess.rows, guess.to_ask, guess.asked, guess.failed) == (20, 10, 3, 0)
    assert (guess.input_tokens, guess.output_tokens) == (1000, 100)
    assert guess.usd == pytest.approx(0.1)
    assert guess.minutes == pytest.approx(10 * 2 / 2 / 60)
    assert sorted(pool.asked) == ["1", "5", "8"]
    assert batch.progress.state == "ready"
    assert len([row for row in await batch if row.value]) == 20
    assert len(pool.asked) == 10
    assert (await batch.estimate(3)).to_ask == 0


async def test_an_estimate_of_failures_says_why() -> None:
    """An estimate of $0 would be believed."""

    def answer(prompt: str, nth: int) -> Outcome:
        raise Refused("Invalid API key")

    batch = make(["a", "b"], "{x}", FakePool(answer))
    with pytest.raises(BatchError, match="Invalid API key"):
        await batch.estimate(2)


async def test_an_iterable_without_end_is_read_as_needed() -> None:
    """It would hang."""

    def endless() -> Iterator[int]:
        n = 0
        while True:
            yield n
            n += 1

    pool = FakePool()
    batch = make(endless(), "{n}", pool, concurrency=2)
    async for row in batch:
        if row.index == 10:
            break
    await wait_for(lambda: pool.closed)
    assert batch.progress.total is None
    assert len(pool.asked) < 40
    rows = await make(endless(), "{n}", FakePool(), concurrency=2, budget_usd=0.1)
    assert sum(row.error is None for row in rows) == 10
    assert {row.kind for row in rows} == {"", "budget"}


async def test_a_generator_that_fails_is_heard() -> None:
    """Its rows would end in silence."""

    def broken() -> Iterator[str]:
        yield "a"
        raise OSError("disk gone")

    batch = make(broken(), "{x}", FakePool())
    with pytest.raises(OSError, match="disk gone"):
        await batch
    assert [row.value for row in await batch] == ["A"]


async def test_a_row_without_the_field_fails_alone() -> None:
    """One odd record would end the batch."""
    rows = await make([{"a": "x", "b": 1}, {"b": 2}], "{a}", FakePool())
    assert [row.value for row in rows] == ["X", None]
    assert rows[1].kind == "prompt" and "{b}" in str(rows[1].error)


async def test_progress_is_told_and_a_bad_listener_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A progress bar would stand still, or its fault would end the batch."""
    told: list[Progress] = []
    batch = make(range(5), "{n}", FakePool(), concurrency=2, budget_usd=1)
    batch.listen(lambda progress: 1 / 0)
    stop = batch.listen(told.append)
    await batch
    stop()
    assert caplog.text.count("ZeroDivisionError: ") == 1
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert max(one.running for one in told) == 2
    last = told[-1]
    assert (last.state, last.total, last.done, last.failed) == ("done", 5, 5, 0)
    assert (last.budget_usd, last.seconds_left, last.running) == (1, None, 0)
    assert last.cost_usd == pytest.approx(0.05)
    assert any(one.rows_per_minute for one in told)


async def test_waiting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that waits for the API would look as if it hung."""
    monkeypatch.setattr("jupyter_claude_sdk._map.limiter._FIRST_WAIT", 0.2)

    def answer(prompt: str, nth: int) -> Outcome:
        if nth == 1 and prompt == "0":
            raise Busy("429", 429)
        return answered(prompt)

    told: list[Progress] = []
    batch = make(range(4), "{n}", FakePool(answer), concurrency=4)
    batch.listen(told.append)
    await batch
    waiting = [one for one in told if one.state == "waiting"]
    assert waiting and all(one.slowed and one.concurrency == 2 for one in waiting)
    assert waiting[0].waiting_until is not None
    assert told[-1].state == "done"


async def test_two_event_loops_are_refused() -> None:
    """Two loops would corrupt the batch without a word."""
    pool = FakePool()
    pool.hangs = {"a"}
    batch = make(["a"], "{x}", pool)
    async with anyio.create_task_group() as group:
        group.start_soon(batch._whole)
        await wait_for(lambda: pool.running)

        def other() -> None:
            anyio.run(batch._whole)

        with pytest.raises(RuntimeError, match="another event loop"):
            await anyio.to_thread.run_sync(other)
        group.cancel_scope.cancel()
    assert pool.closed == 1


def test_a_batch_goes_on_in_another_event_loop(tmp_path: Path) -> None:
    """A script that calls `asyncio.run` twice would hang, or find its file in use."""
    pool = FakePool()
    pool.hangs = {"b"}
    batch = make(["a", "b"], "{x}", pool, budget_usd=1, cache=tmp_path / "x.jsonl")

    async def first() -> None:
        async for _ in batch:
            break

    asyncio.run(first())
    loop = asyncio.new_event_loop()  # and one that ends without any care
    loop.run_until_complete(asyncio.wait_for(first(), HANG))
    loop.close()
    pool.hangs.clear()
    gc.collect()
    assert [row.value for row in asyncio.run(batch._whole())] == ["A", "B"]


@dataclass(frozen=True)
class Label:
    """What a row gets."""

    name: str
    score: float


async def test_results_pickle() -> None:
    """A process pool or a cache could not have them."""
    label = Label("a", 0.5)
    batch = make(["x", "y"], "{x}", FakePool(lambda *_: answered(label)), schema=Label)
    rows = await batch
    copy = pickle.loads(pickle.dumps(rows))
    assert copy == rows and copy[0].value == label
    assert list(copy.to_dataframe().columns) == ["name", "score", "error", "cost_usd", "attempts"]
    assert isinstance(copy[0], Row)
    assert pickle.loads(pickle.dumps(batch.progress)) == batch.progress


async def test_ten_thousand_rows_take_few_tasks(anyio_backend_name: str) -> None:
    """A large batch would fill the memory with tasks. `make bench` has the time for each row."""
    if anyio_backend_name != "asyncio":
        pytest.skip("the same code; once is enough")
    pool = FakePool(lambda prompt, nth: answered("x"))
    batch = make(range(10_000), "{n}", pool, concurrency=4)
    batch.listen(lambda progress: None)
    await batch
    assert pool.most == 4
    assert batch.progress.done == 10_000
