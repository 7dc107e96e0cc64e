"""Resumes a session from a store. The CLI reads only files, so this module writes them.

They are in a configuration folder, which is made for this session and removed at its end. The
folder has links to the user's own settings. Its only secrets are those that the CLI needs to sign
in.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from .._errors import CLIConnectionError
from .._options import ClaudeAgentOptions
from .._sessions.cli_files import config_folder, read_json
from .._sessions.entries import is_sidechain, is_uuid, project_key_for_directory
from .._transport.arguments import command_environment
from .._transport.scratch import (
    RESTORED,
    change_owner,
    new_folder,
    remove_folder,
    sweep,
    write_private,
)
from .._transport.subprocess import SubprocessTransport, check_folder
from .._types.stores import SessionKey, SessionStoreEntry, implements
from .optional import call_optional

logger = logging.getLogger("jupyter_claude_sdk")

_T = TypeVar("_T")

_CANNOT_CONTINUE = (
    "continue_conversation needs a session_store with list_sessions(); "
    "give the session's id as resume instead"
)
#: The parts of the user's configuration that the folder has links to.
_LINKED = (
    *("settings.json", "CLAUDE.md", "keybindings.json"),
    *("agents", "commands", "skills", "plugins", "output-styles", "rules", "file-history"),
)
#: With one of these variables the CLI does not need its credentials.
_SIGN_IN = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    *("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"),
)
#: The secrets in ``.claude.json``.
_SECRET = ("primaryApiKey", "oauthAccount")


class RestoringTransport(SubprocessTransport):
    """Runs the CLI on a session from a store, or on the local one if the store lacks it.

    Parameters
    ----------
    options : ClaudeAgentOptions
        With a ``session_store``, and ``resume`` or ``continue_conversation``.

    Raises
    ------
    ValueError
        If the options ask for the latest conversation, and the store cannot list.
    """

    def __init__(self, options: ClaudeAgentOptions) -> None:
        super().__init__(options)
        store = options.session_store
        if options.resume is None and not implements(store, "list_sessions"):
            raise ValueError(_CANNOT_CONTINUE)
        self._folder: Path | None = None

    def prepare(self) -> None:
        pass  # `connect` knows what to start, once it has restored the session

    async def connect(self) -> None:
        check_folder(self._options.cwd)  # its name is part of the session's key
        restored = await find_session(self._options)
        if restored is not None:
            # A thread cannot be cancelled, and `close` must know the folder that it makes.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(sweep)
                self._folder = await anyio.to_thread.run_sync(make_folder, restored, self._options)
            self._options = replace(
                self._options,
                resume=restored.session_id,
                continue_conversation=False,
                env={**self._options.env, "CLAUDE_CONFIG_DIR": str(self._folder)},
            )
        await super().connect()

    async def close(self, *, busy: bool = False) -> None:
        try:
            await super().close(busy=busy)
        finally:
            if self._folder is not None:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(remove_folder, self._folder)


@dataclass
class StoredSession:
    """A session in a store: its entries by subpath, with ``""`` for the session's own."""

    project_key: str
    session_id: str
    transcripts: dict[str, list[SessionStoreEntry]]


# --- asking the store -------------------------------------------------------------------------


async def find_session(options: ClaudeAgentOptions) -> StoredSession | None:
    """Return the session to resume, with its subagents; None if the store has none.

    Raises
    ------
    CLIConnectionError
        If the store fails or takes longer than ``load_timeout_ms``.
    """
    assert options.session_store is not None
    project = project_key_for_directory(options.cwd)
    if options.resume is not None:
        # The CLI may understand something else than an id. It must not become a file's name here.
        return await _load(options, project, options.resume) if is_uuid(options.resume) else None
    listed = await ask_store(
        options, "list_sessions", call_optional(options.session_store, "list_sessions", project)
    )
    if listed is None:
        raise CLIConnectionError(_CANNOT_CONTINUE)
    for entry in sorted(listed, key=lambda entry: entry["mtime"], reverse=True):
        if is_uuid(entry["session_id"]):
            found = await _load(options, project, entry["session_id"])
            if found is not None and not is_sidechain(found.transcripts[""][0]):
                return found
    return None


async def _load(options: ClaudeAgentOptions, project: str, session_id: str) -> StoredSession | None:
    store = options.session_store
    assert store is not None
    key: SessionKey = {"project_key": project, "session_id": session_id}
    entries = await ask_store(options, "load", store.load(key))
    if not entries:
        return None
    return StoredSession(project, session_id, {"": entries, **await find_subagents(options, key)})


async def find_subagents(
    options: ClaudeAgentOptions, key: SessionKey
) -> dict[str, list[SessionStoreEntry]]:
    """Return the transcripts of a session's subagents, by subpath."""
    store = options.session_store
    assert store is not None
    found: dict[str, list[SessionStoreEntry]] = {}
    session = {"project_key": key["project_key"], "session_id": key["session_id"]}
    subpaths = await ask_store(
        options, "list_subkeys", call_optional(store, "list_subkeys", session)
    )
    for subpath in subpaths or ():
        if not is_safe(subpath):
            logger.warning("The session store has a subpath that is unsafe as a path: %r", subpath)
            continue
        of_agent = await ask_store(options, "load", store.load({**key, "subpath": subpath}))
        if of_agent:
            found[subpath] = of_agent
    return found


async def ask_store(
    options: ClaudeAgentOptions,
    what: str,
    answer: Awaitable[_T],
    problem: str = "The session to resume cannot be read: the store's",
) -> _T:
    """Return what a method of the store answers.

    Parameters
    ----------
    options : ClaudeAgentOptions
        Has the limit, ``load_timeout_ms``.
    what : str
        The method's name.
    answer : awaitable
        Its call.
    problem : str
        The beginning of the error's message.

    Raises
    ------
    CLIConnectionError
        If the method fails or takes too long.
    """
    try:
        with anyio.move_on_after(options.load_timeout_ms / 1000):
            return await answer
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise CLIConnectionError(f"{problem} {what}() failed: {text}") from error
    raise CLIConnectionError(
        f"{problem} {what}() took longer than {options.load_timeout_ms} ms; "
        "the option load_timeout_ms sets the limit"
    )


def is_safe(subpath: object) -> bool:
    """Return whether a store's subpath is safe as a path inside the session's folder."""
    if not isinstance(subpath, str) or not subpath or len(subpath) > 1000:
        return False
    if any(ord(character) < 32 or character in '\\:*?"<>|' for character in subpath):
        return False
    return all(part.strip(". ") for part in subpath.split("/"))


# --- the folder, in a thread ------------------------------------------------------------------


def make_folder(session: StoredSession, options: ClaudeAgentOptions) -> Path:
    """Make the configuration folder of a stored session; return its path."""
    folder = new_folder(RESTORED)
    try:
        project = folder / "projects" / session.project_key
        write_transcripts(project, session.session_id, session.transcripts)
        environment = command_environment(options, dict(os.environ))
        _add_configuration(folder, environment)
        if options.user is not None:
            change_owner(folder, options.user)
    except Exception as error:
        remove_folder(folder)
        text = " ".join(str(error).split())
        raise CLIConnectionError(
            f"The session from the store could not be written to {tempfile.gettempdir()}: {text}"
        ) from error
    return folder


def write_transcripts(
    project: Path, session_id: str, transcripts: Mapping[str, list[SessionStoreEntry]]
) -> None:
    """Write a session's transcripts into the CLI's folder of a project."""
    # The session's own comes last: once it is there, the session is whole.
    for subpath in sorted(transcripts, reverse=True):
        name = f"{session_id}/{subpath}" if subpath else session_id
        _write_transcript(project, name, transcripts[subpath])


def _write_transcript(project: Path, name: str, entries: list[SessionStoreEntry]) -> None:
    path = project / f"{name}.jsonl"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    metadata: dict[str, Any] | None = None
    lines = []
    for entry in entries:
        if entry.get("type") == "agent_metadata":  # the CLI keeps this in another file
            metadata = {key: value for key, value in entry.items() if key != "type"}
        else:
            lines.append(json.dumps(entry) + "\n")
    if metadata is not None:
        _replace(project / f"{name}.meta.json", json.dumps(metadata))
    _replace(path, "".join(lines))


def _replace(path: Path, text: str) -> None:
    """Write a file that only this user can read. It is never there in part."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    write_private(draft, text)
    draft.replace(path)


def _add_configuration(folder: Path, environment: Mapping[str, str]) -> None:
    home = config_folder(environment)
    for name in _LINKED:
        if (home / name).exists():
            try:
                (folder / name).symlink_to((home / name).absolute())
            except OSError:  # Windows may not allow links; the session does without
                logger.warning("%s could not be linked into the resumed session", home / name)
    signed_in = any(environment.get(name) for name in _SIGN_IN)
    state = read_json(
        (home if environment.get("CLAUDE_CONFIG_DIR") else Path.home()) / ".claude.json"
    )
    if state:
        hidden = _SECRET if signed_in else ()
        kept = {name: value for name, value in state.items() if name not in hidden}
        write_private(folder / ".claude.json", json.dumps(kept))
    credentials = {} if signed_in else read_json(home / ".credentials.json")
    if credentials:
        # A refresh token works once: if this CLI used it, the user would be signed out elsewhere.
        write_private(folder / ".credentials.json", json.dumps(_without_refresh(credentials)))


def _without_refresh(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            name: _without_refresh(value)
            for name, value in data.items()
            if "refreshtoken" not in name.lower().replace("_", "")
        }
    return data
