"""A batch's file: one line of JSON for each finished row, on disk before the row counts.

The first line says what the file is. A line ``settings`` tells how the rows after it were asked;
each other line is a row. A row's key is a digest of its prompt and of what the answer depends on.
Prompts, keys and options are not in the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any

import anyio
import orjson

from .._errors import reduced

_FORMAT = "jupyter_claude_map"
_VERSION = 1
#: What of the settings a note names, in the order in which it looks for the difference.
_PARTS = {
    "schema": "another schema",
    "model": "another model",
    "system_prompt": "another system prompt",
    "tools": "other tools",
    "options": "other options",
    "form": "another version of jupyter_claude",
    "template": "another prompt",
}


class CacheError(OSError):
    """The file of a batch cannot be read or written. The message is one line."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


@dataclass(frozen=True)
class Saved:
    """What the file has of a row.

    Attributes
    ----------
    text : str
        Claude's words, or its value as JSON.
    error : str or None
        The row's error.
    kind : str
        The error's kind.
    errors : tuple of str
        All faults.
    cost_usd : float
        What the row cost.
    attempts : int
        How often Claude gave an answer.
    input_tokens, output_tokens : int
        The tokens.
    seconds : float
        How long it took.
    folder : str or None
        The folder of its tools.
    """

    text: str
    error: str | None = None
    kind: str = ""
    errors: tuple[str, ...] = ()
    cost_usd: float = 0.0
    attempts: int = 1
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    folder: str | None = None


def digest(*parts: Any) -> str:
    """Return a digest of values that JSON can have."""
    return hashlib.sha256(_json(parts)).hexdigest()


class Cache:
    """The file of a batch, open and locked.

    Parameters
    ----------
    path : path-like
        The file. It is made if there is none; its folder must exist.
    settings : mapping
        What the answers depend on, by the names of `_PARTS`; digests in place of long or private
        values. The template is only for the note: a row's key has its prompt.

    Attributes
    ----------
    note : str
        Why rows of the file are not used; "" if all can be.
    """

    def __init__(self, path: str | os.PathLike[str], settings: Mapping[str, str]) -> None:
        self.path: Path = Path(path)
        self.note: str = ""
        self._settings = dict(settings)
        self._keyed = [
            (name, self._settings.get(name, "")) for name in _PARTS if name != "template"
        ]
        self._found: dict[str, Saved] = {}
        self._unsaved: dict[str, Saved] = {}
        self._file: BufferedRandom | None = None
        self._end = 0
        self._pending: list[bytes] = []
        self._wave: _Wave | None = None
        self._writing = anyio.Lock()

    def key(self, prompt: str) -> str:
        """Return the key of a prompt with these settings."""
        return digest(prompt, self._keyed)

    def open(self) -> None:
        """Open, lock and read the file, and repair a last line that was cut off.

        Raises
        ------
        CacheError
            If it cannot be opened, another process has it, or it is no such file. Nothing in it
            is changed then.
        """
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise CacheError(f"The file {self._name} cannot be opened: {_why(error)}") from error
        file = os.fdopen(handle, "rb+")
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise CacheError(f"{self._name} is no file")
            if not _lock(handle):
                raise CacheError(
                    f"The file {self._name} is in use by another batch or kernel; wait until that "
                    "ends, or give another file"
                )
            self._read(file)
            self._file = file
        except OSError as error:
            file.close()
            if isinstance(error, CacheError):
                raise
            raise CacheError(f"The file {self._name} cannot be read: {_why(error)}") from error
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the file, and let others use it."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()

    def find(self, key: str) -> Saved | None:
        """Return a row that succeeded; None if the file has none."""
        return self._found.get(key)

    def unsaved(self, key: str) -> Saved | None:
        """Return a row that succeeded and could not be written; None if there is none."""
        return self._unsaved.get(key)

    async def add(self, key: str, row: Saved) -> None:
        """Write a row, and wait until it is on disk.

        Rows that finish at the same time are written together.

        Raises
        ------
        CacheError
            If it cannot be written. The file is then as before, and `unsaved` has the row.
        """
        if row.error is None:
            self._unsaved[key] = row
        fields = {name: value for name, value in vars(row).items() if value not in (None, "", ())}
        line = _json({"key": key, **fields}) + b"\n"
        wave = self._wave = self._wave or _Wave()
        wave.lines.append(line)
        # The answer is paid for: whoever ends the batch waits for the disk.
        with anyio.CancelScope(shield=True):
            async with self._writing:
                if not wave.done:
                    self._wave = None
                    wave.done = True
                    try:
                        await anyio.to_thread.run_sync(self._append, b"".join(wave.lines))
                    except OSError as error:
                        wave.error = error
        if wave.error is not None:
            raise CacheError(
                f"The answer could not be written to {self._name}: {_why(wave.error)}"
            ) from wave.error
        if row.error is None:
            self._found[key] = row
            del self._unsaved[key]

    @property
    def _name(self) -> str:
        return self.path.name

    def _append(self, lines: bytes) -> None:
        file = self._file
        if file is None:
            raise OSError("it is closed")
        handle = file.fileno()
        try:
            os.lseek(handle, self._end, os.SEEK_SET)
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):  # else the next `open` repairs it
                os.ftruncate(handle, self._end)
            raise
        self._end += len(lines)

    def _read(self, file: BufferedRandom) -> None:
        self._found = {}
        self._writing, self._wave = anyio.Lock(), None  # the last event loop may be gone
        whole = 0  # the bytes of whole lines
        settings: dict[str, str] = {}
        others: Counter[str] = Counter()
        same = False
        for number, line in enumerate(file):
            if number == 0:
                if not self._is_first(line):
                    break  # the file was cut off in its first line
            elif not line.endswith(b"\n"):
                break  # the process ended while it wrote this line
            else:
                entry = self._entry(line, number)
                if "settings" in entry:
                    settings = _texts(entry["settings"])
                    same = settings == self._settings
                else:
                    key, row = self._row(entry, number)
                    if row.error is None:
                        self._found[key] = row
                    else:
                        self._found.pop(key, None)
                    if not same:
                        others[self._difference(settings)] += row.error is None
            whole += len(line)
        self._end = whole
        self.note = self._note(others)
        file.seek(0, os.SEEK_END)
        if file.tell() > whole:
            os.ftruncate(file.fileno(), whole)
        fresh = b"" if same else orjson.dumps({"settings": self._settings}) + b"\n"
        if not whole:
            fresh = orjson.dumps({_FORMAT: _VERSION}) + b"\n" + fresh
        if fresh:
            self._file = file
            self._append(fresh)

    def _is_first(self, line: bytes) -> bool:
        first = orjson.dumps({_FORMAT: _VERSION}) + b"\n"
        if line == first:
            return True
        if first.startswith(line):
            return False
        try:
            version = orjson.loads(line)[_FORMAT]
        except (ValueError, LookupError, TypeError):
            raise CacheError(
                f"The file {self._name} is no file of claude.map; nothing in it was changed"
            ) from None
        raise CacheError(
            f"The file {self._name} has the form {version!r}, and this version of jupyter_claude "
            f"knows {_VERSION}; nothing in it was changed"
        )

    def _entry(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry = _read_json(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise self._damaged(number)
        return entry

    def _row(self, entry: dict[str, Any], number: int) -> tuple[str, Saved]:
        try:
            key, text = entry["key"], entry.get("text", "")
            if not isinstance(key, str) or not isinstance(text, str):
                raise TypeError
            error = entry.get("error")
            return key, Saved(
                text=text,
                error=None if error is None else str(error),
                kind=str(entry.get("kind", "")),
                errors=tuple(map(str, entry.get("errors", ()))),
                cost_usd=float(entry.get("cost_usd", 0)),
                attempts=int(entry.get("attempts", 0)),
                input_tokens=int(entry.get("input_tokens", 0)),
                output_tokens=int(entry.get("output_tokens", 0)),
                seconds=float(entry.get("seconds", 0)),
                folder=entry.get("folder"),
            )
        except (LookupError, TypeError, ValueError):
            raise self._damaged(number) from None

    def _damaged(self, number: int) -> CacheError:
        return CacheError(
            f"The file {self._name} is damaged in line {number + 1}; nothing in it was changed. "
            "Remove that line, or give another file"
        )

    def _difference(self, settings: Mapping[str, str]) -> str:
        for name, words in _PARTS.items():
            if settings.get(name) != self._settings.get(name):
                return words
        return "other settings"

    def _note(self, others: Mapping[str, int]) -> str:
        parts = [
            f"{number} {'row' if number == 1 else 'rows'} of {self._name} "
            f"{'was' if number == 1 else 'were'} asked with {words}, and cannot be used"
            for words, number in others.items()
            if number
        ]
        return "; ".join(parts)


class _Wave:
    """Lines that are written together."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.done = False
        self.error: OSError | None = None


@contextlib.contextmanager
def opened(cache: Cache | None) -> Iterator[Cache | None]:
    """Have the file open for as long as the block lasts."""
    if cache is not None:
        cache.open()
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


def _lock(handle: int) -> bool:
    """Lock a file for this process; return False if another one has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 1 << 62, os.SEEK_SET)  # beyond the end, so others can read the file
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass  # a file system without locks
    return True


def _json(value: Any) -> bytes:
    """Return a value as JSON on one line, with sorted keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half of a surrogate pair, which is no UTF-8; or a number beyond 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=repr).encode()


def _read_json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


def _texts(settings: Any) -> dict[str, str]:
    return (
        {str(name): str(value) for name, value in settings.items()}
        if isinstance(settings, dict)
        else {}
    )


def _why(error: OSError) -> str:
    return error.strerror or str(error)
