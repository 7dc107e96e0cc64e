"""Rows that are lost with their machine, and what travels between machines."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from jupyter_claude_sdk import BatchError, Row, Rows
from jupyter_claude_sdk._map.budget import Purse
from jupyter_claude_sdk._map.outcome import Busy, Lost, Outcome, Refused
from jupyter_claude_sdk.lowlevel import PartedFrame, map_over

from .fakes import FakePool, answered

pytestmark = [pytest.mark.pure, pytest.mark.anyio]

ROW: Row[int] = Row("a", 0, {"text": "x"}, value=3)


def loses(prompt: str, times: int) -> FakePool:
    """Make a pool that loses a prompt some times."""

    def answer(asked: str, nth: int) -> Outcome:
        if asked == prompt and nth <= times:
            raise Lost("The worker was lost")
        return answered(asked)

    return FakePool(answer)


async def test_a_row_that_was_lost_is_asked_again() -> None:
    """A machine that ends takes rows with it."""
    pool = loses("2", 2)
    batch = map_over(lambda size: pool, ["1", "2", "3"], "{text}")
    assert [row.value for row in await batch] == ["1", "2", "3"]
    assert pool.counts["2"] == 3
    assert batch.cost_usd == pytest.approx(0.03), "what nobody knows is no cost"


async def test_a_row_that_ends_its_machine_does_not_end_all() -> None:
    """One row that needs too much memory would end each worker, for ever."""
    batch = map_over(lambda size: loses("2", 99), ["1", "2", "3"], "{text}")
    result = await batch
    assert [row.error for row in result] == [None, "The worker was lost, 3 times", None]


async def test_what_was_lost_stays_set_aside() -> None:
    """Workers that die would spend more than the budget, and nobody would count it."""
    pool = loses("4", 1)
    rows = [str(number) for number in range(1, 9)]
    batch = map_over(lambda size: pool, rows, "{text}", budget_usd=0.06, concurrency=1)
    result = await batch
    assert sum(pool.counts.values()) == 6, "six rows of a cent, of which one was lost"
    assert [row.kind for row in result] == [""] * 5 + ["budget"] * 3
    assert "1 of unknown cost were lost" in str(result[-1].error)
    purse = Purse(1.0)
    purse.start()
    purse.lose()
    assert purse.may_start() == "yes", "nothing is known yet of what a row costs"


class Parts(PartedFrame):
    """Rows in parts; one is empty."""

    names = None

    def __init__(self) -> None:
        self.left: list[list[str]] = [["a", "b"], [], ["c"]]

    async def load(self) -> list[str] | None:
        return self.left.pop(0) if self.left else None

    def label(self, position: int) -> Any:
        return f"r{position}"

    def answers(self, cells: dict[str, list[Any]], columns: Any) -> Any:
        return cells


async def test_rows_come_in_parts() -> None:
    """A frame on a cluster is loaded at once, or rows of it are left out."""
    parts = Parts()
    batch = map_over(lambda size: FakePool(), parts, "{text}", concurrency=1)
    row = await batch.__aiter__().__anext__()
    assert (row.index, row.value) == ("r0", "A") and len(parts.left) >= 1
    cells = await batch
    assert cells["text"] == ["A", "B", "C"] and batch.progress.total == 3

    stopped = map_over(lambda size: FakePool(), Parts(), "{text}", budget_usd=0)
    assert len((await stopped)["error"]) == 3, "rows of parts that were not needed say so too"
    assert (await map_over(lambda size: FakePool(), Parts(), "{text}").estimate(1)).rows == 3


@pytest.mark.parametrize(
    "thing",
    [
        ROW,
        Rows([ROW]),
        answered(3),
        Busy("no room", 429, 2.0, 0.1),
        Refused("no key", 0.2),
        Lost("gone"),
        BatchError("row a: no", ROW, object()),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_it_travels(thing: Any) -> None:
    """A worker's answer, or its error, is lost behind that of pickling it."""
    there = pickle.loads(pickle.dumps(thing))
    assert type(there) is type(thing) and str(there) == str(thing)
    same = {name: value for name, value in vars(thing).items() if name != "batch"}
    assert {name: vars(there)[name] for name in same} == same
