"""The interface of session stores, which keep sessions elsewhere than on the local disk.

The CLI always writes its transcript to disk. With a `SessionStore` in the options the client also
sends every entry to the store. A session can be resumed from the store on another machine.

Source: the documented session storage of the Agent SDK.
"""

from __future__ import annotations

from typing import Any, Literal, NoReturn, Protocol, runtime_checkable

from .._base.typing import NotRequired, TypedDict

__all__ = [
    "SessionKey",
    "SessionListSubkeysKey",
    "SessionStore",
    "SessionStoreEntry",
    "SessionStoreFlushMode",
    "SessionStoreListEntry",
    "SessionSummaryEntry",
]

#: When entries go to the store: with each result and in batches, or as soon as they come.
SessionStoreFlushMode = Literal["batched", "eager"]


class SessionKey(TypedDict):
    """Names one transcript.

    ``project_key`` names the folder (see `project_key_for_directory`), ``session_id`` the session.
    With a ``subpath``, such as ``"subagents/agent-1"``, the transcript is a subagent's.
    """

    project_key: str
    session_id: str
    subpath: NotRequired[str]


class SessionStoreEntry(TypedDict):
    """One line of a transcript: ``type`` and other fields. A store does not interpret them."""

    type: str
    uuid: NotRequired[str]
    timestamp: NotRequired[str]


class SessionStoreListEntry(TypedDict):
    """A session in a list. ``mtime`` is in milliseconds since 1970."""

    session_id: str
    mtime: int


class SessionSummaryEntry(TypedDict):
    """A summary of a session for lists. `fold_session_summary` keeps it up to date.

    ``mtime`` is the store's own time, in milliseconds since 1970. A store does not interpret
    ``data``.
    """

    session_id: str
    mtime: int
    data: dict[str, Any]


class SessionListSubkeysKey(TypedDict):
    """Names a session, to list its subagents."""

    project_key: str
    session_id: str


@runtime_checkable
class SessionStore(Protocol):
    """The interface of a session store.

    A store must have `append` and `load`. The other methods are optional: each
    function that needs one says what happens without it. To check your own store, call
    ``jupyter_claude_sdk.testing.run_session_store_conformance``.

    Notes
    -----
    The client repeats an `append` that failed or took too long, so a store may get entries twice.
    It should drop an entry whose ``uuid`` the transcript already has, and keep entries without a
    uuid.
    """

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript.

        Parameters
        ----------
        key : SessionKey
            The transcript. An unknown one is new.
        entries : list of SessionStoreEntry
            The entries to add, in this order.
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
            All entries in the order in which they were appended; None if there are none.
        """

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder.

        Parameters
        ----------
        project_key : str
            The folder's key; see `project_key_for_directory`.

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
            The folder's key; see `project_key_for_directory`.

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
            The transcript. Without a subpath, forget the session's subagents too.
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
            The subpaths, such as ``"subagents/agent-1"``.
        """
        await _missing("list_subkeys")


async def _missing(name: str) -> NoReturn:
    # Not raised in the methods themselves: type checkers would take those for abstract ones.
    raise NotImplementedError(f"This session store has no {name}()")


def flat_key(key: SessionKey) -> tuple[str, str, str]:
    """Return a key as a tuple, with "" for no subpath."""
    return key["project_key"], key["session_id"], key.get("subpath") or ""


#: The methods that a store may leave out.
OPTIONAL_METHODS = ("list_sessions", "list_session_summaries", "delete", "list_subkeys")


def implements(store: object, name: str) -> bool:
    """Return whether a store implements the optional method `name`."""
    method = getattr(store, name, None)
    return callable(method) and getattr(method, "__func__", None) is not getattr(SessionStore, name)
