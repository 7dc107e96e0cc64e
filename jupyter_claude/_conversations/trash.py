"""`Trash`: keeps deleted conversations for a while, so that a deletion can be undone.

::

    deleted/<session>/note.json          where it was, its title, and when it was deleted
                      transcript.jsonl   the transcript
                      beside/            the subagents' transcripts and long results
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import is_uuid, read_json, whole_file

from .._paths import make_private, sessions_folder
from .._turns.errors import ClaudeError

#: Seconds in which a deleted conversation can come back.
KEPT = 3600.0


@dataclass(frozen=True)
class Deleted:
    """A deleted conversation.

    Attributes
    ----------
    id : str
        Its id.
    title : str
        Its title, or its first prompt.
    time : float
        When it was deleted, in seconds since the epoch.
    """

    id: str
    title: str
    time: float


class Trash:
    """The deleted conversations of one folder of transcripts.

    Parameters
    ----------
    transcripts : Path
        The folder.
    """

    def __init__(self, transcripts: Path) -> None:
        self._transcripts = transcripts

    def put(self, session_id: str, title: str) -> None:
        """Move a conversation's files out of the CLI's folder.

        Raises
        ------
        ClaudeError
            If it is not possible. The conversation stays.
        """
        path = self._path(session_id)
        place = _folder() / session_id
        if not path.is_file():
            raise ClaudeError("This conversation is no longer there")
        try:
            if place.exists():  # an earlier deletion; a CLI wrote the conversation again
                shutil.rmtree(place)
            make_private(place)
            note = {"path": str(path), "title": title, "time": time.time()}
            with whole_file(place / "note.json", sync=True) as file:
                file.write(json.dumps(note).encode())
            shutil.move(path, place / "transcript.jsonl")
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise ClaudeError(
                f"The conversation cannot be deleted: {error.strerror or error}"
            ) from None
        with contextlib.suppress(OSError):
            if path.with_suffix("").is_dir():
                shutil.move(path.with_suffix(""), place / "beside")

    def restore(self, session_id: str) -> None:
        """Bring a conversation back.

        Raises
        ------
        ClaudeError
            If it is not possible.
        """
        place, path = _folder() / session_id, self._path(session_id)
        if not (place / "transcript.jsonl").is_file():
            raise ClaudeError("This conversation can no longer be brought back")
        if path.exists():
            raise ClaudeError("Claude Code has written this conversation again; it is in the list")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix("")
            if (place / "beside").is_dir() and not beside.exists():
                shutil.move(place / "beside", beside)
            shutil.move(place / "transcript.jsonl", path)
        except OSError as error:
            why = error.strerror or error
            raise ClaudeError(f"The conversation cannot be brought back: {why}") from None
        shutil.rmtree(place, ignore_errors=True)

    def list(self) -> list[Deleted]:
        """Return what can come back, the last deleted first; remove what is too old."""
        found = []
        for place in _folder().glob("*/"):
            note = read_json(place / "note.json")
            when = _number(note.get("time"))
            if time.time() - when > KEPT:
                _remove(place, note)
            elif (
                note.get("path") == str(self._path(place.name))
                and (place / "transcript.jsonl").is_file()
            ):
                found.append(Deleted(place.name, str(note.get("title") or ""), when))
        return sorted(found, key=lambda one: one.time, reverse=True)

    def _path(self, session_id: str) -> Path:
        if not is_uuid(session_id):
            raise ClaudeError("This is no conversation's id")
        return self._transcripts / f"{session_id}.jsonl"


def _folder() -> Path:
    return sessions_folder() / "deleted"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _remove(place: Path, note: dict[str, Any]) -> None:
    """Remove a deleted conversation for good, with what could not be moved."""
    path = Path(str(note.get("path") or place))
    moved = (place / "transcript.jsonl").is_file() and not path.exists()
    if moved and is_uuid(path.stem) and path.suffix == ".jsonl":
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
