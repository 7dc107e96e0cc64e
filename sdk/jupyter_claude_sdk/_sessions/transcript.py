"""`Transcript`: one session's transcript. Only this room knows the format of transcripts.

A transcript only grows: nobody changes or removes an entry. Observed with CLI 2.1.329.
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
from .._version import TESTED_CLI_VERSION
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
    string,
    texts_of,
    title_entry,
)
from .folders import find_transcript
from .timestamps import moment
from .writing import WrittenMessage, entries_of

__all__ = ["CheckpointedFile", "Transcript", "TranscriptEntry"]

#: How many bytes of each end of a transcript are read to say what it is about.
_WINDOW = 64 * 1024
_LONGEST_TAIL = 4 * 1024 * 1024

#: The marks of entries that the CLI wrote for itself in the user's name.
_NOBODY_SAID = ("isMeta", "isCompactSummary")
#: How the CLI notes, in the user's name, that the model was changed between two turns.
_MODEL_CHANGE = re.compile(r"\s*(<command-name>/model<|<local-command-stdout>)")
_BACKGROUND = re.compile(r"\s*<task-notification")
_INTERRUPTED = "[Request interrupted by user"
#: Notes that a copy needs: checkpoints of files, long results, names.
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
#: Marks of the lines that `Transcript.records` yields. It skips all others, most of the bytes,
#: unparsed.
_RECORDS = (b'"parentUuid"', b'"leafUuid"', b'"file-history-')


@dataclass(frozen=True)
class CheckpointedFile:
    """A file in one of the CLI's checkpoints.

    Attributes
    ----------
    name : str
        The file's path, absolute or relative to the session's folder.
    folder : str or None
        The folder that the file is really in, without links; None if it is unknown.
    copy : str or None
        The name of the CLI's copy in ``file-history/<session>/``; None if there was no file.
    added : datetime or None
        When the CLI added the file to the checkpoint, in local time; None if the checkpoint had it
        from the beginning.
    """

    name: str
    folder: str | None
    copy: str | None
    added: datetime | None = None


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
        return string(self.raw, "uuid")

    @property
    def kind(self) -> str:
        """The entry's type: ``"user"``, ``"assistant"``, ``"system"`` or another type."""
        return str(self.raw.get("type"))

    @property
    def time(self) -> datetime | None:
        """When the CLI wrote the entry, in local time."""
        found = moment(self.raw.get("timestamp"))
        return None if found is None else found.astimezone()

    @property
    def cwd(self) -> str | None:
        """The folder that Claude worked in."""
        return string(self.raw, "cwd")

    @property
    def parent(self) -> str | None:
        """The uuid of the entry before it in the conversation."""
        return string(self.raw, "parentUuid")

    @property
    def compacted_from(self) -> str | None:
        """For a compaction: the uuid of the last entry that it replaced."""
        return string(self.raw, "logicalParentUuid")

    @property
    def copied_from(self) -> tuple[str, str] | None:
        """The session and the uuid of the original, if the entry is a copy."""
        origin = self.raw.get("forkedFrom")
        if not isinstance(origin, dict):
            return None
        return str(origin.get("sessionId")), str(origin.get("messageUuid"))

    @property
    def is_compaction(self) -> bool:
        """Whether the entry marks a compaction of the conversation."""
        return self.raw.get("subtype") == "compact_boundary"

    @property
    def is_sidechain(self) -> bool:
        """Whether the entry belongs to a subagent."""
        return is_sidechain(self.raw)

    @property
    def is_note(self) -> bool:
        """Whether the CLI wrote the entry for itself, in the user's name."""
        return any(self.raw.get(name) is True for name in _NOBODY_SAID)

    @property
    def is_interruption(self) -> bool:
        """Whether the entry says that the user interrupted the turn."""
        return any(text.startswith(_INTERRUPTED) for text in self.texts)

    @property
    def is_model_change(self) -> bool:
        """Whether the entry says that the model was changed."""
        return self.kind == "user" and any(_MODEL_CHANGE.match(text) for text in self.texts)

    @property
    def texts(self) -> list[str]:
        """The texts in the entry's message."""
        return texts_of(self.raw)

    @property
    def prompt(self) -> str | None:
        """The prompt that began a turn; "" if Claude began it, None if no turn begins here."""
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
        """Whether the entry is an error of the API.

        None if the CLI does not say. False for an answer that the CLI made up, when it resumed a
        session whose last turn had no answer.
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
        """The tool's result in its own form, for programs."""
        result = self.raw.get("toolUseResult")
        return result if self.kind == "user" and isinstance(result, dict) else None

    @property
    def checkpoint(self) -> tuple[str, list[CheckpointedFile]] | None:
        """A prompt, and the files that the CLI copied before it."""
        if self.kind == "file-history-snapshot":
            snapshot = self.raw.get("snapshot")
            if not isinstance(snapshot, dict):
                return None
            files = snapshot.get("trackedFileBackups")
            prompt = snapshot.get("messageId") or self.raw.get("messageId")
            named = list(files.items()) if isinstance(files, dict) else []
            made = moment(snapshot.get("timestamp"))
        elif self.kind == "file-history-delta":
            prompt = self.raw.get("snapshotMessageId")
            named = [(self.raw.get("trackingPath"), self.raw.get("backup"))]
            made = None
        else:
            return None
        return str(prompt), [
            CheckpointedFile(
                name,
                string(backup, "realParentDir"),
                string(backup, "backupFileName"),
                _added(backup, made),
            )
            for name, backup in named
            if isinstance(name, str) and isinstance(backup, dict)
        ]

    def message(self, parent_tool_use_id: str | None = None) -> Message:
        """Return the entry as the message that the CLI sent.

        Parameters
        ----------
        parent_tool_use_id : str, optional
            For a subagent's entry: the call that started the subagent.

        Returns
        -------
        Message
            The message. An error of the API has ``error`` set, except in a subagent: there the
            error is the result of the subagent's call.
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
        """Return the message that says that a background task has ended."""
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
    """One session's transcript: a file to which the CLI appends an entry for each event.

    Parameters
    ----------
    path : str or path
        The file, ``<session id>.jsonl``. It need not exist yet.
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
        """Return a session's transcript: the newest file that is not empty.

        Parameters
        ----------
        session_id : str
            The session's uuid.
        environment : mapping
            The CLI's environment, which names its configuration folder.
        directory : str or path, optional
            The folder that the session ran in; None looks in all.

        Returns
        -------
        Transcript or None
            None if there is no transcript.
        """
        path = find_transcript(session_id, directory, environment)
        return None if path is None else cls(path)

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.path.stem

    # --- reading ------------------------------------------------------------------------------

    def info(self) -> SDKSessionInfo | None:
        """Return the information that a list has about the session.

        Returns
        -------
        SDKSessionInfo or None
            None if the session has no messages, or if the file cannot be read.
        """
        path = self.path
        try:
            status = path.stat()
            lines = _ends(path, status.st_size)
        except OSError:  # just deleted, or another user's
            return None
        info = session_info(
            path.stem,
            info_entries(lines),
            last_modified=status.st_mtime_ns // 1_000_000,
            file_size=status.st_size,
        )
        if info is not None and info.custom_title is None and status.st_size > 2 * _WINDOW:
            # The title is in the part that was not read. The CLI also keeps it beside the
            # transcript.
            title = read_json(path.with_suffix("") / "custom-title.json").get("customTitle")
            if isinstance(title, str) and title.strip():
                info.custom_title = info.summary = title.strip()
        return info

    def conversation(self) -> list[TranscriptEntry]:
        """Return the conversation as the user saw it, oldest first.

        Returns
        -------
        list of TranscriptEntry
            The entries that a resumed session would have, and before them those that compaction
            replaced.

        Raises
        ------
        OSError
            If the transcript cannot be read.
        """
        return list(map(TranscriptEntry, _with_compacted(self._linked())))

    def is_taken_back(self) -> bool:
        """Return whether the session was rewound to before its first prompt, and is still empty.

        Returns
        -------
        bool
            True if its prompts were all taken back.

        Raises
        ------
        OSError
            If the transcript cannot be read.
        """
        entries = self._linked()
        has_prompt = any(TranscriptEntry(entry).prompt for entry in entries)
        return has_prompt and not conversation_entries(entries)

    def records(self) -> Iterator[TranscriptEntry]:
        """Yield the entries of all branches and the checkpoints of files, in the file's order.

        Yields
        ------
        TranscriptEntry
            Each entry that belongs to a conversation, and each checkpoint.

        Raises
        ------
        OSError
            If the transcript cannot be read.
        """
        with self.path.open("rb") as lines:
            kept = (line for line in lines if any(mark in line for mark in _RECORDS))
            yield from map(TranscriptEntry, parse_entries(kept))

    def subagent(self, tool_use_id: str) -> list[TranscriptEntry]:
        """Return the conversation of the subagent that a call started.

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
        except OSError:  # just deleted
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
        """The subagents' transcripts, by the calls that started them."""
        found: dict[str, Path] = {}
        for file in self.subagent_files():
            call = string(read_json(file.with_suffix(".meta.json")), "toolUseId")
            if call is not None:
                found[call] = file
        return found

    def _linked(self) -> list[Entry]:
        with self.path.open("rb") as lines:
            return list(parse_entries(linked_lines(lines)))

    # --- writing ------------------------------------------------------------------------------

    def rename(self, title: str) -> None:
        """Give the session a title. The CLI shows it too.

        Parameters
        ----------
        title : str
            The title.

        Raises
        ------
        ValueError
            If it is empty.
        OSError
            If the transcript cannot be written.
        """
        append(self.path, title_entry(self.session_id, title))

    def add(
        self,
        messages: Iterable[WrittenMessage],
        *,
        cwd: str | os.PathLike[str],
        environment: Mapping[str, str],
        version: str = TESTED_CLI_VERSION,
    ) -> None:
        """Append messages to the conversation, for a CLI that resumes the session.

        No CLI may have the session open.

        Parameters
        ----------
        messages, cwd, environment, version
            See `new_transcript`.

        Raises
        ------
        OSError
            If the transcript cannot be written.
        """
        chain = conversation_entries(self._linked())
        entries = entries_of(
            messages,
            session_id=self.session_id,
            cwd=Path(cwd).expanduser().resolve(),
            environment=environment,
            version=version,
            after=chain[-1] if chain else None,
        )
        append(self.path, *entries)

    def note_end(self, leaf: str | None, cut: str | None = None) -> None:
        """Append a note of where the conversation ends, as the CLI does when it rewinds.

        Parameters
        ----------
        leaf : str or None
            The last message to keep; None keeps none.
        cut : str, optional
            The first message to leave out, if it comes right after `leaf`.

        Raises
        ------
        OSError
            If the transcript cannot be written.
        """
        note: Entry = {"type": "last-prompt", "leafUuid": leaf, "sessionId": self.session_id}
        if cut is not None:  # without this the CLI continues with the entries after the leaf
            note |= {"explicit": True, "rewound": True, "cutUuid": cut}
        append(self.path, note)

    def go_on_from(self, leaf: str | None, cut: str | None = None) -> str:
        """Make the conversation continue from a message when it is resumed.

        No CLI may be writing to the transcript.

        Parameters
        ----------
        leaf : str or None
            The last message to keep; None keeps none.
        cut : str, optional
            The first message to leave out, if it comes right after `leaf`.

        Returns
        -------
        str
            The session to resume. It is a copy if the CLI would have to go back to before a
            compaction, which it cannot do.

        Raises
        ------
        OSError
            If the transcript cannot be written, or lacks the message.
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
        # When the CLI resumes, it reads nothing before the last compaction, and does not cut at an
        # entry that it has not read.
        self.note_end(leaf, compactions[-1]["uuid"] if compactions else cut)
        return self.session_id

    def _copy(self, entries: list[Entry], end: int, leaf: str) -> str:
        """Write the beginning as a new session, with its own copies of the saved files."""
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
                except OSError:  # this file system has no hard links
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
            All records of a transcript.

        Returns
        -------
        list of str
            The uuids, oldest first, without messages that were rewound.
        """
        return [message.uuid for message in conversation(record.raw for record in records)]


def _added(backup: dict[str, Any], made: datetime | None) -> datetime | None:
    """Return when the CLI made a backup, if that was after the checkpoint was made."""
    time = moment(backup.get("backupTime"))
    return None if time is None or (made is not None and time <= made) else time.astimezone()


def _with_compacted(entries: list[Entry]) -> Iterator[Entry]:
    """Yield the conversation, and the entries that compaction replaced: the user saw them."""
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
    """Return the lines at the two ends of a transcript, or all lines of a small one."""
    with path.open("rb") as file:
        if size <= 2 * _WINDOW:
            return file.readlines()
        head = file.read(_WINDOW)
        length = _WINDOW
        while True:  # an image or a big result may make the last line longer than the window
            file.seek(max(size - length, 0))
            tail = file.read(length)
            if tail.count(b"\n") > 1 or length >= min(size, _LONGEST_TAIL):
                break
            length *= 4
    return [*head.splitlines(), *tail.split(b"\n")[1:]]


def append(path: Path, *entries: Entry) -> None:
    """Append entries with one write, so that nothing is lost if a CLI writes at the same time."""
    line = b"".join(map(line_of, entries))
    # Without O_CREAT, so that a session that was just deleted stays deleted.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        if size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            if os.read(descriptor, 1) != b"\n":  # a CLI was killed while it was writing a line
                line = b"\n" + line
        if os.write(descriptor, line) != len(line):
            raise OSError(f"{path} could not be written completely; is the disk full?")
    finally:
        os.close(descriptor)
