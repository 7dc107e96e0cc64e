"""Sessions in a store: list, read, name, tag, fork, delete, and import them from disk.

Source: the documented sessions of the Agent SDK, and the official package's behaviour.
"""

from __future__ import annotations

import json
import logging
import os
from itertools import chain, islice
from pathlib import Path
from typing import cast
from uuid import uuid4

import anyio
import anyio.to_thread

from .._sessions.cli_files import read_json
from .._sessions.disk import checked_id, needed_transcript, page_of
from .._sessions.entries import (
    AGENT,
    Entry,
    ForkSessionResult,
    SDKSessionInfo,
    SessionMessage,
    conversation,
    fork_entries,
    is_uuid,
    parse_entries,
    project_key_for_directory,
    session_info,
    stamped,
    string,
    tag_entry,
    title_entry,
)
from .._sessions.folders import Folder
from .._sessions.timestamps import milliseconds
from .._sessions.transcript import Transcript
from .._types.stores import SessionKey, SessionStore, SessionStoreEntry, SessionSummaryEntry
from .optional import call_optional

__all__ = [
    "delete_session_via_store",
    "fork_session_via_store",
    "get_session_info_from_store",
    "get_session_messages_from_store",
    "get_subagent_messages_from_store",
    "import_session_to_store",
    "list_sessions_from_store",
    "list_subagents_from_store",
    "rename_session_via_store",
    "tag_session_via_store",
]

logger = logging.getLogger("jupyter_claude_sdk")

#: How many transcripts a list loads at the same time.
_LOADS = 8
_BATCH = 500


def _key(session_id: str, directory: Folder | None) -> SessionKey:
    folder = None if directory is None else Path(directory)
    return {"project_key": project_key_for_directory(folder), "session_id": session_id}


async def _load(store: SessionStore, key: SessionKey) -> list[Entry]:
    return cast("list[Entry]", await store.load(key) or [])


# --- reading ----------------------------------------------------------------------------------


async def list_sessions_from_store(
    session_store: SessionStore,
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SDKSessionInfo]:
    """List a folder's sessions in a store, the last changed first.

    Parameters
    ----------
    session_store : SessionStore
        The store. If it has ``list_session_summaries``, the list loads no transcript that has a
        summary of its last state.
    directory : str or path, optional
        The folder that they ran in; None is the current one.
    limit : int, optional
        How many at most; None or 0 lists all. The list then loads at most so many transcripts.
    offset : int, default 0
        How many to skip.

    Returns
    -------
    list of SDKSessionInfo
        Without sessions that have no messages. If these have no summary either, they count for
        `limit` and `offset`, so a page may be shorter than `limit`. A session that the store
        cannot load has an empty ``summary``.

    Raises
    ------
    ValueError
        If the store can list neither sessions nor summaries.
    """
    project = _key("", directory)["project_key"]
    listing = await call_optional(session_store, "list_sessions", project)
    summaries = await call_optional(session_store, "list_session_summaries", project)
    if listing is None and summaries is None:
        raise ValueError(
            "The session_store can list nothing: it has neither list_session_summaries() "
            "nor list_sessions()"
        )
    known: dict[str, SessionSummaryEntry] = {one["session_id"]: one for one in summaries or ()}
    if listing is None:
        listing = known.values()
    rows: list[SDKSessionInfo] = []
    missing: set[str] = set()
    for entry in listing:
        session_id, summary = entry["session_id"], known.get(entry["session_id"])
        # The store may have begun late to keep summaries, or be late with one.
        info: SDKSessionInfo | None
        if summary is None or summary["mtime"] < entry["mtime"]:
            missing.add(session_id)
            info = SDKSessionInfo(session_id, "", entry["mtime"])
        else:
            info = _from_summary(summary)
        if info is not None:
            rows.append(info)
    rows.sort(key=lambda info: (info.last_modified, info.session_id), reverse=True)
    page: list[SDKSessionInfo | None] = [*page_of(rows, limit, offset)]
    limiter = anyio.CapacityLimiter(_LOADS)

    async def load(place: int, row: SDKSessionInfo) -> None:
        key: SessionKey = {"project_key": project, "session_id": row.session_id}
        try:
            async with limiter:
                entries = await _load(session_store, key)
        except Exception as error:
            logger.warning(
                "The session store cannot load the session %s: %r", row.session_id, error
            )
        else:
            page[place] = session_info(row.session_id, entries, last_modified=row.last_modified)

    async with anyio.create_task_group() as group:
        for place, row in enumerate(page):
            if row is not None and row.session_id in missing:
                group.start_soon(load, place, row)
    return [_in_folder(info, directory) for info in page if info is not None]


def _in_folder(info: SDKSessionInfo, directory: Folder | None) -> SDKSessionInfo:
    """Give a session without a folder the one that was asked for."""
    if info.cwd is None and directory is not None:
        info.cwd = os.path.realpath(os.path.expanduser(directory))
    return info


def _from_summary(summary: SessionSummaryEntry) -> SDKSessionInfo | None:
    data = summary["data"]
    title = data.get("custom_title") or data.get("ai_title") or None
    prompt = data.get("first_prompt") or data.get("command_fallback") or None
    text = title or data.get("last_prompt") or data.get("summary_hint") or prompt
    if not text or data.get("is_sidechain"):
        return None
    return SDKSessionInfo(
        session_id=summary["session_id"],
        summary=text,
        last_modified=summary["mtime"],
        custom_title=title,
        first_prompt=prompt,
        git_branch=data.get("git_branch"),
        cwd=data.get("cwd"),
        tag=data.get("tag"),
        created_at=data.get("created_at"),
    )


async def get_session_info_from_store(
    session_store: SessionStore, session_id: str, directory: Folder | None = None
) -> SDKSessionInfo | None:
    """Return the information that a list has about one session in a store.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None is the current one.

    Returns
    -------
    SDKSessionInfo or None
        None if there is no such session, or if it has no messages. ``last_modified`` is the
        store's time if the store lists sessions, else the time of the last entry.
    """
    if not is_uuid(session_id):
        return None
    key = _key(session_id, directory)
    entries = await _load(session_store, key)
    if not entries:
        return None
    listed = await call_optional(session_store, "list_sessions", key["project_key"])
    modified = {entry["session_id"]: entry["mtime"] for entry in listed or ()}.get(session_id)
    if modified is None:
        modified = max((milliseconds(entry.get("timestamp")) or 0 for entry in entries), default=0)
    size = sum(len(json.dumps(entry, ensure_ascii=False)) + 1 for entry in entries)
    info = session_info(session_id, entries, last_modified=modified, file_size=size)
    return info and _in_folder(info, directory)


async def get_session_messages_from_store(
    session_store: SessionStore,
    session_id: str,
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SessionMessage]:
    """Read a session's conversation from a store.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None is the current one.
    limit : int, optional
        How many messages at most; None or 0 reads all.
    offset : int, default 0
        How many to skip.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such session.
    """
    if not is_uuid(session_id):
        return []
    entries = await _load(session_store, _key(session_id, directory))
    return page_of(conversation(entries), limit, offset)


# --- subagents --------------------------------------------------------------------------------


async def _subagents(
    store: SessionStore, session_id: str, directory: Folder | None
) -> dict[str, str] | None:
    """Return the subpaths of a session's subagents by their ids; None if the store has no list."""
    key = _key(session_id, directory)
    subpaths = await call_optional(store, "list_subkeys", key)
    if subpaths is None or not is_uuid(session_id):
        return None if subpaths is None else {}
    names = {path: path.rpartition("/")[2] for path in sorted(subpaths)}
    return {
        name[len(AGENT) :]: path
        for path, name in names.items()
        if path.startswith("subagents/") and name.startswith(AGENT)
    }


async def list_subagents_from_store(
    session_store: SessionStore, session_id: str, directory: Folder | None = None
) -> list[str]:
    """List the subagents of a session in a store.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session's uuid.
    directory : str or path, optional
        The folder that it ran in; None is the current one.

    Returns
    -------
    list of str
        Ids for `get_subagent_messages_from_store`.

    Raises
    ------
    ValueError
        If the store has no ``list_subkeys``.
    """
    found = await _subagents(session_store, session_id, directory)
    if found is None:
        raise ValueError("The session_store cannot list subagents: it has no list_subkeys()")
    return list(found)


async def get_subagent_messages_from_store(
    session_store: SessionStore,
    session_id: str,
    agent_id: str,
    directory: Folder | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SessionMessage]:
    """Read a subagent's conversation from a store.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The uuid of the session that started it.
    agent_id : str
        One of `list_subagents_from_store`.
    directory : str or path, optional
        The folder that the session ran in; None is the current one.
    limit : int, optional
        How many messages at most; None or 0 reads all.
    offset : int, default 0
        How many to skip.

    Returns
    -------
    list of SessionMessage
        The oldest first; empty if there is no such subagent.
    """
    if not is_uuid(session_id):
        return []
    found = await _subagents(session_store, session_id, directory)
    subpath = f"subagents/{AGENT}{agent_id}" if found is None else found.get(agent_id)
    if subpath is None:
        return []
    key: SessionKey = {**_key(session_id, directory), "subpath": subpath}
    entries = await _load(session_store, key)
    about: Entry = {}
    for entry in entries:
        if entry.get("type") == "agent_metadata":
            about = entry
    messages = conversation(
        entries,
        subagent=True,
        parent_tool_use_id=string(about, "toolUseId"),
        parent_agent_id=string(about, "parentAgentId"),
    )
    return page_of(messages, limit, offset)


# --- changing ---------------------------------------------------------------------------------


async def _existing_key(
    store: SessionStore, session_id: str, directory: Folder | None
) -> SessionKey:
    key = _key(session_id, directory)
    listed = await call_optional(store, "list_sessions", key["project_key"])
    if listed is not None:
        known = any(entry["session_id"] == session_id for entry in listed)
    else:
        known = await store.load(key) is not None
    if not known:
        raise _not_found(key)
    return key


def _not_found(key: SessionKey) -> FileNotFoundError:
    return FileNotFoundError(
        f"Session {key['session_id']} was not found in the session_store under "
        f"{key['project_key']}: list_sessions_from_store() shows which there are"
    )


async def _append_note(
    store: SessionStore, session_id: str, directory: Folder | None, note: Entry
) -> None:
    key = await _existing_key(store, session_id, directory)
    await store.append(key, [cast(SessionStoreEntry, stamped(note))])


async def rename_session_via_store(
    session_store: SessionStore, session_id: str, title: str, directory: Folder | None = None
) -> None:
    """Give a session in a store another title.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session's uuid.
    title : str
        The title.
    directory : str or path, optional
        The folder that it ran in; None is the current one.

    Raises
    ------
    ValueError
        If the id is not a uuid, or the title is empty.
    FileNotFoundError
        If there is no such session.
    """
    note = title_entry(checked_id(session_id), title)
    await _append_note(session_store, session_id, directory, note)


async def tag_session_via_store(
    session_store: SessionStore, session_id: str, tag: str | None, directory: Folder | None = None
) -> None:
    """Tag a session in a store, or remove its tag.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session's uuid.
    tag : str or None
        The tag; None removes the tag.
    directory : str or path, optional
        The folder that it ran in; None is the current one.

    Raises
    ------
    ValueError
        If the id is not a uuid, or the tag is empty.
    FileNotFoundError
        If there is no such session.
    """
    note = tag_entry(checked_id(session_id), tag)
    await _append_note(session_store, session_id, directory, note)


async def delete_session_via_store(
    session_store: SessionStore, session_id: str, directory: Folder | None = None
) -> None:
    """Delete a session in a store, with its subagents.

    Parameters
    ----------
    session_store : SessionStore
        The store. If it has no ``delete``, this function does nothing.
    session_id : str
        The session's uuid. An unknown one is harmless.
    directory : str or path, optional
        The folder that it ran in; None is the current one.

    Raises
    ------
    ValueError
        If the id is not a uuid.
    """
    key = _key(checked_id(session_id), directory)
    await call_optional(session_store, "delete", key)


async def fork_session_via_store(
    session_store: SessionStore,
    session_id: str,
    directory: Folder | None = None,
    up_to_message_id: str | None = None,
    title: str | None = None,
) -> ForkSessionResult:
    """Fork a session in a store: make a new one that begins with its conversation.

    Parameters
    ----------
    session_store : SessionStore
        The store.
    session_id : str
        The session to fork. It does not change.
    directory : str or path, optional
        The folder that it ran in; None is the current one.
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
    """
    key = _key(checked_id(session_id), directory)
    entries = await _load(session_store, key)
    if not entries:
        raise _not_found(key)
    new = str(uuid4())
    fork = fork_entries(entries, new, up_to_message_id=up_to_message_id, title=title)
    *copies, named = fork
    # One append, so that nobody sees half a session.
    stored = cast("list[SessionStoreEntry]", [*copies, stamped(named)])
    await session_store.append({**key, "session_id": new}, stored)
    return ForkSessionResult(new)


# --- from disk --------------------------------------------------------------------------------


async def import_session_to_store(
    session_id: str,
    store: SessionStore,
    *,
    directory: Folder | None = None,
    include_subagents: bool = True,
    batch_size: int = _BATCH,
) -> None:
    """Copy a session from the local disk into a store.

    Parameters
    ----------
    session_id : str
        The session's uuid.
    store : SessionStore
        The store. If it drops known uuids, as `SqliteSessionStore` does, you may import a session
        again after it has continued.
    directory : str or path, optional
        The folder that it ran in; None looks in all.
    include_subagents : bool, default True
        Whether to import its subagents too.
    batch_size : int, default 500
        The most entries for one ``append``; less than 1 means the default.

    Raises
    ------
    ValueError
        If the id is not a uuid.
    FileNotFoundError
        If there is no such session.
    """
    if batch_size < 1:
        batch_size = _BATCH
    path = await anyio.to_thread.run_sync(needed_transcript, session_id, directory)
    key: SessionKey = {"project_key": path.parent.name, "session_id": session_id}
    await _import(path, store, key, batch_size)
    if not include_subagents:
        return
    for file in Transcript(path).subagent_files():
        subpath = file.relative_to(path.with_suffix("")).with_suffix("").as_posix()
        await _import(file, store, {**key, "subpath": subpath}, batch_size)


async def _import(path: Path, store: SessionStore, key: SessionKey, batch_size: int) -> None:
    about = read_json(path.with_suffix(".meta.json"))
    last: list[Entry] = [{**about, "type": "agent_metadata"}] if about else []
    with path.open("rb") as file:
        entries = chain(parse_entries(file), last)
        while batch := await anyio.to_thread.run_sync(lambda: list(islice(entries, batch_size))):
            await store.append(key, cast("list[SessionStoreEntry]", batch))
