"""Writes a file so that nobody sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path, *, sync: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file to write, which replaces `path` once it is complete.

    Only this user can read it. If anything fails, the old file stays.

    Parameters
    ----------
    path : Path
        The file to write. Its folder must exist.
    sync : bool, default False
        Whether the new file must survive a loss of power.

    Yields
    ------
    file
        The temporary file, open for bytes.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
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
