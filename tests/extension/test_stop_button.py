"""The stop button while prompts run that no %%claude cell asked."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from jupyter_claude_sdk.testing import ScriptedModel

from jupyter_claude._kernel.stop_button import StopButton

SCRIPT: list[dict[str, Any]] = [
    {"when": "hang", "replies": [[{"text": "so far"}, {"hang": True}]]},
    {"when": "touch", "replies": [[{"tool": "Bash", "input": {"command": "touch made.txt"}}]]},
]


@pytest.mark.pure
@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal handlers")
async def test_one_handler_for_several_prompts() -> None:
    """Else of several prompts asked at once the press would stop one, or the handler would stay."""
    before = signal.getsignal(signal.SIGINT)
    button, told = StopButton(), asyncio.Queue[tuple[str, int]]()
    with button.pressed(lambda press: told.put_nowait(("outer", press))):
        with button.pressed(lambda press: told.put_nowait(("inner", press))):
            os.kill(os.getpid(), signal.SIGINT)
            assert [await told.get(), await told.get()] == [("outer", 1), ("inner", 1)]
        os.kill(os.getpid(), signal.SIGINT)
        assert await told.get() == ("outer", 2)
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.anyio
async def test_stop_during_ask_in_a_kernel(claude_kernel: Any) -> None:
    """Else stop during `await claude.ask()` is not noticed, or takes the conversation with it."""
    async with claude_kernel(SCRIPT) as kernel:
        await kernel.run_ok("import asyncio")
        cell = kernel.execute("await asyncio.gather(claude.ask('hang'), claude.ask('never'))")
        behind = kernel.execute("print('must not run')")
        while not any("hang" in str(body["messages"]) for body in kernel.model.requests):
            await asyncio.to_thread(kernel.model.wait_for_requests, len(kernel.model.requests) + 1)
        await kernel.interrupt()
        await cell.done()
        assert cell.error is not None
        (line,) = cell.error["traceback"]
        assert line.startswith("TurnInterrupted: Stopped")
        await behind.done()
        assert behind.status == "aborted"
        after = await kernel.run_ok("print(await claude.ask('after'))")
        assert "You said: after" in after.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal")
def test_ctrl_c_during_ask_in_a_terminal(cli: Path, scripted: Any, tmp_path: Path) -> None:
    """Else Ctrl-C at `Allow Bash?` leaves the turn behind, and the next prompt hangs silently."""
    model: ScriptedModel = scripted(SCRIPT)
    environment = {**os.environ, **model.env, "JUPYTER_CLAUDE_CLI": str(cli), "TERM": "dumb"}
    environment["IPYTHONDIR"] = str(tmp_path / "ipython")
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        env=environment,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=60,
    )
    try:
        terminal.expect_exact("In [1]: ")
        terminal.sendline("from jupyter_claude import claude")
        terminal.expect_exact("In [2]: ")
        terminal.sendline("turn = await claude.ask('touch')")
        terminal.expect_exact("Allow Bash? ")
        terminal.sendintr()
        terminal.expect_exact("TurnInterrupted: Stopped")
        assert "Traceback" not in terminal.before
        terminal.expect_exact("In [3]: ")
        terminal.sendline("print(await claude.ask('after'))")
        terminal.expect_exact("You said: after")
        assert not (tmp_path / "made.txt").exists()
    finally:
        terminal.close(force=True)
