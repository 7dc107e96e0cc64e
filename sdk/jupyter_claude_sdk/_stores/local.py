"""Brings a session's transcript on this machine and its copy in a store to the same state.

It is for a program whose CLI keeps to its own configuration folder, as the notebook's does. Without
it, `restore` makes a folder for each session that it takes from a store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import anyio.to_thread

from .._errors import CLIConnectionError
from .._options import ClaudeAgentOptions
from .._sessions.cli_files import config_folder, read_json
from .._sessions.entries import is_uuid, parse_entries, project_key_for_directory
from .._sessions.transcript import Transcript
from .._transport.arguments import command_environment
from .._types.stores import SessionKey, SessionStoreEntry
from .restore import ask_store, find_session, find_subagents, write_transcripts
from .servers import uuid_of

__all__ = ["bring_session"]

_BATCH = 500


async def bring_session(
    options: ClaudeAgentOptions, session_id: str
) -> Literal["same", "brought", "parted"]:
    """Bring a session's transcript on this machine and its copy in the store to the same state.

    What one of them lacks is added to it. No CLI may be running in the session.

    Parameters
    ----------
    options : ClaudeAgentOptions
        With a ``session_store``. ``cwd`` and ``env`` say which transcript it is.
    session_id : str
        The session.

    Returns
    -------
    str
        ``"brought"`` if the transcript on this machine is new or has become longer; ``"parted"`` if
        the session went on in both places, so they stay as they are; ``"same"`` otherwise, also
        if there is no such session.

    Raises
    ------
    CLIConnectionError
        If the store fails or takes longer than ``load_timeout_ms``, or the transcript cannot be
        written.
    """
    store = options.session_store
    if store is None or not is_uuid(session_id):
        return "same"
    project = project_key_for_directory(options.cwd)
    folder = config_folder(command_environment(options, dict(os.environ))) / "projects" / project
    path = folder / f"{session_id}.jsonl"
    if not path.is_file():
        found = await find_session(replace(options, resume=session_id))
        if found is None:
            return "same"
        await _write(lambda: write_transcripts(folder, session_id, found.transcripts))
        return "brought"
    key: SessionKey = {"project_key": project, "session_id": session_id}
    stored = await ask_store(options, "load", store.load(key)) or []
    local = await anyio.to_thread.run_sync(_read, path)
    theirs, ours = _lacking(stored, local), _lacking(local, stored)
    if theirs and ours:
        return "parted"
    if ours:
        if not stored:
            await _send_subagents(options, key, path)
        await _send(options, key, ours)  # last: once the store has it, it has all
    if not theirs:
        return "same"
    subagents = await find_subagents(options, key)
    new = {name: entries for name, entries in subagents.items() if not _of(path, name).exists()}
    await _write(lambda: write_transcripts(folder, session_id, new))
    await _write(lambda: _add(path, theirs))
    return "brought"


def _lacking(
    entries: list[SessionStoreEntry], others: list[SessionStoreEntry]
) -> list[SessionStoreEntry]:
    """Return the entries that the others lack. Those without a uuid belong to the ones before."""
    if not others:
        return entries
    known = {uuid_of(entry) for entry in others} - {None}
    lacking: list[SessionStoreEntry] = []
    for entry in entries:
        uuid = uuid_of(entry)
        if (uuid is None and lacking) or (uuid is not None and uuid not in known):
            lacking.append(entry)
    return lacking


async def _send(
    options: ClaudeAgentOptions, key: SessionKey, entries: list[SessionStoreEntry]
) -> None:
    assert options.session_store is not None
    for at in range(0, len(entries), _BATCH):
        answer = options.session_store.append(key, entries[at : at + _BATCH])
        await ask_store(options, "append", answer, "The session cannot be copied to the store:")


async def _send_subagents(options: ClaudeAgentOptions, key: SessionKey, path: Path) -> None:
    for file in await anyio.to_thread.run_sync(lambda: list(Transcript(path).subagent_files())):
        subpath = file.relative_to(path.with_suffix("")).with_suffix("").as_posix()
        entries = await anyio.to_thread.run_sync(_read, file)
        await _send(options, {**key, "subpath": subpath}, entries)


def _of(path: Path, subpath: str) -> Path:
    """Return the path of a subagent's transcript."""
    return path.with_suffix("") / f"{subpath}.jsonl"


# --- in a thread ------------------------------------------------------------------------------


async def _write(work: Callable[[], None]) -> None:
    try:
        await anyio.to_thread.run_sync(work)
    except OSError as error:
        raise CLIConnectionError(
            f"The session from the store could not be written: {error}"
        ) from error


def _read(path: Path) -> list[SessionStoreEntry]:
    with path.open("rb") as file:
        entries = list(parse_entries(file))
    if about := read_json(path.with_suffix(".meta.json")):
        entries.append({**about, "type": "agent_metadata"})
    return cast("list[SessionStoreEntry]", entries)


def _add(path: Path, entries: list[SessionStoreEntry]) -> None:
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(end - 1, 0))
        half_a_line = file.read(1) not in (b"\n", b"")
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        file.write(b"\n" * half_a_line + lines.encode())
