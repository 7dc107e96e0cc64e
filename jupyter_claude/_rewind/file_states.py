"""Changes files, all or none, and saves their old state.

A state describes a path: it has nothing, a file with bytes and a mode, a link, or another thing,
which is never touched. Links are never followed.
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

from .folder_entries import FolderEntry, open_entry

Kind = Literal["nothing", "file", "link", "other"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class State:
    """The state of a path.

    Attributes
    ----------
    kind : {"nothing", "file", "link", "other"}
        What the path has.
    mode : int
        A file's permission bits.
    copy : Path or None
        The file with the bytes.
    target : str
        The target of a link.
    digest : str
        A file's SHA-256.
    """

    kind: Kind
    mode: int = 0o644
    copy: Path | None = None
    target: str = ""
    digest: str = ""

    @property
    def fingerprint(self) -> str:
        """A text that differs for different states."""
        if self.kind == "file":
            return self.digest
        return f"link to {self.target}" if self.kind == "link" else self.kind

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON data, with only the name of the copy."""
        copy = None if self.copy is None else self.copy.name
        return {**self.__dict__, "copy": copy}

    @classmethod
    def from_json(cls, data: dict[str, Any], folder: Path) -> State:
        """Make a state from the data of `to_json`; the copies are in `folder`."""
        copy = data.get("copy")
        inside = folder / os.path.basename(copy) if isinstance(copy, str) else None
        return cls(**{**data, "copy": inside})


NOTHING = State("nothing")


def look(path: str | Path) -> State:
    """Return the present state of a path; its copy is the file itself.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _look(FolderEntry(os.fspath(path)), path)


def _look(at: FolderEntry, path: str | Path) -> State:
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
    """Return the state of an open file, which may be another one than before."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{path} changed just now; try again")
    return State("file", stat.S_IMODE(status.st_mode), Path(path), digest=_copy(file))


def content(state: State, longest: int) -> bytes | None:
    """Return a file's bytes; None if it is no file, or is longer than `longest`.

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
    return os.fdopen(FolderEntry(str(copy)).open(os.O_RDONLY), "rb")


def _copy(source: BinaryIO, target: BinaryIO | None = None) -> str:
    """Return the SHA-256 of an open file; also copy it to `target` and to the disk, if given."""
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
    """Save the state of a path, with a file's bytes as `folder`/`name`.

    Raises
    ------
    OSError
        If it cannot be read, if a link leads to it, or if the copy cannot be written.
    """
    try:
        with open_entry(path) as at:
            state = _look(at, path)
            if state.kind != "file":
                return state
            with os.fdopen(at.open(os.O_RDONLY), "rb") as source:
                copy = folder / name
                private = FolderEntry(str(copy)).open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                with os.fdopen(private, "wb") as target:
                    saved = _copy(source, target)
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    if saved != state.digest:
        raise OSError(f"{path} changed while it was saved; try again")
    return State("file", state.mode, copy, digest=state.digest)


@dataclass(frozen=True)
class Step:
    """A path, and its new state."""

    path: str
    state: State


def put(steps: Sequence[Step], before: Sequence[Step]) -> list[str]:
    """Give all paths their new states, or none; return the folders that were created.

    Parameters
    ----------
    steps : sequence of Step
        The new states.
    before : sequence of Step
        The present states of the same paths, with copies, to restore after a failure.

    Raises
    ------
    OSError
        If a step failed. Then `put_back` has restored all that it could.
    """
    made: list[str] = []
    ready: list[tuple[Step, str | None]] = []
    try:
        # A lack of space or permission fails here, before any file changes.
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
    """Refuse to change a read-only file: the system would let us replace it."""
    if os.path.lexists(path) and not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "the folder is read-only", path)
    if os.path.isfile(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", path)


def _prepare(step: Step, made: list[str]) -> str | None:
    """Write the new content beside the file, creating missing folders; return its name."""
    state = step.state
    if state.kind == "nothing":
        return None
    with open_entry(step.path, made) as at:
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


def _dress(handle: int, at: FolderEntry, temporary: str, mode: int) -> None:
    """Give the open new file its mode, and the owner of the file that it replaces."""
    mode &= 0o777  # never set-user-id or set-group-id
    if not hasattr(os, "fchown"):
        os.chmod(at.beside(temporary).name, mode)
        return
    with contextlib.suppress(OSError):  # no old file, or no right to change the owner
        old, new = at.status(), os.fstat(handle)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(handle, old.st_uid, old.st_gid)
    os.fchmod(handle, mode)


@contextlib.contextmanager
def _folder_of(path: str) -> Iterator[FolderEntry | None]:
    """Open a path's folder; give None if there is none."""
    with contextlib.ExitStack() as stack:
        at = None
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            at = stack.enter_context(open_entry(path))
        yield at


def _see_that_it_is(known: Step, at: FolderEntry | None) -> None:
    """Refuse to overwrite a change since the save: no copy of it exists."""
    present = NOTHING if at is None else _look(at, known.path)
    if present.fingerprint != known.state.fingerprint:
        raise OSError(f"{known.path} changed just now; try again")


def _finish(step: Step, temporary: str | None, at: FolderEntry | None) -> None:
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
    """Undo the steps of `put`, one by one. If one fails, still undo the others.

    Parameters
    ----------
    before, after : sequence of Step
        The states before `put` and after it. A path that has changed again since has newer work
        of the user, so it stays.
    """
    for old, new in zip(reversed(before), reversed(after), strict=True):
        temporary = None
        try:
            # The path has nothing if a step failed after it removed the old file.
            if look(old.path).fingerprint in (new.state.fingerprint, NOTHING.fingerprint):
                temporary = _prepare(old, [])
                with _folder_of(old.path) as at:
                    _finish(old, temporary, at)
        except OSError:
            _drop([(old, temporary)])


def _drop(ready: list[tuple[Step, str | None]]) -> None:
    for step, temporary in ready:
        if temporary is not None:
            with contextlib.suppress(OSError), open_entry(step.path) as at:
                at.beside(temporary).unlink()


def remove_folders(made: Sequence[str]) -> None:
    """Remove the empty folders among those that `put` created, the last one first."""
    for folder in reversed(made):
        with contextlib.suppress(OSError), open_entry(folder) as at:  # it is not empty
            at.rmdir()
