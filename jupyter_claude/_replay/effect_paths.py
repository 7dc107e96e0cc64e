"""Which files a recording may write: ordinary files in Claude's folder, and no settings."""

from __future__ import annotations

import os
import re
from pathlib import Path

#: Files that other programs, or Claude, obey. They obey most hidden files too.
_NAMES = re.compile(r"jupyter_\w*config\.(py|json)|(claude|claude\.local|agents)\.md")
#: Windows knows a long name by a short one too, such as GIT~1.
_SHORT_NAME = re.compile(r"~\d")


def problem_of(path: str) -> str:
    """Return why a recording may not write this path; "" if it may.

    Parameters
    ----------
    path : str
        The path, as the recording has it: relative, with ``/``.
    """
    parts = path.split("/")
    if not path or not path.isprintable() or "\\" in path or ":" in path:
        return "its name is no plain relative path"
    if path.startswith(("/", "~")) or any(part in ("", ".", "..") for part in parts):
        return "it would lead out of the folder"
    # Windows drops dots and spaces at the end; Windows and macOS know only one case.
    names = [part.rstrip(". ").casefold() for part in parts]
    if "" in names or any(_SHORT_NAME.search(name) for name in names):
        return "its name is no plain relative path"
    if any(name.endswith(".claude") for name in names):
        return "it lies in a recording"
    if any(name.startswith(".") for name in names) or _NAMES.fullmatch(names[-1]):
        return "other programs obey what it says"
    return ""


def place_of(path: str, home: Path, folder: Path) -> str:
    """Return the absolute path of a recorded file.

    Parameters
    ----------
    path : str
        The path, without a problem.
    home : Path
        The notebook's folder, where the path begins.
    folder : Path
        Where Claude works.

    Raises
    ------
    OSError
        If it is not in Claude's folder, or a link leads to it.
    """
    place = os.path.join(os.path.realpath(home), *path.split("/"))
    if os.path.realpath(os.path.dirname(place)) != os.path.dirname(place):
        raise OSError("a folder on its way is a link")
    if not place.startswith(os.path.realpath(folder).rstrip(os.sep) + os.sep):
        raise OSError("it is not in the folder in which Claude works")
    return place
