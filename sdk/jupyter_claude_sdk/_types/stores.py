"""Where sessions may be kept besides the local disk: the interface.

The CLI always writes its own transcript to disk. With a `SessionStore` in the options every entry
goes to the store too, and a session can be resumed from there on another machine.

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


def flat_key(key: SessionKey) -> tuple[str, str, str]:
    """Return a key as a tuple, with "" for no subpath."""
    return key["project_key"], key["session_id"], key.get("subpath") or ""


#: The methods that a store may leave out.
OPTIONAL_METHODS = ("list_sessions", "list_session_summaries", "delete", "list_subkeys")


def implements(store: object, name: str) -> bool:
    """Say whether a store has the optional method `name`, rather than the interface's own."""
    method = getattr(store, name, None)
    return callable(method) and getattr(method, "__func__", None) is not getattr(SessionStore, name)
