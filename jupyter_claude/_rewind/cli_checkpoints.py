"""What the CLI's own checkpoints say: the files of a session as they were before its prompts.

The CLI notes in the session's transcript, for each prompt, which files it tracks and where it keeps
their content of then: ``file-history-snapshot`` when the prompt comes, ``file-history-delta`` when
a tool is about to change a file that was not tracked before. The copies lie in its configuration
folder, ``file-history/<session>/``. Seen with CLI 2.1.329.
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
from .last_written import place


@dataclass(frozen=True)
class Backup:
    """A file as it was: the CLI's copy, or None where there was no file."""

    path: str
    copy: Path | None


@dataclass
class Recorded:
    """What a transcript says about its files and its prompts.

    Attributes
    ----------
    snapshots : dict
        For each prompt, oldest first, the tracked files by path.
    parents : dict
        The parent of each entry, None at a root.
    forked : dict
        Of copied entries, the session and the uuid that each is a copy of.
    written : dict
        What each file holds, as far as tools' results say.
    chain : list of str
        The uuids of the conversation's messages.
    compactions : dict
        The uuids of the notes of compactions, and what came before each.
    asides : set of str
        The uuids of entries that nobody said.
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
        """Return what came before a prompt; what was compacted for it, as it was before that."""
        above = self.parents[prompt]
        passed: set[str | None] = set()  # damaged transcripts may have circles
        while above in self.asides - passed and above not in self.compactions:
            passed.add(above)
            above = self.parents.get(str(above))
        return self.compactions[above] if above in self.compactions else self.parents[prompt]

    def up_to(self, message: str | None) -> Recorded:
        """Return it without the checkpoints of prompts that came after a message."""
        order = {uuid: number for number, uuid in enumerate(self.parents)}
        end = order.get(str(message), len(order))
        kept = {
            prompt: files for prompt, files in self.snapshots.items() if order.get(prompt, 0) <= end
        }
        return replace(self, snapshots=kept)

    @property
    def leaf(self) -> str | None:
        """The last message of the conversation."""
        return self.chain[-1] if self.chain else None

    def before(self, prompt: str) -> dict[str, Backup] | None:
        """Return the files as they were before a prompt; None if there is no checkpoint of it.

        What Claude first touched later is as it was then: its first copy after the prompt. A copy
        of a conversation has the checkpoints of all prompts of that one; others' do not count.
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
    """What a tool's result says a file holds now; None if it does not say."""

    text: str | None
    after_it_bash: bool = False  # a command ran later, which may have changed the file


# --- reading ----------------------------------------------------------------------------------


def read(
    session_id: str,
    environment: Mapping[str, str],
    cwd: Path,
    copies_of_it: frozenset[str] = frozenset(),
) -> Recorded | None:
    """Read what a session's transcript says; None if there is none.

    Parameters
    ----------
    session_id : str
        The session.
    environment : mapping
        The CLI's environment.
    cwd : Path
        Where paths start, if the transcript does not say.
    copies_of_it : frozenset of str
        The sessions for which it is read, because they are copies of it.
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
    """Make sense of a transcript's entries; `copies` is where the CLI keeps the session's."""
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
    # A name, never a path: what a transcript says must not reach out of the folder.
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
    written[place(to_system(name), folder)] = Written(text)


def _add_origin(found: Recorded, origin: str, older: Recorded) -> None:
    """Add the checkpoints of what a session is a copy of; its own count first."""
    names = {old: uuid for uuid, (session, old) in found.forked.items() if session == origin}
    copied = {
        names[old]: files
        for old, files in older.snapshots.items()
        if old in names and names[old] not in found.snapshots
    }
    found.snapshots = {**copied, **found.snapshots}
