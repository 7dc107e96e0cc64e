"""Sessions on disk: list, read, name, tag, copy and delete the CLI's transcripts.

The CLI keeps one file a session, ``projects/<folder>/<session id>.jsonl`` in its configuration
folder, and what else belongs to a session (its subagents, long results) in a folder beside it. It
only ever appends; so do `rename_session` and `tag_session`, with one write, so that a CLI that is
writing to the same session at this moment loses nothing.

Source: the documented sessions of the Agent SDK, and files that the CLI wrote.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union
from uuid import uuid4

from ._cli_files import config_folder, read_json
from ._transcripts import (
    Entry,
    ForkSessionResult,
    SDKSessionInfo,
    SessionMessage,
    conversation,
    fork_entries,
    is_uuid,
    parse_entries,
    project_key,
    session_info,
    tag_entry,
    telling_entries,
    title_entry,
)

Folder = Union[str, "os.PathLike[str]"]
_T = TypeVar("_T")

#: What is read of each end of a transcript to say what it is about.
_WINDOW = 64 * 1024
_LONGEST_TAIL = 4 * 1024 * 1024


# --- where they are ---------------------------------------------------------------------------


def _projects(environment: Mapping[str, str] = os.environ) -> Path:
    return config_folder(environment) / "projects"


def _project_folders(
    directory: Folder | None, fewest_worktrees: float, environment: Mapping[str, str] = os.environ
) -> Iterator[Path]:
    """Yield the folders that hold the sessions of `directory`, or of all.

    The roots of its repository's worktrees belong to it, if there are so many.
    """
    projects = _projects(environment)
    if directory is None:
        try:
            yield from sorted(path for path in projects.iterdir() if path.is_dir())
        except OSError:  # the CLI has never run
            pass
        return
    folder = Path(directory).expanduser().resolve()
    roots = _worktrees(folder)
    places = [folder, *(roots if len(roots) >= fewest_worktrees else [])]
    # macOS may spell a folder's accents in two ways.
    paths = [
        spelt
        for place in places
        for spelt in (str(place), unicodedata.normalize("NFC", str(place)))
    ]
    for key in dict.fromkeys(map(project_key, paths)):
        if (projects / key).is_dir():
            yield projects / key


def _worktrees(folder: Path) -> list[Path]:
    """Return the roots of the repository's worktrees, from git's own files."""
    for root in (folder, *folder.parents):
        git = root / ".git"
        try:
            if git.is_file():
                own = root / git.read_text("utf-8").partition("gitdir:")[2].strip()
                common = (own / (own / "commondir").read_text("utf-8").strip()).resolve()
            elif git.is_dir():
                common = git
            else:
                continue
            roots = [common.parent]
            for note in sorted(common.glob("worktrees/*/gitdir")):
                roots.append((note.parent / note.read_text("utf-8").strip()).parent.resolve())
        except (OSError, UnicodeDecodeError):
            return []
        return roots
    return []


def _checked(session_id: str) -> str:
    if not is_uuid(session_id):
        raise ValueError(
            f"Invalid session_id: {session_id!r:.60}: give a session's uuid, "
            "as in ResultMessage.session_id"
        )
    return session_id


def find_transcript(
    session_id: str, directory: Folder | None, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """Return a session's transcript: the newest one that is not empty."""
    newest: tuple[int, Path] | None = None
    for folder in _project_folders(directory, 1, environment):
        path = folder / f"{session_id}.jsonl"
        try:
            status = path.stat()
        except OSError:
            continue
        if status.st_size and (newest is None or status.st_mtime_ns > newest[0]):
            newest = (status.st_mtime_ns, path)
    return newest[1] if newest else None


def _needed(session_id: str, directory: Folder | None) -> Path:
    path = find_transcript(_checked(session_id), directory)
    if path is None:
        where = "any project" if directory is None else f"the project of {os.fspath(directory)}"
        raise FileNotFoundError(
            f"Session {session_id} was not found in {where} under {_projects()}: "
            "list_sessions() shows those that there are"
        )
    return path


# --- reading ----------------------------------------------------------------------------------


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


def _info(path: Path) -> SDKSessionInfo | None:
    try:
        status = path.stat()
        lines = _ends(path, status.st_size)
    except OSError:  # deleted at this moment, or another user's
        return None
    info = session_info(
        path.stem,
        telling_entries(lines),
        last_modified=status.st_mtime_ns // 1_000_000,
        file_size=status.st_size,
    )
    if info is not None and info.custom_title is None and status.st_size > 2 * _WINDOW:
        # Given in the part that was not read; the CLI notes it beside the transcript too.
        title = read_json(path.with_suffix("") / "custom-title.json").get("customTitle")
        if isinstance(title, str) and title.strip():
            info.custom_title = info.summary = title.strip()
    return info


def _linked_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Pass over the lines that cannot belong to a conversation, unparsed: most of the bytes."""
    return (line for line in lines if b'"parentUuid"' in line or b'"leafUuid"' in line)


def list_sessions(
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
    include_worktrees: bool = True,
) -> list[SDKSessionInfo]:
    """List sessions, the last changed first.

    Parameters
    ----------
    directory : str or path, optional
        Only those that ran in this folder; None lists those of all folders.
    limit : int, optional
        How many at most; None or 0 lists all.
    offset : int, default 0
        How many to pass over.
    include_worktrees : bool, default True
        Whether the sessions of the repository's git worktrees belong to the folder, if it has
        several.

    Returns
    -------
    list of SDKSessionInfo
        Without subagents, and without sessions in which nothing was said. Empty where there are
        none.

    Notes
    -----
    Only both ends of each transcript are read, and only of as many as are asked for, so a long list
    or a session of 100 MB costs little.

    Source: the official package's behaviour.
    """
    found: dict[str, tuple[int, Path]] = {}
    for folder in _project_folders(directory, 2 if include_worktrees else math.inf):
        try:
            with os.scandir(folder) as files:
                for file in files:
                    session_id = file.name[:-6]
                    if file.name.endswith(".jsonl") and is_uuid(session_id):
                        changed = file.stat().st_mtime_ns
                        if session_id not in found or changed > found[session_id][0]:
                            found[session_id] = (changed, Path(file.path))
        except OSError:
            continue
    start = max(offset, 0)
    end = start + limit if limit is not None and limit > 0 else None
    infos: list[SDKSessionInfo] = []
    for _, path in sorted(found.values(), reverse=True):
        if end is not None and len(infos) >= end:
            break
        info = _info(path)
        if info is not None:
            infos.append(info)
    return infos[start:end]


def get_session_info(session_id: str, directory: Folder | None = None) -> SDKSessionInfo | None:
    """Tell what `list_sessions` tells about one session.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Returns
    -------
    SDKSessionInfo or None
        None if there is no such session.

    Notes
    -----
    Source: the official package's behaviour.
    """
    path = find_transcript(session_id, directory) if is_uuid(session_id) else None
    return _info(path) if path is not None else None


def get_session_messages(
    session_id: str, directory: Folder | None = None, limit: int | None = None, offset: int = 0
) -> list[SessionMessage]:
    """Read a session's conversation, as it would go on if it were resumed.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.
    limit : int, optional
        How many messages at most; None or 0 reads all.
    offset : int, default 0
        How many to pass over.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such session. What rewinding left behind and what
        compaction replaced is not in it.

    Notes
    -----
    Source: the official package's behaviour; where it differs from what the CLI sends after
    resuming (messages that compaction kept), the CLI is followed.
    """
    path = find_transcript(session_id, directory) if is_uuid(session_id) else None
    return _page(_messages(path), limit, offset) if path is not None else []


def _messages(path: Path, **about: Any) -> list[SessionMessage]:
    try:
        with path.open("rb") as file:
            return conversation(parse_entries(_linked_lines(file)), **about)
    except OSError:
        return []


def _page(items: list[_T], limit: int | None, offset: int) -> list[_T]:
    start = max(offset, 0)
    return items[start : start + limit if limit is not None and limit > 0 else None]


# --- subagents --------------------------------------------------------------------------------


def _subagents(session_id: str, directory: Folder | None) -> dict[str, Path]:
    path = find_transcript(session_id, directory) if is_uuid(session_id) else None
    if path is None:
        return {}
    folder = path.with_suffix("") / "subagents"
    files = sorted(folder.rglob("agent-*.jsonl"))  # workflows keep theirs deeper down
    return {file.stem[len("agent-") :]: file for file in files}


def list_subagents(session_id: str, directory: Folder | None = None) -> list[str]:
    """List the subagents that a session started.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Returns
    -------
    list of str
        Ids for `get_subagent_messages`; empty if there are none, or no such session.

    Notes
    -----
    Source: the official package's behaviour.
    """
    return list(_subagents(session_id, directory))


def get_subagent_messages(
    session_id: str,
    agent_id: str,
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SessionMessage]:
    """Read what a subagent was told and said.

    Parameters
    ----------
    session_id : str
        The uuid of the session that started it.
    agent_id : str
        One of `list_subagents`.
    directory : str or path, optional
        The folder that the session ran in; None looks in all.
    limit : int, optional
        How many messages at most; None or 0 reads all.
    offset : int, default 0
        How many to pass over.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such subagent. ``parent_tool_use_id`` is the call
        that started it.

    Notes
    -----
    Source: the official package's behaviour.
    """
    path = _subagents(session_id, directory).get(agent_id)  # never a path made of the id
    if path is None:
        return []
    about = read_json(path.with_suffix(".meta.json"))
    names = {"parent_tool_use_id": "toolUseId", "parent_agent_id": "parentAgentId"}
    parents = {name: about.get(key) for name, key in names.items()}
    return _page(_messages(path, subagent=True, **parents), limit, offset)


# --- changing ---------------------------------------------------------------------------------


def _append(path: Path, entry: Entry) -> None:
    line = _line(entry)
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


def _line(entry: Entry) -> bytes:
    # Like the CLI's own: without spaces. ASCII, since a text may hold half a surrogate pair.
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def rename_session(session_id: str, title: str, directory: Folder | None = None) -> None:
    """Give a session a title, which the CLI shows too.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    title : str
        The title; spaces around it are dropped.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is no uuid, or the title is empty.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    Source: the official package's behaviour.
    """
    entry = title_entry(_checked(session_id), title)
    _append(_needed(session_id, directory), entry)


def tag_session(session_id: str, tag: str | None, directory: Folder | None = None) -> None:
    """Tag a session, or take its tag away. A session has one tag at most.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    tag : str, optional
        The tag; None takes it away. Characters that cannot be seen are dropped.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is no uuid, or nothing of the tag can be seen.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    Source: the official package's behaviour.
    """
    entry = tag_entry(_checked(session_id), tag)
    _append(_needed(session_id, directory), entry)


def delete_session(session_id: str, directory: Folder | None = None) -> None:
    """Delete a session for good, with its subagents' transcripts.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is no uuid.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    A CLI that still runs the session writes a new transcript at its next message.

    Source: the official package's behaviour.
    """
    path = _needed(session_id, directory)
    beside = path.with_suffix("")
    path.unlink()
    if beside.is_symlink():
        beside.unlink()
    elif beside.is_dir():
        shutil.rmtree(beside)


def fork_session(
    session_id: str,
    directory: Folder | None = None,
    up_to_message_id: str | None = None,
    title: str | None = None,
) -> ForkSessionResult:
    """Make a new session that begins with another one's conversation.

    Parameters
    ----------
    session_id : str
        The session to begin with; it is not changed.
    directory : str or path, optional
        The folder that it ran in; None looks in all.
    up_to_message_id : str, optional
        The last message to take over, a ``SessionMessage.uuid``; None takes all.
    title : str, optional
        Its title; None is the old title, or the first prompt, with "(fork)" after it.

    Returns
    -------
    ForkSessionResult
        With the new session's id, to resume.

    Raises
    ------
    ValueError
        If an id is no uuid, or there is no such message, or nothing was said.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    Subagents' transcripts and checkpoints of files stay with the old session.

    Source: the official package's behaviour.
    """
    path = _needed(session_id, directory)
    if up_to_message_id is not None and not is_uuid(up_to_message_id):
        raise ValueError(
            f"Invalid up_to_message_id: {up_to_message_id!r:.60}: take a uuid "
            "from get_session_messages"
        )
    new = str(uuid4())
    with path.open("rb") as file:
        entries = parse_entries(file)
        fork = fork_entries(entries, new, up_to_message_id=up_to_message_id, title=title)
    # Under another name until it is whole: nobody sees half a session.
    draft = path.with_name(f".{new}.tmp")
    try:
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        with os.fdopen(descriptor, "wb") as output:
            output.writelines(map(_line, fork))
        draft.replace(path.with_name(f"{new}.jsonl"))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return ForkSessionResult(new)
