"""The stop button, faults, and the end of kernels: one line each, and the conversation goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from tests.extension.front_end import (
    is_view,
    one_line,
    prompts,
    request,
    requests,
    shown,
    streaming,
    turn_state,
)
from tests.kernels.harness import VERSIONS

pytestmark = [pytest.mark.anyio, pytest.mark.cli]

SCRIPT: list[dict[str, Any]] = [
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    {"when": "long", "replies": [[{"text": "word " * 5000, "chunk": 5, "every": 0.01}]]},
    {"when": "silent", "replies": [[{"hang": True}]]},
    {
        "when": "touch",
        "replies": [
            [{"tool": "Bash", "input": {"command": "touch made.txt"}}],
            [{"text": "done"}],
        ],
    },
    {
        "when": "sleep",
        "replies": [[{"tool": "Bash", "input": {"command": "echo begun > begun; sleep 600"}}]],
    },
    {"when": "refused", "replies": [[{"error": 400, "message": "no\nsuch thing"}]]},
    {"when": "too many", "replies": [[{"error": 429, "times": 1}, {"text": "In the end."}]]},
]


async def pid_of_cli(kernel: Any) -> int:
    """Return the process id of the CLI that the kernel runs."""
    return int((await kernel.run_ok("print(claude.client.server_info['pid'])")).stdout)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_stop_button(claude_kernel: Any, version: str) -> None:
    """Else stop would end the session, or let the rest of Run All run, or show a traceback."""
    async with claude_kernel(SCRIPT, version=version) as kernel:
        await kernel.run_ok("%%claude\nfirst words")
        process = await pid_of_cli(kernel)
        cell, second, third = kernel.queue(
            ["%%claude\nlong", "%%claude\nmust not be asked", "print('must not run')"]
        )
        view = await streaming(kernel, "word word")
        await kernel.interrupt()
        for one in (cell, second, third):
            await one.done()
        line = one_line(cell, "TurnInterrupted")
        assert "Send another message to continue" in line
        assert [second.status, third.status] == ["aborted", "aborted"]
        assert "word word" in shown(cell)
        assert view.custom[-1]["turn"]["state"] == "interrupted"
        after = await kernel.run_ok("%%claude\nand now")
        assert "You said: and now" in shown(after)
        assert "first words" in prompts(kernel.model.requests[-1])
        assert "must not be asked" not in prompts(kernel.model.requests[-1])
        assert await pid_of_cli(kernel) == process, "the session was to stay"

        # While a permission is pending: nothing runs, and the request is gone.
        cell = kernel.execute("%%claude\ntouch")
        view, _ = await request(kernel)
        await kernel.interrupt()
        await cell.done()
        one_line(cell, "TurnInterrupted")
        assert requests(view) == []
        assert not (kernel.cwd / "made.txt").exists()

        # While it waits behind another turn, which goes on.
        await kernel.run_ok("import asyncio; other = asyncio.ensure_future(claude.ask('hang'))")
        cell = kernel.execute("%%claude\nbehind")
        await kernel.widget(lambda comm: is_view(comm) and comm.id != view.id)
        await streaming_or_queued(kernel)
        await kernel.interrupt()
        await cell.done()
        one_line(cell, "TurnInterrupted")
        state = await kernel.run_ok(
            "print(claude.history[-2].state, claude.history[-1].state); await claude.interrupt()"
        )
        assert state.stdout.split()[-1] == "interrupted"

        # `await claude.ask()` in a plain cell is stopped as well, in one line.
        cell = kernel.execute("await claude.ask('another long one')")
        await until(lambda: "another long one" in prompts(kernel.model.requests[-1]))
        await kernel.interrupt()
        await cell.done()
        assert cell.status == "error"
        assert len(cell.error["traceback"]) == 1, cell.story()
        assert "Send another message to continue" in cell.error["traceback"][0]
        assert "You said: last" in shown(await kernel.run_ok("%%claude\nlast"))


async def streaming_or_queued(kernel: Any) -> None:
    """Let the cell that was sent last come to where it waits."""
    with anyio.fail_after(60):
        while not any(
            request.message["content"].get("code", "").startswith("%%claude\nbehind")
            and any(m["header"]["msg_type"] == "display_data" for m in request.events)
            for request in kernel._requests.values()
        ):
            await anyio.sleep(0.01)


async def until(holds: Any) -> None:
    """Wait until something of the scripted model's, in its thread, holds."""
    with anyio.fail_after(60):
        while not holds():
            await anyio.sleep(0.01)


async def test_a_second_press_ends_a_process_that_does_not_answer(claude_kernel: Any) -> None:
    """Else a hanging CLI could only be got rid of by restarting the kernel."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("%%claude\nfirst words")
        process = await pid_of_cli(kernel)
        cell = kernel.execute("%%claude\nhang")
        view = await streaming(kernel, "so far")
        os.kill(process, signal.SIGSTOP)
        await kernel.interrupt()
        # Two signals at once would arrive as one.
        await view.until(lambda v: "Press again" in turn_state(v).get("status", ""))
        await kernel.interrupt()
        await cell.done()
        one_line(cell, "TurnInterrupted")
        assert "so far" in shown(cell)
        assert "You said: next" in shown(await kernel.run_ok("%%claude\nnext"))
        assert "first words" in prompts(kernel.model.requests[-1])
        assert not psutil.pid_exists(process)


async def test_stop_while_connecting(claude_kernel: Any, tmp_path: Path, cli: Path) -> None:
    """Else a CLI that does not start would hold the cell for a minute."""
    mute = tmp_path / "mute"
    mute.write_text("#!/bin/sh\nexec sleep 600\n")
    mute.chmod(0o755)
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok(f"claude.settings.cli_path = {str(mute)!r}")
        cell = kernel.execute("%%claude\nhello")
        await until(kernel.children)
        await kernel.interrupt()
        await cell.done()
        one_line(cell, "TurnInterrupted")
        await kernel.children_gone()
        await kernel.run_ok(f"claude.settings.cli_path = {str(cli)!r}")
        assert "You said: hello" in shown(await kernel.run_ok("%%claude\nhello"))


async def test_faults_are_one_line(claude_kernel: Any) -> None:
    """Else a fault shows a traceback into our code, or the next cell does not work."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("%%claude\nfirst words")
        line = one_line(await kernel.run("%%claude\nrefused"), "APIError")
        assert "400" in line and "no such thing" in line
        retried = await kernel.run_ok("%%claude\ntoo many")
        assert "429" in shown(retried) and "asked once more" in shown(retried)
        assert "In the end." in shown(retried)

        await kernel.run_ok("%config ClaudeMagics.stall_timeout = 1")
        cell = await kernel.run("%%claude\nsilent")
        assert "stall_timeout" in one_line(cell, "StreamStalled")
        await kernel.run_ok("%config ClaudeMagics.stall_timeout = 0")

        process = await pid_of_cli(kernel)
        cell = kernel.execute("%%claude\nhang")
        await streaming(kernel, "so far")
        os.kill(process, signal.SIGKILL)
        await cell.done()
        assert "same conversation" in one_line(cell, "TurnFailed")
        assert "so far" in shown(cell)
        after = await kernel.run_ok("%%claude\nand now")
        assert "You said: and now" in shown(after)
        assert "first words" in prompts(kernel.model.requests[-1])
        names = await kernel.run_ok("print([t.state for t in claude.history])")
        assert names.stdout == "['done', 'failed', 'done', 'failed', 'failed', 'done']\n"


@pytest.mark.parametrize("how", ["restart", "shut_down", "kill"])
async def test_no_process_is_left(claude_kernel: Any, how: str) -> None:
    """Else a dead kernel's Claude would go on to act, and cost money, with nobody watching."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("%config ClaudeMagics.allowed_tools = ['Bash']")
        kernel.execute("%%claude\nsleep")
        await until((kernel.cwd / "begun").exists)
        await until(lambda: any("sleep" in child.name() for child in kernel.children()))
        children = kernel.children()
        if how == "kill":
            kernel.kill()
        else:
            await getattr(kernel, how)()
        _, alive = await anyio.to_thread.run_sync(lambda: psutil.wait_procs(children, 8))
        assert not alive
