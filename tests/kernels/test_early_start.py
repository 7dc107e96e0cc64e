"""Claude Code starts when the user begins to write. The page is a plain client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.extension.front_end import one_line, request, shown
from tests.hangs import HANG
from tests.kernels.harness import Comm, RealKernel

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

SCRIPT: list[dict[str, Any]] = [{"replies": [[{"text": "Hello to you."}]]}]
STARTED = """\
import asyncio, psutil
starting = claude._parts.early_start._starting
if starting is not None:
    await starting
living = [child for child in psutil.Process().children() if child.status() != "zombie"]
claudes = [child for child in living if "--verbose" in child.cmdline()]
print(claude.client.connected, len(claudes) <= 1)"""


async def page(kernel: RealKernel) -> Comm:
    """Return the comm of a page."""
    return await kernel.widget(lambda comm: comm.target == "jupyter_claude")


async def write(lab: Comm) -> None:
    """Write, and wait until the kernel has decided about a start."""
    before = len(lab.received)
    lab.send({"type": "writing"})
    lab.send({"type": "writing"})
    lab.send({"type": "hello"})
    await lab.until(lambda _: [one for one in lab.received[before:] if one.get("type") == "hello"])


async def starts(kernel: RealKernel, lab: Comm) -> int:
    """Write, and wait for the start; return the id of the process."""
    await write(lab)
    assert (await kernel.run_ok(STARTED)).stdout == "True True\n"
    return int((await kernel.run_ok("print(claude.client.pid)")).stdout)


async def starts_nothing(kernel: RealKernel, lab: Comm) -> None:
    await write(lab)
    tried = "print(claude._parts.early_start._starting, claude.client.connected)"
    assert (await kernel.run_ok(tried)).stdout == "None False\n"


async def test_it_starts_once_and_sends_nothing(claude_kernel: Any) -> None:
    """Else the first prompt is as slow as before, costs something, or leaves a process behind."""
    async with claude_kernel(SCRIPT) as kernel:
        lab = await page(kernel)
        first = await starts(kernel, lab)
        assert kernel.model.requests == []
        looks = (
            "import sys; print('anywidget' in sys.modules, len(claude.history), claude.cost_usd)"
        )
        assert (await kernel.run_ok(looks)).stdout == "True 0 0.0\n"
        # What the user chooses until the prompt counts, in the same process.
        await kernel.run_ok("%claude model another-model")
        assert "Hello to you." in shown(await kernel.run_ok("%%claude\nhello"))
        assert kernel.model.requests[-1]["model"] == "another-model"
        assert int((await kernel.run_ok("print(claude.client.pid)")).stdout) == first
        # A process that no prompt uses ends, and the user may write again.
        await kernel.run_ok("await claude.new()")
        second = await starts(kernel, lab)
        await kernel.run_ok(
            "import jupyter_claude._engine.early_start as module\n"
            "kept, module._UNUSED = module._UNUSED, 0.01"
        )
        await write(lab)
        await kernel.run_ok(
            "while claude.client.connected:\n    await asyncio.sleep(0.01)\nmodule._UNUSED = kept"
        )
        third = await starts(kernel, lab)
        process = psutil.Process(third)
        assert len({first, second, third}) == 3
        assert [pid for pid in (first, second, third) if psutil.pid_exists(pid)] == [third]
    _, alive = psutil.wait_procs([process], timeout=HANG)
    assert alive == []


async def test_it_starts_only_where_nobody_must_be_asked(claude_kernel: Any) -> None:
    """Else a folder's hooks run unread, a question comes from nowhere, or Stop does not last."""
    async with claude_kernel(SCRIPT) as kernel:
        lab = await page(kernel)
        settings = kernel.cwd / ".claude" / "settings.json"
        settings.parent.mkdir()
        mark = kernel.cwd / "mark"
        hook = {"hooks": [{"type": "command", "command": f"touch {mark}"}]}
        settings.write_text(json.dumps({"hooks": {"SessionStart": [hook]}}))
        await starts_nothing(kernel, lab)
        cell = kernel.execute("%%claude\nhello")
        _, asked = await request(kernel)
        assert asked["kind"] == "trust"
        await kernel.interrupt()
        await cell.done()
        assert not mark.exists()
        settings.unlink()

        await kernel.run_ok("claude.settings.start_early = False")
        await starts_nothing(kernel, lab)
        await kernel.run_ok("claude.settings.start_early = True")
        await kernel.run_ok("import os; key = os.environ.pop('ANTHROPIC_API_KEY')")
        await starts_nothing(kernel, lab)
        await kernel.run_ok("os.environ['ANTHROPIC_API_KEY'] = key")

        await starts(kernel, lab)
        await kernel.run_ok("await claude.close()")
        await starts_nothing(kernel, lab)
        await kernel.run_ok("%%claude\nhello")
        await kernel.run_ok("await claude.new()")
        await starts(kernel, lab)  # after a prompt it is as before


async def test_the_first_prompt_tells_of_a_failure(claude_kernel: Any, tmp_path: Path) -> None:
    """Else Claude Code does not start, and nobody says why."""
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho It is broken >&2\nexit 3\n")
    broken.chmod(0o755)
    async with claude_kernel(SCRIPT) as kernel:
        lab = await page(kernel)
        await kernel.run_ok(
            f"good, claude.settings.cli_path = claude.settings.cli_path, {str(broken)!r}"
        )
        await write(lab)
        cell = await kernel.run_ok(STARTED)
        assert cell.stdout == "False True\n" and not cell.stderr
        await starts_nothing(kernel, lab)  # it does not try at each key
        failed = await kernel.run("%%claude\nhello")
        assert "It is broken" in one_line(failed, "ProcessError")
        await kernel.run_ok("claude.settings.cli_path = good")
        assert "Hello to you." in shown(await kernel.run_ok("%%claude\nhello"))
