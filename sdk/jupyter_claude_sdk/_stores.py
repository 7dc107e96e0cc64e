"""Where sessions may be kept besides the local disk: the interface, and a store in memory.

The CLI always writes its own transcript to disk. With a `SessionStore` in the options every entry
goes to the store too, and a session can be resumed from there on another machine.

Source: the documented session storage of the Agent SDK.
"""

from __future__ import annotations

import copy
import re
import time
from typing import Any, Literal, NoReturn, Protocol, runtime_checkable

from ._timestamps import milliseconds
from ._typing import NotRequired, TypedDict

#: When entries go to the store: with each result and in larger lots, or as soon as they come.
SessionStoreFlushMode = Literal["batched", "eager"]


class SessionKey(TypedDict):
    """Names one transcript.

    ``project_key`` stands for the folder (see `project_key_for_directory`), ``session_id`` for the
    session; with a ``subpath`` such as ``"subagents/agent-1"`` it is a subagent's transcript.
    """

    project_key: str
    session_id: str
    subpath: NotRequired[str]


class SessionStoreEntry(TypedDict):
    """One line of a transcript: ``type`` and whatever else the CLI wrote, opaque to a store."""

    type: str
    uuid: NotRequired[str]
    timestamp: NotRequired[str]


class SessionStoreListEntry(TypedDict):
    """A session in a list; ``mtime`` is in milliseconds since 1970."""

    session_id: str
    mtime: int


class SessionSummaryEntry(TypedDict):
    """What a list shows of a session, kept up to date by `fold_session_summary`.

    ``mtime`` is the store's own, in milliseconds since 1970; ``data`` is opaque to a store.
    """

    session_id: str
    mtime: int
    data: dict[str, Any]


class SessionListSubkeysKey(TypedDict):
    """Names a session whose subagents are asked for."""

    project_key: str
    session_id: str


@runtime_checkable
class SessionStore(Protocol):
    """What a store must be able to do.

    `append` and `load` are required. The others are optional: leave them out, and what needs them
    says so. Check your own with ``jupyter_claude_sdk.testing.run_session_store_conformance``.

    Notes
    -----
    Source: the documented session storage of the Agent SDK. An `append` that failed or took too
    long is tried again, so a store may see entries twice; a store that drops a ``uuid`` that it
    has in that transcript already is safe from it. Entries without a uuid are always kept.
    """

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript.

        Parameters
        ----------
        key : SessionKey
            The transcript; an unknown one begins with this.
        entries : list of SessionStoreEntry
            What to add, in this order.
        """

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return a transcript.

        Parameters
        ----------
        key : SessionKey
            The transcript.

        Returns
        -------
        list of SessionStoreEntry or None
            All entries in the order of their appending; None if there is no such transcript.
        """

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder.

        Parameters
        ----------
        project_key : str
            The folder's, as `project_key_for_directory` makes it.

        Returns
        -------
        list of SessionStoreListEntry
            The sessions without their subagents, in any order.
        """
        await _missing("list_sessions")

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a folder's sessions.

        Parameters
        ----------
        project_key : str
            The folder's, as `project_key_for_directory` makes it.

        Returns
        -------
        list of SessionSummaryEntry
            What `fold_session_summary` made of each session, in any order.
        """
        await _missing("list_session_summaries")

    async def delete(self, key: SessionKey) -> None:
        """Forget a transcript.

        Parameters
        ----------
        key : SessionKey
            The transcript; without a subpath the session's subagents go, too.
        """
        await _missing("delete")

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the transcripts of a session's subagents.

        Parameters
        ----------
        key : SessionListSubkeysKey
            The session.

        Returns
        -------
        list of str
            The subpaths that there are under it, such as ``"subagents/agent-1"``.
        """
        await _missing("list_subkeys")


async def _missing(name: str) -> NoReturn:
    # Not raised in the methods themselves: type checkers would take those for abstract ones.
    raise NotImplementedError(f"This session store has no {name}()")


#: The methods that a store may leave out.
OPTIONAL_METHODS = ("list_sessions", "list_session_summaries", "delete", "list_subkeys")


def implements(store: object, name: str) -> bool:
    """Say whether a store has the optional method `name`, rather than the interface's own."""
    method = getattr(store, name, None)
    return callable(method) and getattr(method, "__func__", None) is not getattr(SessionStore, name)


class InMemorySessionStore(SessionStore):
    """A store for tests and examples: it forgets all when the process ends."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], list[SessionStoreEntry]] = {}
        self._mtimes: dict[tuple[str, str], int] = {}
        self._summaries: dict[tuple[str, str], SessionSummaryEntry] = {}
        self._last_mtime = 0

    def __repr__(self) -> str:
        return f"<InMemorySessionStore with {self.size} transcripts>"

    @property
    def size(self) -> int:
        """How many sessions there are, without their subagents."""
        return sum(1 for key in self._entries if not key[2])

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript."""
        self._entries.setdefault(_flat(key), []).extend(copy.deepcopy(entries))
        if not key.get("subpath"):
            session = (key["project_key"], key["session_id"])
            # Strictly later than any other, so that the latest session is always known.
            self._last_mtime = max(now_milliseconds(), self._last_mtime + 1)
            self._mtimes[session] = self._last_mtime
            summary = fold_session_summary(self._summaries.get(session), key, entries)
            self._summaries[session] = {**summary, "mtime": self._last_mtime}

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return a copy of all entries of a transcript, or None."""
        return copy.deepcopy(self._entries.get(_flat(key)))

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder."""
        return [
            {"session_id": session_id, "mtime": mtime}
            for (project, session_id), mtime in self._mtimes.items()
            if project == project_key
        ]

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a folder's sessions."""
        return [
            copy.deepcopy(summary)
            for (project, _), summary in self._summaries.items()
            if project == project_key
        ]

    async def delete(self, key: SessionKey) -> None:
        """Forget a transcript, and the session's subagents with the main one."""
        flat = _flat(key)
        if flat[2]:
            self._entries.pop(flat, None)
            return
        for other in [other for other in self._entries if other[:2] == flat[:2]]:
            del self._entries[other]
        self._mtimes.pop(flat[:2], None)
        self._summaries.pop(flat[:2], None)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths that there are under a session."""
        session = (key["project_key"], key["session_id"])
        return [flat[2] for flat in self._entries if flat[:2] == session and flat[2]]

    def get_entries(self, key: SessionKey) -> list[SessionStoreEntry]:
        """Return a transcript, for a look at what was stored.

        Parameters
        ----------
        key : SessionKey
            The transcript.

        Returns
        -------
        list of SessionStoreEntry
            A copy of its entries; an empty list if there is none.
        """
        return copy.deepcopy(self._entries.get(_flat(key), []))

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._mtimes.clear()
        self._summaries.clear()


def _flat(key: SessionKey) -> tuple[str, str, str]:
    return key["project_key"], key["session_id"], key.get("subpath") or ""


def now_milliseconds() -> int:
    """Return the time as a store's mtime."""
    return time.time_ns() // 1_000_000


# --- summaries --------------------------------------------------------------------------------

#: What a summary takes over from entries: the entry's field, the summary's. The last one counts.
_LATEST = (
    ("customTitle", "custom_title"),
    ("aiTitle", "ai_title"),
    ("lastPrompt", "last_prompt"),
    ("summary", "summary_hint"),
    ("gitBranch", "git_branch"),
)
_FIRST_PROMPT_LENGTH = 200
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
#: Texts that stand in a user's message and are not the user's words.
_NOT_A_PROMPT = re.compile(
    r"<(local-command-stdout|session-start-hook|tick|goal|ide_opened_file|ide_selection)>"
    r"|\[Request interrupted by user[^\]]*\]\s*$"
)


def fold_session_summary(
    prev: SessionSummaryEntry | None, key: SessionKey, entries: list[SessionStoreEntry]
) -> SessionSummaryEntry:
    """Return a session's summary brought up to date with entries that were appended.

    For stores that keep summaries beside transcripts, so that a list need not load them.

    Parameters
    ----------
    prev : dict or None
        The summary before; it is left as it is.
    key : dict
        The transcript's key. Do not fold a subagent's entries into its session's summary.
    entries : list of dict
        What was appended.

    Returns
    -------
    dict
        The new summary, with the ``mtime`` of `prev` or 0: set the store's own time.
    """
    data: dict[str, Any] = dict(prev["data"]) if prev is not None else {}
    for entry in entries:
        _fold(data, dict(entry))
    mtime = prev["mtime"] if prev is not None else 0
    return {"session_id": key["session_id"], "mtime": mtime, "data": data}


def _fold(data: dict[str, Any], entry: dict[str, Any]) -> None:
    data.setdefault("is_sidechain", entry.get("isSidechain") is True)
    if "created_at" not in data:
        created = milliseconds(entry.get("timestamp"))
        if created is not None:
            data["created_at"] = created
    if "cwd" not in data and isinstance(entry.get("cwd"), str) and entry["cwd"]:
        data["cwd"] = entry["cwd"]
    for name, kept in _LATEST:
        if isinstance(entry.get(name), str):
            data[kept] = entry[name]
    if entry.get("type") == "tag":
        tag = entry.get("tag")
        if isinstance(tag, str) and tag:
            data["tag"] = tag
        else:
            data.pop("tag", None)
    if not data.get("first_prompt_locked"):
        _fold_prompt(data, entry)


def _fold_prompt(data: dict[str, Any], entry: dict[str, Any]) -> None:
    if entry.get("type") != "user" or entry.get("isMeta") or entry.get("isCompactSummary"):
        return
    for text in _texts(entry.get("message")):
        command = _COMMAND.search(text)
        if command is not None:
            data.setdefault("command_fallback", command[1].strip())
        elif text and not _NOT_A_PROMPT.match(text):
            if len(text) > _FIRST_PROMPT_LENGTH:
                text = text[:_FIRST_PROMPT_LENGTH].rstrip() + "…"
            data["first_prompt"] = text
            data["first_prompt_locked"] = True
            return


def _texts(message: object) -> list[str]:
    content = message.get("content") if isinstance(message, dict) else None
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list):
        return []
    if any(isinstance(block, dict) and block.get("type") == "tool_result" for block in blocks):
        return []
    return [
        block["text"].replace("\n", " ").strip()
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    ]
