"""`FileWatch`: notes what files were before a turn writes them."""

from __future__ import annotations

from pathlib import Path

from jupyter_claude_sdk.lowlevel import digest

from .._turns.events import ItemChanged, TurnChange
from .._turns.items import ToolCall
from .._turns.turn import Turn
from .._turns.written_files import file_of

#: Bytes of a file to read: the kernel stands still meanwhile.
LARGEST = 10_000_000


class FileWatch:
    """Looks at each file when the first call that writes it begins.

    Parameters
    ----------
    turn : Turn
        The turn.

    Attributes
    ----------
    before : dict of str
        The SHA-256 of each file before, by its path; "" if there was no file.
    """

    def __init__(self, turn: Turn) -> None:
        self.before: dict[str, str] = {}
        self._folder = str(turn.folder)
        turn.listen(self._changed)

    def _changed(self, change: TurnChange) -> None:
        call = change.item if isinstance(change, ItemChanged) else None
        if not isinstance(call, ToolCall) or not call.is_open:
            return
        path = file_of(call, self._folder)
        if path is not None and path not in self.before:
            data = content_of(path)
            self.before[path] = "" if data is None else digest(data)


def content_of(path: str) -> bytes | None:
    """Return a file's content; None if there is no plain file, or it is too large to read."""
    file = Path(path)
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None
