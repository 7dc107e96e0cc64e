"""Putting files into another state, all or none, and keeping their state before.

A state is what lies at a path: nothing, a file with its bytes and mode, a link, or something else
that is never touched. Links are never followed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from .places import Place, place

Kind = Literal["nothing", "file", "link", "other"]

_CHUNK = 1 << 20


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


def look(path: str | Path) -> State:
    """Return what lies at a path now; the file itself is its copy.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _look(Place(os.fspath(path)), path)


def _look(at: Place, path: str | Path) -> State:
    try:
        status = at.status()
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    if stat.S_ISLNK(status.st_mode):
        return State("link", target=at.readlink())
    if not stat.S_ISREG(status.st_mode):
        return State("other")
    with os.fdopen(at.open(os.O_RDONLY), "rb") as file:
        return _state(file, path)


def _state(file: BinaryIO, path: str | Path) -> State:
    """Return the state of an open file, which need not be the one that was looked at before."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{path} changed at this moment; try again")
    return State("file", stat.S_IMODE(status.st_mode), Path(path), digest=_copy(file))


def content(state: State, longest: int) -> bytes | None:
    """Return a file's bytes; None for what is no file, or longer.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if state.kind != "file" or state.copy is None:
        return None
    with _opened(state.copy) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > longest:
            return None
        return file.read(longest)


def _opened(copy: Path) -> BinaryIO:
    return os.fdopen(Place(str(copy)).open(os.O_RDONLY), "rb")


def _copy(source: BinaryIO, target: BinaryIO | None = None) -> str:
    """Copy an open file, if to another, to the disk; return the SHA-256 of its bytes."""
    found = hashlib.sha256()
    while block := source.read(_CHUNK):
        found.update(block)
        if target is not None:
            target.write(block)
    if target is not None:
        target.flush()
        os.fsync(target.fileno())
    return found.hexdigest()


def save(path: str, folder: Path, name: str) -> State:
    """Keep what lies at a path: a file's bytes as `folder`/`name`.

    Raises
    ------
    OSError
        If it cannot be read, is reached by a link, or the copy cannot be written.
    """
    try:
        with place(path) as at:
            state = _look(at, path)
            if state.kind != "file":
                return state
            with os.fdopen(at.open(os.O_RDONLY), "rb") as source:
                copy = folder / name
                private = Place(str(copy)).open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                with os.fdopen(private, "wb") as target:
                    saved = _copy(source, target)
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    if saved != state.digest:
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
            with _folder_of(step.path) as at:
                _see_that_it_is(known, at)
                done += 1
                _finish(step, temporary, at)
    except BaseException:
        _drop(ready)
        put_back(list(before)[:done], list(steps)[:done])
        remove_folders(made)
        raise
    return made


def _see_that_it_may_change(path: str) -> None:
    """Respect a lock: replacing a file asks for no permission of the file's own."""
    if os.path.lexists(path) and not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "the folder is read-only", path)
    if os.path.isfile(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", path)


def _prepare(step: Step, made: list[str]) -> str | None:
    """Write the new content beside its place, and return its name; make the folders it lacks."""
    state = step.state
    if state.kind == "nothing":
        return None
    with place(step.path, made) as at:
        if state.kind == "link":
            return None
        assert state.copy is not None
        temporary = f".claude-rewind-{secrets.token_hex(8)}"
        handle = at.beside(temporary).open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            with os.fdopen(handle, "wb") as target, _opened(state.copy) as source:
                copied = _copy(source, target)
                _dress(target.fileno(), at, temporary, state.mode)
            if state.digest and copied != state.digest:
                raise OSError(f"the copy of {step.path} is damaged")
        except BaseException:
            at.beside(temporary).unlink()
            raise
    return temporary


def _dress(handle: int, at: Place, temporary: str, mode: int) -> None:
    """Give the new file the owner of what it replaces, and its mode; whatever its name is now."""
    mode &= 0o777  # never a program that runs with its owner's rights
    if not hasattr(os, "fchown"):
        os.chmod(at.beside(temporary).name, mode)
        return
    with contextlib.suppress(OSError):  # no file yet; not ours to give
        old, new = at.status(), os.fstat(handle)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(handle, old.st_uid, old.st_gid)
    os.fchmod(handle, mode)


@contextlib.contextmanager
def _folder_of(path: str) -> Iterator[Place | None]:
    """Open a path's folder; None if there is none."""
    with contextlib.ExitStack() as stack:
        at = None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            at = stack.enter_context(place(path))
        yield at


def _see_that_it_is(known: Step, at: Place | None) -> None:
    """Respect what was changed since it was saved: nothing else has it."""
    present = NOTHING if at is None else _look(at, known.path)
    if present.mark != known.state.mark:
        raise OSError(f"{known.path} changed at this moment; try again")


def _finish(step: Step, temporary: str | None, at: Place | None) -> None:
    if at is None:
        if step.state.kind != "nothing":
            raise OSError(f"the folder of {step.path} is gone")
    elif temporary is not None:
        at.replace(at.beside(temporary))
    else:
        if at.exists():
            at.unlink()
        if step.state.kind == "link":
            at.symlink(step.state.target)


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
                with _folder_of(old.path) as at:
                    _finish(old, temporary, at)
        except OSError:
            _drop([(old, temporary)])


def _drop(ready: list[tuple[Step, str | None]]) -> None:
    for step, temporary in ready:
        if temporary is not None:
            with contextlib.suppress(OSError), place(step.path) as at:
                at.beside(temporary).unlink()


def remove_folders(made: Sequence[str]) -> None:
    """Remove folders that `put` made, where they are empty, the last one first."""
    for folder in reversed(made):
        with contextlib.suppress(OSError), place(folder) as at:  # somebody put something there
            at.rmdir()
