"""A session store in memory.

Source: the documented session storage of the Agent SDK.
"""

from __future__ import annotations

import copy
import time

from .._sessions.summaries import fold_session_summary
from .._types.stores import (
    SessionKey,
    SessionListSubkeysKey,
    SessionStore,
    SessionStoreEntry,
    SessionStoreListEntry,
    SessionSummaryEntry,
    flat_key,
)

__all__ = ["InMemorySessionStore"]


class InMemorySessionStore(SessionStore):
    """A store for tests and examples. It forgets everything when the process ends."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], list[SessionStoreEntry]] = {}
        self._mtimes: dict[tuple[str, str], int] = {}
        self._summaries: dict[tuple[str, str], SessionSummaryEntry] = {}
        self._last_mtime = 0

    def __repr__(self) -> str:
        return f"<InMemorySessionStore with {self.size} transcripts>"

    @property
    def size(self) -> int:
        """How many sessions the store has, without their subagents."""
        return sum(1 for key in self._entries if not key[2])

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript."""
        self._entries.setdefault(flat_key(key), []).extend(copy.deepcopy(entries))
        if not key.get("subpath"):
            session = (key["project_key"], key["session_id"])
            # Later than any other, so that one session is always the latest.
            self._last_mtime = max(now_milliseconds(), self._last_mtime + 1)
            self._mtimes[session] = self._last_mtime
            summary = fold_session_summary(self._summaries.get(session), key, entries)
            self._summaries[session] = {**summary, "mtime": self._last_mtime}

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return a copy of all entries of a transcript, or None."""
        return copy.deepcopy(self._entries.get(flat_key(key)))

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
        """Forget a transcript. With the session's own, forget those of its subagents."""
        flat = flat_key(key)
        if flat[2]:
            self._entries.pop(flat, None)
            return
        for other in [other for other in self._entries if other[:2] == flat[:2]]:
            del self._entries[other]
        self._mtimes.pop(flat[:2], None)
        self._summaries.pop(flat[:2], None)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths under a session."""
        session = (key["project_key"], key["session_id"])
        return [flat[2] for flat in self._entries if flat[:2] == session and flat[2]]

    def get_entries(self, key: SessionKey) -> list[SessionStoreEntry]:
        """Return a transcript, to look at what was stored.

        Parameters
        ----------
        key : SessionKey
            The transcript.

        Returns
        -------
        list of SessionStoreEntry
            A copy of its entries; an empty list if there is none.
        """
        return copy.deepcopy(self._entries.get(flat_key(key), []))

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._mtimes.clear()
        self._summaries.clear()


def now_milliseconds() -> int:
    """Return the time as a store's mtime."""
    return time.time_ns() // 1_000_000
