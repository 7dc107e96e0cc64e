"""What the CLI's own checkpoints say: the files of a session as they were before its prompts.

The CLI notes in the session's transcript, for each prompt, which files it tracks and where it keeps
their content of then: ``file-history-snapshot`` when the prompt comes, ``file-history-delta`` when
a tool is about to change a file that was not tracked before. The copies lie in its configuration
folder, ``file-history/<session>/``. Seen with CLI 2.1.329; nothing here writes but `point_to`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_claude_sdk._sessions import _append
from jupyter_claude_sdk._transcripts import Entry, conversation, is_uuid, parse_entries

#: Lines that matter here; all others, most of the bytes, are passed over unparsed.
_MARKS = (b'"parentUuid"', b'"leafUuid"', b'"file-history-')


@dataclass(frozen=True)
class Backup:
    """A file as it was: the CLI's copy, or None where there was no file."""

    path: str
    copy: Path | None


@dataclass
class Checkpoints:
    """What a transcript says about its files and its prompts.

    Attributes
    ----------
    snapshots : dict
        For each prompt, oldest first, the tracked files by path.
    parents : dict
        The parent of each entry, None at a root.
    leaf : str or None
        The last message of the conversation.
    chain : list of str
        The uuids of the conversation's messages.
    """

    snapshots: dict[str, dict[str, Backup]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    forked: dict[str, tuple[str, str]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)

    @property
    def leaf(self) -> str | None:
        return self.chain[-1] if self.chain else None

    def before(self, prompt: str) -> dict[str, Backup] | None:
        """Return the files as they were before a prompt; None if there is no checkpoint of it.

        What Claude first touched later is as it was then: its first copy after the prompt.
        """
        if prompt not in self.snapshots:
            return None
        found: dict[str, Backup] = {}
        prompts = list(self.snapshots)
        for later in prompts[prompts.index(prompt) :]:
            for path, backup in self.snapshots[later].items():
                found.setdefault(path, backup)
        return found


@dataclass(frozen=True)
class Written:
    """What a tool's result says a file holds now; None if it does not say."""

    text: str | None
    after_it_bash: bool = False  # a command ran later, which may have changed the file


# --- where ------------------------------------------------------------------------------------


def configuration_folder(environment: dict[str, str]) -> Path:
    """Return the CLI's configuration folder, for a CLI that gets `environment` on top of ours."""
    chosen = environment.get("CLAUDE_CONFIG_DIR") or os.environ.get("CLAUDE_CONFIG_DIR")
    return Path(chosen) if chosen else Path.home() / ".claude"


def transcript_of(session_id: str, folder: Path) -> Path | None:
    """Return a session's transcript in the configuration folder `folder`."""
    if not is_uuid(session_id):
        return None
    paths = list((folder / "projects").glob(f"*/{session_id}.jsonl"))
    return max(paths, key=lambda path: path.stat().st_mtime_ns, default=None)


# --- reading ----------------------------------------------------------------------------------


def read(session_id: str, folder: Path, cwd: Path) -> Checkpoints | None:
    """Read what a session's transcript says; None if there is none.

    Parameters
    ----------
    session_id : str
        The session.
    folder : Path
        The CLI's configuration folder.
    cwd : Path
        Where paths start, if the transcript does not say.
    """
    transcript = transcript_of(session_id, folder)
    if transcript is None:
        return None
    with transcript.open("rb") as lines:
        found = from_entries(
            parse_entries(line for line in lines if any(mark in line for mark in _MARKS)),
            folder / "file-history" / session_id,
            cwd,
        )
    _add_origin(found, session_id, folder, cwd)
    return found


def from_entries(entries: Iterable[Entry], copies: Path, cwd: Path) -> Checkpoints:
    """Make sense of a transcript's entries; `copies` is where the CLI keeps the session's."""
    found = Checkpoints()
    linked: list[Entry] = []
    folder = str(cwd)
    for entry in entries:
        kind = entry.get("type")
        if isinstance(entry.get("cwd"), str):
            folder = entry["cwd"]
        if kind == "file-history-snapshot":
            snapshot = entry.get("snapshot")
            if not isinstance(snapshot, dict):
                continue
            files = snapshot.get("trackedFileBackups")
            prompt = str(snapshot.get("messageId") or entry.get("messageId"))
            known = found.snapshots.setdefault(prompt, {})
            for name, backup in (files if isinstance(files, dict) else {}).items():
                _note(known, name, backup, copies, folder)
        elif kind == "file-history-delta":
            known = found.snapshots.setdefault(str(entry.get("snapshotMessageId")), {})
            _note(known, entry.get("trackingPath"), entry.get("backup"), copies, folder)
        else:
            linked.append(entry)
            uuid = entry.get("uuid")
            if isinstance(uuid, str):
                parent = entry.get("parentUuid")
                found.parents[uuid] = parent if isinstance(parent, str) else None
                origin = entry.get("forkedFrom")
                if isinstance(origin, dict):
                    found.forked[uuid] = (
                        str(origin.get("sessionId")),
                        str(origin.get("messageUuid")),
                    )
            if entry.get("isSidechain") is not True:
                _note_written(found.written, entry, folder)
    found.chain = [message.uuid for message in conversation(linked)]
    return found


def _note(known: dict[str, Backup], name: Any, backup: Any, copies: Path, folder: str) -> None:
    if not isinstance(name, str) or not isinstance(backup, dict):
        return
    parent = backup.get("realParentDir")
    if isinstance(parent, str):
        path = os.path.join(parent, os.path.basename(name))
    else:
        path = os.path.join(folder, name)
    copy = backup.get("backupFileName")
    # A name, never a path: what a transcript says must not reach out of the folder.
    inside = copies / os.path.basename(copy) if isinstance(copy, str) else None
    known.setdefault(path, Backup(path, inside))


def _note_written(written: dict[str, Written], entry: Entry, folder: str) -> None:
    result = entry.get("toolUseResult")
    if entry.get("type") != "user" or not isinstance(result, dict):
        return
    if "stdout" in result:
        for path, known in written.items():
            written[path] = Written(known.text, after_it_bash=True)
        return
    name = result.get("filePath") or result.get("notebook_path")
    if not isinstance(name, str):
        return
    text: str | None = None
    if isinstance(result.get("content"), str) and result.get("type") in ("create", "update"):
        text = result["content"]
    elif isinstance(result.get("updated_file"), str):
        text = result["updated_file"]
    elif all(isinstance(result.get(k), str) for k in ("originalFile", "oldString", "newString")):
        times = -1 if result.get("replaceAll") else 1
        text = result["originalFile"].replace(result["oldString"], result["newString"], times)
    elif "oldString" not in result:
        return  # such as a Read
    path = os.path.join(folder, name)
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    written[real] = Written(text)


def _add_origin(found: Checkpoints, session_id: str, folder: Path, cwd: Path) -> None:
    """A copy of a session, as forking makes, has its checkpoints in the one that it was made of."""
    origins: dict[str, dict[str, str]] = {}
    for uuid, (origin, old) in found.forked.items():
        if origin != session_id:
            origins.setdefault(origin, {})[old] = uuid
    for origin, names in origins.items():
        older = read(origin, folder, cwd)
        if older is None:
            continue
        copied = {
            names[old]: files
            for old, files in older.snapshots.items()
            if old in names and names[old] not in found.snapshots
        }
        found.snapshots = {**copied, **found.snapshots}


# --- going back -------------------------------------------------------------------------------


def point_to(transcript: Path, session_id: str, leaf: str | None) -> None:
    """Have a session go on from `leaf` when it is resumed; None is its very beginning.

    The CLI writes the same note when it rewinds a conversation; nothing is taken away. One write,
    so that a CLI that is writing at this moment loses nothing.
    """
    _append(transcript, {"type": "last-prompt", "leafUuid": leaf, "sessionId": session_id})
