"""What a `Recorder` hears in real kernels, and that the user's cells notice nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kernels.harness import RealKernel

pytestmark = pytest.mark.anyio

START = """
from jupyter_claude._looking.hidden import Hidden
from jupyter_claude._looking.looker import Looker
from jupyter_claude._looking.recorder import Recorder
recorder = Recorder(get_ipython())
recorder.start()
looker = Looker(lambda: get_ipython().user_ns, recorder, Hidden())
"""
CELLS = (
    "print('printed', 1); print('to stderr', file=__import__('sys').stderr)",
    "import asyncio\nawait asyncio.sleep(0)\nprint('after a wait')\ndisplay('shown')\n'result'",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 2])",
    "import threading\n"
    "thread = threading.Thread(target=print, args=('of a thread',))\nthread.start(); thread.join()",
    "%%capture kept\nprint('captured'); display('captured too')",
    "get_ipython().run_cell('print(\"inner\")')\nprint('outer')",
    "1 / 0",
    "from IPython.display import clear_output\n"
    "print('before'); display('before')\n"
    "clear_output(wait=True)\n"
    "print('kept'); display('kept')",
    "for n in range(3000): print('line', n)",
)
TELL = """
import json
print(json.dumps([
    [cell.source, recorder.printed(cell), [[o.text, list(o.kinds), bool(o.picture)] for o in
     cell.outputs], cell.error, cell.traceback] for cell in recorder.record.cells
]))
"""


async def told(kernel: RealKernel) -> dict[str, Any]:
    cell = await kernel.run_ok(TELL)
    return {source: rest for source, *rest in json.loads(cell.stdout)}


async def test_what_is_heard(kernel: RealKernel) -> None:
    """Else Claude misses what the user sees below a cell, or a cell shows something else."""
    plain = [await kernel.run(code) for code in CELLS]
    await kernel.run_ok(START)
    heard = [await kernel.run(code) for code in CELLS]
    assert [cell.stdout for cell in heard] == [cell.stdout for cell in plain]
    cells = await told(kernel)
    printed, waited, plotted, threaded, captured, nested, failed, cleared, many = (
        cells[code] for code in CELLS
    )
    assert sorted(printed[0].splitlines()) == ["printed 1", "to stderr"]
    assert waited[0] == "after a wait\n"
    assert [text for text, _, _ in waited[1]] == ["'shown'", "'result'"]
    assert [(kinds, drawn) for _, kinds, drawn in plotted[1]] == [
        (["text/plain", "image/png"], True)
    ]
    assert threaded[0] == "of a thread\n"
    assert captured[0] == "" and captured[1] == []
    assert "inner" in nested[0] and "outer" in nested[0]
    assert failed[2] == "ZeroDivisionError"
    assert "1 / 0" in failed[3] and "division by zero" in failed[3] and "\x1b" not in failed[3]
    assert cleared[0] == "kept\n" and [text for text, _, _ in cleared[1]] == ["'kept'"]
    assert many[0].startswith("line 0\n") and many[0].endswith("line 2999\n")
    look = await kernel.run_ok("look = looker.outputs(20); print(look.title)")
    assert "1 picture" in look.stdout
    number = failed_number(heard)
    text = (await kernel.run_ok(f"print(looker.cell({number}).text)")).stdout
    assert text.endswith(f"In[{number}]:\n1 / 0\n")


def failed_number(cells: list[Any]) -> int:
    """Return the number of the cell that failed, as its reply says."""
    (number,) = [cell.reply["execution_count"] for cell in cells if cell.status == "error"]
    return int(number)


async def test_it_can_be_started_in_a_cell_that_captures(version: str) -> None:
    """Else `%%capture` around `%load_ext` leaves Claude without all later prints."""
    async with RealKernel(version) as kernel:
        await kernel.run_ok("%%capture\n" + START)
        await kernel.run_ok("print('heard')")
        assert (await told(kernel))["print('heard')"][0] == "heard\n"


async def test_nothing_is_left_behind(kernel: RealKernel) -> None:
    """Else unloading leaves hooks in the kernel, which hear all that follows."""
    await kernel.run_ok(START)
    await kernel.run_ok("recorder.stop()")
    await kernel.run_ok("print('unheard')\ndisplay('unheard')\n'unheard'")
    cell = await kernel.run_ok(
        "print('write_format_data' in vars(get_ipython().displayhook),"
        " [c.source for c in recorder.record.cells], len(recorder._cell.outputs))"
    )
    assert cell.stdout.startswith("False ['recorder.stop()'")
