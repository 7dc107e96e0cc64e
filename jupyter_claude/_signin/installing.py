"""Installs Claude Code in a child process, so that the kernel stays free."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .._text import one_line
from .._turns.errors import ClaudeError
from .child import Child


async def install(report: Callable[[str], None]) -> None:
    """Install the tested Claude Code CLI.

    Parameters
    ----------
    report : callable
        Called with each line of progress.

    Raises
    ------
    ClaudeError
        If the installation fails.
    """
    from .._programs import python_module

    last = ""
    command = python_module("jupyter_claude", "install-cli", "--if-missing")
    try:
        async with Child(command, os.environ, Path(__file__).parent) as child:
            async for line in child.lines():
                if line.strip():
                    last = one_line(line)
                    report(last)
            status = await child.status()
    except OSError as error:
        raise ClaudeError(f"The installation did not start ({error.strerror})") from None
    if status:
        said = last.removeprefix("error: ") or f"it ended with status {status}"
        raise ClaudeError(f"Claude Code could not be installed: {said}")
