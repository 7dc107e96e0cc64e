"""A `CodeRunner` in a real kernel, for the tests of Claude's code."""

from __future__ import annotations

import ast
import re
from typing import Any

from tests.kernels.harness import Cell, RealKernel

#: Defines `go`, which runs code as a turn would, and `report`, which says what happened.
SETUP = """
import asyncio, contextlib, sys, time
from jupyter_claude._kernel.comms import CommBridge
from jupyter_claude._kernel.sync import run as run_sync
from jupyter_claude._running.for_model import for_model
from jupyter_claude._running.runner import CodeRunner
bridge = CommBridge.install(get_ipython())
runner = CodeRunner(get_ipython())
seen = []
async def go(code, timeout=None, show=seen.append):
    seen.clear()
    return await runner.run(code, timeout=timeout, on_output=show)
def say(output):
    print(output.get("text", output["output_type"]), end="")
def report(ran):
    texts = [part if isinstance(part, str) else part.media_type for part in for_model(ran)]
    said = {**vars(ran), "live": list(seen), "model": texts}
    # One write: what a process of the code prints late stands before it or behind it.
    sys.stdout.write(f"\\nREPORT {said!r}\\n")
"""


class Report:
    """What `report` printed for a run.

    Parameters
    ----------
    text : str
        All that the cell printed.
    """

    def __init__(self, text: str) -> None:
        (line,) = re.findall("^REPORT (.*)$", text, re.MULTILINE)
        self.all: dict[str, Any] = ast.literal_eval(line)
        self.outputs: list[dict[str, Any]] = list(self.all["outputs"])
        self.error: str = self.all["error"]
        self.stopped: str = self.all["stopped"]
        self.bound: list[str] = sorted(self.all["bound"])
        self.model: list[str] = self.all["model"]
        self.live: list[dict[str, Any]] = self.all["live"]

    @property
    def stdout(self) -> str:
        """All that was written to stdout."""
        return self.text("stdout")

    def text(self, name: str) -> str:
        """Return all that was written to a stream."""
        return "".join(o["text"] for o in self.outputs if o.get("name") == name)

    @property
    def kinds(self) -> list[str]:
        """The types of the outputs."""
        return [output["output_type"] for output in self.outputs]


async def run_code(kernel: RealKernel, code: str, timeout: float | None = None) -> Report:
    """Run code in a cell that awaits it, as a ``%%claude`` cell does."""
    cell = await kernel.run_ok(f"report(await go({code!r}, {timeout}))")
    return report_of(cell)


def report_of(cell: Cell) -> Report:
    """Return what a cell reported. It must have shown nothing else."""
    shown = [output["output_type"] for output in cell.shown]
    assert shown == ["stream"], cell.story()
    return Report(cell.stdout)
