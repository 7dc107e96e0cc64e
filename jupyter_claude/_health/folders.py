"""Checks that the folders for conversations, checkpoints and costs are writable."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .._names import to_show
from .._paths import sessions_folder
from .problem import Problem

CLIS, OURS = "Claude Code's folder", "Data folder"


def folder_problems(config: Path) -> Iterator[Problem]:
    """Yield a problem for each folder that is not writable, and what the user loses.

    Parameters
    ----------
    config : Path
        Claude Code's own folder.
    """
    for folder in (config, config / "projects", config / "file-history"):
        reason = _cannot_write(folder)
        if reason:
            yield Problem(
                CLIS,
                f"{to_show(folder)} is not writable ({reason}), "
                "so you cannot resume conversations or rewind files",
                "make it writable, or set CLAUDE_CONFIG_DIR to a writable folder "
                "before Jupyter starts",
            )
            break
    reason = _cannot_write(sessions_folder())
    if reason:
        yield Problem(
            OURS,
            f"{to_show(sessions_folder())} is not writable ({reason}), "
            "so rewind data, costs and this notebook's conversation are not stored",
            "make it writable, or set JUPYTER_CLAUDE_SESSIONS to a writable folder "
            "before Jupyter starts",
        )


def _cannot_write(folder: Path) -> str:
    """Return why a folder is not writable, or ""; the folder need not exist yet."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return (error.strerror or "for an unknown reason").lower()
