"""The time of an overview of the variables: a 1 GB frame and 10,000 names."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder

from ._figures import Figure

NAMES = 10_000
GIGABYTE = 1_000_000_000
TIMES = 15
LIMIT = 200  # ms


def figures() -> Iterator[Figure]:
    variables = namespace()
    looker = Looker(lambda: variables, Recorder(SimpleNamespace()), Hidden())
    first = seconds(looker.variables)  # with the compiled patterns and the memory of names
    overview = median(looker.variables)
    floor = median(lambda: [f"{name}: {type(value)}" for name, value in variables.items()])
    yield Figure("first overview, 1 GB frame and 10,000 names", 1000 * first, "ms", LIMIT)
    yield Figure("overview", 1000 * overview, "ms", LIMIT)
    yield Figure("overview, times the writing of all names and classes", overview / floor, "×")
    yield Figure("overview, size", len(looker.variables().text), "characters", 8_500)
    frame = median(lambda: looker.inspect("frame", 5))
    yield Figure("inspect of the 1 GB frame, with 5 rows", 1000 * frame, "ms")


def namespace() -> dict[str, Any]:
    """Return the variables: most names have a small value of a usual kind, some a secret."""
    import numpy as np
    import pandas as pd

    kinds: tuple[Callable[[int], Any], ...] = (
        int,
        str,
        lambda n: [n, {"a": str(n)}],
        lambda n: np.zeros(n % 100),
        lambda n: {"name": str(n), "password": f"secret-{n}"},
    )
    made = {f"name_{n}": kinds[n % len(kinds)](n) for n in range(NAMES - 1)}
    made["api_key"] = "sk-" + "x1" * 20
    made["frame"] = pd.DataFrame(np.ones((GIGABYTE // 80, 10)), columns=list("abcdefghij"))
    return made


def median(run: Callable[[], object]) -> float:
    """Return the median of several runs, in seconds."""
    return statistics.median(seconds(run) for _ in range(TIMES))


def seconds(run: Callable[[], object]) -> float:
    """Return the time of one run, in seconds."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
