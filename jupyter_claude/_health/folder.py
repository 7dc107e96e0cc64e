"""Whether the folder that Claude works in is there, and may be entered."""

from __future__ import annotations

import os
from pathlib import Path

from .._names import to_show
from .problem import Problem

FOLDER = "Working folder"


def folder_problem(folder: Path, chosen: bool) -> Problem | None:
    """Return what is wrong with a working folder, if something is.

    Parameters
    ----------
    folder : Path
        The folder.
    chosen : bool
        Whether ``ClaudeMagics.cwd`` names it; else it is the kernel's own.
    """
    try:
        os.stat(os.path.join(folder, "."))  # asks whether it may be entered, too
        return None
    except PermissionError:
        remedy = "set ClaudeMagics.cwd to" if chosen else "in a notebook, %cd goes to"
        return Problem(
            FOLDER,
            f"The working folder {to_show(folder)} cannot be opened: you may not enter it",
            f"{remedy} another one",
        )
    except OSError:  # such as a name that is too long
        pass
    if chosen:
        text, remedy = "does not exist", "set ClaudeMagics.cwd to one that does"
    else:
        text, remedy = "was deleted", "change to another one (in a notebook: %cd)"
    return Problem(FOLDER, f"The working folder {to_show(folder)} {text}", remedy)


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from one that was made anew under the same name."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
