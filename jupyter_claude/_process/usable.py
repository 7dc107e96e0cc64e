"""Where a session can be used: in its own process, on asyncio.

A fork of the process has copies of its pipes, and no running loop. Another library's tasks cannot
wait for what asyncio brings.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .._kernel.comms import is_fork_of_kernel
from .._turns.errors import ClaudeError

FORKED = (
    "Claude's session belongs to the process that this one was forked from, and cannot be used "
    "here. Ask there, or start the workers anew instead of forking: with joblib, or with "
    'multiprocessing.get_context("spawn"); each has a session of its own'
)


class Usable:
    """The process that uses a session first; no other may."""

    def __init__(self) -> None:
        self._pid: int | None = None

    def check(self, shell: Any) -> None:
        """Use the session here.

        Parameters
        ----------
        shell : InteractiveShell or None
            The one that the session is in. Default: what `get_ipython()` returns.

        Raises
        ------
        ClaudeError
            If this process was forked from the one that uses it, or from a kernel; if trio or curio
            runs the calling task.
        """
        if shell is None and "IPython" in sys.modules:
            from IPython.core.getipython import get_ipython

            shell = get_ipython()
        if is_fork_of_kernel(shell) or self._pid not in (None, os.getpid()):
            raise ClaudeError(FORKED)
        if library := _other_library():
            cell = "run %autoawait asyncio and then this cell again"
            program = "jupyter_claude_sdk runs on trio, too"
            raise ClaudeError(
                f"claude needs asyncio, and {library} runs this; "
                f"{program if shell is None else cell}"
            )
        self._pid = os.getpid()


def _other_library() -> str:
    """Return which library, if not asyncio, runs the calling task."""
    trio, curio = sys.modules.get("trio"), sys.modules.get("curio")
    if curio is not None and curio.meta.curio_running():
        return "curio"
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return ""
        return "trio"
    return ""
