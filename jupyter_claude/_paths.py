"""The paths of the data folder, of our CLI installation and of the example notebooks."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from jupyter_claude_sdk.lowlevel import find_cli, own_cli

__all__ = [
    "current_folder",
    "data_folder",
    "find_cli",
    "make_private",
    "notebooks_folder",
    "own_cli",
    "sessions_folder",
]


_current: Path | None = None  # its last known path


def current_folder() -> Path:
    """Return this process's folder, or its old path if the folder was deleted.

    Returns
    -------
    Path
        The caller must check that it exists. Claude must not work in another folder instead,
        such as that of ``PWD``, in which Jupyter was started.
    """
    global _current
    try:
        _current = Path.cwd()
        return _current
    except FileNotFoundError:
        with contextlib.suppress(OSError):  # Linux knows the old path
            return Path(os.readlink("/proc/self/cwd").removesuffix(" (deleted)"))
    # If the last known folder still exists, the process has left it since.
    return Path("(deleted)") if _current is None or _current.is_dir() else _current


def data_folder() -> Path:
    """Return the path of this user's data folder, without creating it.

    Returns
    -------
    Path
        For example ``~/.local/share/jupyter-claude`` on Linux; ``XDG_DATA_HOME`` changes it.
    """
    from platformdirs import user_data_path

    return user_data_path("jupyter-claude", appauthor=False)


def sessions_folder() -> Path:
    """Return the folder for session data: costs, rewinds and each notebook's conversations.

    Returns
    -------
    Path
        ``JUPYTER_CLAUDE_SESSIONS`` if it is set, otherwise a folder in `data_folder`.
    """
    chosen = os.environ.get("JUPYTER_CLAUDE_SESSIONS")
    return Path(chosen) if chosen else data_folder() / "sessions"


def make_private(folder: Path) -> None:
    """Create a data folder that only this user can enter, whatever the umask.

    Parameters
    ----------
    folder : Path
        `data_folder`, `sessions_folder` or a folder below. Missing parents are created. Our own
        parent folders are closed to other users.

    Raises
    ------
    OSError
        If it cannot be created, or one of our folders belongs to another user.
    """
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process has just created it
            part.mkdir(mode=0o700)
    if not folder.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))
    chosen, data = sessions_folder(), data_folder()
    ours: list[Path] = []
    for part in (folder, *folder.parents):
        if part == chosen and chosen.parent != data:
            break  # the user chose this folder, so its mode stays
        ours.append(part)
        if part == data:
            break
    else:
        return  # not one of our folders
    if sys.platform != "win32":
        for part in ours:
            _close(part)


def _close(folder: Path) -> None:
    found = folder.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise PermissionError(1, "it belongs to another user", str(folder))
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        folder.chmod(stat.S_IMODE(found.st_mode) & ~0o077)


def notebooks_folder() -> Path:
    """Return the folder of the example notebooks, in the installed package or in a clone.

    Returns
    -------
    Path
        The folder with ``quickstart.ipynb``.

    Raises
    ------
    FileNotFoundError
        If this installation has no notebooks.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("The example notebooks are missing; reinstall jupyter-claude")
