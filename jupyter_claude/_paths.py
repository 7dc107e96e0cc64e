"""Where things lie: the user's data folder, the CLI that we install, the example notebooks."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_claude_sdk._find import find_cli, own_cli

__all__ = ["data_folder", "find_cli", "notebooks_folder", "own_cli", "sessions_folder"]


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
