"""Locks between processes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock for as long as the block lasts. It also ends with the process.

    Parameters
    ----------
    path : Path
        What to lock: a folder, or a file for this purpose, which is made. On a file system without
        locks the block runs without one.

    Raises
    ------
    OSError
        If the path cannot be opened.
    """
    with contextlib.ExitStack() as opened:
        flags = os.O_RDONLY
        if sys.platform == "win32" and path.is_dir():
            path /= ".lock"  # Windows locks only files
        if not path.is_dir():
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags, 0o600)
        opened.callback(os.close, handle)
        with contextlib.suppress(OSError):  # a file system without locks
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX)
                # A process forked meanwhile has the handle too, and would keep the lock.
                opened.callback(fcntl.flock, handle, fcntl.LOCK_UN)
        yield
