"""Loading the extension changes nothing of what IPython's own magics show."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.harness import Cell, RealKernel

pytestmark = pytest.mark.anyio

#: Cells in order; where a cell asks for input, a pair of the cell and what is typed.
STEPS: tuple[str | tuple[str, list[str]], ...] = (
    "%%capture c\nprint(1)\ndisplay(2)\n3",
    "print(repr(c.stdout), repr(c.stderr), c.outputs)\nc.show()",
    "%%capture --no-stderr\nimport sys\nprint('err', file=sys.stderr)",
    "from IPython.utils.capture import capture_output\n"
    "import asyncio\n"
    "with capture_output() as c:\n"
    "    get_ipython().run_cell('display(1)')\n"
    "    await asyncio.sleep(0)\n"
    "    display(2)\n"
    "print(len(c.outputs))",
    "get_ipython().run_cell('display(1); 2')",
    "%%time\nprint('timed')\n4",
    "%time 5",
    "%%timeit -n1 -r1\npass",
    "%run script.py",
    "%run -i script.py",
    "%%bash\necho out",
    "%%sh\necho err >&2\nexit 3",
    "%%script python3\nprint('out')",
    "%%script --out got --err bad python3\nprint('out')",
    "print(repr(got), repr(bad))",
    "!echo out",
    "files = %sx ls *.py\nfiles",
    "def broken(number):\n    return number / 0\nbroken(6)",
    ("%debug", ["p number", "q"]),
    "%tb",
    "%pdb on",
    ("broken(7)", ["p number", "q"]),
    "%pdb off",
    ("%debug print('debugged')", ["c"]),
    ("input('name: ')", ["Ada"]),
    "%prun -s name sum(range(9))",
    "%store files",
    "del files\n%store -r files\nprint(files)",
    "print('once more')",
    "%rerun",
    "%macro again 29",
    "again",
    "%history -n 29-32",
    "%load_ext autoreload\n%autoreload 2",
    "import changing\nchanging.VALUE",
    "import os, pathlib\n"
    "at = pathlib.Path('changing.py')\n"
    "at.write_text('VALUE = 2')\n"
    "os.utime(at, (2e9, 2e9))",
    "changing.VALUE",
    "%matplotlib agg",
    "%matplotlib inline\n"
    "import matplotlib.pyplot as plt\n"
    "plt.figure(figsize=(1, 1)).text(0, 0, 'seven')",
    "%matplotlib nonsense",
    "%gui asyncio",
    "await asyncio.sleep(0.01)\n'served'",
    "%gui",
    "%gui nonsense",
    "%autoawait",
    "%%html\n<b>bold</b>",
    "%%python3\nprint(1)",
    "%%writefile made.txt\ntext",
    "print?",
    "%xmode Verbose",
    "broken(8)",
    "%xmode Context",
    "print(\n",
    "%no_such_magic",
    "%who",
    "raise SystemExit",
    "from rich import traceback\nhooked = traceback.install()",
    "1 / 0",
    "%reset -f",
    "%who",
)


def plain(text: str) -> str:
    """Leave out what differs from run to run."""
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    text = re.sub(r"\b(0x)?[0-9a-f]{8,16}\b", "…", text)
    text = re.sub(r"ipykernel_\d+", "ipykernel_…", text)
    text = re.sub(r"(CPU times|Wall time): .*", r"\1: …", text)
    return re.sub(r"[\d.,]+ [nµ\u03bcmu]?s\b", "… s", text)


def everything(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: everything(part) for name, part in value.items()}
    return [everything(part) for part in value] if isinstance(value, list) else value


def seen(cell: Cell) -> Any:
    """Return all that a front end gets of a cell."""
    assert cell.reply is not None
    # What a pager shows is left out: the profiler's is nothing but times.
    payload = [part["source"] for part in cell.reply.get("payload", [])]
    asked = [request["prompt"] for request in cell.input_requests]
    return everything([cell.status, cell.shown, asked, payload, len(cell.statuses)])


def has_asked(times: int, cell: Cell) -> bool:
    return len(cell.input_requests) >= times


async def story(version: str, first: str, folder: Path) -> list[Any]:
    """Run `first` and then the steps; return what was seen, and the kernel's own output."""
    folder.mkdir(parents=True)
    (folder / "script.py").write_text("print('run', __name__)\nmade = 1\n")
    (folder / "changing.py").write_text("VALUE = 1")
    told: list[Any] = []
    async with RealKernel(version, cwd=folder) as kernel:
        await kernel.run_ok(first)
        for step in STEPS:
            code, typed = (step, []) if isinstance(step, str) else step
            cell = kernel.execute(code, stop_on_error=False)
            for number, line in enumerate(typed, 1):
                await cell.until(partial(has_asked, number), what="a question")
                kernel.answer_input(line)
            told.append((code, seen(await cell.done())))
        told.append(("the kernel's log", plain(kernel.log)))
    return told


async def test_what_magics_show(version: str, tmp_path: Path) -> None:
    """IPython's own magics show the same with the extension and without.

    Otherwise: a notebook that worked breaks, or shows other output, once somebody loads the
    extension.
    """
    import matplotlib.font_manager  # noqa: F401 - else one kernel says that it caches fonts

    without, loaded = await asyncio.gather(
        story(version, "pass", tmp_path / "a" / "work"),
        story(version, "%load_ext jupyter_claude", tmp_path / "b" / "work"),
    )
    for was, now in zip(without, loaded, strict=True):
        assert now == was
