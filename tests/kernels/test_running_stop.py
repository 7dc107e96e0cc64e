"""Claude's code in real kernels is stopped: by the button, by a view, by its time limit."""

from __future__ import annotations

import pytest

from tests.kernels.conftest import Kernels
from tests.kernels.harness import Cell, RealKernel
from tests.kernels.running import SETUP, Report, report_of, run_code

pytestmark = pytest.mark.anyio

#: Code that never ends by itself. Each prints first, so that a test knows that it runs.
ENDLESS = {
    "a loop": "print('on')\nwhile True: pass",
    "a loop of prints": "while True: print('on')",
    "a system call": "print('on')\n__import__('time').sleep(99)",
    "an await": "print('on')\nawait asyncio.sleep(99)",
    "a task in a loop": (
        "async def child():\n    print('on')\n    while True: pass\nawait asyncio.gather(child())"
    ),
    "a thread": "import threading\nprint('on')\nthreading.Event().wait()",
    "a program": "print('on')\n!sleep 99\nprint('not this')",
    "a deleted object": (
        "import time\nclass Ends:\n    def __del__(self):\n        print('on')\n"
        "        end = time.monotonic() + 1\n        while time.monotonic() < end: pass\n"
        "del_ = Ends()\ndel del_\nwhile True: pass"
    ),
    "a formatter": (
        "class Slow:\n    def __repr__(self):\n        print('on')\n        while 1: pass\nSlow()"
    ),
}


@pytest.fixture
async def ready(version: str, kernels: Kernels) -> RealKernel:
    """Return the module's kernel, with a runner."""
    kernel = await kernels(version)
    if "runner" not in (await kernel.run_ok("print(sorted(globals()))")).stdout:
        await kernel.run_ok(SETUP + "import signal\n")
    return kernel


async def press_stop(kernel: RealKernel, cell: Cell) -> Report:
    """Press stop once the code runs. The cell goes on; return its report."""
    await cell.printed("on")
    await kernel.interrupt()
    await cell.done()
    assert cell.status == "ok", cell.story()
    return Report(cell.stdout)


@pytest.mark.parametrize("kind", ENDLESS)
async def test_the_stop_button(ready: RealKernel, kind: str) -> None:
    """Else the user must kill the kernel, and lose all variables, to end Claude's code."""
    cell = ready.execute(
        "before = signal.getsignal(signal.SIGINT)\n"
        f"ran = await go({ENDLESS[kind]!r}, show=say)\n"
        "assert signal.getsignal(signal.SIGINT) == before\n"
        "await asyncio.sleep(0.01)\n"
        "report(ran)"
    )
    ran = await press_stop(ready, cell)
    assert ran.stopped == "user"
    assert ran.error == "KeyboardInterrupt: stopped by the user"
    assert "not this" not in ran.stdout
    assert "[The user stopped this code after" in ran.model[-1]
    assert "_running" not in "".join(ran.model)
    assert (await run_code(ready, "print('next')")).stdout == "next\n"


@pytest.mark.parametrize("kind", ["a loop", "an await", "a task in a loop", "a system call"])
async def test_a_time_limit(ready: RealKernel, kind: str) -> None:
    """Else code that never ends keeps the turn, and the kernel, for ever."""
    ran = await run_code(ready, ENDLESS[kind], timeout=0.3)
    assert ran.stopped == "timeout"
    assert ran.error == "KeyboardInterrupt: stopped after 0.3 s, its time limit"
    assert (await run_code(ready, "1", timeout=20)).stopped == ""


async def test_in_a_synchronous_cell(ready: RealKernel) -> None:
    """Else the code of a turn that `ask_sync` runs could not be stopped."""
    for code in (ENDLESS["a loop"], ENDLESS["an await"]):
        cell = ready.execute(
            f"ran = run_sync(lambda: go({code!r}, show=say), get_ipython())\nreport(ran)"
        )
        assert (await press_stop(ready, cell)).stopped == "user"


async def test_in_an_idle_kernel(ready: RealKernel) -> None:
    """Else the code of a prompt of the panel could not be stopped."""
    for code in (ENDLESS["a loop"], ENDLESS["an await"]):
        cell = await ready.run_ok(
            "async def later():\n"
            "    await asyncio.sleep(0.05)\n"
            f"    return await go({code!r}, show=say)\n"
            "task = asyncio.create_task(later())"
        )
        await cell.printed("on")
        await ready.interrupt()
        ran = report_of(await ready.run_ok("report(await task)"))
        assert ran.stopped == "user"


async def test_another_press(ready: RealKernel) -> None:
    """Else code that ignores the first press could not be stopped, nor the turn."""
    code = (
        "left = 2\n"
        "while left:\n"
        "    try:\n"
        "        print('on', left)\n"
        "        while True: pass\n"
        "    except KeyboardInterrupt:\n"
        "        left -= 1"
    )
    cell = ready.execute(
        "presses = []\n"
        "cells = signal.signal(signal.SIGINT, lambda *_: presses.append(1))\n"
        f"ran = await go({code!r}, show=say)\n"
        "signal.signal(signal.SIGINT, cells)\n"
        "print(); print(presses, ran.stopped, repr(ran.error))"
    )
    await cell.printed("on 2")
    await ready.interrupt()
    await cell.printed("on 1")
    await ready.interrupt()
    await cell.done()
    last = cell.stdout.splitlines()[-1]
    assert last == "[1] user 'KeyboardInterrupt: stopped by the user'", cell.story()


async def test_the_turn_goes_on(ready: RealKernel) -> None:
    """Else the press that stops the code also stops the turn, and Claude is not told."""
    cell = ready.execute(
        "from jupyter_claude._kernel.stop_button import StopButton\n"
        "presses = []\n"
        "with StopButton().pressed(presses.append):\n"
        f"    ran = await go({ENDLESS['a loop']!r}, show=say)\n"
        "    await asyncio.sleep(0); print('\\n', presses, ran.stopped)\n"
        "    print('now')\n"
        "    while not presses: await asyncio.sleep(0.01)\n"
        "print(presses)"
    )
    await cell.printed("on")
    await ready.interrupt()
    await cell.printed("now")
    await ready.interrupt()
    await cell.done()
    assert cell.stdout.splitlines()[-3:] == [" [] user", "now", "[1]"], cell.story()


async def test_the_handler_of_others(ready: RealKernel) -> None:
    """Else the stop button of the user's own cells would stop to work after a run."""
    await run_code(ready, "await asyncio.sleep(0)")
    cell = ready.execute("print('on')\nwhile True: pass")
    await cell.printed("on")
    await ready.interrupt()
    await cell.done()
    assert cell.error is not None
    assert cell.error["ename"] == "KeyboardInterrupt"
    # A cell of the user's, while Claude's code awaits: the button belongs to the cell.
    await ready.run_ok(
        "gate, started = asyncio.Event(), asyncio.Event()\n"
        "task = asyncio.create_task(go('started.set(); await gate.wait(); 7'))\n"
        "await started.wait();"
    )
    cell = ready.execute("print('on')\nwhile True: pass")
    await cell.printed("on")
    await ready.interrupt()
    await cell.done()
    assert cell.error is not None
    ran = report_of(await ready.run_ok("gate.set(); report(await task)"))
    assert (ran.stopped, ran.outputs[0]["data"]["text/plain"]) == ("", "7")


async def test_turns(ready: RealKernel) -> None:
    """Else two codes would mix, and stopped code would run later."""
    cell = await ready.run_ok(
        "order, gate = [], asyncio.Event()\n"
        "first = asyncio.create_task(go('order.append(1); await gate.wait(); order.append(2)'))\n"
        "second = asyncio.create_task(go('order.append(3)'))\n"
        "cancelled = asyncio.create_task(go('order.append(4)'))\n"
        "third = asyncio.create_task(go('order.append(5)'))\n"
        "await asyncio.sleep(0.01); cancelled.cancel(); await asyncio.sleep(0.01)\n"
        "print(order, runner.running); gate.set()\n"
        "await asyncio.gather(first, second, third)\n"
        "print(order, runner.running, runner.stop(), cancelled.cancelled())"
    )
    assert cell.stdout == "[1] True\n[1, 2, 3, 5] False False True\n"
    cell = await ready.run_ok(
        "order, gate = [], asyncio.Event()\n"
        "first = asyncio.create_task(go('order.append(1); await gate.wait(); order.append(2)'))\n"
        "second = asyncio.create_task(go('order.append(3)'))\n"
        "await asyncio.sleep(0.01); print(runner.stop())\n"
        "first, second = await first, await second\n"
        "print(order, first.stopped, first.began, second.stopped, second.began, second.error)\n"
        "print(for_model(second))\n"
        "order.append((await go('6')).error)"
    )
    assert cell.stdout == (
        "True\n[1] user True user False KeyboardInterrupt: stopped by the user before it began\n"
        "['[The user pressed stop before this code began. It did not run.]']\n"
    )


async def test_a_turn_is_interrupted(ready: RealKernel) -> None:
    """Else the code of an interrupted turn would run on, or the next code before its end."""
    cell = await ready.run_ok(
        "order, gate = [], asyncio.Event()\n"
        "code = '''order.append(1)\n"
        "try: await gate.wait()\n"
        "finally: await asyncio.sleep(0.05); order.append(2)'''\n"
        "first = asyncio.create_task(go(code)); await asyncio.sleep(0.01)\n"
        "second = asyncio.create_task(go('order.append(3)')); await asyncio.sleep(0.01)\n"
        "first.cancel()\n"
        "await asyncio.wait({first}); print(first.cancelled(), order)\n"
        "await second; print(order)"
    )
    assert cell.stdout == "True [1]\n[1, 2, 3]\n"


async def test_stopped_from_a_thread(ready: RealKernel) -> None:
    """Else a click could not stop synchronous code: the loop that takes clicks is blocked."""
    cell = ready.execute(
        "import threading\n"
        "def show(output):\n"
        "    say(output); threading.Thread(target=runner.stop).start()\n"
        f"ran = await go({ENDLESS['a loop']!r}, show=show)\nreport(ran)"
    )
    await cell.done()
    assert Report(cell.stdout).stopped == "user"


async def test_a_run_that_was_cancelled_had_begun(ready: RealKernel) -> None:
    """Else Claude is told that code did not run, and runs it a second time."""
    ran = await run_code(ready, "print('on')\nasyncio.current_task().cancel()")
    assert ran.stdout == "on\n"
    assert ran.error == "CancelledError: the code cancelled the task it runs in"
    assert (ran.stopped, ran.all["began"]) == ("", True)
    assert "[The user" not in "".join(ran.model)
    assert (await run_code(ready, "print('next')")).stdout == "next\n"
