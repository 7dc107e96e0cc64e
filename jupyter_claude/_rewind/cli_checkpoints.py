"""The CLI's own checkpoints: a session's files as they were before its prompts.

For each prompt the CLI notes in the session's transcript which files it tracks, and where it keeps
their content at that time. It writes ``file-history-snapshot`` when the prompt comes, and
``file-history-delta`` before a tool changes a file that it did not track yet. The copies are in its
configuration folder, in ``file-history/<session>/``. Seen with CLI 2.1.329.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jupyter_claude_sdk.lowlevel import (
    CheckpointedFile,
    Transcript,
    TranscriptEntry,
    config_folder,
    is_uuid,
)

from .._names import to_system
from .claude_writes import canonical_path


@dataclass(frozen=True)
class Backup:
    """A file's old state: the CLI's copy, or None if there was no file."""

    path: str
    copy: Path | None


@dataclass
class Recorded:
    """What a transcript notes about files and prompts.

    Attributes
    ----------
    snapshots : dict
        For each prompt, oldest first, the tracked files by path.
    parents : dict
        The parent of each entry, None at a root.
    forked : dict
        For each copied entry the session and the uuid of the original.
    written : dict
        Each file's content, as far as the tools' results give it.
    chain : list of str
        The uuids of the conversation's messages.
    compactions : dict
        The uuids of compaction entries, with the message before each.
    asides : set of str
        The uuids of entries that are neither the user's nor the model's.
    """

    snapshots: dict[str, dict[str, Backup]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    forked: dict[str, tuple[str, str]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    compactions: dict[str, str | None] = field(default_factory=dict)
    asides: set[str] = field(default_factory=set)

    def compacted_after(self, message: str | None) -> bool:
        """Whether the conversation was compacted after a message; None is its beginning."""
        if not self.compactions:
            return False
        order = {uuid: number for number, uuid in enumerate(self.parents)}
        return message is None or order.get(message, 0) < order[list(self.compactions)[-1]]

    def before_prompt(self, prompt: str) -> str | None:
        """Return the message before a prompt, or before the compaction that it caused."""
        above = self.parents[prompt]
        passed: set[str | None] = set()  # damaged transcripts may have circles
        while above in self.asides - passed and above not in self.compactions:
            passed.add(above)
            above = self.parents.get(str(above))
        return self.compactions[above] if above in self.compactions else self.parents[prompt]

    def up_to(self, message: str | None) -> Recorded:
        """Return a copy without the checkpoints of prompts after a message."""
        order = {uuid: number for number, uuid in enumerate(self.parents)}
        end = order.get(str(message), len(order))
        kept = {
            prompt: files for prompt, files in self.snapshots.items() if order.get(prompt, 0) <= end
        }
        return replace(self, snapshots=kept)

    @property
    def leaf(self) -> str | None:
        """The conversation's last message."""
        return self.chain[-1] if self.chain else None

    def before(self, prompt: str) -> dict[str, Backup] | None:
        """Return the files as they were before a prompt; None if it has no checkpoint.

        If Claude first changed a file later, the file's first copy after the prompt counts. A
        copied conversation may have checkpoints of prompts that it does not contain; ignore these.
        """
        if prompt not in self.snapshots:
            return None
        found: dict[str, Backup] = {}
        prompts = list(self.snapshots)
        for later in prompts[prompts.index(prompt) :]:
            if later != prompt and later not in self.parents:
                continue
            for path, backup in self.snapshots[later].items():
                found.setdefault(path, backup)
        return found


@dataclass(frozen=True)
class Written:
    """A file's content by a tool's result; None if the result does not give it."""

    text: str | None
    after_it_bash: bool = False  # a later command may have changed the file


# --- reading ----------------------------------------------------------------------------------


def read(
    session_id: str,
    environment: Mapping[str, str],
    cwd: Path,
    copies_of_it: frozenset[str] = frozenset(),
) -> Recorded | None:
    """Read a session's transcript; return None if there is none.

    Parameters
    ----------
    session_id : str
        The session.
    environment : mapping
        The CLI's environment.
    cwd : Path
        The folder of relative paths, if the transcript names none.
    copies_of_it : frozenset of str
        Sessions that are copies of this one, and whose reading led here.
    """
    transcript = Transcript.find(session_id, environment)
    if transcript is None:
        return None
    copies = config_folder(environment) / "file-history" / session_id
    found = from_entries(transcript.records(), copies, cwd)
    known = copies_of_it | {session_id}
    for origin in {origin for origin, _ in found.forked.values()} - known:
        older = read(origin, environment, cwd, known) if is_uuid(origin) else None
        if older is not None:
            _add_origin(found, origin, older)
    return found


def from_entries(entries: Iterable[TranscriptEntry], copies: Path, cwd: Path) -> Recorded:
    """Read a transcript's entries; `copies` is the folder with the CLI's copies."""
    found = Recorded()
    linked: list[TranscriptEntry] = []
    folder = str(cwd)
    for entry in entries:
        if entry.cwd is not None:
            folder = to_system(entry.cwd)
        if entry.kind.startswith("file-history-"):
            if entry.checkpoint is not None:
                prompt, files = entry.checkpoint
                known = found.snapshots.setdefault(prompt, {})
                for file in files:
                    _note(known, file, copies, folder)
            continue
        linked.append(entry)
        if entry.uuid is not None:
            found.parents[entry.uuid] = entry.parent
            if entry.is_compaction:
                found.compactions[entry.uuid] = entry.compacted_from
            if entry.kind in ("attachment", "system") or entry.is_note:
                found.asides.add(entry.uuid)
            if entry.copied_from is not None:
                found.forked[entry.uuid] = entry.copied_from
        if not entry.is_sidechain:
            _note_written(found.written, entry, folder)
    found.chain = Transcript.messages_of(linked)
    return found


def _note(known: dict[str, Backup], file: CheckpointedFile, copies: Path, folder: str) -> None:
    name = to_system(file.name)
    if file.folder is not None:
        path = os.path.join(to_system(file.folder), os.path.basename(name))
    else:
        path = os.path.join(folder, name)
    # Take only the name: a transcript must not lead out of the folder.
    inside = None if file.copy is None else copies / os.path.basename(file.copy)
    known.setdefault(path, Backup(path, inside))


def _note_written(written: dict[str, Written], entry: TranscriptEntry, folder: str) -> None:
    result = entry.tool_result
    if result is None:
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
    written[canonical_path(to_system(name), folder)] = Written(text)


def _add_origin(found: Recorded, origin: str, older: Recorded) -> None:
    """Add the checkpoints of the original session; the copy's own take precedence."""
    names = {old: uuid for uuid, (session, old) in found.forked.items() if session == origin}
    copied = {
        names[old]: files
        for old, files in older.snapshots.items()
        if old in names and names[old] not in found.snapshots
    }
    found.snapshots = {**copied, **found.snapshots}
