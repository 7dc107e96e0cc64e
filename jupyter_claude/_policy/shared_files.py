"""Writes files that several kernels, and perhaps several users, write at the same time."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PATIENCE = 2.0  # seconds to wait for another process's lock
_LOOK = 0.01


def append_line(path: Path, line: str, mode: int = 0o644) -> None:
    """Append a line in one piece. If a crash left half a line before it, that stays alone.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    try:
        file = _opened(path, os.O_RDWR | os.O_APPEND, mode)
        readable = True
    except PermissionError:  # users may write lines, but not read those of others
        file = _opened(path, os.O_WRONLY | os.O_APPEND, mode)
        readable = False
    try:
        with contextlib.suppress(TimeoutError):  # the system appends in one piece without it too
            _lock(file)
        torn = False
        if readable and (size := os.fstat(file).st_size):
            os.lseek(file, size - 1, os.SEEK_SET)
            torn = os.read(file, 1) != b"\n"
        data = ("\n" if torn else "").encode() + line.encode() + b"\n"
        if os.write(file, data) != len(data):
            raise OSError(28, "only a part of the line was written", str(path))
    finally:
        os.close(file)


def replace(path: Path, change: Callable[[str], str]) -> None:
    """Replace a file's text at once: readers see the old text or the new one.

    Parameters
    ----------
    path : Path
        The file.
    change : callable
        Makes the new text of the old one, which is "" if there is no file.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with _locked_beside(path):
        try:
            old = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            old = ""
        # Collectors read only files with the right ending, so not this one.
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
            file = _opened(draft, os.O_WRONLY | os.O_EXCL, 0o644)
            with os.fdopen(file, "w", encoding="utf-8") as written:
                written.write(change(old))
                written.flush()
                os.fsync(written.fileno())
            os.replace(draft, path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


@contextlib.contextmanager
def _locked_beside(path: Path) -> Iterator[None]:
    file = _opened(path.with_name(f".{path.name}.lock"), os.O_RDWR, 0o644)
    try:
        _lock(file)
        yield
    finally:
        os.close(file)


def _opened(path: Path, flags: int, mode: int) -> int:
    """Open a plain file, and create it if there is none. A link or a pipe is refused."""
    more = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = os.open(path, flags | os.O_CREAT | more, mode)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(22, "is no plain file", str(path))
    return file


def _lock(file: int) -> None:
    """Lock a file until it is closed.

    Raises
    ------
    TimeoutError
        If another process holds the lock too long.
    """
    until = time.monotonic() + _PATIENCE
    while not _try_lock(file):
        if time.monotonic() > until:
            raise TimeoutError(11, "another process keeps it locked")
        time.sleep(_LOOK)


def _try_lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 0, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks
    return True
