"""Sessions on disk: list, read, name, tag, fork and delete the CLI's transcripts.

The CLI keeps each session in a file, ``projects/<folder>/<session id>.jsonl`` in its configuration
folder. A folder beside the file has the session's subagents and long results. The CLI only appends
to the file. `rename_session` and `tag_session` do the same, with one write, so nothing is lost if a
CLI writes to the session at the same time.

Source: the documented sessions of the Agent SDK, the official package's behaviour, and files that
the CLI wrote. Where the package and the CLI differ, these functions follow the CLI.
"""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from .._base.files import whole_file
from .cli_files import read_json
from .entries import (
    AGENT,
    ForkSessionResult,
    SDKSessionInfo,
    SessionMessage,
    conversation,
    fork_entries,
    is_uuid,
    line_of,
    linked_lines,
    parse_entries,
    string,
    tag_entry,
    title_entry,
)
from .folders import Folder, find_transcript, project_folders, projects_folder
from .transcript import Transcript, append

__all__ = [
    "delete_session",
    "fork_session",
    "get_session_info",
    "get_session_messages",
    "get_subagent_messages",
    "list_sessions",
    "list_subagents",
    "rename_session",
    "tag_session",
]

_T = TypeVar("_T")


def checked_id(session_id: str) -> str:
    """Return a session's id; refuse a text that is not one."""
    if not is_uuid(session_id):
        raise ValueError(
            f"Invalid session_id: {session_id!r:.60}; give a session's uuid, "
            "as in ResultMessage.session_id"
        )
    return session_id


def needed_transcript(session_id: str, directory: Folder | None) -> Path:
    """Return the path of a session's transcript; refuse an id without one."""
    path = find_transcript(checked_id(session_id), directory)
    if path is None:
        where = "any project" if directory is None else f"the project of {os.fspath(directory)}"
        raise FileNotFoundError(
            f"Session {session_id} was not found in {where} under {projects_folder()}: "
            "list_sessions() shows which there are"
        )
    return path


# --- reading ----------------------------------------------------------------------------------


def _transcript(session_id: str, directory: Folder | None) -> Transcript | None:
    path = find_transcript(session_id, directory) if is_uuid(session_id) else None
    return Transcript(path) if path is not None else None


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
        The folder that they ran in; None lists the sessions of all folders.
    limit : int, optional
        How many at most; None or 0 lists all.
    offset : int, default 0
        How many to skip.
    include_worktrees : bool, default True
        Whether to list the sessions of the repository's other git worktrees too.

    Returns
    -------
    list of SDKSessionInfo
        The sessions, without subagents, and without sessions that have no messages.

    Notes
    -----
    The function reads only the two ends of each transcript that it lists. So a session of 100 MB
    costs little, and so does a `limit`.
    """
    found: dict[str, tuple[int, Path]] = {}
    for folder in project_folders(directory, 2 if include_worktrees else math.inf):
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
    own = _own_folders(directory)
    for _, path in sorted(found.values(), reverse=True):
        if end is not None and len(infos) >= end:
            break
        info = _info(Transcript(path), directory, own)
        if info is not None:
            infos.append(info)
    return infos[start:end]


def get_session_info(session_id: str, directory: Folder | None = None) -> SDKSessionInfo | None:
    """Return the information that `list_sessions` has about one session.

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
    """
    transcript = _transcript(session_id, directory)
    if transcript is None:
        return None
    return _info(transcript, directory, _own_folders(directory))


def _own_folders(directory: Folder | None) -> list[Path]:
    """Return the folders with the transcripts of `directory`, without other worktrees."""
    return [] if directory is None else list(project_folders(directory, math.inf))


def _info(
    transcript: Transcript, directory: Folder | None, own: list[Path]
) -> SDKSessionInfo | None:
    """Return a session's information; `directory` counts if the transcript names no folder."""
    info = transcript.info()
    if info is None or info.cwd is not None or directory is None:
        return info
    if transcript.path.parent in own:
        info.cwd = str(Path(directory).expanduser().resolve())
    return info


def get_session_messages(
    session_id: str, directory: Folder | None = None, limit: int | None = None, offset: int = 0
) -> list[SessionMessage]:
    """Read a session's conversation, as Claude would know it after resuming.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.
    limit : int, optional
        How many messages at most; None or 0 reads all.
    offset : int, default 0
        How many to skip.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such session. Messages that were rewound, or that
        compaction replaced, are not among them.
    """
    transcript = _transcript(session_id, directory)
    return page_of(_messages(transcript.path), limit, offset) if transcript is not None else []


def _messages(path: Path, **about: Any) -> list[SessionMessage]:
    try:
        with path.open("rb") as file:
            return conversation(parse_entries(linked_lines(file)), **about)
    except OSError:
        return []


def page_of(items: list[_T], limit: int | None, offset: int) -> list[_T]:
    """Return the part of a list that was asked for."""
    start = max(offset, 0)
    return items[start : start + limit if limit is not None and limit > 0 else None]


# --- subagents --------------------------------------------------------------------------------


def _subagents(session_id: str, directory: Folder | None) -> dict[str, Path]:
    transcript = _transcript(session_id, directory)
    files = transcript.subagent_files() if transcript is not None else []
    return {file.stem[len(AGENT) :]: file for file in files}


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
        Ids for `get_subagent_messages`; empty if there is no such session.
    """
    return list(_subagents(session_id, directory))


def get_subagent_messages(
    session_id: str,
    agent_id: str,
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SessionMessage]:
    """Read a subagent's conversation.

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
        How many to skip.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such subagent. ``parent_tool_use_id`` names the call
        that started the subagent.
    """
    path = _subagents(session_id, directory).get(agent_id)  # never a path made of the id
    if path is None:
        return []
    about = read_json(path.with_suffix(".meta.json"))
    names = {"parent_tool_use_id": "toolUseId", "parent_agent_id": "parentAgentId"}
    parents = {name: string(about, key) for name, key in names.items()}
    return page_of(_messages(path, subagent=True, **parents), limit, offset)


# --- changing ---------------------------------------------------------------------------------


def rename_session(session_id: str, title: str, directory: Folder | None = None) -> None:
    """Give a session a title. The CLI shows it too.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    title : str
        The title, without the spaces around it.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is not a uuid, or the title is empty.
    FileNotFoundError
        If there is no such session.
    """
    entry = title_entry(checked_id(session_id), title)
    append(needed_transcript(session_id, directory), entry)


def tag_session(session_id: str, tag: str | None, directory: Folder | None = None) -> None:
    """Tag a session, or remove its tag. A session has one tag at most.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    tag : str, optional
        The tag, without invisible characters. None removes the tag.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is not a uuid, or the tag has no visible character.
    FileNotFoundError
        If there is no such session.
    """
    entry = tag_entry(checked_id(session_id), tag)
    append(needed_transcript(session_id, directory), entry)


def delete_session(session_id: str, directory: Folder | None = None) -> None:
    """Delete a session and its subagents' transcripts. This cannot be undone.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None looks in all.

    Raises
    ------
    ValueError
        If the id is not a uuid.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    If a CLI still runs the session, it writes a new transcript at its next message.
    """
    path = needed_transcript(session_id, directory)
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
    """Fork a session: make a new one that begins with its conversation.

    Parameters
    ----------
    session_id : str
        The session to fork. It does not change.
    directory : str or path, optional
        The folder that it ran in; None looks in all.
    up_to_message_id : str, optional
        The last message to copy, a ``SessionMessage.uuid``; None copies all.
    title : str, optional
        The new session's title; None is the old title, or the first prompt, with "(fork)" after it.

    Returns
    -------
    ForkSessionResult
        With the new session's id, to resume.

    Raises
    ------
    ValueError
        If an id is not a uuid, or there is no such message, or the session has no messages.
    FileNotFoundError
        If there is no such session.

    Notes
    -----
    The fork has neither the subagents' transcripts nor the checkpoints of files.
    """
    path = needed_transcript(session_id, directory)
    if up_to_message_id is not None and not is_uuid(up_to_message_id):
        raise ValueError(
            f"Invalid up_to_message_id: {up_to_message_id!r:.60}; take a uuid "
            "from get_session_messages()"
        )
    new = str(uuid4())
    with path.open("rb") as file:
        entries = parse_entries(file)
        fork = fork_entries(entries, new, up_to_message_id=up_to_message_id, title=title)
    with whole_file(path.with_name(f"{new}.jsonl")) as output:
        output.writelines(map(line_of, fork))
    return ForkSessionResult(new)
