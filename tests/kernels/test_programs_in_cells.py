"""Programs pasted into cells, with `asyncio.run(main())` at the end, in real kernels."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from tests.extension.front_end import answer, one_line, request
from tests.kernels.harness import VERSIONS, Cell, RealKernel
from tests.sdk.examples.scenes import SCENES, Scene, uses
from tests.sdk.test_examples import (
    FOLDERS,
    RUNS,
    SOURCE,
    Outcome,
    Setting,
    cells_of,
    check,
    example,
    kept_environment,
    lay_out,
    look_at,
)

pytestmark = [pytest.mark.anyio, pytest.mark.cli]
ENDURANCE = pytest.mark.endurance

documents = pytest.mark.skipif(
    not SOURCE.is_dir(),
    reason=f"the documents are not in {SOURCE}: set JUPYTER_CLAUDE_DOCUMENTS to their folder",
)

#: Each ends in another way: a plain call, one under `if __name__ == "__main__":`, and anyio's.
PASTED = ("S0-3", "S3-3", "S1-1")
SCRIPT: list[dict[str, Any]] = [
    *(rule for name in PASTED for rule in SCENES[name].model),
    uses("list them", ("Bash", {"command": "touch made.txt"}), then="Listed."),
    {"when": "count", "replies": [[{"text": "one, two, three, " * 100, "every": 0.2}]]},
]
ASKS = """\
import asyncio
async def main(prompt):
    turn = await claude.ask(prompt)
    return turn.text
if __name__ == "__main__":
    x = asyncio.run(main("Please list them"))
print(x)"""
STREAMS = """\
async def count():
    async for text in claude.stream("count"):
        print(text, flush=True)
asyncio.run(count())"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run the clients on asyncio: jupyter_client supports only that."""
    return "asyncio"


#: The oldest and the newest run each time, those between with all tests.
_EACH = [
    pytest.param(version, marks=() if version in (VERSIONS[0], VERSIONS[-1]) else ENDURANCE)
    for version in VERSIONS
]


@pytest.fixture(params=_EACH)
async def kernel(
    request: pytest.FixtureRequest, claude_kernel: Callable[..., Any]
) -> AsyncIterator[RealKernel]:
    """Return a kernel of each version, with the extension and a scripted model."""
    async with claude_kernel(SCRIPT, version=request.param) as kernel:
        yield kernel


async def test_programs(kernel: RealKernel) -> None:
    """Else a program that runs as a script fails in a notebook, or its buttons are dead."""
    # One kernel for all: its start takes longer than each of these.
    await approvals_and_stop(kernel)
    if SOURCE.is_dir():  # as in `documents` below
        await examples_of_the_documents(kernel)
    await calls_in_functions(kernel)


async def approvals_and_stop(kernel: RealKernel) -> None:
    # The user's approval, and a cell behind it.
    asking = kernel.execute(ASKS)
    queued = kernel.execute("print('queued', x)")
    view, asked = await request(kernel)
    answer(view, asked, "allow")
    assert (await asking.done()).stdout == "Listed.\n", asking.story()
    assert (await queued.done()).stdout == "queued Listed.\n"
    assert (kernel.cwd / "made.txt").exists()
    # The history has the user's text.
    assert (await kernel.run_ok("print(In[-3])")).stdout == ASKS + "\n"
    # The stop button.
    streaming = kernel.execute(STREAMS)
    queued = kernel.execute("print('never')")
    await streaming.printed("one")
    await kernel.interrupt()
    await streaming.done()
    assert streaming.status == "error", streaming.story()
    assert (await queued.done()).status == "aborted"
    assert (await kernel.run_ok("print('next')")).stdout == "next\n"
    # Also if the loop has nothing else to do; the coroutine cleans up.
    waiting = kernel.execute(
        "async def wait():\n"
        "    print('on')\n"
        "    try: await asyncio.Event().wait()\n"
        "    finally: await asyncio.sleep(0); print('cleaned')\n"
        "asyncio.run(wait())"
    )
    await waiting.printed("on")
    await kernel.interrupt()
    await waiting.done()
    assert "KeyboardInterrupt: " in one_line(waiting, "KeyboardInterrupt")
    assert waiting.stdout == "on\ncleaned\n"
    # A traceback has the user's lines, and none of ours.
    failed = await kernel.run("async def bad():\n    1 / 0\n\nasyncio.run(\n    bad())")
    assert failed.error is not None
    trace = "\n".join(failed.error["traceback"])
    assert "bad())" in trace and "1\x1b[39m / \x1b[32m0" in trace.replace("[39m \x1b", "[39m \x1b")
    assert "awaited_run" not in trace and "__import__" not in trace


async def examples_of_the_documents(kernel: RealKernel) -> None:
    for name in PASTED:
        if SCENES[name].before:
            await kernel.run_ok(SCENES[name].before)
        cell = await kernel.run_ok(example(name))
        assert in_order(SCENES[name].says, cell.stdout), cell.story()


NESTED = """\
import asyncio, anyio
async def main(n):
    await asyncio.sleep(0.01)
    return n
def fetch(n):
    return asyncio.run(main(n)) + anyio.run(main, n)
kinds = lambda: (asyncio.Task.__module__, asyncio.run.__module__, anyio.run.__module__)
before = kinds()"""


async def calls_in_functions(kernel: RealKernel) -> None:
    await kernel.run_ok(NESTED)
    cell = await kernel.run("fetch(1)")
    line = one_line(cell, "RuntimeError")
    assert "line 6 in fetch" in line and "%config ClaudeMagics.nest_asyncio = True" in line
    # The price: asyncio's tasks are slower ones in the whole kernel. No cell is lost.
    cells = kernel.queue(
        [
            "%config ClaudeMagics.nest_asyncio = True",
            "print(fetch(1), asyncio.Task.__module__)",
            "await asyncio.sleep(0.01); print(fetch(2))",
            "print(asyncio.run(main(3)))",
            "%config ClaudeMagics.nest_asyncio = False\nprint(kinds() == before)",
        ]
    )
    assert [(await cell.done()).stdout for cell in cells] == [
        *("", "2 asyncio.tasks\n", "4\n", "3\n", "True\n")
    ], kernel.story()
    assert (await kernel.run("fetch(1)")).status == "error"
    # Without the package, or with one that loses cells.
    await kernel.run_ok("import importlib.metadata, jupyter_claude._kernel.nesting as n")
    await kernel.run_ok("n.version = lambda name: '1.7.2'")
    cell = await kernel.run("%config ClaudeMagics.nest_asyncio = True")
    assert "jupyter-claude[nest]" in cell.story()
    assert (await kernel.run_ok("print(kinds() == before)")).stdout == "True\n"
    # Unloaded, all is Python's again.
    await kernel.run_ok("%unload_ext jupyter_claude")
    cell = await kernel.run("asyncio.run(main(1))")
    assert cell.error is not None and len(cell.error["traceback"]) > 1


def in_order(texts: tuple[str, ...], printed: str) -> bool:
    place = 0
    for text in texts:
        place = printed.find(text, place) + 1
        if not place:
            return False
    return True


@documents
@pytest.mark.endurance
@pytest.mark.parametrize("run_name", RUNS)
async def test_every_example(run_name: str, cli: Path, tmp_path: Path) -> None:
    """Else some example of the documents fails in a notebook, which nobody would notice."""
    name, scene = RUNS[run_name]
    if reason := FOLDERS.make(scene.folders):
        pytest.skip(reason)
    try:
        with ScriptedModel(scene.model) as model:
            setting = Setting(cli, kept_environment()).of(model, tmp_path / "home", scene)
            # The user's settings are below HOME.
            environment: dict[str, str | None] = {**setting, "CLAUDE_CONFIG_DIR": None}
            folder = lay_out(scene, tmp_path / "home")
            async with RealKernel(env=environment, cwd=folder) as kernel:
                await kernel.run_ok("%load_ext jupyter_claude")
                cells = [cell["code"] for cell in cells_of(name, scene)]
                ran = [await paste(kernel, code, scene) for code in cells if code]
                printed = "".join(cell.stdout + cell.stderr for cell in ran)
                errors = [cell.error for cell in ran if cell.error is not None]
                told = "\n".join(f"{error['ename']}: {error['evalue']}" for error in errors)
                failed = int(bool(errors))
                assert failed == int(bool(scene.exit_code or scene.stopped_at)), printed + told
                asked = json.dumps(model.requests, ensure_ascii=False)
                check(scene, Outcome(failed, printed, told, asked, look_at(scene, folder)))
    finally:
        FOLDERS.remove()


async def paste(kernel: RealKernel, code: str, scene: Scene) -> Cell:
    """Run a cell, and do what the user of the example does meanwhile."""
    cell = kernel.execute(code)
    if scene.stopped_at:
        await cell.until(lambda cell: scene.stopped_at in cell.stdout or cell.reply, timeout=90)
        await kernel.interrupt()
    for number, line in enumerate(scene.typed.splitlines(), 1):

        def asks(cell: Any, number: int = number) -> bool:
            return cell.reply is not None or len(cell.input_requests) >= number

        await cell.until(asks, timeout=90)
        if cell.reply is None:
            kernel.answer_input(line)
    return await cell.done(timeout=90)
