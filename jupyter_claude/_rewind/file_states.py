"""Putting files into another state, all or none, and keeping their state before.

A state is what lies at a path: nothing, a file with its bytes and mode, a link, or something else
that is never touched. Links are never followed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["nothing", "file", "link", "other"]

_CHUNK = 1 << 20
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class State:
    """What lies at a path.

    Attributes
    ----------
    kind : {"nothing", "file", "link", "other"}
        What it is.
    mode : int
        A file's permission bits.
    copy : Path or None
        Where a file's bytes are kept.
    target : str
        Where a link points.
    digest : str
        A file's SHA-256.
    """

    kind: Kind
    mode: int = 0o644
    copy: Path | None = None
    target: str = ""
    digest: str = ""

    @property
    def mark(self) -> str:
        """What tells this state from others."""
        if self.kind == "file":
            return self.digest
        return f"link to {self.target}" if self.kind == "link" else self.kind

    def to_json(self) -> dict[str, Any]:
        """Return the state for a file; the copy by its name alone."""
        copy = None if self.copy is None else self.copy.name
        return {**self.__dict__, "copy": copy}

    @classmethod
    def from_json(cls, data: dict[str, Any], folder: Path) -> State:
        """Make a state of what `to_json` returned; copies lie in `folder`."""
        copy = data.get("copy")
        inside = folder / os.path.basename(copy) if isinstance(copy, str) else None
        return cls(**{**data, "copy": inside})


NOTHING = State("nothing")


def digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_CHUNK):
            found.update(block)
    return found.hexdigest()


def look(path: str | Path) -> State:
    """Return what lies at a path now; the file itself is its copy.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    if stat.S_ISLNK(status.st_mode):
        return State("link", target=os.readlink(path))
    if not stat.S_ISREG(status.st_mode):
        return State("other")
    return State("file", stat.S_IMODE(status.st_mode), Path(path), digest=digest(path))


def save(path: str, folder: Path, name: str) -> State:
    """Keep what lies at a path: a file's bytes as `folder`/`name`.

    Raises
    ------
    OSError
        If it cannot be read, or the copy cannot be written.
    """
    state = look(path)
    if state.kind != "file" or state.copy is None:
        return state
    copy = folder / name
    private = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with open(state.copy, "rb") as source, open(private, "wb") as target:
        shutil.copyfileobj(source, target, _CHUNK)
        target.flush()
        os.fsync(target.fileno())
    if digest(copy) != state.digest:
        raise OSError(f"{path} changed while it was saved; try again")
    return State("file", state.mode, copy, digest=state.digest)


@dataclass(frozen=True)
class Step:
    """A path, and the state that it shall have."""

    path: str
    state: State


def put(steps: Sequence[Step], before: Sequence[Step]) -> list[str]:
    """Put paths into states, all or none; return the folders that had to be made.

    Parameters
    ----------
    steps : sequence of Step
        What to do.
    before : sequence of Step
        How the same paths are now, with copies: what to go back to after a failure.

    Raises
    ------
    OSError
        If something failed; then all is as it was, as far as `put_back` could.
    """
    made: list[str] = []
    ready: list[tuple[Step, str | None]] = []
    try:
        # What can fail for lack of room or permission fails here, before any file has changed.
        for step in steps:
            _see_that_it_may_change(step.path)
            ready.append((step, _prepare(step, made)))
    except BaseException:
        _drop(ready)
        remove_folders(made)
        raise
    done = 0
    try:
        for (step, temporary), known in zip(ready, before, strict=True):
            _see_that_it_is(known)
            done += 1
            _finish(step, temporary)
    except BaseException:
        _drop(ready)
        put_back(list(before)[:done], list(steps)[:done])
        remove_folders(made)
        raise
    return made


def _see_that_it_is(known: Step) -> None:
    """Respect what was changed since it was saved: nothing else has it."""
    folder = os.path.dirname(known.path)
    if os.path.realpath(folder) != folder:
        raise OSError(f"{known.path} is reached by a link now")
    if look(known.path).mark != known.state.mark:
        raise OSError(f"{known.path} changed at this moment; try again")


def _see_that_it_may_change(path: str) -> None:
    """Respect a lock: replacing a file asks for no permission of the file's own."""
    if os.path.lexists(path) and not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "the folder is read-only", path)
    if os.path.isfile(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", path)


def _keep_owner(path: str, temporary: str) -> None:
    with contextlib.suppress(OSError, AttributeError):  # no file yet; Windows; not ours to give
        old, new = os.lstat(path), os.lstat(temporary)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(temporary, old.st_uid, old.st_gid)


def _prepare(step: Step, made: list[str]) -> str | None:
    """Write the new content beside its place; make the folders that it lacks."""
    folder = os.path.dirname(step.path)
    state = step.state
    if state.kind == "nothing":
        return None
    missing = []
    above = folder
    while not os.path.lexists(above):
        missing.append(above)
        above = os.path.dirname(above)
    for new in reversed(missing):
        os.mkdir(new)
        made.append(new)
    if os.path.realpath(folder) != folder:
        raise OSError(f"{step.path} is reached by a link now")
    if state.kind == "link":
        return None
    assert state.copy is not None
    handle, temporary = tempfile.mkstemp(prefix=".claude-rewind-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as target, open(state.copy, "rb") as source:
            shutil.copyfileobj(source, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())
        _keep_owner(step.path, temporary)
        os.chmod(temporary, state.mode)
        if state.digest and digest(temporary) != state.digest:
            raise OSError(f"the copy of {step.path} is damaged")
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _finish(step: Step, temporary: str | None) -> None:
    if temporary is not None:
        os.replace(temporary, step.path)
        return
    if os.path.lexists(step.path):
        os.unlink(step.path)
    if step.state.kind == "link":
        os.symlink(step.state.target, step.path)


def put_back(before: Sequence[Step], after: Sequence[Step]) -> None:
    """Undo what `put` did, one by one; what fails is left, the others still go back.

    Parameters
    ----------
    before, after : sequence of Step
        How the paths were, and how `put` left them. What has become something else since is
        somebody's newer work, and stays.
    """
    for old, new in zip(reversed(before), reversed(after), strict=True):
        temporary = None
        try:
            # Nothing is there if a step failed between taking away and putting.
            if look(old.path).mark in (new.state.mark, NOTHING.mark):
                temporary = _prepare(old, [])
                _finish(old, temporary)
        except OSError:
            _drop([(old, temporary)])


def _drop(ready: list[tuple[Step, str | None]]) -> None:
    for _, temporary in ready:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def remove_folders(made: Sequence[str]) -> None:
    """Remove folders that `put` made, where they are empty, the last one first."""
    for folder in reversed(made):
        with contextlib.suppress(OSError):  # somebody put something there
            os.rmdir(folder)
