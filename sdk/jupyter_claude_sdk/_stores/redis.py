"""`RedisSessionStore`: sessions in Redis, or in a server that speaks its protocol."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

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
from .servers import failure, in_thread, missing, once, uuid_of

__all__ = ["RedisSessionStore"]

_T = TypeVar("_T")

#: Seconds that a connection, and an answer, may take.
_CONNECT, _ANSWER = 5.0, 20.0


class RedisSessionStore(SessionStore):
    """Keeps sessions in Redis or Valkey. Any number of machines may share it.

    It needs ``pip install 'jupyter-claude[redis]'``.

    Parameters
    ----------
    url : str, default "redis://localhost:6379/0"
        The server, such as ``rediss://user:password@host:6379/0``.
    prefix : str, default "claude:"
        With what each key begins.
    ttl : int, optional
        Seconds after the last append after which the server forgets a session; None: never.
    client : redis.Redis, optional
        A client of your own, in place of `url`; not one of ``redis.asyncio``.

    Examples
    --------
    >>> store = RedisSessionStore("redis://localhost:6379/0")  # doctest: +SKIP
    >>> options = ClaudeAgentOptions(session_store=store)  # doctest: +SKIP

    Notes
    -----
    Each `append` is one transaction: the server keeps all of its entries or none. It drops an entry
    whose uuid the transcript already has. Methods raise `ClaudeSDKError` if the server fails.
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        prefix: str = "claude:",
        ttl: int | None = None,
        client: Any = None,
    ) -> None:
        try:
            import redis
        except ModuleNotFoundError:
            raise missing("RedisSessionStore", "redis", "redis") from None
        if ttl is not None and ttl < 1:
            raise ValueError(f"ttl must be whole seconds, at least 1, or None; got {ttl!r}")
        if client is not None and inspect.iscoroutinefunction(client.execute_command):
            raise TypeError("client must be a redis.Redis, not one of redis.asyncio")
        self._own = client is None
        self._client: Any = _connected(url) if client is None else client
        self._errors = (redis.RedisError, OSError)
        self._prefix = prefix
        self._ttl = ttl

    def __repr__(self) -> str:
        return f"<RedisSessionStore at {self._place}, prefix {self._prefix!r}>"

    @property
    def _place(self) -> str:
        """Where the server is, without its password."""
        known = getattr(getattr(self._client, "connection_pool", None), "connection_kwargs", {})
        if "path" in known:
            return f"{known['path']}, database {known.get('db') or 0}"
        return f"{known.get('host', 'a server')}:{known.get('port', 6379)}/{known.get('db') or 0}"

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript."""
        # Made before the thread starts, since the caller may change the entries meanwhile.
        copies: list[SessionStoreEntry] = json.loads(json.dumps(once(entries)))
        if copies:
            await self._run(lambda: self._append(key, copies))

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return all entries of a transcript, or None."""

        def load() -> list[SessionStoreEntry] | None:
            lines = self._client.lrange(self._names(key).entries, 0, -1)
            return [json.loads(line) for line in lines] or None

        return await self._run(load)

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder, the latest first."""
        found = await self._run(lambda: self._summaries(project_key))
        return [{"session_id": one["session_id"], "mtime": one["mtime"]} for one in found]

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a folder's sessions, the latest first."""
        return await self._run(lambda: self._summaries(project_key))

    async def delete(self, key: SessionKey) -> None:
        """Forget a transcript. With the session's own, forget those of its subagents."""
        names = self._names(key)

        def delete(pipe: Any) -> None:
            subpaths = [] if names.subpath else _texts(pipe.smembers(names.subpaths))
            pipe.multi()
            for one in (names, *(names.of(subpath) for subpath in subpaths)):
                pipe.delete(one.entries, one.uuids)
            if names.subpath:
                pipe.srem(names.subpaths, names.subpath)
            else:
                pipe.delete(names.subpaths, names.summary)
                pipe.zrem(names.sessions, names.session_id)

        await self._run(lambda: self._client.transaction(delete, names.entries, names.subpaths))

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths under a session."""
        names = self._names({"project_key": key["project_key"], "session_id": key["session_id"]})
        return await self._run(lambda: sorted(_texts(self._client.smembers(names.subpaths))))

    async def aclose(self) -> None:
        """Close the connections, unless the client is your own; the next call opens them again."""
        if self._own:
            await in_thread(self._client.close)

    # --- in a thread --------------------------------------------------------------------------

    async def _run(self, work: Callable[[], _T]) -> _T:
        def run() -> _T:
            try:
                return work()
            except self._errors as error:
                raise failure(f"Redis at {self._place}", error) from None

        return await in_thread(run)

    def _append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        names = self._names(key)

        def append(pipe: Any) -> None:
            new = _new(pipe, names, entries)
            mtime = _mtime(pipe, names)
            kept = pipe.get(names.summary)
            subpaths = _texts(pipe.smembers(names.subpaths)) if self._ttl else []
            pipe.multi()
            if new:
                pipe.rpush(names.entries, *(json.dumps(entry) for entry in new))
            if uuids := _uuids(new):
                pipe.sadd(names.uuids, *uuids)
            if names.subpath:
                pipe.sadd(names.subpaths, names.subpath)
            else:
                before = None if kept is None else _summary(names.session_id, kept)
                data = fold_session_summary(before, key, new)["data"]
                pipe.set(names.summary, json.dumps({"mtime": mtime, "data": data}))
                pipe.zadd(names.sessions, {names.session_id: mtime})
            if self._ttl:
                # All of the session's keys, so that no subagent is forgotten before it.
                every = [names.of(subpath) for subpath in {"", names.subpath, *subpaths}]
                for one in every:
                    pipe.expire(one.entries, self._ttl)
                    pipe.expire(one.uuids, self._ttl)
                for name in (names.subpaths, names.summary, names.sessions):
                    pipe.expire(name, self._ttl)
                pipe.zremrangebyscore(names.sessions, 0, mtime - 1000 * self._ttl)

        # Another writer's append in the meantime changes the list of entries. Then it starts again.
        self._client.transaction(append, names.entries)

    def _summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        names = self._names({"project_key": project_key, "session_id": ""})
        ids = _texts(self._client.zrange(names.sessions, 0, -1, desc=True))
        if not ids:
            return []
        kept = self._client.mget([names.session(session_id).summary for session_id in ids])
        # Without a summary it was forgotten, or deleted since.
        return [_summary(id, text) for id, text in zip(ids, kept, strict=True) if text is not None]

    def _names(self, key: SessionKey) -> _Names:
        return _Names(self._prefix, *flat_key(key))


class _Names:
    """The names of a transcript's keys.

    A cluster keeps all keys with the same text in braces on one server, as transactions need it.
    """

    def __init__(self, prefix: str, project: str, session_id: str, subpath: str) -> None:
        self._key = prefix, project
        self.session_id, self.subpath = session_id, subpath
        folder = f"{prefix}{{{quote(project, safe='')}}}"
        session = quote(session_id, safe="")
        self.entries = f"{folder}:entries:{session}:{subpath}"  # a list
        self.uuids = f"{folder}:uuids:{session}:{subpath}"  # a set
        self.subpaths = f"{folder}:subpaths:{session}"  # a set
        self.summary = f"{folder}:summary:{session}"  # JSON
        self.sessions = f"{folder}:sessions"  # a sorted set, by mtime

    def of(self, subpath: str) -> _Names:
        return _Names(*self._key, self.session_id, subpath)

    def session(self, session_id: str) -> _Names:
        return _Names(*self._key, session_id, "")


def _connected(url: str) -> Any:
    """Return a client; it connects at its first command."""
    import redis
    from redis.backoff import ExponentialBackoff
    from redis.retry import Retry

    try:
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=_CONNECT,
            socket_timeout=_ANSWER,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.1), 2),
        )
    except ValueError:  # its message may have the password
        raise ValueError(
            "url must be the URL of a Redis server, such as redis://localhost:6379/0"
        ) from None


def _new(pipe: Any, names: _Names, entries: list[SessionStoreEntry]) -> list[SessionStoreEntry]:
    """Return the entries whose uuids the transcript does not have."""
    uuids = _uuids(entries)
    if not uuids:
        return entries
    answers = pipe.smismember(names.uuids, uuids)
    known = {uuid for uuid, is_known in zip(uuids, answers, strict=True) if is_known}
    return [entry for entry in entries if uuid_of(entry) not in known]


def _uuids(entries: list[SessionStoreEntry]) -> list[str]:
    return [uuid for entry in entries if (uuid := uuid_of(entry)) is not None]


def _mtime(pipe: Any, names: _Names) -> int:
    """Return the server's time, but later than any other, so one session is always the latest."""
    seconds, microseconds = pipe.time()
    last = pipe.zrange(names.sessions, 0, 0, desc=True, withscores=True)
    now: int = seconds * 1000 + microseconds // 1000
    return max(now, int(last[0][1]) + 1) if last else now


def _summary(session_id: str, text: str | bytes) -> SessionSummaryEntry:
    kept = json.loads(text)
    return {"session_id": session_id, "mtime": kept["mtime"], "data": kept["data"]}


def _texts(values: Any) -> list[str]:
    """Return names as text, whether or not the client decodes answers."""
    return [value.decode() if isinstance(value, bytes) else value for value in values]
