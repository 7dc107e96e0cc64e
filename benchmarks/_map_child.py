"""Asks rows in a separate process: ``python _map_child.py WAY CLI CONCURRENCY ROWS [START]``.

WAY is ``map``; ``query``, a `query()` for each row; ``process``, the same with the options of a
row; ``bare``, one CLI over plain pipes, started as START says; ``dask``, two workers; or
``cancel``, which breaks off rows that wait for the model. The program prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

from benchmarks._sdk_child import Bare, peak


def texts(count: int) -> list[str]:
    return [f"Say a word about the number {number}" for number in range(count)]


def cli_memory() -> list[int]:
    """Return the bytes of each CLI that this process, or a worker of it, runs."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "stream-json" in " ".join(process.cmdline()):
                found.append(int(process.memory_full_info().pss))
        except psutil.Error:
            continue
    return found


async def by_map(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    import jupyter_claude_sdk as sdk

    rows = texts(count)
    started = time.perf_counter()
    options = sdk.ClaudeAgentOptions(cli_path=cli)
    batch = sdk.map(rows, "{text}", options=options, concurrency=concurrency)
    return await drained(batch, count, started)


async def drained(batch: Any, count: int, started: float) -> dict[str, Any]:
    memory: list[int] = []
    async for row in batch:
        assert row.error is None, row.error
        if batch.progress.done == count and not memory:
            seconds = time.perf_counter() - started
            memory = cli_memory()
    await batch
    return {"seconds": seconds, "memory": memory, "peak": peak()}


async def one_process_each(options: Any, concurrency: int, count: int) -> dict[str, Any]:
    from jupyter_claude_sdk import query

    rows = iter(texts(count))

    async def work() -> None:
        for text in rows:
            async for message in query(prompt=text, options=options):
                assert not getattr(message, "is_error", False), message

    return await at_once(work, concurrency)


async def at_once(work: Callable[[], Awaitable[None]], concurrency: int) -> dict[str, Any]:
    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return {"seconds": time.perf_counter() - started}


async def by_query(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    from jupyter_claude_sdk import ClaudeAgentOptions

    return await one_process_each(ClaudeAgentOptions(cli_path=cli), concurrency, count)


async def by_process(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    from jupyter_claude_sdk import ClaudeAgentOptions

    # As light as those of map.
    options = ClaudeAgentOptions(
        cli_path=cli,
        tools=[],
        setting_sources=[],
        strict_mcp_config=True,
        extra_args={"no-session-persistence": None},
    )
    return await one_process_each(options, concurrency, count)


def bare(cli: str, count: int, start: str) -> dict[str, Any]:
    """Ask rows without an SDK: the prompt, and back to before it."""
    connection = Bare(cli, json.loads(start))
    taken = []
    for text in texts(count):
        started = time.perf_counter()
        name = str(uuid.uuid4())
        message = {"role": "user", "content": text}
        connection.send({"type": "user", "uuid": name, "message": message, "client_composed": True})
        connection.read_to("result")
        back = {
            "subtype": "rewind_conversation",
            "target_message_uuid": name,
            "last_seen_user_message_uuid": name,
        }
        connection.send({"type": "control_request", "request_id": name, "request": back})
        connection.read_to("control_response")
        taken.append(time.perf_counter() - started)
    connection.close()
    return {"taken": taken}


async def timed(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    """Ask rows one after the other, and tell how long each took."""
    import jupyter_claude_sdk as sdk

    options = sdk.ClaudeAgentOptions(cli_path=cli)
    batch = sdk.map(texts(count), "{text}", options=options, concurrency=1)
    ends = []
    async for _ in batch:
        ends.append(time.perf_counter())
    await batch
    return {"taken": [after - before for before, after in pairwise(ends)]}


async def cancelled(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    """Cancel rows that wait for the model, and tell how long their processes live on."""
    import jupyter_claude_sdk as sdk

    options = sdk.ClaudeAgentOptions(cli_path=cli)
    batch = sdk.map(texts(count), "{text}", options=options, concurrency=concurrency)
    at_work = asyncio.Event()
    end = batch.listen(lambda now: at_work.set() if now.running == concurrency else None)
    answers = asyncio.ensure_future(batch)
    await at_work.wait()
    end()
    started = time.perf_counter()
    answers.cancel()
    await asyncio.wait({answers})
    while cli_memory():  # noqa: ASYNC110 (no event tells of their end)
        await asyncio.sleep(0.01)
    return {"seconds": time.perf_counter() - started}


async def by_dask(cli: str, concurrency: int, count: int) -> dict[str, Any]:
    from distributed import Client, LocalCluster
    from jupyter_claude_sdk import ClaudeAgentOptions
    from jupyter_claude_sdk.lowlevel import map_over

    from jupyter_claude._batches.cluster import Cluster

    os.environ["JUPYTER_CLAUDE_CLI"] = cli
    local = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", asynchronous=True
    )
    async with local as cluster, Client(cluster, asynchronous=True) as client:
        there = Cluster(client)
        started = time.perf_counter()
        batch = map_over(
            lambda size: there.pool(
                ClaudeAgentOptions(), size, schema=None, retries=2, tools=(), folder=None
            ),
            texts(count),
            "{text}",
            concurrency=concurrency,
        )
        return await drained(batch, count, started)


def main(way: str, cli: str, concurrency: int, count: int, start: str = "") -> None:
    if way == "bare":
        print(json.dumps(bare(cli, count, start)))
        return
    ways = {
        "map": by_map,
        "query": by_query,
        "process": by_process,
        "timed": timed,
        "dask": by_dask,
        "cancel": cancelled,
    }
    print(json.dumps(asyncio.run(ways[way](cli, concurrency, count))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
