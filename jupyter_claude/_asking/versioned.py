"""Whether git can bring back what a call would delete or overwrite.

A file counts as kept if the last commit has it, exactly as it is now. The folder may be somebody
else's. So this only reads git's objects: no command of git's here compares files, and so none runs
a filter, a hook or another program that the folder's settings name. The files are compared here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import gettempdir

_SECONDS = 0.8  # of one command of git's
_MOST_FILES = 2_000  # more are not looked at: they count as not kept
_MOST_BYTES = 30_000_000
_SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.untrackedCache=false")


def all_kept(paths: Iterable[Path]) -> bool:
    """Whether the last commit has all of these files, and all files in these folders, as they are.

    A path without a file is not kept: it is not known what will be there. It takes a second or
    two at most, so do not call it in the event loop.
    """
    budget = _Budget()
    try:
        return all(_is_kept(path, budget) for path in paths)
    except (OSError, ValueError, subprocess.SubprocessError, _TooMuchError):
        return False


class _TooMuchError(Exception):
    """There are too many or too large files to look at."""


class _Budget:
    def __init__(self) -> None:
        self._files, self._bytes = _MOST_FILES, _MOST_BYTES

    def spend(self, size: int) -> None:
        self._files -= 1
        self._bytes -= size
        if self._files < 0 or self._bytes < 0:
            raise _TooMuchError


def _is_kept(path: Path, budget: _Budget) -> bool:
    folder = Path(os.path.realpath(path.parent))
    if not os.path.lexists(path) or not _has_repository(folder):
        return False
    committed = _committed(folder, path.name)
    found = False
    for file in _files(path):
        found = True
        blob = committed.get(os.path.relpath(file, path.parent).replace(os.sep, "/"))
        if blob is None or blob != _blob(file, len(blob), budget):
            return False
    return found


def _has_repository(folder: Path) -> bool:
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            yield Path(folder) / name


def _committed(folder: Path, name: str) -> dict[str, str]:
    """Return the hashes of the files below a name in the last commit, by their paths."""
    git = shutil.which("git")
    if git is None or not os.path.isabs(git):
        return {}
    # git reads these variables; so a folder's or a hook's own values of them do not count.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        # A clone may lack objects. To fetch them, git would run programs.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    list_files = ["ls-tree", "-r", "-z", "HEAD", "--", name]
    ran = subprocess.run(
        [git, *settings, "--no-pager", "-C", str(folder), *list_files],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=gettempdir(),
        env=environment,
        timeout=_SECONDS,
        check=False,
    )
    found = {}
    for line in ran.stdout.split(b"\0") if ran.returncode == 0 else ():
        about, _, path = line.partition(b"\t")
        parts = about.split()
        if len(parts) == 3 and parts[1] == b"blob":
            found[os.fsdecode(path)] = parts[2].decode("ascii")
    return found


def _blob(path: Path, length: int, budget: _Budget) -> str:
    """Return the hash that git would give the file, without any filter."""
    if path.is_symlink():
        content = os.fsencode(os.readlink(path))
        budget.spend(len(content))
    else:
        if not path.is_file():
            return ""
        budget.spend(path.stat().st_size)
        content = path.read_bytes()
    made = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    made.update(b"blob %d\0" % len(content))
    made.update(content)
    return made.hexdigest()
