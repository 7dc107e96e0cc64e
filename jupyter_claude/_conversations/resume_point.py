"""From where a conversation goes on when it is resumed: notes and copies of the CLI's transcripts.

Nothing of a transcript is ever changed or taken away. Seen with CLI 2.1.329.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from jupyter_claude_sdk._sessions import _append, _line
from jupyter_claude_sdk._transcripts import _LINKED, Entry, parse_entries

#: Notes that a copy needs: the files' checkpoints, long results, names.
_NOTES = frozenset(
    {
        "file-history-snapshot",
        "file-history-delta",
        "content-replacement",
        "custom-title",
        "ai-title",
        "tag",
    }
)


def go_on_from(transcript: Path, leaf: str | None, cut: str | None = None) -> str:
    """Have a conversation go on from `leaf` when it is resumed.

    Parameters
    ----------
    transcript : Path
        The session's transcript; no CLI may be about to write to it.
    leaf : str or None
        The last message that counts; None is the very beginning.
    cut : str, optional
        The first message that does not count any more, if it follows on `leaf`.

    Returns
    -------
    str
        The session to resume: the same one, or a copy where the CLI would not go back over a
        compaction.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with transcript.open("rb") as lines:
        entries = list(parse_entries(lines))
    uuids = [entry.get("uuid") for entry in entries]
    if leaf is not None and leaf not in uuids:
        raise OSError("the transcript lacks the message to go back to")
    end = 0 if leaf is None else uuids.index(leaf) + 1
    compactions = [entry for entry in entries[end:] if _is_compaction(entry)]
    if leaf is not None and compactions:
        return _copy(transcript, entries, end, leaf)
    # Resuming, the CLI reads nothing that stands before the last compaction: what it does not
    # know it would not cut.
    note_end(transcript, leaf, compactions[-1]["uuid"] if compactions else cut)
    return transcript.stem


def note_end(transcript: Path, leaf: str | None, cut: str | None = None) -> None:
    """Note where a conversation ends, as the CLI does when it rewinds one.

    One write, so that a CLI that is writing at this moment loses nothing.
    """
    note: Entry = {"type": "last-prompt", "leafUuid": leaf, "sessionId": transcript.stem}
    if cut is not None:  # without this it follows what comes after the leaf
        note |= {"explicit": True, "rewound": True, "cutUuid": cut}
    _append(transcript, note)


def _is_compaction(entry: Entry) -> bool:
    return entry.get("subtype") == "compact_boundary" and entry.get("isSidechain") is not True


def _copy(transcript: Path, entries: list[Entry], end: int, leaf: str) -> str:
    """Write the beginning of a session as a new one, and give it the copies of its files."""
    name = str(uuid.uuid4())
    lines = [
        _line({**entry, "sessionId": name} if "sessionId" in entry else entry)
        for at, entry in enumerate(entries)
        if entry.get("type") in _NOTES or (at < end and entry.get("type") in _LINKED)
    ]
    note = {"type": "last-prompt", "leafUuid": leaf, "sessionId": name}
    history = transcript.parent.parent.parent / "file-history"
    if (history / transcript.stem).is_dir():
        (history / name).mkdir(mode=0o700)
        for copy in (history / transcript.stem).iterdir():
            try:
                os.link(copy, history / name / copy.name)
            except OSError:  # not on this file system
                shutil.copy2(copy, history / name / copy.name)
    handle, temporary = tempfile.mkstemp(dir=transcript.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([*lines, _line(note)])
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, transcript.with_name(f"{name}.jsonl"))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return name
