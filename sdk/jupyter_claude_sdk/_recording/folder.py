"""`RecordingFolder`: the folder beside a notebook that has its recorded turns.

``NAME.claude/`` has ``recording.json`` (the notebook's choice, and the days of the turns), one JSON
file for each turn, and the folders ``images`` and ``files``. Files there may be somebody else's: a
name never leads out of the folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._base.files import whole_file
from .._base.locks import locked
from .form import (
    FORM,
    RecordedAttachment,
    RecordedCall,
    RecordedTurn,
    RecordingError,
    read_json,
    read_turn,
    turn_json,
)

__all__ = ["SUFFIX", "RecordingFolder", "digest"]

#: The end of the folder's name.
SUFFIX = ".claude"
_INDEX = "recording.json"
_IMAGES, _FILES = "images", "files"
_TURN = re.compile(r"\d{3,}-[a-z0-9-]*[0-9a-f]{8}\.json")
#: Pictures and contents begin with their digest.
_NAME = re.compile(r"[0-9a-f]{16}[.-][A-Za-z0-9._-]{1,100}")
_MOST_TURNS = 20_000
_LARGEST = 50_000_000  # bytes of one file
_LARGEST_TOTAL = 300_000_000  # bytes of all turns
_CHOICES = ("auto", "off")


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@dataclass
class _Index:
    choice: str = ""
    days: dict[str, str] = field(default_factory=dict)


class RecordingFolder:
    """A recording on disk. It reads its files once, and again after `reload`.

    Parameters
    ----------
    path : Path
        The folder. It need not exist.

    Attributes
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turns: dict[str, RecordedTurn] | None = None
        self._names: dict[str, str] = {}
        # A merge in git can leave two files of one turn. The last one counts.
        self._others: dict[str, str] = {}
        self._index: _Index | None = None

    def __repr__(self) -> str:
        return f"RecordingFolder({self.path.name!r})"

    @property
    def exists(self) -> bool:
        """Whether the folder is there."""
        return self.path.is_dir()

    # --- reading ------------------------------------------------------------------------------

    @property
    def turns(self) -> dict[str, RecordedTurn]:
        """The recorded turns by key, in the order of their files' names.

        Raises
        ------
        RecordingError
            If a file is damaged, foreign, or of a later form. Nothing of the recording counts then.
        """
        if self._turns is None:
            found: dict[str, RecordedTurn] = {}
            names: dict[str, str] = {}
            others: dict[str, str] = {}
            files = self._turn_files()
            self._check_total(files)
            for name in files:
                turn = read_turn(self._text(self.path / name), f"{self.path.name}/{name}")
                if not re.fullmatch(r"[0-9a-f]{64}", turn.key):
                    raise RecordingError(
                        f"{self.path.name}/{name} is damaged: it has no key. "
                        "Restore it, or delete it and record again"
                    )
                for one in (*_images_of(turn), *(file.content for file in turn.files)):
                    _checked_name(one, f"{self.path.name}/{name}")
                if turn.key in names:
                    others[names[turn.key]] = turn.key
                found[turn.key], names[turn.key] = turn, name
            self._turns, self._names, self._others = found, names, others
        return self._turns

    def children(self, parent: str) -> list[RecordedTurn]:
        """Return the turns that came after the one with this key; "" for the first ones."""
        return [turn for turn in self.turns.values() if turn.parent == parent]

    def day(self, key: str) -> str:
        """Return the day on which a turn was recorded, as ``2026-11-30``; "" if not known."""
        _ = self.turns
        day = self._read_index().days.get(self._names.get(key, ""), "")
        return day if re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) else ""

    def file_name(self, key: str) -> str:
        """Return the name of a turn's file; "" if there is none."""
        _ = self.turns
        return self._names.get(key, "")

    @property
    def choice(self) -> str:
        """What the notebook's new kernels do: "auto", "off", or "" if nobody chose."""
        return self._read_index().choice

    def image(self, name: str) -> bytes:
        """Return the bytes of a picture.

        Raises
        ------
        RecordingError
            If it is missing or cannot be read.
        """
        return self._bytes(_IMAGES, name)

    def content(self, name: str) -> bytes:
        """Return the recorded content of a file.

        Raises
        ------
        RecordingError
            If it is missing, cannot be read, or is not what was recorded.
        """
        return self._bytes(_FILES, name)

    def reload(self) -> None:
        """Read the files again at the next use."""
        self._turns = self._index = None

    # --- writing ------------------------------------------------------------------------------

    def write(self, turn: RecordedTurn, day: str) -> str:
        """Write a turn, in place of one with the same key; return its file's name.

        Parameters
        ----------
        turn : RecordedTurn
            The turn. Its pictures and contents were added.
        day : str
            Today, as ``2026-11-30``.

        Raises
        ------
        RecordingError
            If it cannot be written.
        """
        with self._writing():
            turns = self.turns
            if turn.key not in turns and len(turns) >= _MOST_TURNS:
                raise RecordingError(f"{self.path.name} has {_MOST_TURNS:,} turns, the most")
            name = self._names.get(turn.key) or _file_name(turn, self._depth(turn))
            data = turn_json(turn).encode("utf-8", "replace")
            _check_size(data, f"The turn {name}")
            with whole_file(self.path / name, sync=True, private=False) as file:
                file.write(data)
            turns[turn.key], self._names[turn.key] = turn, name
            with self._changed_index() as index:
                index.days[name] = day
        return name

    def add_image(self, data: bytes, media_type: str) -> str:
        """Add a picture, and return its name."""
        # The media type may be somebody else's text.
        suffix = re.sub(r"[^a-z0-9]+", "-", media_type.lower().rpartition("/")[2])[:20].strip("-")
        suffix = suffix or "image"
        return self._add(_IMAGES, f"{digest(data)[:16]}.{suffix}", data)

    def add_content(self, data: bytes, name: str) -> str:
        """Add the content of a file with this name, and return the content's name."""
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[-60:] or "file"
        return self._add(_FILES, f"{digest(data)[:16]}-{safe}", data)

    def choose(self, choice: str) -> None:
        """Store what the notebook's new kernels do: "auto" or "off".

        Raises
        ------
        RecordingError
            If it cannot be written.
        """
        with self._writing(), self._changed_index() as index:
            index.choice = choice

    def remove(self, keys: set[str]) -> list[str]:
        """Remove turns, and the pictures and contents that no other turn has; return the names."""
        removed = []
        with self._writing():
            turns = self.turns
            for key in [key for key in turns if key in keys]:
                removed.append(self._names[key])
                (self.path / self._names.pop(key)).unlink(missing_ok=True)
                del turns[key]
            for name, key in self._others.items():
                if key in keys:
                    removed.append(name)
                    (self.path / name).unlink(missing_ok=True)
            self._others = {name: key for name, key in self._others.items() if key not in keys}
            kept = {one for turn in turns.values() for one in _images_of(turn)}
            kept |= {file.content for turn in turns.values() for file in turn.files}
            for folder in (_IMAGES, _FILES):
                removed += self._sweep(folder, kept)
            with self._changed_index() as index:
                for name in removed:
                    index.days.pop(name, None)
        return removed

    # --- helpers ------------------------------------------------------------------------------

    def _turn_files(self) -> list[str]:
        self._check_no_link()
        try:
            names = sorted(name for name in os.listdir(self.path) if _TURN.fullmatch(name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RecordingError(f"{self.path.name} cannot be read: {error.strerror}") from error
        if len(names) > _MOST_TURNS:
            raise RecordingError(f"{self.path.name} has more than {_MOST_TURNS:,} turns")
        return names

    def _check_no_link(self, inside: str = "") -> None:
        # A repository can have links, and what is behind one may be anything of the user's.
        if (self.path / inside).is_symlink():
            name = f"{self.path.name}/{inside}".rstrip("/")
            raise RecordingError(f"{name} is a link, which is not followed")

    def _check_total(self, names: Iterable[str]) -> None:
        """Refuse a recording that would fill the memory."""
        total = 0
        for name in names:
            with contextlib.suppress(OSError):
                total += (self.path / name).lstat().st_size
        if total > _LARGEST_TOTAL:
            raise RecordingError(
                f"{self.path.name} has more than {_LARGEST_TOTAL // 1_000_000} MB of turns. "
                "Remove old ones with jupyter-claude replay prune"
            )

    def _depth(self, turn: RecordedTurn) -> int:
        depth, parent, turns = 1, turn.parent, self.turns
        while parent in turns and depth <= len(turns):
            depth, parent = depth + 1, turns[parent].parent
        return depth

    def _text(self, path: Path) -> str:
        try:
            return self._read(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecordingError(
                f"{self.path.name}/{path.name} is damaged: it is no UTF-8. "
                "Restore it, or delete it and record again"
            ) from error

    def _read(self, path: Path) -> bytes:
        try:
            # A link could lead out of the folder.
            if path.is_symlink() or not path.is_file():
                raise RecordingError(
                    f"{self.path.name}/{path.name} is missing, or is no plain file"
                )
            if path.stat().st_size > _LARGEST:
                raise RecordingError(f"{self.path.name}/{path.name} is too large to read")
            return path.read_bytes()
        except OSError as error:
            raise RecordingError(
                f"{self.path.name}/{path.name} cannot be read: {error.strerror}"
            ) from error

    def _bytes(self, folder: str, name: str) -> bytes:
        _checked_name(name, f"{self.path.name}/{folder}")
        self._check_no_link()
        self._check_no_link(folder)
        data = self._read(self.path / folder / name)
        if not digest(data).startswith(name[:16]):
            raise RecordingError(
                f"{self.path.name}/{folder}/{name} is not what was recorded. Record again"
            )
        return data

    def _add(self, folder: str, name: str, data: bytes) -> str:
        with self._writing():
            self._check_no_link(folder)
            _check_size(data, name)
            path = self.path / folder / name
            path.parent.mkdir(exist_ok=True)
            if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
                with whole_file(path, private=False) as file:
                    file.write(data)
        return name

    def _sweep(self, folder: str, kept: set[str]) -> Iterator[str]:
        inside = self.path / folder
        if inside.is_dir() and not inside.is_symlink():
            for path in sorted(inside.iterdir()):
                if path.name not in kept and _NAME.fullmatch(path.name) and path.is_file():
                    path.unlink()
                    yield f"{folder}/{path.name}"
            with contextlib.suppress(OSError):
                inside.rmdir()  # if it is empty

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_no_link()
        try:
            self.path.mkdir(exist_ok=True)
            yield
        except OSError as error:
            raise RecordingError(
                f"{self.path.name} cannot be written: {error.strerror or error}"
            ) from error

    def _read_index(self) -> _Index:
        if self._index is None:
            found = _Index()
            self._check_no_link()
            if os.path.lexists(self.path / _INDEX):
                text, name = self._text(self.path / _INDEX), f"{self.path.name}/{_INDEX}"
                found = _index_in(text, name)
            self._index = found
        return self._index

    @contextlib.contextmanager
    def _changed_index(self) -> Iterator[_Index]:
        """Read the index again, and write it if the block changes it. Other kernels wait."""
        with locked(self.path):
            self._index = None
            index = self._read_index()
            before = dataclasses.replace(index, days=dict(index.days))
            yield index
            if index != before:
                self._write_index(index)

    def _write_index(self, index: _Index) -> None:
        data: dict[str, Any] = {"form": FORM, "days": index.days}
        if index.choice:
            data["replay"] = index.choice
        text = json.dumps(data, indent=2, sort_keys=True) + "\n"
        with whole_file(self.path / _INDEX, private=False) as file:
            file.write(text.encode())


def _index_in(text: str, name: str) -> _Index:
    data = read_json(text, name, "list of recorded turns")
    days, choice = data.get("days", {}), data.get("replay", "")
    if not isinstance(days, dict) or choice not in ("", *_CHOICES):
        raise RecordingError(f"{name} is damaged. Restore it, or delete it")
    return _Index(choice, {str(key): str(value) for key, value in days.items()})


def _file_name(turn: RecordedTurn, depth: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", turn.asked.prompt[:200].lower()).strip("-")
    slug = words[:40].rpartition("-")[0] if len(words) > 40 else words
    return f"{depth:03d}-{slug}{'-' if slug else ''}{turn.key[:8]}.json"


def _images_of(turn: RecordedTurn) -> list[str]:
    return [
        image.file
        for item in turn.items
        if isinstance(item, (RecordedCall, RecordedAttachment))
        for image in item.images
    ]


def _checked_name(name: str, where: str) -> None:
    if name and not _NAME.fullmatch(name):
        raise RecordingError(
            f"{where} names {name!r:.80}, which leads out of the recording. Nothing was replayed"
        )


def _check_size(data: bytes, name: str) -> None:
    if len(data) > _LARGEST:
        raise RecordingError(f"{name} is too large to record: {len(data):,} bytes")
