"""Finds the files by which a folder can run commands or change where Claude Code sends data.

The list of files comes from trials with the tested version of Claude Code, which
`jupyter_claude_sdk` names. Other versions may read other parent folders, so all parents count.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SERVERS = ".mcp.json"
#: The settings files of a folder.
SETTINGS = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/scheduled_tasks.json",
)
#: Subfolders, and the types of files in them that count. A script that such a file runs is an
#: ordinary file of the folder.
WHOLE = {
    ".claude/commands": (".md",),
    ".claude/agents": (".md",),
    ".claude/skills": (".md", ".json"),
    ".claude/workflows": (".js", ".mjs", ".cjs", ".ts", ".json", ".md"),
}
#: The settings files that a main checkout shares with its git worktrees. It also shares `WHOLE`.
_FROM_MAIN = (".claude/settings.local.json",)

_LONGEST = 256 * 1024  # bytes of one file
_MOST_BYTES = 2 * 1024 * 1024
_MOST_FILES = 1000
_MOST_DEPTH = 8


class TooMuch(Exception):
    """There are more settings than a user would read."""


@dataclass(frozen=True)
class FoundFile:
    """A settings file.

    Attributes
    ----------
    path : Path
        Its path.
    location : str
        The entry of the lists above that it belongs to.
    data : bytes
        Its content.
    problem : str
        Why it could not be read; "" if it could.
    """

    path: Path
    location: str
    data: bytes = b""
    problem: str = ""


def find_files(folder: Path, own: Iterable[Path]) -> list[FoundFile]:
    """Return the settings files of a folder and its parents, the nearest first.

    Parameters
    ----------
    folder : Path
        A real path.
    own : iterable of Path
        The user's own folders for Claude Code, such as ``~/.claude``. They need no trust.

    Raises
    ------
    TooMuch
        If there are more or longer files than a user would read.
    """
    skipped = {os.path.realpath(path) for path in own}
    files: list[FoundFile] = []
    size = 0
    for path, location in _locations(folder, skipped):
        found = _read(path, location)
        if found is None:
            continue
        files.append(found)
        size += len(found.data)
        if len(files) > _MOST_FILES or size > _MOST_BYTES:
            raise TooMuch
    return files


def digest_of(files: Iterable[FoundFile]) -> str:
    """Return a digest of these files' paths and bytes."""
    digest = hashlib.sha256()
    for file in files:
        for part in (os.fsencode(file.path), file.data, file.problem.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _locations(folder: Path, skipped: set[str]) -> Iterator[tuple[Path, str]]:
    for parent in (folder, *folder.parents):
        yield parent / _SERVERS, _SERVERS
        yield from _settings_of(parent, SETTINGS, skipped)
        main = _main_checkout(parent)
        if main is not None:
            yield from _settings_of(main, _FROM_MAIN, skipped)


def _settings_of(
    parent: Path, settings: Iterable[str], skipped: set[str]
) -> Iterator[tuple[Path, str]]:
    folder = parent / ".claude"
    if not os.path.lexists(folder) or os.path.realpath(folder) in skipped:
        return
    for location in settings:
        yield parent / location, location
    for location, kinds in WHOLE.items():
        for path in _inside(parent / location):
            if path == parent / location or path.suffix.lower() in kinds:
                yield path, location


def _inside(top: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the files below a folder by name, also those behind links."""
    try:
        entries = sorted(os.scandir(top), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield top  # the attempt to read it gives the reason
        return
    if depth > _MOST_DEPTH:
        raise TooMuch  # perhaps links in a circle
    for entry in entries:
        try:
            is_folder = entry.is_dir()
        except OSError:
            is_folder = False
        if is_folder:
            yield from _inside(top / entry.name, depth + 1)
        else:
            yield top / entry.name


def _read(path: Path, location: str) -> FoundFile | None:
    try:
        # O_NONBLOCK: a pipe with this name would block the kernel.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            return FoundFile(path, location, problem="It is a broken link")
        return None
    except OSError as error:
        return FoundFile(path, location, problem=error.strerror or "It cannot be read")
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return FoundFile(path, location, problem="It is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        return FoundFile(path, location, problem=error.strerror or "It cannot be read")
    finally:
        os.close(handle)
    if len(data) > _LONGEST:
        raise TooMuch
    return FoundFile(path, location, data)


def _main_checkout(folder: Path) -> Path | None:
    """Return the main checkout of a git worktree; None if the folder is no worktree."""
    if not os.path.isfile(folder / ".git"):
        return None
    link = _first_line(folder / ".git")
    if link is None or not link.startswith("gitdir:"):
        return None
    gitdir = folder / link[len("gitdir:") :].strip()
    common = _first_line(gitdir / "commondir")
    if common is None:
        return None
    return Path(os.path.realpath(gitdir / common)).parent


def _first_line(path: Path) -> str | None:
    found = _read(path, "")
    if found is None or found.problem:
        return None
    return found.data.decode(errors="surrogateescape").partition("\n")[0].strip()
