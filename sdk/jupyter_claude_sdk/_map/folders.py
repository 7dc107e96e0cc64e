"""The folders in which the tools of rows work: a new one for each row."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path


def row_folder(parent: Path | None, number: int) -> Path:
    """Make the folder of a row, which only this user can enter. It is kept.

    Parameters
    ----------
    parent : Path or None
        Where to make it; None is a new folder among the system's temporary files.
    number : int
        The row's number. The name has a random end too, so a second run takes no folder of the
        first.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    if parent is None:
        return Path(tempfile.mkdtemp(prefix=f"claude-row-{number:06}-")).resolve()
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        folder = parent.resolve() / f"{number:06}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
