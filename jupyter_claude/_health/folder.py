"""Checks that Claude's working folder exists and can be opened."""

from __future__ import annotations

import os
from pathlib import Path

from .._names import to_show
from .problem import Problem

FOLDER = "Working folder"


def folder_problem(folder: Path, chosen: bool) -> Problem | None:
    """Return the problem of a working folder, or None.

    Parameters
    ----------
    folder : Path
        The folder.
    chosen : bool
        Whether ``ClaudeMagics.cwd`` names it. Otherwise it is the kernel's folder.
    """
    try:
        os.stat(os.path.join(folder, "."))  # the "." also checks the right to enter it
        return None
    except PermissionError:
        remedy = "set ClaudeMagics.cwd to" if chosen else "in a notebook, %cd goes to"
        return Problem(
            FOLDER,
            f"You have no right to open the working folder {to_show(folder)}",
            f"{remedy} another one",
        )
    except OSError:  # such as for a name that is too long
        pass
    if chosen:
        text, remedy = "does not exist", "set ClaudeMagics.cwd to one that does"
    else:
        text, remedy = "was deleted", "change to another one (in a notebook: %cd)"
    return Problem(FOLDER, f"The working folder {to_show(folder)} {text}", remedy)


def identity(folder: Path) -> tuple[int, int] | None:
    """Return a value that changes if the folder is deleted and made again."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
