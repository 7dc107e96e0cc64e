"""A path by its folder's handle: no link on the way to it is followed, whenever one is put there.

A kernel may have more rights than whoever owns the folder that it works in. Who owns it can swap a
folder or file for a link at any moment, between our look at a path and what we then do to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Windows has no folders' handles; there links need rights that few users have.
_HANDLES = {os.open, os.stat, os.mkdir} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# With O_PATH a folder need not be readable, as for a path.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
# A pipe that was put in a file's place must not make us wait.
_FILE = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | _NOFOLLOW


class _Link(Exception):
    """A link lies where a folder was."""


@dataclass(frozen=True)
class Place:
    """A name in an open folder; on Windows the whole path.

    Attributes
    ----------
    name : str
        The name.
    folder : int or None
        The folder's handle, for ``dir_fd``.
    """

    name: str
    folder: int | None = None

    def status(self) -> os.stat_result:
        """Return what `os.lstat` does."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def exists(self) -> bool:
        """Say whether something lies there, be it a link that leads nowhere."""
        try:
            self.status()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def open(self, flags: int) -> int:
        """Open a file, with the mode 0600 if it is new; a link is refused."""
        return os.open(self.name, flags | _FILE, 0o600, dir_fd=self.folder)

    def beside(self, name: str) -> Place:
        """Return another name in the same folder."""
        if self.folder is None:
            return Place(os.path.join(os.path.dirname(self.name), name))
        return Place(name, self.folder)

    def readlink(self) -> str:
        """Return where the link that lies there points."""
        return os.readlink(self.name, dir_fd=self.folder)

    def symlink(self, target: str) -> None:
        """Make a link there."""
        os.symlink(target, self.name, dir_fd=self.folder)

    def unlink(self) -> None:
        """Take away what lies there."""
        os.unlink(self.name, dir_fd=self.folder)

    def rmdir(self) -> None:
        """Take away the empty folder that lies there."""
        os.rmdir(self.name, dir_fd=self.folder)

    def replace(self, other: Place) -> None:
        """Put what lies at another name of the folder here."""
        os.replace(other.name, self.name, src_dir_fd=other.folder, dst_dir_fd=self.folder)


@contextlib.contextmanager
def place(path: str | Path, made: list[str] | None = None) -> Iterator[Place]:
    """Open the folder of a path.

    Parameters
    ----------
    path : str or Path
        The path.
    made : list of str, optional
        Folders that are missing are made, and added here; else they are an error.

    Yields
    ------
    Place
        The path's name in it.

    Raises
    ------
    OSError
        If there is no such folder, or a link leads to it.
    """
    whole = os.path.abspath(path)
    folder, name = os.path.split(whole)
    if not _HANDLES:
        _make_by_path(folder, made)
        if os.path.realpath(folder) != folder:
            raise OSError(f"{path} is reached by a link now")
        yield Place(whole)
        return
    at, handle = os.sep, os.open(os.sep, _FOLDER)
    try:
        for part in Path(folder).parts[1:]:
            at = os.path.join(at, part)
            try:
                inner = _step(handle, part, at, made)
            except _Link:
                raise OSError(f"{path} is reached by a link now") from None
            os.close(handle)
            handle = inner
        yield Place(name, handle)
    finally:
        os.close(handle)


def _step(handle: int, part: str, at: str, made: list[str] | None) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=handle)
    except FileNotFoundError:
        if made is None:
            raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            status = os.stat(part, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                raise _Link from None
        raise
    os.mkdir(part, dir_fd=handle)
    made.append(at)
    return os.open(part, _FOLDER, dir_fd=handle)


def _make_by_path(folder: str, made: list[str] | None) -> None:
    missing = []
    while made is not None and not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for new in reversed(missing):
        os.mkdir(new)
        assert made is not None
        made.append(new)
