"""Our SDK, the official package, and the least possible: reading lines and parsing them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._paths import find_cli
from scripts.setup import PEER_PYTHON

from ._figures import Figure
from ._flood import RESULT

FOLDER = Path(__file__).parent
PYTHONS = {
    "ours": (sys.executable, "jupyter_claude_sdk"),
    "official": (str(PEER_PYTHON), "claude_agent_sdk"),
    "bare": (sys.executable, "bare"),
}
MESSAGES = 100_000
UNREAD = 10_000
ROUNDS = 11  # of the streams, each with all readers; `bare` varies by half from run to run
TIMES = 11  # of the short measurements
SESSION = {"session_id": "e5188c5a-17f0-48bc-bed9-a3f697976703"}
TEXT = "A few words of an answer, as they come in one message. " * 2
ASSISTANT = {
    "type": "assistant",
    "message": {
        "id": "msg_22d396850b9d456bafb400ba",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [{"type": "text", "text": TEXT}],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "cache_read_input_tokens": 0, "output_tokens": 1},
    },
    "parent_tool_use_id": None,
    **SESSION,
    "uuid": "214f4695-c4ca-462f-9d01-a68f11aabd64",
}
DELTA = {
    "type": "stream_event",
    "event": {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": TEXT},
    },
    **SESSION,
    "parent_tool_use_id": None,
    "uuid": "6615980c-4cf3-47dd-96fc-84a48761d370",
    "api_message_id": "msg_22d396850b9d456bafb400ba",
}
SCRIPT: list[dict[str, Any]] = [
    {"when": "stream", "replies": [[{"text": "word " * 2000, "chunk": 5, "every": 0.01}]]},
    {"when": "bash", "replies": [[{"tool": "Bash", "input": {"command": "sleep 20"}}]]},
    {"replies": [[{"text": "Hello."}]]},
]
#: Milliseconds that a disconnection may take.
DISCONNECT = {"idle": 1000, "stream": 2000, "bash": 3000, "stopped": 8000}


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flood = flood_program(folder)
        yield from streams(flood, folder)
        yield from interrupts(flood, folder)
        yield from imports()
        with ScriptedModel(SCRIPT) as model:
            env = {**model.env, "HOME": name, "CLAUDE_CONFIG_DIR": name}
            yield from with_the_cli(str(find_cli()), env)


# --- floods -----------------------------------------------------------------------------------


def streams(flood: str, folder: Path) -> Iterator[Figure]:
    for kind, line in (("assistant messages", ASSISTANT), ("stream deltas", DELTA)):
        env = {"FLOOD": written(folder / "lines", line, MESSAGES)}
        rounds = [{who: child(who, "stream", flood, env) for who in PYTHONS} for _ in range(ROUNDS)]
        assert all(one["count"] == MESSAGES + 1 for found in rounds for one in found.values())
        for who in PYTHONS:
            rate = median(MESSAGES / found[who]["seconds"] for found in rounds)
            yield Figure(f"{kind}, {who}", rate, "a second")
        for who in PYTHONS:
            cpu = median(found[who]["cpu"] for found in rounds)
            yield Figure(f"{kind}, {who}: CPU of one", 1e6 * cpu / MESSAGES, "µs")
        for who in PYTHONS:
            peak = median(found[who]["peak"] for found in rounds)
            yield Figure(f"{kind}, {who}: memory at the most", peak / 1e6, "MB")
        # Ratios within a round, because the machine is equally busy in it.
        faster = median(found["ours"]["seconds"] / found["official"]["seconds"] for found in rounds)
        yield Figure(f"{kind}: time, over the official's", faster, "times", 1 / 2.5)
        floor = median(found["ours"]["cpu"] / found["bare"]["cpu"] for found in rounds)
        yield Figure(f"{kind}: CPU, over the floor's", floor, "times", 2)
        env = {"FLOOD": written(folder / "lines", line, 2 * MESSAGES)}
        twice = child("ours", "stream", flood, env)["peak"]
        once = median(found["ours"]["peak"] for found in rounds)
        yield Figure(f"{kind}: memory for twice as many", twice / once, "times", 1.1)


def interrupts(flood: str, folder: Path) -> Iterator[Figure]:
    env = {"FLOOD": written(folder / "unread", ASSISTANT, UNREAD, ends=False)}
    for who, limit in (("ours", 1000), ("official", None)):
        found = child(who, "interrupt", flood, env)
        yield Figure(
            f"interrupt with {UNREAD:,} unread, {who}{failure(found)}",
            1000 * found["seconds"],
            "ms",
            limit,
        )


def written(path: Path, line: dict[str, Any], count: int, *, ends: bool = True) -> str:
    text = json.dumps(line) + "\n"
    with path.open("w") as lines:
        for _ in range(count // 1000):
            lines.write(text * 1000)
        if ends:
            lines.write(json.dumps(RESULT) + "\n")
    return str(path)


# --- the real CLI -----------------------------------------------------------------------------


def with_the_cli(cli: str, env: dict[str, str]) -> Iterator[Figure]:
    found = [
        {who: child(who, "connect", cli, env)["taken"] for who in PYTHONS} for _ in range(TIMES)
    ]
    for who in PYTHONS:
        first = median(one[who][0] for one in found)
        yield Figure(f"connect, {who}: a process's first", 1000 * first, "ms")
    for who in PYTHONS:
        later = median(seconds for one in found for seconds in one[who][1:])
        yield Figure(f"connect, {who}: later ones", 1000 * later, "ms")
    # Differences within a round, because the machine is equally busy in it.
    over = median(median(one["ours"][1:]) - median(one["bare"][1:]) for one in found)
    yield Figure("connect, over the bare CLI's: later ones", 1000 * over, "ms", 10)
    turns = {who: median(child(who, "turn", cli, env)["taken"]) for who in PYTHONS}
    for who, seconds in turns.items():
        yield Figure(f"warm turn, {who}", 1000 * seconds, "ms")
    for when, limit in DISCONNECT.items():
        if when == "stopped" and not Path("/proc/self/task").exists():
            continue
        for who in ("ours", "official"):
            one = child(who, f"disconnect:{when}", cli, env)
            yield Figure(
                f"disconnect, {when}, {who}{failure(one)}",
                1000 * one["seconds"],
                "ms",
                limit if who == "ours" else None,
            )


# --- imports ----------------------------------------------------------------------------------


def imports() -> Iterator[Figure]:
    found: dict[str, list[float]] = {"ours": [], "official": []}
    for _ in range(TIMES + 1):  # the first run writes the byte code
        for who, taken in found.items():
            python, package = PYTHONS[who]
            taken.append(start_seconds(python, f"import {package}") - start_seconds(python, ""))
    seconds = {who: median(taken[1:]) for who, taken in found.items()}
    for who, one in seconds.items():
        yield Figure(f"import, {who}", 1000 * one, "ms")
    yield Figure(
        "import, over the official's", seconds["ours"] / seconds["official"], "times", 1 / 6
    )


def start_seconds(python: str, code: str) -> float:
    started = time.perf_counter()
    subprocess.run([python, "-c", code], check=True)
    return time.perf_counter() - started


# --- shared -----------------------------------------------------------------------------------


def flood_program(folder: Path) -> str:
    flood = folder / "flood"
    flood.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{FOLDER / "_flood.py"}" "$@"\n')
    flood.chmod(0o755)
    return str(flood)


@cache
def our_start() -> str:
    """Return how our SDK starts the CLI, as JSON: `bare` starts it in the same way."""
    with tempfile.TemporaryDirectory() as name:
        start = Path(name, "start")
        child("ours", "connect", flood_program(Path(name)), {"START": str(start)})
        return start.read_text()


def child(who: str, task: str, cli: str, env: dict[str, str]) -> dict[str, Any]:
    """Measure in a separate process."""
    python, package = PYTHONS[who]
    start = our_start() if who == "bare" else ""
    whole = {**os.environ, **env}
    whole.pop("CLAUDECODE", None)  # with it the CLI believes that another CLI started it
    done = subprocess.run(
        [python, str(FOLDER / "_sdk_child.py"), package, task, cli, start],
        env=whole,
        cwd=env.get("HOME"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"{who}, {task}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def failure(found: dict[str, Any]) -> str:
    return " (given up)" if found.get("failed") else ""


def median(values: Any) -> float:
    return float(statistics.median(values))
