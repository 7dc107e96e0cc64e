"""The practice model of a session, with the folder that it works in."""

from __future__ import annotations

import shutil
import stat
import tempfile
import weakref
from pathlib import Path

#: The variable that names a folder for it, which stays when it is closed.
CHOSEN = "JUPYTER_CLAUDE_PRACTICE_FOLDER"


class Practice:
    """The practice model with its scratch folder, which both go when it is closed.

    Parameters
    ----------
    chosen : str
        A folder to work in instead, which stays.
    """

    def __init__(self, chosen: str = "") -> None:
        from . import script

        self._root = Path(chosen or tempfile.mkdtemp(prefix="jupyter-claude-practice-")).resolve()
        self.folder = self._root / "work"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._made = _owned(self._root)
        scratch = None if chosen else self._root
        self._remove = weakref.finalize(self, _remove, scratch, self._made)
        self._model = script.start(self.folder)
        self.env = {**self._model.env, "CLAUDE_CONFIG_DIR": str(self._root / "config")}

    def keep_folder(self) -> bool:
        """See that the folder is there, where systems clean up; return whether that can be.

        Where the root is gone from a folder that all share, anybody may have made another one of
        its name, with settings that run commands.
        """
        if self._made is None or _owned(self._root) != self._made:
            return False
        self.folder.mkdir(exist_ok=True)
        return True

    def close(self) -> None:
        """Stop the model and remove the scratch folder."""
        self._model.close()
        self._remove()


def _owned(folder: Path) -> tuple[int, int, int] | None:
    """Return what tells a folder, and its owner, from another of that name; None if it is none."""
    try:
        status = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    return status.st_dev, status.st_ino, status.st_uid


def _remove(folder: Path | None, made: tuple[int, int, int] | None) -> None:
    if folder is not None and _owned(folder) == made:
        shutil.rmtree(folder, ignore_errors=True)
