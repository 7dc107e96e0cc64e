"""`Usable`: a session works only in its own process, and only on asyncio.

A forked process has copies of the pipes, but no running loop. Tasks of trio and curio cannot wait
for asyncio.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .._kernel.comms import is_fork_of_kernel
from .._turns.errors import ClaudeError

FORKED = (
    "Claude's session belongs to the parent process, and this forked process cannot use it. "
    "Ask in the parent process, or start the workers without a fork: use joblib, or "
    'multiprocessing.get_context("spawn"); then each worker has its own session'
)


class Usable:
    """Remembers which process used a session first; no other process may use it."""

    def __init__(self) -> None:
        self._pid: int | None = None

    def check(self, shell: Any) -> None:
        """Check that this process and this task may use the session.

        Parameters
        ----------
        shell : InteractiveShell or None
            The session's shell. Default: what `get_ipython()` returns.

        Raises
        ------
        ClaudeError
            If this process was forked from a kernel or from the process that uses the session, or
            if trio or curio runs the calling task.
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
    """Return the library that runs the calling task; "" if it is asyncio."""
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
