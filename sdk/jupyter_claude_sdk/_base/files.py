"""Writes a file so that nobody sees half of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path, *, sync: bool = False, private: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file to write, which replaces `path` once it is complete.

    If anything fails, the old file stays.

    Parameters
    ----------
    path : Path
        The file to write. Its folder must exist.
    sync : bool, default False
        Whether the new file must survive a loss of power.
    private : bool, default True
        Whether only this user can read it. If not, it has the permissions that the user's other
        new files have.

    Yields
    ------
    file
        The temporary file, open for bytes.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    handle, draft = _draft(path, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _draft(path: Path, mode: int) -> tuple[int, Path]:
    # `tempfile` makes private files only. Here the system takes the umask off the mode itself: to
    # ask for the umask means to change it for all threads.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    return os.open(draft, flags | getattr(os, "O_NOFOLLOW", 0), mode), draft
