"""`Transcript`: one session's transcript, the only place that knows what stands in it.

Nothing of a transcript is ever changed or taken away; it only grows. Seen with CLI 2.1.329.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from .._base.files import whole_file
from .._types.messages import Message
from .._wire.parsing import parse_message
from .cli_files import read_json
from .entries import (
    AGENT,
    LINKED,
    NOT_A_PROMPT,
    Entry,
    SDKSessionInfo,
    between,
    conversation,
    conversation_entries,
    info_entries,
    is_sidechain,
    line_of,
    linked_lines,
    parse_entries,
    session_info,
    texts_of,
    title_entry,
)
from .folders import find_transcript
from .timestamps import moment

__all__ = ["CheckpointedFile", "Transcript", "TranscriptEntry"]

#: What is read of each end of a transcript to say what it is about.
_WINDOW = 64 * 1024
_LONGEST_TAIL = 4 * 1024 * 1024

#: What marks entries in the user's name that the CLI wrote for itself.
_NOBODY_SAID = ("isMeta", "isCompactSummary")
#: How the CLI notes that the model was changed between two turns; nobody asked it anything.
_MODEL_CHANGE = re.compile(r"\s*(<command-name>/model<|<local-command-stdout>)")
_BACKGROUND = re.compile(r"\s*<task-notification")
_INTERRUPTED = "[Request interrupted by user"
#: Notes that a copy needs: the files' checkpoints, long results, names.
_COPIED_NOTES = frozenset(
    {
        "file-history-snapshot",
        "file-history-delta",
        "content-replacement",
        "custom-title",
        "ai-title",
        "tag",
    }
)
#: Lines that `Transcript.records` yields; all others, most of the bytes, are passed over unparsed.
_RECORDS = (b'"parentUuid"', b'"leafUuid"', b'"file-history-')


@dataclass(frozen=True)
class CheckpointedFile:
    """A file as the CLI's checkpoint of a prompt names it.

    Attributes
    ----------
    name : str
        Its path, from the session's folder or absolute.
    folder : str or None
        The folder that it really lies in, where that is known.
    copy : str or None
        The name of the CLI's copy in ``file-history/<session>/``; None where there was no file.
    """

    name: str
    folder: str | None
    copy: str | None


@dataclass(frozen=True)
class TranscriptEntry:
    """One entry of a transcript.

    Parameters
    ----------
    raw : dict
        The entry as the CLI wrote it.
    """

    raw: Entry

    @property
    def uuid(self) -> str | None:
        """The entry's id; None for a note beside the conversation."""
        uuid = self.raw.get("uuid")
        return uuid if isinstance(uuid, str) else None

    @property
    def kind(self) -> str:
        """What it is: ``"user"``, ``"assistant"``, ``"system"`` or another word of the CLI's."""
        return str(self.raw.get("type"))

    @property
    def time(self) -> datetime | None:
        """When it was written, in local time."""
        found = moment(self.raw.get("timestamp"))
        return None if found is None else found.astimezone()

    @property
    def cwd(self) -> str | None:
        """The folder that Claude worked in."""
        cwd = self.raw.get("cwd")
        return cwd if isinstance(cwd, str) else None

    @property
    def parent(self) -> str | None:
        """The uuid of the entry that it follows on."""
        parent = self.raw.get("parentUuid")
        return parent if isinstance(parent, str) else None

    @property
    def compacted_from(self) -> str | None:
        """Of a compaction: the uuid of the last entry that it replaced."""
        before = self.raw.get("logicalParentUuid")
        return before if isinstance(before, str) else None

    @property
    def copied_from(self) -> tuple[str, str] | None:
        """The session and the uuid that it is a copy of."""
        origin = self.raw.get("forkedFrom")
        if not isinstance(origin, dict):
            return None
        return str(origin.get("sessionId")), str(origin.get("messageUuid"))

    @property
    def is_compaction(self) -> bool:
        """Whether the conversation was compacted here."""
        return self.raw.get("subtype") == "compact_boundary"

    @property
    def is_sidechain(self) -> bool:
        """Whether it is a subagent's."""
        return is_sidechain(self.raw)

    @property
    def is_note(self) -> bool:
        """Whether the CLI wrote it for itself, in the user's name."""
        return any(self.raw.get(name) is True for name in _NOBODY_SAID)

    @property
    def is_interruption(self) -> bool:
        """Whether it says that the user interrupted the turn."""
        return any(text.startswith(_INTERRUPTED) for text in self.texts)

    @property
    def is_model_change(self) -> bool:
        """Whether it notes, in the user's name, that the model was changed."""
        return self.kind == "user" and any(_MODEL_CHANGE.match(text) for text in self.texts)

    @property
    def texts(self) -> list[str]:
        """The texts in its message."""
        return texts_of(self.raw)

    @property
    def prompt(self) -> str | None:
        """The text that began a turn; "" if Claude began it unasked, None if it began none."""
        if self.kind != "user" or self.is_note:
            return None
        texts = [text for text in self.texts if text.strip()]
        if not texts:
            return None
        command = between(texts[0], "command-name")
        if command is not None:
            if command.strip() == "/model":  # see _MODEL_CHANGE
                return None
            arguments = between(texts[0], "command-args") or ""
            return f"{command.strip()} {arguments.strip()}".strip()
        if _BACKGROUND.match(texts[0]):
            return ""
        texts = [text for text in texts if not NOT_A_PROMPT.match(text.lstrip())]
        return "\n".join(texts) if texts else None

    @property
    def is_api_error(self) -> bool | None:
        """Whether it stands for an error of the API.

        None where the CLI does not say; False for an answer that a CLI made up when it resumed a
        turn that nobody had answered.
        """
        failed = self.raw.get("isApiErrorMessage")
        return failed if isinstance(failed, bool) else None

    @property
    def api_status(self) -> int | None:
        """The HTTP status of the API's error."""
        status = self.raw.get("apiErrorStatus")
        return status if isinstance(status, int) else None

    @property
    def tool_result(self) -> dict[str, Any] | None:
        """What the tool whose result it holds says for programs."""
        result = self.raw.get("toolUseResult")
        return result if self.kind == "user" and isinstance(result, dict) else None

    @property
    def checkpoint(self) -> tuple[str, list[CheckpointedFile]] | None:
        """The prompt before which the CLI kept copies of files, and those files."""
        if self.kind == "file-history-snapshot":
            snapshot = self.raw.get("snapshot")
            if not isinstance(snapshot, dict):
                return None
            files = snapshot.get("trackedFileBackups")
            prompt = snapshot.get("messageId") or self.raw.get("messageId")
            named = list(files.items()) if isinstance(files, dict) else []
        elif self.kind == "file-history-delta":
            prompt = self.raw.get("snapshotMessageId")
            named = [(self.raw.get("trackingPath"), self.raw.get("backup"))]
        else:
            return None
        return str(prompt), [
            CheckpointedFile(
                name,
                _string(backup, "realParentDir"),
                _string(backup, "backupFileName"),
            )
            for name, backup in named
            if isinstance(name, str) and isinstance(backup, dict)
        ]

    def message(self, parent_tool_use_id: str | None = None) -> Message:
        """Return it as the message that it was when it came.

        Parameters
        ----------
        parent_tool_use_id : str, optional
            The call that started the subagent whose entry it is.

        Returns
        -------
        Message
            The message. An error of the API is marked as such, but not a subagent's: that is its
            call's result.
        """
        raw = self.raw
        if self.is_compaction:
            return parse_message({**raw, "session_id": raw.get("sessionId", "")})
        line = {
            "type": self.kind,
            "message": raw.get("message"),
            "uuid": self.uuid,
            "session_id": raw.get("sessionId", ""),
            "parent_tool_use_id": parent_tool_use_id,
        }
        if self.kind == "user":
            line |= self._results()
        elif self.is_api_error and parent_tool_use_id is None:
            line["error"] = raw.get("error") or "unknown"
        return parse_message(line)

    def _results(self) -> dict[str, Any]:
        message = self.raw.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        meta = {
            "permission_decision": self.raw.get("permissionDecision"),
            "non_execution_kind": self.raw.get("toolDenialKind"),
            "before_run": self.raw.get("toolDenialBeforeRun"),
        }
        return {
            "tool_use_result": self.raw.get("toolUseResult"),
            "tool_result_meta": [
                {"id": block.get("tool_use_id"), **meta}
                for block in content or []
                if isinstance(block, dict) and block.get("type") == "tool_result"
            ],
        }

    def end_of_task(self) -> Message:
        """Return the notification of a background task's end that it holds, as a message."""
        text = "\n".join(self.texts)

        def text_of(name: str) -> str:
            return between(text, name) or ""

        def number(name: str) -> int:
            return int(text_of(name)) if text_of(name).isdecimal() else 0

        return parse_message(
            {
                "type": "system",
                "subtype": "task_notification",
                "task_id": text_of("task-id"),
                "tool_use_id": text_of("tool-use-id"),
                "status": text_of("status"),
                "output_file": text_of("output-file"),
                "summary": text_of("result") or text_of("summary"),
                "usage": {
                    "total_tokens": number("subagent_tokens"),
                    "tool_uses": number("tool_uses"),
                    "duration_ms": number("duration_ms"),
                },
                "uuid": self.uuid,
                "session_id": self.raw.get("sessionId", ""),
            }
        )


class Transcript:
    """One session's transcript: a file to which the CLI appends an entry for all that happens.

    Parameters
    ----------
    path : str or path
        The file, ``<session id>.jsonl``. It need not exist before it is read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path)

    def __repr__(self) -> str:
        return f"Transcript({str(self.path)!r})"

    @classmethod
    def find(
        cls,
        session_id: str,
        environment: Mapping[str, str],
        directory: str | os.PathLike[str] | None = None,
    ) -> Transcript | None:
        """Return a session's transcript: the newest one that is not empty.

        Parameters
        ----------
        session_id : str
            The session's uuid.
        environment : mapping
            The CLI's environment, which says where its configuration folder is.
        directory : str or path, optional
            The folder that the session ran in; None looks in all.

        Returns
        -------
        Transcript or None
            None if there is none.
        """
        path = find_transcript(session_id, directory, environment)
        return None if path is None else cls(path)

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.path.stem

    # --- reading ------------------------------------------------------------------------------

    def info(self) -> SDKSessionInfo | None:
        """Return what a list shows of the session.

        Returns
        -------
        SDKSessionInfo or None
            None if nothing was said in it, or if it cannot be read.
        """
        path = self.path
        try:
            status = path.stat()
            lines = _ends(path, status.st_size)
        except OSError:  # deleted at this moment, or another user's
            return None
        info = session_info(
            path.stem,
            info_entries(lines),
            last_modified=status.st_mtime_ns // 1_000_000,
            file_size=status.st_size,
        )
        if info is not None and info.custom_title is None and status.st_size > 2 * _WINDOW:
            # Given in the part that was not read; the CLI notes it beside the transcript too.
            title = read_json(path.with_suffix("") / "custom-title.json").get("customTitle")
            if isinstance(title, str) and title.strip():
                info.custom_title = info.summary = title.strip()
        return info

    def conversation(self) -> list[TranscriptEntry]:
        """Return the conversation as the user has seen it, oldest first.

        Returns
        -------
        list of TranscriptEntry
            What a resumed session would go on from, and before it what compaction replaced.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        return list(map(TranscriptEntry, _with_compacted(self._linked())))

    def is_taken_back(self) -> bool:
        """Say whether it was rewound to before its first prompt, and nothing asked since.

        Returns
        -------
        bool
            Whether that is so.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        entries = self._linked()
        has_prompt = any(TranscriptEntry(entry).prompt for entry in entries)
        return has_prompt and not conversation_entries(entries)

    def records(self) -> Iterator[TranscriptEntry]:
        """Yield the entries of all branches, and the CLI's checkpoints of files, as they stand.

        Yields
        ------
        TranscriptEntry
            Each entry that belongs to a conversation, and each checkpoint.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        with self.path.open("rb") as lines:
            kept = (line for line in lines if any(mark in line for mark in _RECORDS))
            yield from map(TranscriptEntry, parse_entries(kept))

    def subagent(self, tool_use_id: str) -> list[TranscriptEntry]:
        """Return what the subagent that a call started was told and said.

        Parameters
        ----------
        tool_use_id : str
            The call's id.

        Returns
        -------
        list of TranscriptEntry
            The entries, oldest first; empty if there is no such subagent.
        """
        file = self._subagents.get(tool_use_id)
        if file is None:
            return []
        try:
            with file.open("rb") as lines:
                entries = parse_entries(linked_lines(lines))
                found = conversation_entries(entries, subagent=True)
        except OSError:  # deleted at this moment
            return []
        return list(map(TranscriptEntry, found))

    def subagent_files(self) -> list[Path]:
        """Return the files of the subagents' transcripts.

        Returns
        -------
        list of Path
            The files; each name is ``agent-<id>.jsonl``.
        """
        folder = self.path.with_suffix("") / "subagents"
        return sorted(folder.rglob(f"{AGENT}*.jsonl"))  # workflows keep theirs deeper down

    @cached_property
    def _subagents(self) -> dict[str, Path]:
        """The subagents' transcripts, by the call that started each."""
        found: dict[str, Path] = {}
        for file in self.subagent_files():
            call = read_json(file.with_suffix(".meta.json")).get("toolUseId")
            if isinstance(call, str):
                found[call] = file
        return found

    def _linked(self) -> list[Entry]:
        with self.path.open("rb") as lines:
            return list(parse_entries(linked_lines(lines)))

    # --- writing ------------------------------------------------------------------------------

    def rename(self, title: str) -> None:
        """Give the session a title, which the CLI shows too.

        Parameters
        ----------
        title : str
            The title.

        Raises
        ------
        ValueError
            If it is empty.
        OSError
            If it cannot be written.
        """
        append(self.path, title_entry(self.session_id, title))

    def note_end(self, leaf: str | None, cut: str | None = None) -> None:
        """Note where the conversation ends, as the CLI does when it rewinds one.

        Parameters
        ----------
        leaf : str or None
            The last message that counts; None is the very beginning.
        cut : str, optional
            The first message that does not count any more, if it follows on `leaf`.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        note: Entry = {"type": "last-prompt", "leafUuid": leaf, "sessionId": self.session_id}
        if cut is not None:  # without this the CLI follows what comes after the leaf
            note |= {"explicit": True, "rewound": True, "cutUuid": cut}
        append(self.path, note)

    def go_on_from(self, leaf: str | None, cut: str | None = None) -> str:
        """Have the conversation go on from a message when it is resumed.

        No CLI may be about to write to the transcript.

        Parameters
        ----------
        leaf : str or None
            The last message that counts; None is the very beginning.
        cut : str, optional
            The first message that does not count any more, if it follows on `leaf`.

        Returns
        -------
        str
            The session to resume: this one, or a copy where the CLI would not go back over a
            compaction.

        Raises
        ------
        OSError
            If it cannot be written, or lacks the message.
        """
        with self.path.open("rb") as lines:
            entries = list(parse_entries(lines))
        uuids = [entry.get("uuid") for entry in entries]
        if leaf is not None and leaf not in uuids:
            raise OSError("the transcript lacks the message to go back to")
        end = 0 if leaf is None else uuids.index(leaf) + 1
        compactions = [
            entry
            for entry in entries[end:]
            if TranscriptEntry(entry).is_compaction and not is_sidechain(entry)
        ]
        if leaf is not None and compactions:
            return self._copy(entries, end, leaf)
        # Resuming, the CLI reads nothing that stands before the last compaction: what it does not
        # know it would not cut.
        self.note_end(leaf, compactions[-1]["uuid"] if compactions else cut)
        return self.session_id

    def _copy(self, entries: list[Entry], end: int, leaf: str) -> str:
        """Write the beginning as a new session, and give it the copies of its files."""
        name = str(uuid4())
        lines = [
            line_of({**entry, "sessionId": name} if "sessionId" in entry else entry)
            for at, entry in enumerate(entries)
            if entry.get("type") in _COPIED_NOTES or (at < end and entry.get("type") in LINKED)
        ]
        note = {"type": "last-prompt", "leafUuid": leaf, "sessionId": name}
        history = self.path.parent.parent.parent / "file-history"
        if (history / self.session_id).is_dir():
            (history / name).mkdir(mode=0o700)
            for copy in (history / self.session_id).iterdir():
                try:
                    os.link(copy, history / name / copy.name)
                except OSError:  # not on this file system
                    shutil.copy2(copy, history / name / copy.name)
        with whole_file(self.path.with_name(f"{name}.jsonl"), sync=True) as file:
            file.writelines([*lines, line_of(note)])
        return name

    @staticmethod
    def messages_of(records: Iterable[TranscriptEntry]) -> list[str]:
        """Return the uuids of the conversation's messages among `records`.

        Parameters
        ----------
        records : iterable of TranscriptEntry
            A whole transcript's.

        Returns
        -------
        list of str
            The uuids, oldest first, without what rewinding left behind.
        """
        return [message.uuid for message in conversation(record.raw for record in records)]


def _string(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _with_compacted(entries: list[Entry]) -> Iterator[Entry]:
    """Yield the conversation with what compaction replaced: the user has seen it."""
    chain = conversation_entries(entries)
    root = chain[0] if chain else {}
    seen: set[str] = set()
    if TranscriptEntry(root).is_compaction:
        at = next(number for number, entry in enumerate(entries) if entry is root)
        for entry in _with_compacted(entries[:at]):
            seen.add(entry["uuid"])
            yield entry
    for entry in chain:
        if entry["uuid"] not in seen and not is_sidechain(entry):
            yield entry


def _ends(path: Path, size: int) -> list[bytes]:
    """Return the lines at both ends of a transcript; all of them, if it is small."""
    with path.open("rb") as file:
        if size <= 2 * _WINDOW:
            return file.readlines()
        head = file.read(_WINDOW)
        length = _WINDOW
        while True:  # the last line may be longer than the window: an image, a big result
            file.seek(max(size - length, 0))
            tail = file.read(length)
            if tail.count(b"\n") > 1 or length >= min(size, _LONGEST_TAIL):
                break
            length *= 4
    return [*head.splitlines(), *tail.split(b"\n")[1:]]


def append(path: Path, entry: Entry) -> None:
    """Add an entry at the end of a transcript with one write: a CLI that writes loses nothing."""
    line = line_of(entry)
    # Without O_CREAT: a session that was deleted at this moment stays deleted.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        if size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            if os.read(descriptor, 1) != b"\n":  # a CLI was killed while it wrote a line
                line = b"\n" + line
        if os.write(descriptor, line) != len(line):
            raise OSError(f"{path} could not be written to its end: is the disk full?")
    finally:
        os.close(descriptor)
