"""Answers on the control channel, in real kernels that are busy in a synchronous cell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_claude._kernel.control import COMM, ControlAnswers
from tests.extension.front_end import READ, answer, read, request, shown
from tests.kernels.harness import ENDS, Comm, RealKernel

pytestmark = pytest.mark.anyio

SCRIPT: list[dict[str, Any]] = [
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "Made."}],
        ],
    },
]

BUSY = """
import pathlib, time
print("busy", flush=True)
while not pathlib.Path("go").exists(): time.sleep(0.01)
"""


def answer_by_control(kernel: RealKernel, asked: dict[str, Any], behavior: str) -> None:
    """Press a button in a page with our JupyterLab extension."""
    data = {"type": "answer", "request": asked["id"], "behavior": behavior, **READ}
    kernel.send_comm(COMM, data, channel="control")


def taken(view: Comm) -> list[dict[str, Any]]:
    """Return what a view was told at once."""
    return [message for message in view.custom if message["type"] == "taken"]


@pytest.mark.cli
@pytest.mark.parametrize("version", ENDS)
async def test_an_answer_reaches_a_kernel_that_is_busy(claude_kernel: Any, version: str) -> None:
    """Else the user presses Approve, and nothing says that it counts until the cell has ended."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        lab = await kernel.widget(lambda comm: comm.target == "jupyter_claude")
        lab.send({"type": "hello"})  # from now on it tells what waits
        asking = kernel.execute(
            "import asyncio; asked = asyncio.create_task(claude.ask('touch')); print('asked')"
        )
        view, asked = await request(kernel)
        await asking.done()
        busy = kernel.execute(BUSY)
        await busy.printed("busy")
        answer_by_control(kernel, asked, "allow")
        answer_by_control(kernel, asked, "deny")  # a second press counts as little
        answer(view, asked, "deny")  # nor does what comes by the widget
        await view.until(taken)
        assert not busy.idle
        (kernel.cwd / "go").touch()
        await busy.done()
        after = await kernel.run_ok("print((await asked).tools[0].state)")
        assert after.stdout == "done\n"
        assert (kernel.cwd / "made.txt").exists()
        expected = {"type": "taken", "request": asked["id"], "behavior": "allow"}
        assert taken(view) == [expected]
        assert "Bash touch made.txt — Approved" in shown(asking)

        # A synchronous cell that asks Claude itself goes on at once, without the comm bridge too.
        (kernel.cwd / "made.txt").unlink()
        await kernel.run_ok("%config ClaudeMagics.comm_bridge = False")
        cell = kernel.execute("print(claude.ask_sync('touch').tools[0].state)")

        def others(comm: Comm) -> list[dict[str, Any]]:
            waiting = comm.received[-1].get("waiting") or []
            return [each for each in waiting if each["id"] != asked["id"]]

        await lab.until(others)
        await read()
        answer_by_control(kernel, others(lab)[0], "allow")
        await cell.done()
        assert cell.stdout == "done\n", cell.story()
        assert (kernel.cwd / "made.txt").exists()
        assert "UNKNOWN CONTROL" not in kernel.log and "Exception in" not in kernel.log


def test_a_kernel_without_a_control_thread_stays_as_it_is() -> None:
    """Else loading the extension fails in kernels of another make, or breaks what was there."""
    for kernel in (None, SimpleNamespace(), SimpleNamespace(control_handlers={})):
        assert not ControlAnswers.install(SimpleNamespace(kernel=kernel), print, print)
    others: list[Any] = []
    handlers: dict[str, Any] = {"comm_msg": lambda stream, idents, message: others.append(message)}
    before = dict(handlers)
    kernel = SimpleNamespace(control_handlers=handlers, control_thread=object())
    shell = SimpleNamespace(kernel=kernel)
    came: list[tuple[str, Any]] = []
    pressed: list[str] = []
    for _ in range(2):
        assert ControlAnswers.install(shell, lambda *answer: came.append(answer), pressed.append)
    theirs = {"content": {"comm_id": "theirs", "data": {"type": "answer"}}}
    data = {"type": "answer", "request": "request-1", "behavior": "deny"}
    for message in (theirs, {"content": {"comm_id": COMM, "data": data}}):
        handlers["comm_msg"](None, [], message)
    handlers["comm_msg"](None, [], {"content": {"comm_id": COMM, "data": {"type": "ask"}}})
    press = {"type": "interrupt", "id": "press-1"}
    handlers["comm_msg"](None, [], {"content": {"comm_id": COMM, "data": press}})
    assert (others, came, pressed) == ([theirs], [("request-1", data)], ["press-1"])
    ControlAnswers.uninstall(shell)
    assert handlers == before
