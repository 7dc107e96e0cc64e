"""`SqliteSessionStore`: sessions in one SQLite file."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from .._errors import ClaudeSDKError
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
from .memory import now_milliseconds

__all__ = ["SqliteSessionStore"]

_T = TypeVar("_T")

#: Seconds to wait while another process writes.
_BUSY_TIMEOUT = 30.0

# `position` keeps the order of the entries. The unique index makes repeated appends harmless.
_TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    project_key TEXT NOT NULL, session_id TEXT NOT NULL, subpath TEXT NOT NULL,
    uuid TEXT, entry TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS transcript ON entries (project_key, session_id, subpath, position);
CREATE UNIQUE INDEX IF NOT EXISTS once ON entries (project_key, session_id, subpath, uuid)
    WHERE uuid IS NOT NULL;
CREATE TABLE IF NOT EXISTS transcripts (
    project_key TEXT NOT NULL, session_id TEXT NOT NULL, subpath TEXT NOT NULL,
    mtime INTEGER NOT NULL, summary TEXT,
    PRIMARY KEY (project_key, session_id, subpath)
) WITHOUT ROWID;
"""
_ONE = "project_key = ? AND session_id = ? AND subpath = ?"


class SqliteSessionStore(SessionStore):
    """Keeps sessions in a SQLite file, which several processes of one machine may share.

    Parameters
    ----------
    path : str or Path
        The file. The store makes it at first use; only its owner can read it.

    Examples
    --------
    >>> store = SqliteSessionStore("sessions.sqlite")
    >>> options = ClaudeAgentOptions(session_store=store)  # doctest: +SKIP

    Notes
    -----
    The store works in threads, so it never blocks the event loop. Each `append` is one transaction:
    the store keeps all of its entries or none. It drops an entry whose uuid the transcript already
    has, so repeating an append changes nothing. Methods raise `ClaudeSDKError` if SQLite fails.
    """

    def __init__(self, path: str | Path) -> None:
        self.path: Path = Path(path)
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SqliteSessionStore({str(self.path)!r})"

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript."""
        flat = flat_key(key)
        # Made before the thread starts, since the caller may change the entries meanwhile.
        lines = [(*flat, _uuid(entry), json.dumps(entry)) for entry in entries]
        folded = json.loads(json.dumps(entries)) if not flat[2] else []
        if lines:
            await self._run(lambda connection: _append(connection, key, lines, folded))

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return all entries of a transcript, or None."""

        def load(connection: sqlite3.Connection) -> list[SessionStoreEntry] | None:
            rows = connection.execute(
                f"SELECT entry FROM entries WHERE {_ONE} ORDER BY position", flat_key(key)
            )
            return [json.loads(row[0]) for row in rows] or None

        return await self._run(load)

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder, the latest first."""
        rows = await self._run(lambda connection: _sessions(connection, project_key))
        return [{"session_id": row[0], "mtime": row[1]} for row in rows]

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a folder's sessions, the latest first."""
        rows = await self._run(lambda connection: _sessions(connection, project_key))
        return [{"session_id": row[0], "mtime": row[1], "data": json.loads(row[2])} for row in rows]

    async def delete(self, key: SessionKey) -> None:
        """Forget a transcript. With the session's own, forget those of its subagents."""
        flat = flat_key(key)
        which, values = (_ONE, flat) if flat[2] else (_ONE.rpartition(" AND ")[0], flat[:2])

        def delete(connection: sqlite3.Connection) -> None:
            for table in ("entries", "transcripts"):
                connection.execute(f"DELETE FROM {table} WHERE {which}", values)

        await self._run(delete)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths under a session."""
        query = (
            "SELECT subpath FROM transcripts WHERE project_key = ? AND session_id = ?"
            " AND subpath != '' ORDER BY subpath"
        )
        values = key["project_key"], key["session_id"]
        rows = await self._run(lambda connection: connection.execute(query, values).fetchall())
        return [row[0] for row in rows]

    async def aclose(self) -> None:
        """Close the file; the next call opens it again."""
        await anyio.to_thread.run_sync(self._close)

    # --- in a thread --------------------------------------------------------------------------

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        # Not abandoned when cancelled: else a caller would not know whether its entries were kept.
        return await anyio.to_thread.run_sync(self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            try:
                connection = self._open()
                with connection:  # commits, or rolls back on an error
                    connection.execute("BEGIN IMMEDIATE")
                    return work(connection)
            except (sqlite3.Error, OSError) as error:
                text = " ".join(str(error).split())
                raise ClaudeSDKError(f"The session store {self.path} failed: {text}") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._pid == os.getpid():
            return self._connection
        # A forked child must neither use nor close its parent's connection.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_TABLES)
        except BaseException:
            connection.close()
            raise
        self._pid = os.getpid()
        self._connection = connection
        return connection

    def _close(self) -> None:
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None


def _append(
    connection: sqlite3.Connection,
    key: SessionKey,
    lines: list[tuple[Any, ...]],
    entries: list[SessionStoreEntry],
) -> None:
    flat = flat_key(key)
    kept = [
        connection.execute(
            "INSERT OR IGNORE INTO entries (project_key, session_id, subpath, uuid, entry)"
            " VALUES (?, ?, ?, ?, ?)",
            line,
        ).rowcount
        for line in lines
    ]
    row = connection.execute(f"SELECT summary FROM transcripts WHERE {_ONE}", flat).fetchone()
    summary: str | None = None
    if not flat[2]:
        before: SessionSummaryEntry | None = None
        if row is not None:
            before = {"session_id": flat[1], "mtime": 0, "data": json.loads(row[0])}
        new = [entry for entry, count in zip(entries, kept, strict=True) if count]
        summary = json.dumps(fold_session_summary(before, key, new)["data"])
    # Later than any other, so that one session is always the latest.
    latest = connection.execute("SELECT max(mtime) FROM transcripts").fetchone()[0] or 0
    connection.execute(
        "INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?, ?, ?)",
        (*flat, max(now_milliseconds(), latest + 1), summary),
    )


def _sessions(connection: sqlite3.Connection, project_key: str) -> list[tuple[str, int, str]]:
    return connection.execute(
        "SELECT session_id, mtime, summary FROM transcripts"
        " WHERE project_key = ? AND subpath = '' ORDER BY mtime DESC",
        (project_key,),
    ).fetchall()


def _uuid(entry: SessionStoreEntry) -> str | None:
    uuid = entry.get("uuid")
    return uuid if isinstance(uuid, str) else None
