"""`claude.ask_sync` in real kernels: below a running cell, and nothing else is lost by it."""

from __future__ import annotations

import pytest

from tests.kernels.harness import RealKernel
from tests.kernels.test_kernel_comms import INSTALL, WAIT, WATCH, Way, way

pytestmark = pytest.mark.anyio
__all__ = ["way"]  # the fixture

# A coroutine with all that a turn does: timers, a subprocess, another thread's call, anyio.
LOAD = """
import anyio, asyncio, contextvars, sys, threading
from jupyter_claude._kernel.sync import run

async def answer(n):
    await asyncio.sleep(0.01)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"print({n})", stdout=asyncio.subprocess.PIPE)
    line = await process.stdout.readline()
    await process.wait()
    loop, event = asyncio.get_running_loop(), anyio.Event()
    threading.Thread(target=lambda: loop.call_soon_threadsafe(event.set)).start()
    with anyio.fail_after(60):
        await event.wait()
        async with anyio.create_task_group() as group:
            group.start_soon(asyncio.sleep, 0)
    with anyio.move_on_after(0.01):
        await anyio.sleep_forever()
    return int(line)

def ask_sync(n):
    return run(lambda: answer(n), get_ipython())
"""


@pytest.fixture
async def loaded(kernel: RealKernel) -> RealKernel:
    """Return a kernel with the bridge and an `ask_sync` that asks no model."""
    assert (await kernel.run_ok(INSTALL)).stdout == "bridge\n"
    await kernel.run_ok(LOAD)
    return kernel


async def test_run_all_from_a_fresh_kernel(version: str) -> None:
    """Else Run All would lose the cells behind an ask_sync, for ever, as nest_asyncio does."""
    async with RealKernel(version) as kernel:
        cells = kernel.queue(
            [
                INSTALL + LOAD + "order = [ask_sync(0)]",
                "order += [ask_sync(n) for n in (1, 2)]",
                "order.append(3)",
                "await asyncio.sleep(0.01); order.append(ask_sync(4))",
                "await asyncio.sleep(0.01); order.append(5)",
                "order.append(ask_sync(6)); print(order)",
            ]
        )
        for cell in cells:
            await cell.done()
            assert cell.status == "ok", cell.story()
        assert cells[-1].stdout == "[0, 1, 2, 3, 4, 5, 6]\n"
        # And the kernel is as it was.
        after = await kernel.run_ok("print(await answer(7), asyncio.current_task() is not None)")
        assert after.stdout == "7 True\n"
        assert "Error" not in kernel.log, kernel.log


async def test_cells_sent_while_it_waits(loaded: RealKernel) -> None:
    """Else a cell sent during an ask_sync would run inside it, or never."""
    kernel = loaded
    asking = kernel.execute(
        "order, gate = [], asyncio.Event()\n"
        "async def gated():\n"
        "    print('waiting'); await gate.wait(); order.append('asked')\n"
        "def open_gate(_comm, message): gate.set()\n"
        "import comm\n"
        "comm.get_comm_manager().register_target('gate', open_gate)\n"
        "run(gated, get_ipython())"
    )
    await asking.printed("waiting")
    cells = kernel.queue(f"order.append({n}); print(order)" for n in range(3))
    inspecting = kernel.request("is_complete_request", {"code": "1"})
    kernel.open_comm("gate")
    await asking.done()
    assert asking.status == "ok", asking.story()
    for cell in cells:
        await cell.done()
    assert cells[-1].stdout == "['asked', 0, 1, 2]\n", cells[-1].story()
    assert (await inspecting).reply is not None


async def test_called_by_other_code(loaded: RealKernel) -> None:
    """Else ask_sync would fail just where it is needed: in functions that others call."""
    cell = await loaded.run_ok(
        "class Frame:  # what DataFrame.apply does\n"
        "    def apply(self, function): return [function(row) for row in range(5)]\n"
        "print(Frame().apply(ask_sync), sorted(range(3), key=lambda n: -ask_sync(n)))"
    )
    assert cell.stdout == "[0, 1, 2, 3, 4] [2, 1, 0]\n"
    # Inside an async cell, inside a task, and inside itself.
    cell = await loaded.run_ok(
        "async def inner(): return ask_sync(1) + ask_sync(2)\n"
        "task = asyncio.create_task(inner())\n"
        "print(await inner(), run(inner, get_ipython()), await task)"
    )
    assert cell.stdout == "3 3 3\n"
    # Its exceptions are the caller's own.
    cell = await loaded.run(
        "async def failing(): raise LookupError('no such thing')\nrun(failing, get_ipython())"
    )
    assert cell.error is not None
    assert cell.error["evalue"] == "no such thing"


async def test_output_and_background_tasks(loaded: RealKernel) -> None:
    """Else text printed while it waits would land elsewhere, or other tasks would stand still."""
    cell = await loaded.run_ok(
        "ticks = []\n"
        "async def tick():\n"
        "    while True: ticks.append(1); await asyncio.sleep(0.01)\n"
        "ticking = asyncio.create_task(tick())\n"
        "async def speak():\n"
        "    print('within'); await asyncio.sleep(0.2); print('within, later')\n"
        "print('before'); run(speak, get_ipython()); print('after', len(ticks) > 3)\n"
        "ticking.cancel()"
    )
    assert cell.stdout == "before\nwithin\nwithin, later\nafter True\n"
    # A variable of the context stays visible to later cells, on ipykernels where it was.
    await loaded.run_ok(
        "variable = contextvars.ContextVar('v', default='lost')\nvariable.set('set')"
    )
    before = await loaded.run_ok("print(variable.get())")
    await loaded.run_ok("ask_sync(1)")
    assert (await loaded.run_ok("print(variable.get())")).stdout == before.stdout


async def test_a_click_while_it_waits(way: Way) -> None:
    """Else ask_sync could never be given a permission: the buttons would be dead."""
    kernel, subshell = way
    await kernel.run_ok(INSTALL + WATCH + LOAD)
    comm = await kernel.widget(lambda comm: comm.target == "watched")
    asking = kernel.execute(
        "async def approved():\n    print('waiting'); await clicked.wait()\n"
        "run(approved, get_ipython()); print('got', clicks)\n"
        "clicked.clear(); run(approved, get_ipython()); print('got', clicks)"
    )
    queued = kernel.execute("print('queued')")
    await asking.printed("waiting")
    click = comm.send({"n": 1}, subshell=subshell)
    await asking.until(lambda cell: cell.stdout.count("waiting") == 2)
    comm.send({"n": 2}, subshell=subshell)
    await asking.done()
    assert asking.stdout == "waiting\ngot [1]\nwaiting\ngot [1, 2]\n", asking.story()
    assert (await click.done()).statuses == ["busy", "idle"]
    assert (await queued.done()).stdout == "queued\n"


async def test_from_a_callback(loaded: RealKernel) -> None:
    """Else a button of the user's whose callback asks Claude would hang the kernel."""
    kernel = loaded
    await kernel.run_ok(
        WATCH + "answers = []\n"
        "def ask(message):\n"
        "    answers.append(ask_sync(message['content']['data']['n']))\n"
        "watched.on_msg(ask)"
    )
    comm = await kernel.widget(lambda comm: comm.target == "watched")
    clicks = [comm.send({"n": n}) for n in range(3)]
    for click in clicks:
        await click.done()
    assert (await kernel.run_ok("print(sorted(answers))")).stdout == "[0, 1, 2]\n"
    # The same while an async cell waits.
    waiting = kernel.execute("while len(answers) < 5: await asyncio.sleep(0.01)\nprint('done')")
    queued = kernel.execute("print(sorted(answers))")
    await waiting.until(lambda cell: cell.started)
    clicks = [comm.send({"n": n}) for n in (3, 4)]
    for request in (*clicks, waiting, queued):
        await request.done()
    assert waiting.stdout == "done\n", waiting.story()
    assert queued.stdout == "[0, 1, 2, 3, 4]\n"


async def test_a_cell_ends_while_a_callback_waits(loaded: RealKernel) -> None:
    """Else that cell would show [*] for good: on ipykernel 6 its end went to the callback."""
    kernel = loaded
    await kernel.run_ok(
        WATCH + "gate, end = asyncio.Event(), asyncio.Event()\n"
        "async def gated(): end.set(); await gate.wait()\n"
        "watched.on_msg(lambda message: run(gated, get_ipython()))\n"
        "comm.get_comm_manager().register_target('open', lambda *_: gate.set())"
    )
    comm = await kernel.widget(lambda comm: comm.target == "watched")
    cell = kernel.execute("print('waiting'); await end.wait(); print('end')")
    await cell.printed("waiting")
    click = comm.send({"n": 1})
    await cell.done(timeout=60)
    assert (cell.statuses, cell.stdout) == (["busy", "idle"], "waiting\nend\n"), cell.story()
    kernel.open_comm("open")
    assert (await click.done()).statuses == ["busy", "idle"]
    assert (await kernel.run_ok("print('next')")).statuses == ["busy", "idle"]


async def test_the_stop_button(loaded: RealKernel) -> None:
    """Else the stop button would kill the session's tasks, or leave the turn running."""
    kernel = loaded
    await kernel.run_ok(
        "ended = []\n"
        "async def owner():\n"
        "    while True: await asyncio.sleep(0.001)\n"
        "owning = asyncio.create_task(owner())\n"
        "async def endless():\n"
        "    print('on')\n"
        "    try: await asyncio.sleep(60)\n"
        "    finally:\n"
        "        await asyncio.sleep(0.05); ended.append('turn')"
    )
    for code in (
        "run(endless, get_ipython())",
        "await asyncio.sleep(0); run(endless, get_ipython())",
    ):
        asking = kernel.execute(code)
        queued = kernel.execute("print('never')")
        await asking.printed("on")
        await kernel.interrupt()
        await asking.done()
        assert asking.error is not None
        assert asking.error["ename"] == "KeyboardInterrupt"
        assert len(asking.error["traceback"]) == 1, asking.error["traceback"]
        assert (await queued.done()).status == "aborted"
        cell = await kernel.run_ok("print(ended, owning.done(), ask_sync(5)); ended.clear()")
        assert cell.stdout == "['turn'] False 5\n"
    # The stop button is the cell's own again.
    # (Not flushed: ipykernel's own thread sends it a moment later, when the cell sleeps already. In
    # the middle of a flush ipykernel 6 may lose the press.)
    sleeping = kernel.execute("import time; print('on'); time.sleep(60)")
    await sleeping.printed("on")
    await kernel.interrupt()
    await sleeping.done()
    assert sleeping.error is not None
    # A coroutine that does not end when cancelled: the second press leaves it.
    stubborn = kernel.execute(
        "async def stubborn():\n"
        "    print('on')\n"
        "    while True:\n"
        "        try: await asyncio.sleep(60)\n"
        "        except asyncio.CancelledError: print('no')\n"
        "run(stubborn, get_ipython())"
    )
    await stubborn.printed("on")
    await kernel.interrupt()
    await stubborn.printed("no")
    await kernel.interrupt()
    await stubborn.done()
    assert stubborn.status == "error"
    assert (await kernel.run_ok("print(ask_sync(6))")).stdout == "6\n"


async def test_from_threads(loaded: RealKernel) -> None:
    """Else a worker thread would break the session's loop, or wait for ever without a word."""
    kernel = loaded
    cell = await kernel.run_ok(
        "print(await asyncio.gather(*(asyncio.to_thread(ask_sync, n) for n in range(3))))"
    )
    assert cell.stdout == "[0, 1, 2]\n"
    # A synchronous cell that waits for such a thread would wait for ever: it is told.
    cell = await kernel.run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from jupyter_claude._kernel import sync as _sync\n"
        "_sync.HELD_UP = 0.2\n"
        "with ThreadPoolExecutor() as pool: print(list(pool.map(ask_sync, range(2))))"
    )
    assert cell.error is not None
    assert cell.error["ename"] == "RuntimeError"
    assert len(cell.error["traceback"]) == 1
    assert "asyncio.to_thread" in cell.error["evalue"]
    # While the cell itself asks, its threads can ask as well.
    cell = await kernel.run_ok(
        "_sync.HELD_UP = 10\n"
        "async def both(): return await asyncio.gather("
        "asyncio.to_thread(ask_sync, 1), asyncio.to_thread(ask_sync, 2))\n"
        "print(run(both, get_ipython()))"
    )
    assert cell.stdout == "[1, 2]\n"


async def test_beside_nest_asyncio(version: str) -> None:
    """Else a notebook that applies nest_asyncio itself, as many do, could not use ask_sync."""
    async with RealKernel(version) as kernel:
        await kernel.run_ok(INSTALL + LOAD)
        await beside_nest_asyncio(kernel)


async def beside_nest_asyncio(kernel: RealKernel) -> None:
    cells = kernel.queue(
        [
            "import nest_asyncio2; nest_asyncio2.apply(); print(ask_sync(1))",
            "print(asyncio.get_event_loop().run_until_complete(answer(2)), ask_sync(3))",
            "print(await answer(4), ask_sync(5))",
        ]
    )
    assert [(await cell.done()).stdout for cell in cells] == ["1\n", "2 3\n", "4 5\n"]


async def test_in_a_forked_worker(kernel: RealKernel) -> None:
    """Otherwise a process pool waits for ten seconds, or for ever, and then speaks of threads."""
    cell = await kernel.run_ok(
        "import asyncio, multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from jupyter_claude import claude\n"
        "def sync(): claude.ask_sync('Hello')\n"
        "def awaited(): asyncio.run(claude.ask('Hello'))\n"
        "with ProcessPoolExecutor(1, multiprocessing.get_context('fork')) as pool:\n"
        "    errors = [pool.submit(ask).exception() for ask in (sync, awaited)]\n"
        "print(*(f'{type(e).__name__}: {e}' for e in errors), sep='\\n')"
    )
    for line in cell.stdout.splitlines():
        assert line.startswith("ClaudeError: "), cell.story()
        assert "forked" in line
        assert "joblib" in line


async def test_nothing_is_patched(loaded: RealKernel) -> None:
    """Else one ask_sync would change asyncio for all of the user's code, for good."""
    seen = (
        "def seen(): return (asyncio.Task, asyncio.Future, asyncio.run, asyncio.get_event_loop, "
        "type(asyncio.get_running_loop()).__dict__.get('run_until_complete'), "
        "sorted(m for m in sys.modules if 'nest_asyncio' in m))\n"
        "before = seen()"
    )
    await loaded.run_ok(seen)
    await loaded.run_ok("ask_sync(1)")
    assert (await loaded.run_ok("print(seen() == before)")).stdout == "True\n"


async def test_shutdown_while_it_waits(version: str) -> None:
    """Else a kernel could not be shut down or restarted while ask_sync waits."""
    async with RealKernel(version) as kernel:
        await kernel.run_ok(INSTALL + WATCH + LOAD)
        asking = kernel.execute("run(lambda: asyncio.sleep(600), get_ipython())")
        await asking.until(lambda cell: cell.started)
        await kernel.restart()
        assert (await kernel.run_ok("print('again')")).stdout == "again\n"


async def test_waiting_cell_after_all(loaded: RealKernel) -> None:
    """Else approvals in async cells would stop working after the first ask_sync."""
    kernel = loaded
    await kernel.run_ok(WATCH)
    await kernel.run_ok("ask_sync(1)")
    comm = await kernel.widget(lambda comm: comm.target == "watched")
    waiting = kernel.execute(WAIT)
    await waiting.printed("waiting")
    comm.send({"n": 1})
    await waiting.done()
    assert waiting.stdout == "waiting\ngot [1]\n"
