"""Code that Claude runs in real kernels: its outputs, and what stays as it was."""

from __future__ import annotations

import pytest

from tests.hangs import HANG
from tests.kernels.conftest import Kernels
from tests.kernels.harness import RealKernel
from tests.kernels.running import SETUP, Report, report_of, run_code

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ready(version: str, kernels: Kernels) -> RealKernel:
    """Return the module's kernel, with a runner."""
    kernel = await kernels(version)
    if "runner" not in (await kernel.run_ok("print(sorted(globals()))")).stdout:
        await kernel.run_ok(SETUP)
    return kernel


async def test_outputs(ready: RealKernel) -> None:
    """Else the user or Claude does not see what the code printed, showed, drew or returned."""
    ran = await run_code(
        ready,
        "import sys\n"
        "from IPython.display import HTML\n"
        "import matplotlib.pyplot as plt\n"
        "print('text'); print('warning', file=sys.stderr)\n"
        "display(HTML('<b>bold</b>'))\n"
        "plt.plot([1, 2])\n"
        "total = sum(range(5))\n"
        "await __import__('asyncio').sleep(0)\n"
        "total",
    )
    assert ran.stdout == "text\n"
    assert ran.text("stderr") == "warning\n"
    assert ran.kinds == ["stream", "stream", "display_data", "execute_result", "display_data"]
    assert ran.outputs[2]["data"]["text/html"] == "<b>bold</b>"
    assert ran.outputs[3]["data"] == {"text/plain": "10"}
    assert ran.outputs[4]["data"]["image/png"].startswith("iVBOR")
    assert [output["output_type"] for output in ran.live if "data" in output] == ran.kinds[2:]
    assert "image/png" in ran.model
    assert ran.model[0].startswith("text\nwarning\n")
    assert {"total", "plt", "HTML"} <= set(ran.bound)
    assert (await ready.run_ok("print(total)")).stdout == "10\n"


async def test_what_stays_as_it_was(ready: RealKernel) -> None:
    """Else the user's prompt numbers, results, history or last error are Claude's."""
    await ready.run_ok("41 + 1")
    await ready.run("1/0")
    state = (
        "state = lambda: (get_ipython().execution_count, len(In), dict(Out), _, __,"
        " sys.last_value, get_ipython().displayhook.exec_result,"
        " len(list(get_ipython().history_manager.get_range())))\n"
    )
    code = (
        "print(_)\n'mine'\n"
        "get_ipython().run_cell('7 * 6')\n"
        "get_ipython().run_cell('[][1]')\n"
        "await __import__('asyncio').sleep(0)\n"
        "'mine' + undefined"
    )
    cell = await ready.run_ok(
        f"{state}before = state()\nran = await go({code!r})\nprint(before == state(), _, len(In))\n"
        "report(ran)"
    )
    same, value, _ = cell.stdout.split("\n")[0].split(" ")
    assert (same, value) == ("True", "42")
    assert cell.reply is not None
    count = cell.reply["execution_count"]
    ran = report_of(cell)
    assert ran.stdout == "42\n"
    assert ran.error == "NameError: name 'undefined' is not defined"
    assert [o["ename"] for o in ran.outputs if o["output_type"] == "error"] == [
        "IndexError",
        "NameError",
    ]
    assert "Claude's code, line 6" in ran.model[0]
    assert "\x1b" not in ran.model[0]
    assert "_running" not in ran.model[0]
    after = await ready.run_ok("_")
    assert after.result == {"text/plain": "42"}
    assert after.reply is not None
    assert after.reply["execution_count"] == count + 1


async def test_magics(ready: RealKernel) -> None:
    """Else Claude's code could not do what a cell can do."""
    ran = await run_code(
        ready,
        "%matplotlib inline\n"
        "!echo shell\n"
        "lines = !echo captured\n"
        "%time value = 1\n"
        "print(lines, value)\n"
        "len?",
    )
    assert ran.error == ""
    assert "shell" in ran.stdout
    assert "['captured'] 1" in ran.stdout
    assert "Wall time" in ran.stdout
    assert "Return the number of items" in ran.outputs[-1]["data"]["text/plain"]
    assert (await run_code(ready, "%%capture taken\nprint('x')")).outputs == []
    ran = await run_code(ready, "print(repr(taken.stdout))\n%nothing")
    assert ran.stdout == "'x\\n'\n"
    assert ran.error.startswith("UsageError: Line magic function `%nothing`")
    ran = await run_code(ready, "%%bash\necho from bash")
    assert ran.stdout == "from bash\n"
    ran = await run_code(ready, "from __future__ import annotations\ndef f(x: nobody): pass\nf;")
    assert ran.kinds == []
    assert (await ready.run("def f(x: nobody): pass")).status == "error"
    ran = await run_code(ready, "x = (")
    assert ran.error.startswith("SyntaxError")


async def test_hooks(ready: RealKernel) -> None:
    """Else %autoreload and other hooks of the user's would not see Claude's code."""
    cell = await ready.run_ok(
        "hooks = []\n"
        "before = lambda info: (hooks.append(info.raw_cell), print('hook'))\n"
        "after = lambda result: hooks.append((result.result, result.error_in_exec))\n"
        "events = get_ipython().events\n"
        "events.register('pre_run_cell', before); events.register('post_run_cell', after)\n"
        "depth = bridge._depth\n"
        "ran = await go('5')\n"
        "events.unregister('pre_run_cell', before); events.unregister('post_run_cell', after)\n"
        "print(hooks, bridge._depth == depth)\n"
        "report(ran)"
    )
    assert cell.stdout.startswith("['5', (5, None)] True\n")
    assert report_of(cell).stdout == "hook\n"


async def test_displays(ready: RealKernel) -> None:
    """Else progress displays of Claude's code would fill its card, or wipe the user's cell."""
    ran = await run_code(
        ready,
        "from IPython.display import clear_output\n"
        "for number in range(3):\n"
        "    clear_output(wait=True)\n"
        "    print(number)\n"
        "handle = display('first', display_id=True)\n"
        "handle.update('second')\n",
    )
    assert ran.stdout == "2\n"
    assert ran.outputs[-1]["data"] == {"text/plain": "'second'"}
    assert [o["output_type"] for o in ran.live].count("clear_output") == 3
    assert ran.live[-1]["output_type"] == "update_display_data"
    # A display of an earlier run, and one of the user's.
    await ready.run_ok("own = display('own', display_id=True)")
    cell = await ready.run_ok("report(await go('handle.update(3); own.update(4)'))")
    assert [output["output_type"] for output in cell.outputs].count("update_display_data") == 1
    ran = Report(cell.stdout)
    assert [o["output_type"] for o in ran.live] == ["update_display_data"]


async def test_outputs_of_others(ready: RealKernel) -> None:
    """Else the prints of the user's tasks, threads and cells would vanish into Claude's card."""
    ticking = await ready.run_ok(
        "import threading\n"
        "gate, turn, told = asyncio.Event(), asyncio.Event(), threading.Event()\n"
        "async def tick():\n"
        "    await gate.wait(); print('from the task'); turn.set()\n"
        "ticker = asyncio.create_task(tick())\n"
    )
    code = (
        "print('before'); gate.set(); await turn.wait()\n"
        "threads = [threading.Thread(target=print, args=['in my thread'])]\n"
        "threads[0].start(); threads[0].join()\n"
        "async def child(): print('in my task')\n"
        "await asyncio.gather(child())\n"
        "await asyncio.to_thread(print, 'in a pool')\n"
        "await asyncio.get_running_loop().run_in_executor(None, print, 'in a pool too')\n"
        "print('after')"
    )
    ran = await run_code(ready, code)
    await ticking.printed("from the task")
    assert ran.stdout == ("before\nin my thread\nin my task\nin a pool\nin a pool too\nafter\n")
    # The kernel is idle for the user: a prompt of the panel runs code, and cells run meanwhile.
    code = "print('one'); started.set(); await gate.wait(); print('two')"
    first = await ready.run_ok(
        "gate, started = asyncio.Event(), asyncio.Event()\n"
        f"task = asyncio.create_task(go({code!r}))\nawait started.wait();"
    )
    cell = await ready.run_ok("print('of the user'); display(5); mine = 1; 6")
    assert [output["output_type"] for output in cell.outputs] == [
        "stream",
        "display_data",
        "execute_result",
    ]
    ran = report_of(await ready.run_ok("gate.set(); report(await task)"))
    assert ran.stdout == "one\ntwo\n"
    assert ran.bound == []
    assert first.outputs == []
    assert (await ready.run_ok("print('still here')")).stdout == "still here\n"
    assert ready.strays == []


async def test_a_task_outlives_its_run(ready: RealKernel) -> None:
    """Else a task that Claude's code started would print nowhere after the end of the run."""
    code = (
        "async def later():\n"
        "    await gate.wait(); print('later'); turn.set()\n"
        "gate, turn = asyncio.Event(), asyncio.Event()\nkept = asyncio.create_task(later())"
    )
    assert (await run_code(ready, code)).outputs == []
    await ready.run_ok("gate.set(); await turn.wait()")
    assert "later" in "".join(request.stdout for request in ready._requests.values())


async def test_questions_and_exits(ready: RealKernel) -> None:
    """Else Claude's code could hang the kernel, or end it."""
    for code, error in [
        ("input('name?')", "EOFError: input() gets no answer"),
        ("import getpass; getpass.getpass()", "EOFError: getpass() gets no answer"),
        ("quit", "RuntimeError: quit() and exit() do nothing"),
        ("exit()", "RuntimeError: quit() and exit() do nothing"),
        ("import sys; sys.exit(1)", "SystemExit: sys.exit() ends only the code"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise asyncio.CancelledError", "CancelledError"),
        ("import pdb; pdb.set_trace()\nprint(1)", "BdbQuit: a debugger gets no answer"),
    ]:
        ran = await run_code(ready, code)
        assert ran.error.startswith(error), code
        assert ran.stopped == ""
    ran = await run_code(ready, "get_ipython().set_next_input('not here')")
    assert ran.stdout == "not here\n"
    cell = ready.execute("input()")
    await cell.until(lambda cell: cell.input_requests)
    ready.answer_input("me")
    await cell.done()
    assert cell.result == {"text/plain": "'me'"}


async def test_asking_claude(ready: RealKernel) -> None:
    """Else Claude's code would wait for the turn that waits for it, for ever."""
    ask = "run_sync(lambda: asyncio.sleep(0), get_ipython())"
    for code in (
        ask,
        f"await asyncio.to_thread(lambda: {ask})",
        f"await asyncio.get_running_loop().run_in_executor(None, lambda: {ask})",
        f"async def child(): {ask}\nawait asyncio.gather(child())",
        "await runner.run('1', timeout=None, on_output=print)",
        f"from concurrent.futures import ThreadPoolExecutor\n"
        f"ThreadPoolExecutor().submit(lambda: {ask}).result()",
    ):
        ran = await run_code(ready, code)
        assert "cannot wait for the turn that runs this code" in ran.error, code
    # Afterwards its tasks may ask: the turn is over some time.
    await run_code(
        ready,
        "gate = asyncio.Event()\n"
        f"async def child(): await gate.wait(); return {ask}\n"
        "kept = asyncio.create_task(child())",
    )
    await ready.run_ok("gate.set(); await kept")


async def test_very_long_outputs(ready: RealKernel) -> None:
    """Else a loop of prints would fill the kernel's memory, the page and Claude's context."""
    code = "for n in range(100): print(str(n % 10) * 1_000_000)\n'x' * 100_000_000"
    cell = await ready.run_ok(
        f"ran = await go({code!r})\n"
        "kept = sum(len(str(output)) for output in ran.outputs)\n"
        "(text,) = for_model(ran)\n"
        "print(kept < 1_300_000, len(text) < 20_200, text[:3], text.count('9') > 100,"
        " ran.left_out > 98_000_000, len(seen) < 300)"
    )
    assert cell.stdout == "True True 000 True True True\n"
    ran = await run_code(ready, "display('y' * 3_000_000)\nb'z' * 3_000_000")
    assert all(len(output["data"]["text/plain"]) < 201_000 for output in ran.outputs)


async def test_asking_the_session(ready: RealKernel) -> None:
    """Else a prompt in Claude's own code would wait for the turn that runs it, for ever."""
    await ready.run_ok("%load_ext jupyter_claude\nfrom jupyter_claude import claude")
    for code in (
        "await claude.ask('x')",
        "claude.ask_sync('x')",
        "async for _ in claude.stream('x'): pass",
        "await claude.client.query('x')",
        "await claude.client.connect('x')",
        "async with claude.client.turn('x'): pass",
        "%%claude\nx",
        "get_ipython().run_cell('%%claude\\nx').raise_error()",
        "await asyncio.get_running_loop().run_in_executor(None, claude.ask_sync, 'x')",
    ):
        ran = await run_code(ready, code, timeout=HANG)
        assert "cannot wait for the turn that runs this code" in ran.error, code
    assert (await ready.run_ok("print(len(claude.history))")).stdout == "0\n"


async def test_a_view_that_fails(ready: RealKernel) -> None:
    """Else an error of a card would be the code's, or print without end."""
    cell = await ready.run_ok(
        "def fail(output): raise ValueError('of the view')\n"
        "ran = await go('print(1)\\nprint(2)\\n3', show=fail)\n"
        "print(len(ran.outputs), ran.error)"
    )
    assert cell.stdout == "2 \n"
    assert cell.stderr.count("ValueError: of the view") == 1


async def test_a_forked_process(ready: RealKernel) -> None:
    """Else a worker process would work on Claude's card, which is its parent's."""
    code = (
        "import os, sys\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    print('child'); sys.stdout.flush(); os._exit(len(seen))\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    ran = Report((await ready.run_ok(f"report(await go({code!r}))")).stdout)
    assert ran.stdout == "0\n"
    assert "other programs and processes" in ran.model[-1]
