"""`RewindStore`: the rewind data of each conversation, in the user's data folder.

::

    rewinds/<session>/marks.json       what Claude last wrote
                      branches.json    the branches of the conversation
                      origin.json      instead of all this: the session whose folder has it
                      lock             held by the kernel that changes one of these files
                      <when>/          one rewind: record.json, and the old files

Only the user can read the folder. Files are replaced atomically. Each new rewind removes old ones.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import is_uuid, locked, whole_file

from .._paths import make_private, sessions_folder

_LONGEST_KEPT = 30 * 24 * 3600.0  # seconds
_LONGEST_UNUSED = 90 * 24 * 3600.0  # longer than the CLI keeps transcripts
_MOST_BYTES = 1 << 30  # of all conversations together
_RECORD = "record.json"
_LOCK = "lock"
_ORIGIN = "origin.json"  # names the session whose folder has the data


class RewindStore:
    """The rewind data of one conversation.

    Parameters
    ----------
    session_id : str
        The conversation's id.
    """

    def __init__(self, session_id: str) -> None:
        if not is_uuid(session_id):
            raise ValueError(f"{session_id!r:.60} is not a session's id")
        self.folder = rewinds_folder() / session_id
        origin = self.read(_ORIGIN)
        if isinstance(origin, str) and is_uuid(origin):
            self.folder = rewinds_folder() / origin

    def share_with(self, session_id: str) -> None:
        """Let another session use this data too: it continues this conversation."""
        if session_id != self.folder.name:
            other = RewindStore(session_id)
            if other.folder.name == session_id:
                other.write(_ORIGIN, self.folder.name)

    # --- JSON files ---------------------------------------------------------------------------

    def read(self, name: str) -> Any:
        """Return the data of a file; None if the file is missing or damaged."""
        try:
            return json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None

    def write(self, name: str, data: Any) -> None:
        """Write data to a file.

        Raises
        ------
        OSError
            If the file cannot be written. The old file stays.
        """
        make_private(self.folder)
        with whole_file(self.folder / name, sync=True) as file:
            file.write(json.dumps(data, separators=(",", ":")).encode())

    def change(self, name: str, change: Callable[[Any], Any]) -> Any:
        """Change a file's data, while no other kernel can, and return the new data.

        Parameters
        ----------
        name : str
            The file's name.
        change : callable
            Returns the new data for the old data.

        Raises
        ------
        OSError
            If the file cannot be written. The old file stays.
        """
        make_private(self.folder)
        with locked(self.folder / _LOCK):
            data = change(self.read(name))
            self.write(name, data)
        return data

    # --- rewinds ------------------------------------------------------------------------------

    def new(self) -> Path:
        """Create the folder of a rewind. The folders' names sort by time.

        Raises
        ------
        OSError
            If the folder cannot be created.
        """
        prune(self.folder.parent)
        make_private(self.folder)
        while True:
            name = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")
            with contextlib.suppress(FileExistsError):
                (self.folder / name).mkdir(mode=0o700)
                return self.folder / name

    def records(self) -> list[tuple[Path, dict[str, Any]]]:
        """Return the rewinds, the oldest first."""
        found = []
        for path in sorted(self.folder.glob(f"*/{_RECORD}")):
            record = self.read(f"{path.parent.name}/{_RECORD}")
            if isinstance(record, dict) and record.keys() >= {"turn", "branch", "files"}:
                found.append((path.parent, record))
        return found

    def write_record(self, folder: Path, record: dict[str, Any]) -> None:
        """Write the record of a rewind."""
        self.write(f"{folder.name}/{_RECORD}", record)

    def remove(self, folder: Path) -> None:
        """Delete a rewind and its copies."""
        shutil.rmtree(folder, ignore_errors=True)


def rewinds_folder() -> Path:
    """Return the folder with all rewind data."""
    return sessions_folder() / "rewinds"


def now() -> str:
    """Return the present moment as ISO 8601, in the user's time zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def prune(folder: Path, longest: float = _LONGEST_KEPT, most: int = _MOST_BYTES) -> None:
    """Delete rewinds that are too old, then the oldest ones until the rest is small enough.

    Delete all data of a conversation that was not used for much longer.
    """
    found = []
    for record in folder.glob("*/*/"):
        with contextlib.suppress(OSError):
            size = sum(path.lstat().st_size for path in record.iterdir())
            found.append((record.stat().st_mtime, size, record))
    kept = sum(size for _, size, _ in found)
    oldest = time.time() - longest
    for when, size, record in sorted(found):
        if when >= oldest and kept <= most:
            break
        shutil.rmtree(record, ignore_errors=True)
        kept -= size
    for conversation in folder.glob("*/"):
        with contextlib.suppress(OSError, ValueError):
            touched = max(path.stat().st_mtime for path in conversation.iterdir())
            if touched < time.time() - _LONGEST_UNUSED:
                shutil.rmtree(conversation, ignore_errors=True)
