"""`claude.map` on the workers of a Dask cluster, with the real CLI."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import anyio
import psutil
import pytest
from jupyter_claude_sdk.lowlevel import find_cli
from jupyter_claude_sdk.testing import ScriptedModel, last_prompt

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

LIMIT = 3
#: How much costs may differ: a folder's name in the prompt may take a token more.
TOKENS = 0.01


@dataclasses.dataclass
class Label:
    mood: Literal["good", "bad"]
    length: int


class Model:
    """Plays a model that labels rows, and counts those that it is asked at the same time."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.asked: list[str] = []
        self.holds = threading.Event()  # cleared: a row with "held" waits
        self.holds.set()
        self.held = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self, body: Mapping[str, Any]) -> Any:
        text = last_prompt(body).removeprefix("Label: ")
        with self._lock:
            self.asked.append(text)
            self.running += 1
            self.most = max(self.most, self.running)
        if text.startswith("held"):
            self.held.release()
            self.holds.wait(30)
        with self._lock:
            self.running -= 1
        return [
            {"delay": 0.02},
            {
                "tool": "StructuredOutput",
                "input": {"mood": "good" if "a" in text else "bad", "length": len(text)},
            },
        ]

    def forget(self) -> None:
        self.asked.clear()
        self.most = 0


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def client(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a cluster of two workers. Only they have the model's key."""
    distributed = pytest.importorskip("distributed")
    home = str(tmp_path_factory.mktemp("worker"))
    with ScriptedModel(model) as api:
        env = {
            **api.env,
            "JUPYTER_CLAUDE_CLI": str(find_cli()),
            "HOME": home,
            "CLAUDE_CONFIG_DIR": home,
        }
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=":0", env=env
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        assert clis() == [], "the cluster's end leaves CLIs"


def clis(process: psutil.Process | None = None) -> list[psutil.Process]:
    """Return the processes of Claude Code that this process, or another one, has started."""
    found = []
    for child in (process or psutil.Process()).children(recursive=True):
        try:
            if "stream-json" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


def _ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_a_cluster_gives_what_this_machine_gives(
    client: Any, model: Model, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another result, more in flight than the limit, keys on the wire, or CLIs that stay."""
    import dask.dataframe as dd
    import pandas as pd
    from distributed.protocol import pickle as wire

    sent: list[bytes] = []
    dumps: Any = wire.dumps

    def noted(*given: Any, **named: Any) -> bytes:
        sent.append(dumps(*given, **named))
        return sent[-1]

    monkeypatch.setattr(wire, "dumps", noted)
    texts = ["apple", "plum", "fig", "banana", "apple", *(f"row {i}" for i in range(7))]
    frame = pd.DataFrame({"text": texts, "n": range(12)}, index=[f"r{i:02}" for i in range(12)])
    model.forget()
    secret = "sk-ant-api03-this-key-stays-here"
    async with session(model, env={"ANTHROPIC_API_KEY": secret, "PRIVATE": secret}) as claude:
        given = claude.map(frame, "Label: {text}", schema=Label, concurrency=LIMIT, client=client)
        there = await given
        assert clis() == [], "its processes end with the batch"
        assert model.most <= LIMIT, "both workers together keep the limit"
        assert len(model.asked) == 11, "equal rows are asked once"
        assert given.failed == [] and claude.cost_usd == pytest.approx(there.cost_usd.sum())
        assert all(isinstance(row.value, Label) for row in given.rows)

        parted = dd.from_pandas(frame, npartitions=3)
        collection = await claude.map(parted, "Label: {text}", schema=Label, concurrency=LIMIT)
        assert model.most <= LIMIT
        assert isinstance(collection, dd.DataFrame)
        assert collection.divisions == parted.divisions
        assert {name: str(kind) for name, kind in collection.dtypes.items()} == {
            "mood": "category",
            "length": "Int64",
            "error": "string",
            "cost_usd": "float64",
            "attempts": "int64",
        }
        computed = collection.compute(scheduler="sync")
        pd.testing.assert_frame_equal(computed, there, check_index_type=False, rtol=TOKENS)
        joined = dd.concat([parted, collection], axis=1).compute(scheduler="sync")
        assert list(joined.n) == list(range(12)) and joined.mood["r00"] == "good"

        claude.settings.env["ANTHROPIC_API_KEY"] = claude.model.env["ANTHROPIC_API_KEY"]
        here = await claude.map(frame, "Label: {text}", schema=Label, concurrency=LIMIT)
        pd.testing.assert_frame_equal(here, there, rtol=TOKENS)
    assert any(b"jupyter_claude" in one for one in sent)
    assert not any(secret.encode() in one or b"PRIVATE" in one for one in sent)


async def test_a_lost_worker_loses_no_row(client: Any, model: Model, session: Any) -> None:
    """A machine that dies takes rows with it, or the budget forgets what it may have spent."""
    model.forget()
    model.holds.clear()
    rows = ["first", "held 1", "held 2", *(f"then {i}" for i in range(5))]
    async with session(model) as claude:
        batch = claude.map(
            rows, "Label: {text}", schema=Label, concurrency=2, budget_usd=5, client=client
        )
        async with anyio.create_task_group() as group:
            results: list[Any] = []

            async def ask() -> None:
                results.append(await batch)

            group.start_soon(ask)
            for _ in range(2):  # each worker asks one of the two
                await anyio.to_thread.run_sync(model.held.acquire)
            pids = await anyio.to_thread.run_sync(client.run, os.getpid)
            worker = psutil.Process(next(iter(pids.values())))
            theirs = clis(worker)
            assert theirs
            worker.kill()
            model.holds.set()
        [result] = results
    assert [row.fields for row in result] == rows
    assert all(row.error is None for row in result)
    with anyio.fail_after(60):  # its CLIs end with it
        while not all(map(_ended, theirs)):
            await anyio.sleep(0.05)
    assert clis() == []
    twice = len(model.asked) - len(rows)
    assert twice == 1, "only what was in flight there is asked again"
    assert batch.cost_usd == pytest.approx(sum(row.cost_usd for row in result))


def test_without_dask_there_is_one_line(tmp_path: Path) -> None:
    """A traceback of an import, or Dask loaded in each kernel that has it."""
    code = """
import sys
sys.modules["distributed"] = None
from jupyter_claude import claude
try:
    claude.map(["a"], "Say {text}", client=object())
except ModuleNotFoundError as error:
    print(error)
del sys.modules["distributed"]
print([name for name in ("dask", "distributed") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "claude.map with client= needs Dask: run pip install 'jupyter-claude[dask]'",
        "[]",
    ], done.stderr
