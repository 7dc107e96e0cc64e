"""Private folders in the system's temporary folder, which only this user can enter.

They hold what the CLI reads from files and what may be secret. Each folder is removed when its
connection ends. If the process is killed, the watcher removes its folders. If the watcher is killed
too, the next process removes them.
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

#: How the names begin: for the configuration of a restored session, for options in files, and for
#: the processes of a pool to work in.
RESTORED, OPTIONS, ROWS = "claude-restored-", "claude-options-", "claude-rows-"

_made: set[Path] = set()
_swept = False


def new_folder(beginning: str) -> Path:
    """Make a folder that only this user can enter.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    global _swept
    if not _swept:
        _swept = True
        sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{beginning}{os.getpid()}-"))  # 0700
    _made.add(folder)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a new file that only this user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def change_owner(folder: Path, user: str) -> None:
    """Make another user the owner of a folder and of all in it."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            shutil.chown(path, user)


def remove_folder(folder: Path) -> None:
    """Remove a folder that `new_folder` made. Harmless if it is gone."""
    for _ in range(3):  # a child of the CLI may still be writing
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            _made.discard(folder)
            return
    logger.warning("A session's folder could not be removed: %s", folder)


@atexit.register
def _remove_all() -> None:
    for folder in list(_made):
        if f"-{os.getpid()}-" in folder.name:  # after a fork, not a folder of the parent's
            remove_folder(folder)


def sweep() -> None:
    """Remove the folders of processes that were killed."""
    if sys.platform == "win32":
        return
    for beginning in (RESTORED, OPTIONS, ROWS):
        for folder in Path(tempfile.gettempdir()).glob(f"{beginning}*-*"):
            pid = folder.name[len(beginning) :].partition("-")[0]
            try:
                if pid.isdigit() and folder.lstat().st_uid == os.getuid() and folder.is_dir():
                    os.kill(int(pid), 0)
            except ProcessLookupError:
                remove_folder(folder)
            except (OSError, OverflowError):
                pass
