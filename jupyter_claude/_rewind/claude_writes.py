"""Notes what Claude last wrote to files, to detect the user's later changes."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any

from jupyter_claude_sdk import AssistantMessage, Message, ToolUseBlock, UserMessage

from .._turns.events import ItemChanged, TurnChange, TurnEnded
from .._turns.items import ToolCall
from .._turns.turn import Turn
from .._turns.written_files import FILE_TOOLS, file_of
from .file_states import look

_LATE = 1.0  # seconds after which a message is old
_LARGEST = 50_000_000  # bytes of a file to read: the kernel stands still meanwhile
_TICK = 0.05  # seconds by which a file's time may be later than the result's


def changed_at(path: str) -> float | None:
    """Return when a path last changed; None if it has nothing."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    # Except on Windows, st_ctime also shows a rename.
    return status.st_mtime if os.name == "nt" else status.st_ctime


def _sent(message: Message) -> float | None:
    """Return when the CLI sent a message."""
    if not isinstance(message, (AssistantMessage, UserMessage)):
        return None
    try:  # Python 3.10 does not read the Z
        stamp = str(message.raw.get("timestamp")).replace("Z", "+00:00")
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return None


class FileFingerprints:
    """Keeps a fingerprint of each file's state after Claude's last change.

    The result of a file tool names the file. A command names none. But if a file had Claude's state
    before the command and has another one after it, the command changed the file.
    """

    def __init__(self, known: dict[str, str] | None = None) -> None:
        self.known = dict(known or {})
        self.changed: set[str] = set()  # files whose new fingerprints are not stored yet
        self._seen: dict[str, tuple[Any, str]] = {}
        self._commands: dict[str, tuple[float, set[str]]] = {}  # when checked, unchanged files

    def watch(self, turn: Turn, folder: str) -> None:
        """Note the files that a turn's calls write."""
        turn.listen(lambda change: self._changed(turn, folder, change))

    def note(self, path: str, fingerprint: str | None = None) -> None:
        """Note Claude's state of a file: the given fingerprint, or the present state."""
        fingerprint = self.fingerprint(path) if fingerprint is None else fingerprint
        if fingerprint is None:
            self.forget(path)
        elif self.known.get(path) != fingerprint:
            self.known[path] = fingerprint
            self.changed.add(path)

    def forget(self, path: str) -> None:
        """Remove the fingerprint of a file: Claude's last state is unknown."""
        if self.known.pop(path, None) is not None:
            self.changed.add(path)

    def add_to(self, stored: Any) -> dict[str, str]:
        """Return the stored fingerprints with our changes; another kernel may have stored some."""
        fingerprints = dict(stored) if isinstance(stored, dict) else {}
        for path in self.changed:
            fingerprints.pop(path, None)
            if path in self.known:
                fingerprints[path] = self.known[path]
        return fingerprints

    def fingerprint(self, path: str) -> str | None:
        """Return the fingerprint of a file now; None if it cannot be read or is too large."""
        try:
            status = os.lstat(path)
            if status.st_size > _LARGEST:
                return None
            signature: Any = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)
        except OSError:
            signature = None
        seen = self._seen.get(path)
        if seen is None or seen[0] != signature:
            try:
                seen = self._seen[path] = (signature, look(path).fingerprint)
            except OSError:
                return None
        return seen[1]

    def _changed(self, turn: Turn, folder: str, change: TurnChange) -> None:
        if turn.replayed is not None:
            return  # a recording is shown: these calls did not write now
        if isinstance(change, TurnEnded):
            self._commands.clear()
        if not isinstance(change, ItemChanged) or not isinstance(change.item, ToolCall):
            return
        call = change.item
        if call.name in FILE_TOOLS:
            path = file_of(call, folder) if call.state == "done" else None
            if path is not None:
                self._note_now(turn, path)
        elif call.name == "Bash" or call.name.startswith("mcp__"):
            if call.is_open:
                untouched = {
                    path for path in self.known if self.fingerprint(path) == self.known[path]
                }
                self._commands.setdefault(call.id, (time.time(), untouched))
            else:
                self._end_command(turn, call.id)

    def _end_command(self, turn: Turn, id: str) -> None:
        seen, untouched = self._commands.pop(id, (0.0, set[str]()))
        for path in untouched:
            self._note_now(turn, path)
        began = next((_sent(message) for message in turn.messages if _calls(message, id)), None)
        if began is not None and seen > began:
            # The check may have come too late: the command or the user may have changed a file.
            for path in self.known.keys() - untouched:
                if (changed_at(path) or 0.0) >= began - _TICK:
                    self.forget(path)

    def _note_now(self, turn: Turn, path: str) -> None:
        """Note the present state as Claude's, unless a busy kernel saw the message too late."""
        sent = _sent(turn.messages[-1]) if turn.messages else None
        late = sent is not None and time.time() - sent > _LATE
        if sent is not None and late and (changed_at(path) or 0.0) > sent + _TICK:
            self.note(path, "changed before it was seen")
        else:
            self.note(path)


def _calls(message: Message, id: str) -> bool:
    return isinstance(message, AssistantMessage) and any(
        isinstance(block, ToolUseBlock) and block.id == id for block in message.content
    )
