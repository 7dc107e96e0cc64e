"""Pages for visitors, such as Voilà's: they send comm messages to a kernel, but run no code."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.extension.test_lab_comm import SCRIPT, TARGETS, found, greeted
from tests.kernels.harness import Cell, Comm, RealKernel

pytestmark = [pytest.mark.cli, pytest.mark.anyio]

LOAD = "%load_ext jupyter_claude\nfrom jupyter_claude import claude"
TURNS = "await asyncio.sleep(0)\nprint(len(claude.history), claude.settings.permission_mode)"


async def published(kernel: RealKernel, more: str = "") -> Cell:
    """Run a notebook's first cell as nbclient does: nobody can be asked."""
    return await kernel.run_ok(f"{LOAD}\nimport asyncio\n{more}", allow_stdin=False)


async def attack(kernel: RealKernel) -> None:
    """Send what the pages of JupyterLab send, as a visitor can who knows our code."""
    for id, target in zip(await found(kernel), TARGETS, strict=True):
        line = Comm(kernel, id, target)
        kernel.comms[id] = line
        line.send({"type": "hello"})
        line.send({"type": "mode", "mode": "acceptEdits"})
        line.send({"type": "ask", "id": str(uuid.uuid4()), "prompt": "touch"})


async def test_a_visitor_reaches_no_session(claude_kernel: Any) -> None:
    """Otherwise: each visitor of a dashboard runs commands as its server's user."""
    async with claude_kernel(SCRIPT, load=False) as kernel:
        await published(kernel)
        await attack(kernel)
        seen = await kernel.run_ok(TURNS, allow_stdin=False)
        assert seen.stdout == "0 default\n"
        assert not any(comm.received for comm in kernel.comms.values())
        # Somebody opens the kernel in JupyterLab: their page may run code, so they may also ask.
        await kernel.run_ok("", silent=True)
        lab = kernel.comms[(await found(kernel))[0]]
        await greeted(kernel, lab)


async def test_the_panel_is_not_for_visitors(claude_kernel: Any) -> None:
    """Otherwise: a dashboard with a chat lets each visitor approve commands."""
    async with claude_kernel(SCRIPT, load=False) as kernel:
        cell = await published(kernel, "display(claude.panel())\nprint(claude.panel().value)")
        assert "everyone who sees the page could approve what Claude does" in cell.stdout
        assert not [comm for comm in kernel.comms.values() if comm.state.get("kind") == "panel"]
        magic = await kernel.run_ok("%claude panel", allow_stdin=False)
        assert "everyone who sees the page could approve" in magic.story()
        # The author of a page for trusted people has the last word.
        await kernel.run_ok(
            '%config ClaudeMagics.widgets = "on"\ndisplay(claude.panel())', allow_stdin=False
        )
        await kernel.widget(lambda comm: comm.state.get("kind") == "panel")
