"""The cost of streaming: bytes to the browser, and time to the first word beyond the CLI's own."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._paths import find_cli
from tests.kernels.harness import Message, RealKernel

from ._figures import Figure

DELTAS = 5000
TIMES = 5
WORD = "word "
SCRIPT: list[dict[str, Any]] = [
    {
        "when": "a long answer",
        "replies": [[{"text": WORD * DELTAS, "chunk": len(WORD), "every": 0.001}]],
    },
    {"replies": [[{"text": "First words and then some more."}]]},
]


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home, ScriptedModel(SCRIPT) as model:
        cli = str(find_cli())
        env = {**model.env, "HOME": home, "CLAUDE_CONFIG_DIR": home, "JUPYTER_CLAUDE_CLI": cli}
        bare = statistics.median(bare_first_words(cli, env))
        yield Figure("first words from the bare CLI", 1000 * bare, "ms")
        first, messages, seconds = asyncio.run(in_a_kernel(env))
        yield Figure("first words in the front end", 1000 * first, "ms")
        yield Figure("first words, over the CLI's own", 1000 * (first - bare), "ms")
    opened = [message for message in messages if message["header"]["msg_type"] == "comm_open"]
    patches = [message for message in messages if message["header"]["msg_type"] == "comm_msg"]
    total = sum(map(size, messages))
    text = len(WORD) * DELTAS
    yield Figure(f"{DELTAS} deltas of {len(WORD)} characters, whole turn", seconds, "s")
    yield Figure("bytes on the WebSocket, all", total / 1000, "kB")
    yield Figure("  of these for opening widgets", sum(map(size, opened)) / 1000, "kB")
    yield Figure("  of these for the stream", sum(map(size, patches)) / 1000, "kB")
    rest = total - sum(map(size, opened)) - sum(map(size, patches))
    yield Figure("  of these for the output and the kernel's state", rest / 1000, "kB")
    yield Figure("stream, over the text's own bytes", sum(map(size, patches)) / text, "times", 10)
    # Not the snapshots at the start and the end: they are no part of the stream.
    yield Figure("messages a second of the stream", (len(patches) - 3) / seconds, "", 31)


def bare_first_words(cli: str, env: dict[str, str]) -> list[float]:
    """Return the seconds from prompt to first text, for several turns of one CLI."""
    command = [cli, "--output-format", "stream-json", "--input-format", "stream-json"]
    process = subprocess.Popen(
        [*command, "--verbose", "--include-partial-messages"],
        env={**os.environ, **env},
        cwd=env["HOME"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    taken = []
    with process:
        for _ in range(TIMES + 1):
            message = {"role": "user", "content": "hello"}
            started = time.perf_counter()
            process.stdin.write(json.dumps({"type": "user", "message": message}) + "\n")
            process.stdin.flush()
            waiting = True
            for line in process.stdout:
                frame = json.loads(line)
                if waiting and frame["type"] == "stream_event" and "First" in line:
                    taken.append(time.perf_counter() - started)
                    waiting = False
                if frame["type"] == "result":
                    break
        process.stdin.close()
    return taken[1:]  # the first turn starts the session


async def in_a_kernel(env: dict[str, str]) -> tuple[float, list[Message], float]:
    """Return the seconds to the first words, and the long turn's messages and seconds."""
    async with RealKernel(env=dict(env)) as kernel:
        await kernel.run_ok("%load_ext jupyter_claude")
        taken = []
        for _ in range(TIMES + 1):
            cell = kernel.execute("%%claude\nhello")
            started = cell.sent_at
            await cell.until(lambda cell: '"First' in json.dumps(contents(cell.events)))
            taken.append(time.monotonic() - started)
            await cell.done()
        cell = kernel.execute("%%claude\na long answer")
        await cell.done(timeout=120)
        assert cell.status == "ok", cell.story()
        await kernel.run_ok("1")  # after it, late messages have come too
        return statistics.median(taken[1:]), [*cell.events], cell.times[-1] - cell.sent_at


def contents(messages: list[Message]) -> list[Any]:
    return [message["content"] for message in messages]


def size(message: Message) -> int:
    """Return the bytes of a message's parts, as the Jupyter server sends them to the browser."""
    parts = ("header", "parent_header", "metadata", "content")
    return sum(len(json.dumps(message[part], default=str)) for part in parts)
