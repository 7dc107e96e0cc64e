"""`FolderEntry`: opens a path by its folder's handle, so that no link on the way is ever followed.

A kernel may have more rights than the owner of its folder. The owner can replace a folder or a file
with a link at any moment, also between our check of a path and our change of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Windows has no folder handles. There, links need rights that few users have.
_HANDLES = {os.open, os.stat, os.mkdir} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# With O_PATH the folder need not be readable, as with a plain path.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
# A pipe in place of a file must not make us wait.
_FILE = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | _NOFOLLOW


class _Link(Exception):
    """A folder on the way is a link."""


@dataclass(frozen=True)
class FolderEntry:
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
        """Return the same as `os.lstat`."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def exists(self) -> bool:
        """Whether the path exists, also as a broken link."""
        try:
            self.status()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def open(self, flags: int) -> int:
        """Open a file, with the mode 0600 if it is new. Refuse a link."""
        return os.open(self.name, flags | _FILE, 0o600, dir_fd=self.folder)

    def beside(self, name: str) -> FolderEntry:
        """Return another name in the same folder."""
        if self.folder is None:
            return FolderEntry(os.path.join(os.path.dirname(self.name), name))
        return FolderEntry(name, self.folder)

    def readlink(self) -> str:
        """Return the target of the link."""
        return os.readlink(self.name, dir_fd=self.folder)

    def symlink(self, target: str) -> None:
        """Create a link."""
        os.symlink(target, self.name, dir_fd=self.folder)

    def unlink(self) -> None:
        """Delete the file or link."""
        os.unlink(self.name, dir_fd=self.folder)

    def rmdir(self) -> None:
        """Delete the empty folder."""
        os.rmdir(self.name, dir_fd=self.folder)

    def replace(self, other: FolderEntry) -> None:
        """Move another name of the folder here."""
        os.replace(other.name, self.name, src_dir_fd=other.folder, dst_dir_fd=self.folder)


@contextlib.contextmanager
def open_entry(path: str | Path, made: list[str] | None = None) -> Iterator[FolderEntry]:
    """Open the folder of a path.

    Parameters
    ----------
    path : str or Path
        The path.
    made : list of str, optional
        If given, create missing folders and add them to the list. Otherwise they are an error.

    Yields
    ------
    FolderEntry
        The path's name in the folder.

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
            raise OSError(f"a folder of {path} is now a link")
        yield FolderEntry(whole)
        return
    at, handle = os.sep, os.open(os.sep, _FOLDER)
    try:
        for part in Path(folder).parts[1:]:
            at = os.path.join(at, part)
            try:
                inner = _step(handle, part, at, made)
            except _Link:
                raise OSError(f"a folder of {path} is now a link") from None
            os.close(handle)
            handle = inner
        yield FolderEntry(name, handle)
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
