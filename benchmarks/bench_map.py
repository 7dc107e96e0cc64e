"""Many rows: a pool that is kept, one process for each row, a cluster, and 10,000 rows."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._paths import find_cli

from ._figures import Figure
from ._flood import RESULT

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
SECONDS = 0.05  # that the model takes for a row
ROWS = {1: 100, 2: 160, 4: 240}  # rows for map, by how many are asked at the same time
SHARE = 8  # the other ways are slow: they get so many times fewer
WAYS = {"map": "map", "process": "a process for each row", "query": "query() for each row"}
ROUNDS = 3
ALONE = 100  # rows of which the overhead is measured
MANY, FEW = 10_000, 2_000  # rows for the stand-in


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        home = {"HOME": name, "CLAUDE_CONFIG_DIR": name}
        with ScriptedModel(slow, keep_requests=1) as model:
            env = {**model.env, **home}
            yield from ways(str(find_cli()), env)
            yield from cluster(str(find_cli()), env)
            yield from memory(str(find_cli()), env)
        with ScriptedModel(hang, keep_requests=1) as model:
            yield cancelled(str(find_cli()), {**model.env, **home})
        with ScriptedModel(quick, keep_requests=1) as model:
            yield from overhead(str(find_cli()), {**model.env, **home}, Path(name))
        yield from many(program(Path(name), "_rows_cli.py"), home)


def slow(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    time.sleep(SECONDS)
    return [{"text": "A word."}]


def hang(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"hang": True}]


def quick(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"text": "A word."}]


def ways(cli: str, env: dict[str, str]) -> Iterator[Figure]:
    """Ask the same rows in three ways, with as many processes at the same time."""
    for concurrency, count in ROWS.items():
        counts = {"map": count, "process": count // SHARE, "query": count // SHARE}
        rounds = [
            {
                way: rows / child(way, cli, concurrency, rows, env)["seconds"]
                for way, rows in counts.items()
            }
            for _ in range(ROUNDS)
        ]
        for way, words in WAYS.items():
            rate = median(one[way] for one in rounds)
            yield Figure(f"{concurrency} at once: {words}", rate, "rows/s")
        for way in ("process", "query"):
            # Ratios within a round, because the machine is equally busy in it.
            ratio = median(one[way] / one["map"] for one in rounds)
            yield Figure(f"{concurrency} at once: {WAYS[way]}, of map's", 100 * ratio, "%", 20)


def cluster(cli: str, env: dict[str, str]) -> Iterator[Figure]:
    """Ask rows on two workers of this machine, and by its own pool."""
    count = ROWS[4]
    rounds = [
        {way: child(way, cli, 4, count, env)["seconds"] for way in ("map", "dask")}
        for _ in range(ROUNDS)
    ]
    rate = count / median(one["dask"] for one in rounds)
    yield Figure("4 at once: two Dask workers", rate, "rows/s")
    ratio = median(one["dask"] / one["map"] for one in rounds)
    yield Figure("4 at once: two Dask workers' time over the local pool's", ratio, "times", 3)


def memory(cli: str, env: dict[str, str]) -> Iterator[Figure]:
    """Measure the memory of the processes, and of Python, for 100 and for 1,000 rows."""
    found = {count: child("map", cli, 2, count, env) for count in (100, 1000)}
    for count, one in found.items():
        each = max(one["memory"]) / 1e6
        yield Figure(f"{count:,} rows: memory of a process", each, "MB")
        whole = (sum(one["memory"]) + one["peak"]) / 1e6
        yield Figure(f"{count:,} rows: memory of two processes and Python", whole, "MB")
    whole, less = (sum(found[count]["memory"]) + found[count]["peak"] for count in (1000, 100))
    yield Figure("memory for 1,000 rows over that for 100", whole / less, "times", 1.5)


def cancelled(cli: str, env: dict[str, str]) -> Figure:
    """Measure how long the processes of a cancelled batch live on."""
    taken = median(child("cancel", cli, 4, 8, env)["seconds"] for _ in range(ROUNDS))
    return Figure("4 at once: from cancel to the end of the processes", 1000 * taken, "ms", 3_000)


def overhead(cli: str, env: dict[str, str], folder: Path) -> Iterator[Figure]:
    """Measure what map adds to a row over the CLI's own time."""
    start = start_of_a_row(folder, env)
    found = {"bare": [], "map": []}  # type: dict[str, list[float]]
    for _ in range(ROUNDS):
        found["bare"].append(median(child("bare", cli, 1, ALONE, env, start)["taken"][10:]))
        found["map"].append(median(child("timed", cli, 1, ALONE, env)["taken"][10:]))
    for who, taken in found.items():
        yield Figure(f"a row, {who}", 1000 * median(taken), "ms")
    over = median(mine - bare for mine, bare in zip(found["map"], found["bare"], strict=True))
    yield Figure("a row, over the bare CLI's", 1000 * over, "ms", 10)


def many(cli: str, env: dict[str, str]) -> Iterator[Figure]:
    """Ask 10,000 rows of a stand-in that answers at once."""
    rounds = [
        {count: child("map", cli, 4, count, env) for count in (FEW, MANY)} for _ in range(ROUNDS)
    ]
    rate = MANY / median(one[MANY]["seconds"] for one in rounds)
    yield Figure(f"{MANY:,} rows, stand-in for the CLI", rate, "rows/s")
    ratio = median(one[MANY]["seconds"] / MANY / (one[FEW]["seconds"] / FEW) for one in rounds)
    yield Figure(f"{MANY:,} rows: time of a row over that of {FEW:,}", ratio, "times", 1.3)
    more = median((one[MANY]["peak"] - one[FEW]["peak"]) / (MANY - FEW) for one in rounds)
    yield Figure(f"{MANY:,} rows: memory for each more, with its answer", more / 1e3, "kB", 5)


def start_of_a_row(folder: Path, env: dict[str, str]) -> str:
    """Return how the pool starts the CLI, as JSON: `bare` starts it in the same way."""
    start, flood = folder / "start", folder / "result"
    flood.write_text(json.dumps({**RESULT, "result": "x"}) + "\n")
    settings = {**env, "START": str(start), "FLOOD": str(flood)}
    child("map", program(folder, "_flood.py"), 1, 1, settings)
    return start.read_text()


def program(folder: Path, name: str) -> str:
    file = folder / name.removesuffix(".py")
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{FOLDER / name}" "$@"\n')
    file.chmod(0o755)
    return str(file)


def child(
    way: str, cli: str, concurrency: int, count: int, env: dict[str, str], *more: str
) -> dict[str, Any]:
    """Measure in a separate process."""
    whole = {**os.environ, **env, "PYTHONPATH": str(ROOT)}
    whole.pop("CLAUDECODE", None)  # with it the CLI believes that another CLI started it
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks._map_child",
            way,
            cli,
            str(concurrency),
            str(count),
            *more,
        ],
        env=whole,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def median(values: Any) -> float:
    return float(statistics.median(values))
