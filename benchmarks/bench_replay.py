"""What recording adds to a turn, and what replaying one takes: 1,000 turns."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude import Claude

from ._figures import Figure

TURNS = 1_000
PART = 100  # turns that are compared
LIMIT = 20.0  # ms
_WORDS = "The answer has some words, **bold** ones too. " * 20


def figures() -> Iterator[Figure]:
    model = ScriptedModel(lambda _: [{"text": _WORDS}])
    with tempfile.TemporaryDirectory() as made, model:
        folder = Path(made)
        off = asyncio.run(ask(folder, model, "off"))
        recorded = asyncio.run(ask(folder, model, "record"))
        asked = len(model.requests)
        first, *replayed = asyncio.run(ask(folder, model, "only"))
        assert len(model.requests) == asked
    median = statistics.median
    add = median(recorded[1:PART]) - median(off[1:PART])
    yield Figure("recording adds to a turn, median", 1000 * add, "ms", LIMIT)
    late = median(recorded[-PART:]) - median(off[-PART:])
    yield Figure(f"recording adds to a turn, the last of {TURNS:,}", 1000 * late, "ms")
    yield Figure(f"the first replayed turn of {TURNS:,}, with imports", 1000 * first, "ms")
    yield Figure("a replayed turn, median", 1000 * median(replayed), "ms", LIMIT)
    replayed.sort()
    yield Figure("a replayed turn, 99 of 100", 1000 * replayed[TURNS * 99 // 100], "ms", LIMIT)
    part = 100 * median(replayed) / median(off[1:PART])
    yield Figure("a replayed turn, of the time of an asked one", part, "%")


async def ask(
    folder: Path, model: ScriptedModel, mode: Literal["off", "record", "only"]
) -> list[float]:
    """Ask the prompts in a new session; return the seconds of each."""
    claude = Claude()
    claude.settings.cwd = str(folder)
    claude.settings.setting_sources = []
    claude.settings.env = {**model.env, "CLAUDE_CONFIG_DIR": str(folder / "config")}
    claude.replay(folder / "notebook.ipynb", mode)
    seconds = []
    with contextlib.redirect_stdout(sys.stderr):
        for number in range(TURNS):
            began = time.perf_counter()
            await claude.ask(f"Question {number}")
            seconds.append(time.perf_counter() - began)
    await claude.close()
    return seconds
