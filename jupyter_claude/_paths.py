"""Where things lie: the user's data folder, the CLI that we install, the example notebooks."""

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


_current: Path | None = None  # as it was called last


def current_folder() -> Path:
    """Return this process's folder; once that is deleted, the path that it had.

    Returns
    -------
    Path
        Whether it is still there is for the caller to see: nothing may go on in another one, such
        as that of ``PWD``, which is where Jupyter was started.
    """
    global _current
    try:
        _current = Path.cwd()
        return _current
    except FileNotFoundError:
        with contextlib.suppress(OSError):  # Linux knows its name
            return Path(os.readlink("/proc/self/cwd").removesuffix(" (deleted)"))
    # One that is still there was left since.
    return Path("(deleted)") if _current is None or _current.is_dir() else _current


def data_folder() -> Path:
    """Return the folder of this user's data; nothing is made.

    Returns
    -------
    Path
        For example ``~/.local/share/jupyter-claude`` on Linux, where ``XDG_DATA_HOME`` moves it.
    """
    from platformdirs import user_data_path

    return user_data_path("jupyter-claude", appauthor=False)


def sessions_folder() -> Path:
    """Return the folder of what is kept of sessions: their cost, each notebook's last one.

    Returns
    -------
    Path
        ``JUPYTER_CLAUDE_SESSIONS`` if that is set, else a folder of `data_folder`; nothing is made.
    """
    chosen = os.environ.get("JUPYTER_CLAUDE_SESSIONS")
    return Path(chosen) if chosen else data_folder() / "sessions"


def make_private(folder: Path) -> None:
    """Make a folder for our data that this user alone can enter, whatever the umask says.

    Parameters
    ----------
    folder : Path
        `data_folder`, `sessions_folder` or one below. What is missing above it is made, and those
        above it that are ours are closed to others if they were open.

    Raises
    ------
    OSError
        If it cannot be made, or a folder of ours belongs to another user.
    """
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process made it at this moment
            part.mkdir(mode=0o700)
    if not folder.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))
    chosen, data = sessions_folder(), data_folder()
    ours: list[Path] = []
    for part in (folder, *folder.parents):
        if part == chosen and chosen.parent != data:
            break  # the user's own choice: it stays as open as they have it
        ours.append(part)
        if part == data:
            break
    else:
        return  # somewhere else altogether
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
    """Return the folder of the example notebooks: in the installed package, or in a clone.

    Returns
    -------
    Path
        The folder that holds ``quickstart.ipynb``.

    Raises
    ------
    FileNotFoundError
        If this installation lacks them.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("The example notebooks are missing; reinstall jupyter-claude")
