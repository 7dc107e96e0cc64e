"""Writing a file so that nobody sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: Path, *, sync: bool = False) -> Iterator[BinaryIO]:
    """Open a file to be written, which takes its name, and another's place, once it is whole.

    Only this user can read it. If something fails, what was there stays.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    sync : bool, default False
        Whether it must outlast a loss of power from then on.

    Yields
    ------
    file
        Open for bytes.

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
