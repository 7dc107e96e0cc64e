"""From running a `%%claude` cell to its first words: cold, started early, and with a warm process.

Each round has two new kernels with the real CLI and a scripted model that answers at once.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._paths import find_cli
from tests.kernels.harness import RealKernel

from ._figures import Figure

ROUNDS = 7
SCRIPT: list[dict[str, Any]] = [{"replies": [[{"text": "Hello."}]]}]
LOAD = """\
%load_ext jupyter_claude
from jupyter_claude import claude"""
RECORD = """\
import asyncio, time
from jupyter_claude._core.events import TurnBegun
from jupyter_claude._turns.events import TextAppended
came = []
def begun(change):
    if isinstance(change, TurnBegun):
        turn = change.turn
        turn.listen(lambda one: came.append(time.time()) if isinstance(one, TextAppended) else None)
stop = claude._parts.conversation.listen(begun)"""
STARTED = "await claude._parts.early_start._starting"
#: What the first turn asks of Claude Code after its end.
QUIET = "await asyncio.gather(*claude._parts.observer._asking.values())"


def figures() -> Iterator[Figure]:
    found: dict[str, list[float]] = {"cold": [], "early": [], "warm": []}
    for _ in range(ROUNDS):
        for early in (False, True):
            asyncio.run(one_round(found, early=early))
    middle = {name: statistics.median(times) for name, times in found.items()}
    yield Figure("first words, Claude Code not started", middle["cold"], "ms")
    yield Figure("first words, started when the user began to write", middle["early"], "ms")
    yield Figure("first words, second prompt", middle["warm"], "ms")
    yield Figure("  started early, on top of that", middle["early"] - middle["warm"], "ms", 50)
    yield Figure("  not started, on top of that", middle["cold"] - middle["warm"], "ms")


async def one_round(found: dict[str, list[float]], *, early: bool) -> None:
    with tempfile.TemporaryDirectory() as home, ScriptedModel(SCRIPT) as model:
        environment = {
            **model.env,
            "HOME": home,
            "CLAUDE_CONFIG_DIR": str(Path(home) / "claude-config"),
            "JUPYTER_CLAUDE_CLI": str(find_cli()),
        }
        async with RealKernel(env=environment) as kernel:
            await kernel.run_ok(LOAD)
            await kernel.run_ok(RECORD)
            if early:
                lab = await kernel.widget(lambda comm: comm.target == "jupyter_claude")
                lab.send({"type": "writing"})
                lab.send({"type": "hello"})
                await lab.until(lambda _: lab.received[-1].get("type") == "state")
                await kernel.run_ok(STARTED)
            found["early" if early else "cold"].append(await first_words(kernel))
            await kernel.run_ok(QUIET)
            found["warm"].append(await first_words(kernel))


async def first_words(kernel: RealKernel) -> float:
    """Run a prompt; return the milliseconds until the kernel has its first words."""
    asked = time.time()
    await kernel.run_ok("%%claude\nhello")
    came = json.loads((await kernel.run_ok("print(came); came.clear()")).stdout)
    return 1000 * (float(came[0]) - asked)
