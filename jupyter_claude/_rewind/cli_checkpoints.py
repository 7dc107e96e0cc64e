"""The CLI's own checkpoints: a session's files as they were before its prompts.

For each prompt the CLI notes in the session's transcript which files it tracks, and where it keeps
their content at that time. It writes ``file-history-snapshot`` when the prompt comes, and
``file-history-delta`` before a tool changes a file that it did not track yet. The copies are in its
configuration folder, in ``file-history/<session>/``. Seen with CLI 2.1.329.

A snapshot takes time if the files are large. If a tool is quicker, its file's delta goes to the
snapshot of the prompt before.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from jupyter_claude_sdk.lowlevel import (
    CheckpointedFile,
    Transcript,
    TranscriptEntry,
    config_folder,
    is_uuid,
)

from .._names import to_system
from .._turns.written_files import canonical_path


@dataclass(frozen=True)
class Backup:
    """A file's old state: the CLI's copy, or None if there was no file.

    `added` is when the CLI added it to the checkpoint, if that was later than the checkpoint.
    """

    path: str
    copy: Path | None
    added: datetime | None = None


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
    times : dict
        When the user's and the model's messages came, by uuid; not those of subagents.
    prompts : set of str
        The uuids of prompts.
    """

    snapshots: dict[str, dict[str, Backup]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    forked: dict[str, tuple[str, str]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    compactions: dict[str, str | None] = field(default_factory=dict)
    asides: set[str] = field(default_factory=set)
    times: dict[str, datetime] = field(default_factory=dict)
    prompts: set[str] = field(default_factory=set)

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
        """Return a copy without the checkpoints, and the files in them, from after a message."""
        order = {uuid: number for number, uuid in enumerate(self.parents)}
        end, last = order.get(str(message), len(order)), self.times.get(str(message))
        kept = {
            prompt: {
                path: backup
                for path, backup in files.items()
                if last is None or backup.added is None or backup.added <= last
            }
            for prompt, files in self.snapshots.items()
            if order.get(prompt, 0) <= end
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
    _drop_others(found)
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
            if entry.prompt is not None:
                found.prompts.add(entry.uuid)
            if entry.kind in ("user", "assistant") and not entry.is_sidechain:
                _note_time(found.times, entry)
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
    known.setdefault(path, Backup(path, inside, file.added))


def _note_time(times: dict[str, datetime], entry: TranscriptEntry) -> None:
    if entry.uuid is not None and entry.time is not None:
        times[entry.uuid] = entry.time


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


def _drop_others(found: Recorded) -> None:
    """Drop files that the CLI added to a checkpoint while no turn of this transcript ran.

    A turn wrote them that is not in this copy of the conversation.
    """
    moments = sorted((time, uuid in found.prompts) for uuid, time in found.times.items())
    for prompt, files in found.snapshots.items():
        began = found.times.get(prompt)
        for path, backup in list(files.items()):
            if began is None or backup.added is None or backup.added < began:
                continue  # there is nothing to compare
            after = bisect_right(moments, (backup.added, True))
            if after < len(moments) and moments[after][1]:  # the next message is a prompt
                del files[path]
