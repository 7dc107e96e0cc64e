"""The cost of a run of Claude's code over plain ``exec``, and of its outputs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from jupyter_claude._running.copies import Copies
from jupyter_claude._running.preview import preview
from jupyter_claude._running.runner import CodeRunner, Ran

from ._figures import Figure

NAMES = 10_000
REPEATS = 15
CODE = "total = sum(number * number for number in range(1_000_000))"
CELL = "\n".join(f"v{n} = frame.mean() + sum(v for v in items if v > {n})" for n in range(100))


def figures() -> Iterator[Figure]:
    shell: Any = InteractiveShell.instance()
    shell.user_ns.update({f"name{n}": [n] for n in range(NAMES)}, items=[1], frame=None)
    yield from running(shell)
    yield from outputs(shell)
    yield from before_a_run(shell)


def running(shell: Any) -> Iterator[Figure]:
    """Measure a short code and a longer one, with many names in the namespace."""
    runner = CodeRunner(shell)

    def run(code: str) -> Ran:
        return asyncio.run(runner.run(code, timeout=60, on_output=lambda output: None))

    short = best(lambda: run("x = 1"))
    yield Figure(f"a run of `x = 1`, {NAMES:,} names", short, "ms", 15)
    code = compile(CODE, "plain", "exec")
    plain = best(lambda: exec(code, shell.user_ns))
    ratio = best(lambda: run(CODE)) / plain
    yield Figure(f"a run of {plain:.0f} ms over plain exec", ratio, "times", 1.5)


def outputs(shell: Any) -> Iterator[Figure]:
    """Measure many small prints, and a flood."""
    runner = CodeRunner(shell)
    shown = 0

    def show(output: Any) -> None:
        nonlocal shown
        shown += 1

    def run(code: str) -> None:
        asyncio.run(runner.run(code, timeout=60, on_output=show))

    prints = "for number in range(100_000): print(number)"

    def plain() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(prints, shell.user_ns)

    ratio = best(lambda: run(prints), 5) / best(plain, 5)
    yield Figure("100,000 prints over prints to a StringIO", ratio, "times", 20)
    shown = 0
    flood = best(lambda: run("for number in range(100): print('x' * 1_000_000)"), 1)
    yield Figure("100 MB of prints", flood, "ms", 2_000)
    yield Figure("  outputs that a view gets of them", shown, "", 300)


def before_a_run(shell: Any) -> Iterator[Figure]:
    """Measure what a request needs."""
    namespace = shell.user_ns

    def look() -> Any:
        return preview(CELL, shell.transform_cell, namespace, lambda value: type(value).__name__)

    yield Figure("the preview of a cell of 100 lines", best(look), "ms", 200)
    seen = look()
    copies = Copies(namespace)
    yield Figure("names before a run, no copies", best(lambda: copies.before("", seen, 0)), "ms")


def best(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the fewest milliseconds of the processor that a function takes."""
    times = []
    for _ in range(repeats):
        before = time.process_time()
        run()
        times.append(1000 * (time.process_time() - before))
    return min(times)
