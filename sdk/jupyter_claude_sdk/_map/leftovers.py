"""Ends what a row's commands have left running.

A command may start others in the background and end. The CLI gives each command a session of its
own, so neither the CLI nor a signal to its process group reaches them. They have inherited the
CLI's environment, and with it a mark. Only Linux lets us see it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

#: The variable that marks the processes of a row.
MARK = "JUPYTER_CLAUDE_ROW"
_TIMES = 10  # a process may start another one while we look


def end_leftovers(name: str, proc: Path = Path("/proc")) -> None:
    """End the processes that have a mark in their environment.

    Parameters
    ----------
    name : str
        The mark's value.
    proc : Path
        Where Linux tells of processes.
    """
    mark = f"{MARK}={name}".encode()
    for _ in range(_TIMES):
        found = [pid for pid in _processes(proc) if mark in _environment(proc / str(pid))]
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass


def _processes(proc: Path) -> list[int]:
    try:
        return [int(name) for name in os.listdir(proc) if name.isdecimal()]
    except OSError:
        return []


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return []
