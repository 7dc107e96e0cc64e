"""`%%claude` where a cell is not run as usual: nested runs, and loops that are not asyncio's."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from jupyter_claude import Claude, ClaudeError
from tests.extension.front_end import one_line, shown, streaming

SCRIPT: list[dict[str, Any]] = [
    {"when": "hello", "replies": [[{"text": "Good day."}]]},
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    {"when": "wrong", "replies": [[{"error": 400, "message": "no such thing"}]]},
]

NOTEBOOKS = """
import nbformat
def save(name, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, name)
save("good.ipynb", "before = 1", "%%claude --as turn\\nhello", "after = str(turn)")
save("bad.ipynb", "%%claude\\nwrong", "after = 'no'")
"""


@pytest.mark.anyio
@pytest.mark.cli
@pytest.mark.parametrize("version", ["6.31.0", "7.4.0"])
async def test_a_cell_that_another_cell_runs(claude_kernel: Any, version: str) -> None:
    """Otherwise `%run notebook.ipynb`, `%rerun` and macros end in asyncio's traceback."""
    async with claude_kernel(SCRIPT, version) as kernel:
        await kernel.run_ok(NOTEBOOKS)
        running, following = kernel.queue(["%run good.ipynb", "print(before, after)"])
        await following.done()
        assert "Good day." in shown(running)
        assert following.stdout == "1 Good day.\n"
        await kernel.run_ok("%%claude\nhello")
        assert "Good day." in shown(await kernel.run_ok("%rerun"))
        await kernel.run_ok("%macro again 5")
        assert "Good day." in shown(await kernel.run_ok("again"))
        cell = await kernel.run_ok("_ = get_ipython().run_cell('%%claude\\nhello')")
        assert "Good day." in shown(cell)
        line = one_line(await kernel.run("%run bad.ipynb\nafter = 'no'"), "APIError")
        assert "no such thing" in line
        assert (await kernel.run_ok("print(after)")).stdout == "Good day.\n"
        count = await kernel.run_ok(
            "print([turn.text for turn in claude.history].count('Good day.'))"
        )
        assert count.stdout == "5\n"


@pytest.mark.anyio
@pytest.mark.cli
async def test_other_loop_runners(claude_kernel: Any) -> None:
    """Otherwise requests are denied unasked, stop does nothing, and rewind is a traceback."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("%autoawait trio")
        # A cell of its own is run beside the library; what is awaited in it cannot be.
        assert "Good day." in shown(await kernel.run_ok("%%claude\nhello"))
        assert "before turn 1" in shown(await kernel.run_ok("%claude rewind"))
        stopped = kernel.execute("%%claude\nhang")
        await streaming(kernel, "so far")
        await kernel.interrupt()
        assert "Stopped" in one_line(await stopped.done(), "TurnInterrupted")
        for code in ("await claude.ask('hello')", "await claude.rewind(1)"):
            line = one_line(await kernel.run(code), "ClaudeError")
            assert "trio" in line
            assert "%autoawait asyncio" in line
        await kernel.run_ok("%autoawait False")
        for code in ("%%claude\nhello", "%claude rewind"):
            assert "run %autoawait asyncio" in one_line(await kernel.run(code), "UsageError")
        await kernel.run_ok("%autoawait asyncio")
        assert "Good day." in shown(await kernel.run_ok("%%claude\nhello"))
        assert (await kernel.run_ok("print(len(claude.history))")).stdout == "3\n"


@pytest.mark.pure
def test_libraries_that_are_not_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a program on trio or curio hangs, or gets an error of that library."""
    session = Claude()
    with pytest.raises(ClaudeError, match="trio runs this"):
        trio.run(session.ask, "Hello")
    running = SimpleNamespace(curio_running=lambda: True)
    monkeypatch.setitem(sys.modules, "curio", SimpleNamespace(meta=running))
    with pytest.raises(ClaudeError, match="curio runs this"):
        session.ask_sync("Hello")
    assert len(session.history) == 0
