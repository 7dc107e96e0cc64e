"""`claude.ask_sync` outside kernels: scripts, threads, other people's loops, a terminal IPython.

What it does in kernels is in tests/kernels/test_ask_sync.py.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import threading
from contextvars import copy_context
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jupyter_claude import Claude, ClaudeError
from jupyter_claude._kernel import sync
from jupyter_claude._kernel.sync import run
from tests.hangs import HANG

pure = pytest.mark.pure


async def answer(n: int) -> int:
    """Answer after a while, as a turn does."""
    await asyncio.sleep(0.01)
    return n


@pure
def test_a_script() -> None:
    """Else every call of a script would start the CLI anew, or find it dead."""
    seen = []

    async def serve() -> None:
        while True:
            await asyncio.sleep(0.001)
            seen.append(1)

    async def begin() -> tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]:
        return asyncio.get_running_loop(), asyncio.create_task(serve())

    loop, serving = run(begin)
    before = len(seen)
    assert [run(partial(answer, n)) for n in range(3)] == [0, 1, 2]
    assert run(begin)[0] is loop
    assert len(seen) > before
    assert not serving.done()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda n: run(partial(answer, n)), range(5))) == [*range(5)]

    async def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        run(fail)

    async def stop() -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    run(stop)


SCRIPT = """
import asyncio, os, signal, sys
from jupyter_claude._kernel.sync import run

async def owner():
    try:
        await asyncio.sleep(600)
    finally:
        await asyncio.sleep(0.05)
        print("CLI ended", flush=True)

async def ask(seconds):
    if not owning:
        owning.append(asyncio.create_task(owner()))
    print("on", flush=True)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
        print("turn interrupted", flush=True)
        raise
    return seconds

owning = []
"""


def script(code: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pure
def test_a_script_ends_what_it_began() -> None:
    """Else each script that asked Claude would leave a CLI behind, or hang at its end."""
    process = script("print(run(lambda: ask(0)), owning[0].done())")
    output, errors = process.communicate(timeout=60)
    assert output == "on\n0 False\nCLI ended\n"
    assert errors == ""


@pure
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
def test_interrupting_a_script() -> None:
    """Else Ctrl-C in a script would leave the turn running, or kill the session's tasks."""
    process = script(
        "try:\n    run(lambda: ask(600))\n"
        "except KeyboardInterrupt as error:\n    print(error, owning[0].done())\n"
        "print(run(lambda: ask(0)))"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert output == (
        "turn interrupted\nclaude.ask_sync() was interrupted False\non\n0\nCLI ended\n"
    )
    assert errors == ""


@pure
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("before", "claude.ask_sync() was interrupted\non\n0\nCLI ended\n"),
        ("after", "on\nturn interrupted\nclaude.ask_sync() was interrupted\non\n0\nCLI ended\n"),
    ],
    ids=["before it began", "before it is waited for"],
)
def test_interrupting_a_script_as_it_asks(moment: str, expected: str) -> None:
    """Else a Ctrl-C right at the call would leave a turn running that nobody waits for."""
    process = script(
        "import threading\n"
        "async def home():\n    return asyncio.get_running_loop()\n"
        "loop = run(home)\n"
        "hand_over, begun = loop.call_soon_threadsafe, threading.Event()\n"
        "def call_soon_threadsafe(callback, *args, **options):\n"
        "    handing_over = 'context' in options\n"
        f"    if handing_over and {moment!r} == 'before':\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    handle = hand_over(callback, *args, **options)\n"
        f"    if handing_over and {moment!r} == 'after':\n"
        "        begun.wait()\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    return handle\n"
        "async def long():\n    begun.set()\n    return await ask(600)\n"
        "loop.call_soon_threadsafe = call_soon_threadsafe\n"
        "try:\n    run(long)\n"
        "except KeyboardInterrupt as error:\n    print(error, flush=True)\n"
        "del loop.call_soon_threadsafe\n"
        "print(run(lambda: ask(0)))"
    )
    output, errors = process.communicate(timeout=60)
    assert output == expected
    assert errors == ""


@pure
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child() -> None:
    """Else a script's multiprocessing workers would wait for a thread that they have not got."""
    process = script(
        "run(lambda: ask(0)); owning.clear()\n"
        "child = os.fork()\n"
        "if child == 0:\n    print('child', run(lambda: ask(0)), flush=True); os._exit(0)\n"
        "print('parent', os.waitpid(child, 0)[1])"
    )
    output, _ = process.communicate(timeout=60)
    assert "child 0\n" in output
    assert "parent 0\n" in output


@pure
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_session_in_a_forked_child() -> None:
    """Otherwise a script's worker writes into the pipes of its parent's conversation."""
    session = Claude()
    session._parts.usable.check(None)  # as its first prompt does
    child = os.fork()
    if child == 0:
        try:
            session.ask_sync("Hello")
        except ClaudeError as error:
            os._exit(7 if "forked" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pure
def test_below_a_running_loop() -> None:
    """Else ask_sync below `asyncio.run` would fail, or end the loop with an IndexError."""
    order = []

    def ask() -> None:
        order.append("before")
        order.append(str(run(lambda: answer(1))))
        order.append("after")

    async def main() -> int:
        loop = asyncio.get_running_loop()
        # The loop's iteration counts these before `ask` runs, and they run within it.
        loop.call_soon(ask)
        for n in range(3):
            loop.call_soon(order.append, f"behind {n}")
        await asyncio.sleep(0.1)
        task = asyncio.current_task()
        nested = [run(lambda: answer(2)), run(lambda: asyncio.wait_for(nested_again(), HANG))]
        assert asyncio.current_task() is task
        async with asyncio.Lock():
            return sum(nested)

    async def nested_again() -> int:
        return run(lambda: answer(3))

    assert asyncio.run(main()) == 5
    assert order == ["before", "behind 0", "behind 1", "behind 2", "1", "after"]


@pure
def test_what_shares_the_callers_context_waits() -> None:
    """Else what ipykernel 7.1 and later do in one context, the next cells, would be lost."""
    order: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = copy_context()
        done = loop.create_future()

        def cell() -> None:
            for n in range(2):
                loop.call_soon(order.append, f"queued {n}", context=shared)
            order.append(run(lambda: answer(1)))
            loop.call_soon(order.append, "queued 2", context=shared)
            order.append(run(lambda: answer(2)))
            loop.call_soon(done.set_result, None, context=shared)

        loop.call_soon(cell, context=shared)
        await done

    asyncio.run(main())
    assert order == [1, 2, "queued 0", "queued 1", "queued 2"]


@pure
def test_from_a_worker_thread() -> None:
    """Else `await asyncio.to_thread(work)` with an ask_sync in it would start a second session."""

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def where() -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        assert await asyncio.to_thread(run, where, None, loop) is loop
        # Also from a thread with a loop of its own.
        assert await asyncio.to_thread(lambda: asyncio.run(from_async(where, loop))) is loop

    async def from_async(where: Any, loop: asyncio.AbstractEventLoop) -> Any:
        return run(where, None, loop)

    asyncio.run(main())


@pure
def test_where_there_is_no_sound_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would hang or break something where it cannot work, without a word on what can."""
    with pytest.raises(
        RuntimeError, match=r"cannot run inside itself; write `turn = await claude\.ask"
    ):
        sync._drive(cast(Any, SimpleNamespace()), lambda: answer(1))

    async def other_loop() -> None:
        home = asyncio.new_event_loop()
        try:
            run(lambda: answer(1), None, home)
        finally:
            home.close()

    with pytest.raises(RuntimeError, match="uses another event loop"):
        asyncio.run(other_loop())

    monkeypatch.setattr(sync, "HELD_UP", 0.05)

    async def held_up() -> None:
        loop = asyncio.get_running_loop()
        errors: list[BaseException] = []

        def work() -> None:
            try:
                run(lambda: answer(1), None, loop)
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()  # holds up the loop, and waits for what needs it
        assert "asyncio.to_thread" in str(errors[0])
        assert "\n" not in str(errors[0])

    asyncio.run(held_up())


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal")
def test_a_terminal_ipython(tmp_path: Any) -> None:
    """Else ask_sync in a terminal IPython would use another session than `await` there does."""
    import pexpect

    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "TERM": "dumb", "NO_COLOR": "1"}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        env=environment,
        encoding="utf-8",
        timeout=120,
        dimensions=(50, 200),
    )

    def type_in(line: str, *expected: str) -> None:
        terminal.sendline(line)
        for text in expected:
            terminal.expect(re.escape(text))

    terminal.expect_exact("In [1]")
    type_in(
        "import asyncio; from jupyter_claude._kernel.sync import run; ip = get_ipython()", "In [2]"
    )
    type_in("async def here(): return asyncio.get_running_loop()\n", "In [3]")
    # The same loop in `await`, in ask_sync, and in ask_sync below `await`.
    type_in("home = await here()", "In [4]")
    type_in("async def within(): return run(here, ip) is home\n", "In [5]")
    type_in("[run(here, ip) is home, run(within, ip), await within()]", "[True, True, True]")
    type_in("async def endless(): print('be' + 'gun'); await asyncio.sleep(600)\n", "In [7]")
    type_in("run(endless, ip)", "begun")
    terminal.sendintr()
    terminal.expect_exact("KeyboardInterrupt: claude.ask_sync() was interrupted")
    type_in("print(run(here, ip) is home, 'after')", "True after")
    terminal.close(force=True)
