"""Whether what must be kept can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .._names import to_show
from .._paths import sessions_folder
from .problem import Problem

CLIS, OURS = "Claude Code's folder", "Data folder"


def place_problems(config: Path) -> Iterator[Problem]:
    """Yield the folders that cannot be written to, for what is lost by that.

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
                f"{to_show(folder)} cannot be written to ({reason}): "
                "conversations cannot be resumed, nor files rewound",
                "make it writable, or set CLAUDE_CONFIG_DIR to a folder that is, "
                "before Jupyter starts",
            )
            break
    reason = _cannot_write(sessions_folder())
    if reason:
        yield Problem(
            OURS,
            f"{to_show(sessions_folder())} cannot be written to ({reason}): "
            "what rewinding needs, the cost and this notebook's conversation are not kept",
            "make it writable, or set JUPYTER_CLAUDE_SESSIONS to a folder that is, "
            "before Jupyter starts",
        )


def _cannot_write(folder: Path) -> str:
    """Return why nothing can be written below a folder, which need not be there yet; or ""."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return (error.strerror or "no reason given").lower()
