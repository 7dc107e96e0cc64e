"""Folders of a session in the system's temporary folder, for this user alone.

They hold what must be in a file and may be secret. Each goes when its session ends; with a process
that is killed its watcher removes them, and where even that was killed, the next process does.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

logger = logging.getLogger("jupyter_claude_sdk")

#: Beginnings of the names: a restored session's configuration, and options that are files.
RESTORED, OPTIONS = "claude-restored-", "claude-options-"

_made: set[Path] = set()
_swept = False


def new_folder(beginning: str) -> Path:
    """Make a folder that nobody else can enter.

    Raises
    ------
    OSError
        If there is no room for it.
    """
    global _swept
    if not _swept:
        _swept = True
        sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{beginning}{os.getpid()}-"))  # 0700
    _made.add(folder)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a new file that nobody else can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def change_owner(folder: Path, user: str) -> None:
    """Give a folder and all in it to the user that the CLI runs as."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            shutil.chown(path, user)


def remove_folder(folder: Path) -> None:
    """Remove a folder that `new_folder` made; harmless if it is gone."""
    for _ in range(3):  # a child of the CLI may just have written something
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            _made.discard(folder)
            return
    logger.warning("A session's folder could not be removed: %s", folder)


@atexit.register
def _remove_all() -> None:
    for folder in list(_made):
        if f"-{os.getpid()}-" in folder.name:  # not a parent's, after a fork
            remove_folder(folder)


def sweep() -> None:
    """Remove what processes left that were killed before they could."""
    if sys.platform == "win32":
        return
    for beginning in (RESTORED, OPTIONS):
        for folder in Path(tempfile.gettempdir()).glob(f"{beginning}*-*"):
            pid = folder.name[len(beginning) :].partition("-")[0]
            try:
                if pid.isdigit() and folder.lstat().st_uid == os.getuid() and folder.is_dir():
                    os.kill(int(pid), 0)
            except ProcessLookupError:
                remove_folder(folder)
            except (OSError, OverflowError):
                pass
