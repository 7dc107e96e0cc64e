"""Batches on the real CLI, with a scripted model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from jupyter_claude_sdk import ClaudeAgentOptions
from jupyter_claude_sdk import map as ask_each
from jupyter_claude_sdk.testing import last_prompt

from tests.hangs import HANG

pytestmark = [pytest.mark.cli, pytest.mark.anyio]
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])

Script = Callable[[dict[str, Any]], list[dict[str, Any]] | None]


@dataclass
class Label:
    """What a row gets."""

    name: str
    stars: int


class Words:
    """Labels each row with its own text, except where `special` has other replies."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.special: dict[str, list[list[dict[str, Any]]]] = {}

    def __call__(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        prompt = last_prompt(body)
        self.asked[prompt] += 1
        replies = self.special.get(prompt, [])
        if self.asked[prompt] <= len(replies):
            return replies[self.asked[prompt] - 1]
        return [{"tool": "StructuredOutput", "input": {"name": prompt, "stars": 3}}]


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def ask(options: Callable[..., ClaudeAgentOptions], words: Words) -> Callable[..., Any]:
    """Make batches over `words`."""
    made = options(words)

    def batch(rows: Any, prompt: str = "row {n}", **fields: Any) -> Any:
        return ask_each(rows, prompt, options=made, **{"schema": Label, "concurrency": 2, **fields})

    return batch


def children() -> set[int]:
    """Return the processes that this one started, with theirs."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


@on_asyncio
async def test_a_hundred_rows_with_overload_and_an_error(
    ask: Callable[..., Any], words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1: overload would lose rows, and one bad row all."""
    monkeypatch.setattr("jupyter_claude_sdk._map.limiter._FIRST_WAIT", 0.05)
    slow = [[{"error": 429, "message": "slow down", "retry_after": 0}]] * 2  # the CLI retries once
    words.special = {"row 10": slow, "row 11": slow, "row 50": slow}
    words.special["row 70"] = [[{"error": 400, "message": "too odd"}]] * 9
    batch = ask(range(100), concurrency=4)
    rows = await batch
    assert [row.value for row in rows if row.index != 70] == [
        Label(f"row {n}", 3) for n in range(100) if n != 70
    ]
    assert [row.index for row in batch.failed] == [70]
    assert "too odd" in batch.failed[0].error
    assert {words.asked[f"row {n}"] for n in range(100) if n not in (10, 11, 50, 70)} == {1}
    assert rows[0].cost_usd > 0 and rows[0].input_tokens > 0


@on_asyncio
async def test_the_budget_and_equal_rows(ask: Callable[..., Any], words: Words) -> None:
    """D3, D4: a batch would spend more than it may, or pay for one row many times."""
    one = (await ask([0]))[0].cost_usd
    batch = ask([1, 1, 2, 3, 4, 5, 6, 7], budget_usd=one * 3.5)
    rows = await batch
    assert [row.error is None for row in rows] == [True] * 4 + [False] * 4
    assert batch.cost_usd <= one * 3.5
    assert sum(words.asked.values()) == 4
    assert all(row.error.startswith("budget: ") for row in rows[4:])


@on_asyncio
async def test_a_key_that_stops_working(ask: Callable[..., Any], words: Words) -> None:
    """A wrong key would be tried with each row, or lose the rows before it."""
    denied = [{"error": 401, "message": "invalid x-api-key"}]
    words.special = {f"row {n}": [denied] * 5 for n in range(3, 12)}
    batch = ask(range(12))
    rows = await batch
    assert [row.error is None for row in rows] == [True] * 3 + [False] * 9
    assert {row.kind for row in batch.failed} == {"refused"}
    assert sum(words.asked[f"row {n}"] > 0 for n in range(3, 12)) <= 2
    assert str(rows[11].error).startswith("Not asked, because the batch stopped: ")
    words.special = {}
    assert [row.value.name for row in await batch.retry()] == [f"row {n}" for n in range(12)]


@pytest.mark.parametrize(
    ("anyio_backend", "way"), [("asyncio", "cancelled"), ("trio", "broken off")]
)
async def test_an_interrupt_leaves_no_process(
    ask: Callable[..., Any], words: Words, way: str
) -> None:
    """D6: processes would go on and spend, and paid answers be lost."""
    words.special = {f"row {n}": [[{"hang": True}]] for n in (4, 5)}
    before = children()
    batch = ask(range(8))
    if way == "cancelled":
        async with anyio.create_task_group() as group:
            group.start_soon(batch._whole)
            while batch.progress.done < 4 or batch.progress.running < 2:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
    else:
        async for _ in batch:
            if batch.progress.done == 4:
                break
    with anyio.fail_after(HANG):
        while children() - before:
            await anyio.sleep(0.02)
    assert [row.value.name for row in batch.rows if row.value] == [f"row {n}" for n in range(4)]


_SCRIPT = """
import json, sys
from dataclasses import dataclass
import anyio
from jupyter_claude_sdk import ClaudeAgentOptions, map as ask_each

@dataclass
class Label:
    name: str
    stars: int

async def main():
    options = ClaudeAgentOptions(**json.load(sys.stdin))
    batch = ask_each(
        range(24), "row {n}", schema=Label, concurrency=2, options=options, cache=sys.argv[1]
    )
    async for row in batch:
        print(row.index, row.value.name, flush=True)
    print(batch.progress.reused, flush=True)

anyio.run(main)
"""


@on_asyncio
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
async def test_a_killed_script_goes_on(
    options: Callable[..., ClaudeAgentOptions], words: Words, tmp_path: Path
) -> None:
    """D2: after kill -9 all rows would be asked, and paid, again."""
    import json

    made = options(words)
    given = json.dumps({"env": made.env, "cli_path": str(made.cli_path)})
    path = tmp_path / "labels.jsonl"

    def start() -> subprocess.Popen[str]:
        script = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ},
        )
        assert script.stdin is not None
        script.stdin.write(given)
        script.stdin.close()
        return script

    def run() -> None:
        with start() as first:
            assert first.stdout is not None
            for _ in range(10):
                assert first.stdout.readline()
            first.kill()
        with start() as second:
            assert second.stdout is not None
            lines = second.stdout.read().split("\n")
        assert sorted(lines[:24]) == sorted(f"{n} row {n}" for n in range(24))
        assert int(lines[24]) >= 10

    await anyio.to_thread.run_sync(run)
    assert set(words.asked) == {f"row {n}" for n in range(24)}
    assert sum(times > 1 for times in words.asked.values()) <= 2
    assert max(words.asked.values()) <= 2
