"""A changed package under ``%autoreload``, in a real kernel."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.kernels.harness import REPOSITORY, RealKernel

pytestmark = pytest.mark.anyio

#: No function that could be patched into the module that is there: all of it is run again.
CHANGE = "\nif True:\n    CHANGED = 1\n"
LATER = 2e9


async def test_a_session_outlives_a_changed_package(tmp_path: Path) -> None:
    """Under ``%autoreload 2`` a session goes on when the package is upgraded below it.

    Otherwise: `claude` is a second, empty session, the old Claude Code goes on unseen, and the cell
    shows pages of what could not be reloaded.
    """
    folders = [REPOSITORY / "jupyter_claude", REPOSITORY / "sdk" / "jupyter_claude_sdk"]
    for folder in folders:
        shutil.copytree(
            folder,
            tmp_path / folder.name,
            ignore=shutil.ignore_patterns("__pycache__", "labextension"),
        )
    (tmp_path / "own.py").write_text("")

    def change() -> None:
        for file in tmp_path.rglob("*.py"):
            with file.open("a") as code:
                code.write(CHANGE)
            os.utime(file, (LATER, LATER))

    async with RealKernel(env={"PYTHONPATH": str(tmp_path)}) as kernel:
        await kernel.run_ok(
            "%load_ext autoreload\n%autoreload 2\n%load_ext jupyter_claude\n"
            "import own, jupyter_claude, jupyter_claude_sdk._mcp.host as late\n"
            "from jupyter_claude import claude"
        )
        assert (await kernel.run_ok("own.__file__")).result is not None
        change()
        cell = await kernel.run_ok(
            "print([hasattr(module, 'CHANGED') for module in (own, late, jupyter_claude)],"
            " jupyter_claude.claude is claude)"
        )
        assert cell.stdout == "[True, False, False] True\n", cell.story()
        assert not cell.stderr, cell.story()
