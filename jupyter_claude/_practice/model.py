"""`Practice`: a session's practice model, with its own folder."""

from __future__ import annotations

import shutil
import stat
import tempfile
import weakref
from pathlib import Path

from .sample import lay_out

#: The variable that names a folder for it. This folder stays when the model is closed.
CHOSEN = "JUPYTER_CLAUDE_PRACTICE_FOLDER"


class Practice:
    """The practice model and its temporary folder. `close` removes both.

    Parameters
    ----------
    chosen : str
        A folder to use instead. It stays.
    """

    def __init__(self, chosen: str = "") -> None:
        from . import script

        self._root = Path(chosen or tempfile.mkdtemp(prefix="jupyter-claude-practice-")).resolve()
        self.folder = self._root / "work"
        self.folder.mkdir(parents=True, exist_ok=True)
        lay_out(self.folder)
        self._made = _owned(self._root)
        scratch = None if chosen else self._root
        self._remove = weakref.finalize(self, _remove, scratch, self._made)
        self._model = script.start(self.folder)
        self.env = {**self._model.env, "CLAUDE_CONFIG_DIR": str(self._root / "config")}

    def keep_folder(self) -> bool:
        """Make the folder again if the system cleaned it up; return whether that is safe.

        If the root folder is gone from the shared temporary folder, anybody may have made another
        one with its name, and with settings that run commands.
        """
        if self._made is None or _owned(self._root) != self._made:
            return False
        self.folder.mkdir(exist_ok=True)
        lay_out(self.folder)
        return True

    def close(self) -> None:
        """Stop the model and remove the temporary folder."""
        self._model.close()
        self._remove()


def _owned(folder: Path) -> tuple[int, int, int] | None:
    """Return a value that identifies a folder and its owner; None if it is no folder."""
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
