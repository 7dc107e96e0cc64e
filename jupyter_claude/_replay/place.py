"""`Place`: where a notebook's recording is, and where it was looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: The environment variable with the notebook's path, for programs that tell the kernel no name.
VARIABLE = "JUPYTER_CLAUDE_NOTEBOOK"
_SUFFIX = ".claude"
_INDEX = "recording.json"
#: The files that can be notebooks or scripts. Their ends are no part of a recording's name.
_NOTEBOOKS = (".ipynb", ".py", ".md", ".Rmd", ".qmd", ".R", ".jl")
_MOST = 5_000  # entries of a folder to look at


@dataclass(frozen=True)
class Place:
    """Where a notebook's recording is.

    Attributes
    ----------
    named : Path or None
        The folder that belongs to the notebook's name; None if the name is not known. It need not
        exist.
    found : tuple of Path
        The recordings that may be the notebook's. The one with its name stands alone.
    looked : tuple of Path
        The folders in which recordings were looked for.
    """

    named: Path | None = None
    found: tuple[Path, ...] = ()
    looked: tuple[Path, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the recording that was found has the notebook's name."""
        return self.named is not None and self.found == (self.named,)

    @property
    def words(self) -> str:
        """Where it was looked, in words."""
        folders = " and ".join(str(folder) for folder in self.looked)
        what = f"*{_SUFFIX}" if self.named is None else self.named.name
        return f"{what} in {folders}"


def recording_of(notebook: Path) -> Path:
    """Return the folder of a notebook's recording: ``a.claude`` beside ``a.ipynb``."""
    if notebook.suffix in (*_NOTEBOOKS, _SUFFIX):
        return notebook.with_suffix(_SUFFIX)
    return notebook.with_name(f"{notebook.name}{_SUFFIX}")


def find_place(name: str | None, folder: Path, given: Path | None = None) -> Place:
    """Look for a notebook's recording.

    Parameters
    ----------
    name : str or None
        The notebook's path, as the server gives it. It may be relative to a folder of the server.
    folder : Path
        The kernel's folder.
    given : Path, optional
        The notebook, or its recording, as the user named it.
    """
    if given is None and (variable := os.environ.get(VARIABLE)):
        given = Path(variable).expanduser()
    if given is not None:
        named: Path | None = recording_of(folder / given)
    elif name and not name.endswith(("/", "\\")):
        path = Path(name)
        named = recording_of(path if path.is_absolute() else folder / path.name)
    else:
        named = None
    if named is not None and named.is_dir():
        return Place(named, (named,), (named.parent,))
    if given is not None:  # the user named another one than there is
        assert named is not None
        return Place(named, (), (named.parent,))
    parents = [folder] if named is None else [named.parent, folder]
    # One folder can have two names: a relative one, or one through a link.
    looked = tuple({os.path.realpath(one): one for one in reversed(parents)}.values())[::-1]
    found = [one for parent in looked for one in _recordings(parent)]
    if named is not None:
        found = [one for one in found if not _has_notebook(one)]
    return Place(named, tuple(found), looked)


def _recordings(folder: Path) -> list[Path]:
    """Return the recordings in a folder, by name."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number > _MOST:
                    break
                if entry.name.endswith(_SUFFIX) and (Path(entry.path) / _INDEX).is_file():
                    found.append(Path(entry.path))
    except OSError:
        return []
    return sorted(found)


def _has_notebook(recording: Path) -> bool:
    """Whether a notebook with the recording's name is beside it: then it is that one's."""
    return any(recording.with_suffix(suffix).is_file() for suffix in _NOTEBOOKS)
