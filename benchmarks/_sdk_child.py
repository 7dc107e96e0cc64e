"""Makes one measurement in a separate process: ``python _sdk_child.py PACKAGE TASK CLI START``.

PACKAGE is an SDK to import, or ``bare`` to measure the same without an SDK. ``bare`` starts the CLI
as our SDK does: START has the arguments, environment and initialize request. The program prints one
JSON object. It also runs in an environment with only an SDK, so it imports nothing of this project.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TURNS = 8
CONNECTIONS = 4  # of one process; the first one also imports modules
PATIENCE = 10.0  # seconds until we give a measurement up


def used() -> float:
    """Return this process's own processor time, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measured(count: int, started: float, before: float) -> dict[str, float]:
    seconds, cpu = time.perf_counter() - started, used() - before
    return {"count": count, "seconds": seconds, "cpu": cpu, "peak": peak()}


def peak() -> int:
    """Return the most memory that this process has used, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: on Linux it starts at the memory of the parent process.
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return 1024 * int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes, on macOS


# --- without an SDK ---------------------------------------------------------------------------


class Bare:
    """The CLI over plain pipes, read line by line."""

    def __init__(self, cli: str, start: dict[str, Any]) -> None:
        import orjson

        self.loads = orjson.loads
        self.process = subprocess.Popen(
            [cli, *start["arguments"]],
            env={**start["environment"], **os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        request = {"type": "control_request", "request_id": "1", "request": start["initialize"]}
        self.send(request)
        self.read_to("control_response")

    def send(self, data: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(data).encode() + b"\n")
        self.process.stdin.flush()

    def prompt(self, text: str) -> None:
        self.send({"type": "user", "message": {"role": "user", "content": text}})

    def read_to(self, kind: str) -> int:
        loads, count = self.loads, 0
        assert self.process.stdout is not None
        for line in self.process.stdout:
            count += 1
            if loads(line)["type"] == kind:
                break
        return count

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def bare(task: str, cli: str, start: dict[str, Any]) -> dict[str, Any]:
    taken = []
    for _ in range(CONNECTIONS if task == "connect" else 1):
        started = time.perf_counter()
        connection = Bare(cli, start)
        taken.append(time.perf_counter() - started)
        if len(taken) < CONNECTIONS and task == "connect":
            connection.close()
    found: dict[str, Any] = {"taken": taken}
    if task == "stream":
        started, before = time.perf_counter(), used()
        connection.prompt("go")
        found = measured(connection.read_to("result"), started, before)
    elif task == "turn":
        taken = []
        for _ in range(TURNS):
            started = time.perf_counter()
            connection.prompt("hello")
            connection.read_to("result")
            taken.append(time.perf_counter() - started)
        found = {"taken": taken[1:]}
    connection.close()
    return found


# --- with an SDK -----------------------------------------------------------------------------


async def stream(sdk: Any, options: Any) -> dict[str, Any]:
    async with sdk.ClaudeSDKClient(options) as client:
        started, before, count = time.perf_counter(), used(), 0
        await client.query("go")
        async for _ in client.receive_response():
            count += 1
        return measured(count, started, before)


async def connect(sdk: Any, options: Any) -> dict[str, Any]:
    taken = []
    for _ in range(CONNECTIONS):
        started = time.perf_counter()
        async with sdk.ClaudeSDKClient(options):
            taken.append(time.perf_counter() - started)
    return {"taken": taken}


async def turn(sdk: Any, options: Any) -> dict[str, Any]:
    taken = []
    async with sdk.ClaudeSDKClient(options) as client:
        for _ in range(TURNS):
            started = time.perf_counter()
            await client.query("hello")
            async for _message in client.receive_response():
                pass
            taken.append(time.perf_counter() - started)
    return {"taken": taken[1:]}


async def interrupt(sdk: Any, options: Any) -> dict[str, Any]:
    """Interrupt a turn after 10,000 messages have come and none was read."""
    async with sdk.ClaudeSDKClient(options) as client:
        await client.query("go")
        await asyncio.sleep(1)  # until the messages have come
        started, before = time.perf_counter(), used()
        try:
            await asyncio.wait_for(client.interrupt(), PATIENCE)
        except (Exception, asyncio.CancelledError):
            print(json.dumps({"seconds": PATIENCE, "failed": True}), flush=True)
            os._exit(0)
        return measured(1, started, before)


async def disconnect(sdk: Any, options: Any, when: str) -> dict[str, Any]:
    options.allowed_tools = ["Bash"]
    client = sdk.ClaudeSDKClient(options)
    await client.connect()
    if when in ("stream", "bash"):
        await client.query(when)
        wanted = "StreamEvent" if when == "stream" else "AssistantMessage"
        async for message in client.receive_messages():
            if type(message).__name__ == wanted:
                break
        await asyncio.sleep(0.5)  # for Bash to start
    elif when == "stopped":
        for pid in children():
            if b"stream-json" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)
    started, before = time.perf_counter(), used()
    try:
        await asyncio.wait_for(client.disconnect(), 2 * PATIENCE)
    except (Exception, asyncio.CancelledError):
        print(json.dumps({"seconds": 2 * PATIENCE, "failed": True}), flush=True)
        os._exit(0)
    return measured(1, started, before)


def children() -> Iterator[int]:
    for folder in Path("/proc/self/task").iterdir():
        yield from map(int, (folder / "children").read_text().split())


def main(package: str, task: str, cli: str, start: str) -> None:
    if package == "bare":
        print(json.dumps(bare(task, cli, json.loads(start))))
        return
    sdk = importlib.import_module(package)
    options = sdk.ClaudeAgentOptions(cli_path=cli, include_partial_messages=True)
    name, _, argument = task.partition(":")
    work = globals()[name](sdk, options, *filter(None, [argument]))
    print(json.dumps(asyncio.run(work)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
