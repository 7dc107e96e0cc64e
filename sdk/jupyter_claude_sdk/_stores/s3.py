"""`S3SessionStore`: sessions in a bucket of S3, or of a service with its interface.

S3 can neither append nor lock. So each append is one object, a part, whose name has a number above
those of all parts that were there. A load reads the parts in the order of their names.

For lists each session also has a head: a small object with its summary, and with its mtime in its
name. A writer folds its entries into the head that it found, writes this as a new head, and then
removes the one it found. If two writers do that at the same time, two heads are left, and neither
has all. So a session with several heads has its summary made again, of all parts.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote, unquote

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
from .servers import failure, in_thread, missing, once

__all__ = ["S3SessionStore"]

_T = TypeVar("_T")
_R = TypeVar("_R")

#: Seconds that a connection, and an answer, may take.
_CONNECT, _ANSWER = 5, 20
#: How many requests run at the same time, and how many names one answer has.
_AT_ONCE = 16
_PAGE = 1000


class S3SessionStore(SessionStore):
    """Keeps sessions in a bucket of S3. Any number of machines may share it.

    It needs ``pip install 'jupyter-claude[s3]'``. Without `client`, boto3 looks for credentials and
    the region in its usual places: environment variables, files, the machine's role.

    Parameters
    ----------
    bucket : str
        The bucket, which must exist. The store needs to list, get, put and delete objects in it.
    prefix : str, default ""
        The folder in the bucket; "" is its top.
    endpoint_url : str, optional
        The address of another service with S3's interface.
    client : object, optional
        A client of your own: ``boto3.client("s3", …)``.

    Examples
    --------
    >>> store = S3SessionStore("my-bucket", prefix="sessions")  # doctest: +SKIP
    >>> options = ClaudeAgentOptions(session_store=store)  # doctest: +SKIP

    Notes
    -----
    Each `append` writes one object, so the store keeps all of its entries or none. `load` drops an
    entry whose uuid an earlier one has. Methods raise `ClaudeSDKError` if S3 fails.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str | None = None,
        client: Any = None,
    ) -> None:
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ModuleNotFoundError:
            raise missing("S3SessionStore", "boto3", "s3") from None
        self._bucket = bucket
        self._prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self._endpoint_url = endpoint_url
        self._given = client
        self._made: Any = None
        self._lock = threading.Lock()
        self._client_error = ClientError
        self._errors = (BotoCoreError, ClientError, OSError)
        self._last: dict[str, str] = {}  # the last part that is known, by transcript
        self._last_mtime = 0

    def __repr__(self) -> str:
        return f"S3SessionStore({self._bucket!r}, {self._prefix!r})"

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Add entries at the end of a transcript."""
        # Made before the thread starts, since the caller may change the entries meanwhile.
        lines = [json.dumps(entry) for entry in once(entries)]
        if lines:
            await self._run(lambda: self._append(key, lines))

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return all entries of a transcript, or None."""
        return await self._run(lambda: self._load(key)) or None

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a folder, the latest first."""
        heads = await self._run(lambda: self._all_heads(project_key))
        listed: list[SessionStoreListEntry] = [
            {"session_id": session_id, "mtime": _mtime(names)}
            for session_id, names in heads.items()
        ]
        return sorted(listed, key=lambda one: one["mtime"], reverse=True)

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of a folder's sessions, the latest first."""

        def summary(one: tuple[str, list[str]]) -> SessionSummaryEntry:
            session_id, names = one
            key: SessionKey = {"project_key": project_key, "session_id": session_id}
            return {**self._summary(key, names), "mtime": _mtime(names)}

        def summaries() -> list[SessionSummaryEntry]:
            return _each(summary, self._all_heads(project_key).items())

        return sorted(await self._run(summaries), key=lambda one: one["mtime"], reverse=True)

    async def delete(self, key: SessionKey) -> None:
        """Forget a transcript. With the session's own, forget those of its subagents."""

        def delete() -> None:
            if key.get("subpath"):
                self._remove(self._list(self._parts(key)))
                return
            self._remove(self._list(self._session(key)))
            # The heads last: until then a list shows that there is still something to delete.
            self._remove(self._list(self._heads(key["project_key"], key["session_id"])))

        await self._run(delete)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths under a session."""
        whole: SessionKey = {"project_key": key["project_key"], "session_id": key["session_id"]}
        folder = f"{self._session(whole)}sub/"
        names = await self._run(lambda: self._list(folder, folders=True))
        return [unquote(name[len(folder) : -1]) for name in names]

    # --- names --------------------------------------------------------------------------------

    def _session(self, key: SessionKey) -> str:
        """Return the folder of a session's parts, with those of its subagents."""
        project, session_id, _ = flat_key(key)
        return f"{self._prefix}{_quoted(project)}/parts/{_quoted(session_id)}/"

    def _parts(self, key: SessionKey) -> str:
        """Return the folder of a transcript's parts."""
        subpath = key.get("subpath")
        return f"{self._session(key)}{f'sub/{_quoted(subpath)}' if subpath else 'main'}/"

    def _heads(self, project: str, session_id: str | None = None) -> str:
        """Return the folder of a session's heads, or of a project's."""
        folder = f"{self._prefix}{_quoted(project)}/heads/"
        return folder if session_id is None else f"{folder}{_quoted(session_id)}/"

    # --- in a thread --------------------------------------------------------------------------

    async def _run(self, work: Callable[[], _T]) -> _T:
        def run() -> _T:
            try:
                return work()
            except self._errors as error:
                place = f"s3://{self._bucket}/{self._prefix}"
                raise failure(place, self._said(error) or error) from None

        return await in_thread(run)

    def _said(self, error: Exception) -> str:
        """Return what S3 itself says in an error; "" if it says nothing."""
        if not isinstance(error, self._client_error):
            return ""
        said = error.response.get("Error") or {}
        return ": ".join(str(said[name]) for name in ("Code", "Message") if said.get(name))

    @property
    def _client(self) -> Any:
        if self._given is not None:
            return self._given
        with self._lock:  # a session of boto3 is for one thread; its clients are for all
            if self._made is None:
                from boto3.session import Session
                from botocore.config import Config

                config = Config(
                    connect_timeout=_CONNECT,
                    read_timeout=_ANSWER,
                    retries={"mode": "standard", "max_attempts": 2},
                    max_pool_connections=_AT_ONCE,
                )
                self._made = Session().client("s3", endpoint_url=self._endpoint_url, config=config)
            return self._made

    def _append(self, key: SessionKey, lines: list[str]) -> None:
        folder = self._parts(key)
        # A number above those of all parts, also of another writer's whose clock is ahead.
        known = self._last.get(folder, "")
        last = max([*self._list(folder, after=known), known])
        number = int(last[len(folder) :][:10]) + 1 if last else 1
        part = f"{folder}{number:010d}-{uuid.uuid4().hex[:12]}.jsonl"
        self._put(part, "".join(line + "\n" for line in lines))
        self._last[folder] = part
        if not key.get("subpath"):
            self._write_head(key, lines)

    def _write_head(self, key: SessionKey, lines: list[str]) -> None:
        folder = self._heads(key["project_key"], key["session_id"])
        before = self._list(folder)
        summary = self._summary(key, before)
        if len(before) == 1:  # else it is of all parts, also of the one just written
            summary = fold_session_summary(summary, key, _entries(lines))
        with self._lock:  # later than any other, so that one session is always the latest
            floor = max(self._last_mtime, _mtime(before) if before else 0)
            mtime = self._last_mtime = max(now_milliseconds(), floor + 1)
        head = f"{folder}{mtime:013d}-{uuid.uuid4().hex[:12]}.json"
        self._put(head, json.dumps(summary["data"]))
        self._remove(before)

    def _load(self, key: SessionKey) -> list[SessionStoreEntry]:
        parts = _each(self._get, self._list(self._parts(key)))
        return once([entry for part in parts if part for entry in _entries(part.splitlines())])

    def _all_heads(self, project: str) -> dict[str, list[str]]:
        """Return the names of the heads of each session of a project."""
        folder = self._heads(project)
        heads: dict[str, list[str]] = {}
        for name in self._list(folder):
            heads.setdefault(unquote(name[len(folder) :].partition("/")[0]), []).append(name)
        return heads

    def _summary(self, key: SessionKey, heads: list[str]) -> SessionSummaryEntry:
        """Return a session's summary, by its head, or by all parts if it has not one head."""
        head = self._get(heads[0]) if len(heads) == 1 else None
        if head is not None:
            return {"session_id": key["session_id"], "mtime": 0, "data": json.loads(head)}
        # Or another writer has just replaced the head.
        return fold_session_summary(None, key, self._load(key))

    # --- requests -----------------------------------------------------------------------------

    def _list(self, folder: str, *, after: str = "", folders: bool = False) -> list[str]:
        """Return the names of all objects in a folder, in their order; or those of its folders."""
        chosen = {"Delimiter": "/"} if folders else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=folder,
            **({"StartAfter": after} if after else {}),
            **chosen,
            PaginationConfig={"PageSize": _PAGE},
        )
        if folders:
            return [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def _get(self, name: str) -> bytes | None:
        """Return an object's content; None if it is gone."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except self._client_error as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise
        return content

    def _put(self, name: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=name, Body=text.encode())

    def _remove(self, names: list[str]) -> None:
        # One by one: services differ in what they want of a request that deletes many.
        _each(lambda name: self._client.delete_object(Bucket=self._bucket, Key=name), names)


def _each(work: Callable[[_T], _R], values: Iterable[_T]) -> list[_R]:
    """Do work for each value, several at a time."""
    values = list(values)
    if len(values) < 2:
        return [work(value) for value in values]
    with ThreadPoolExecutor(min(_AT_ONCE, len(values))) as pool:
        return list(pool.map(work, values))


def _entries(lines: Iterable[str | bytes]) -> list[SessionStoreEntry]:
    return [json.loads(line) for line in lines]


def _mtime(heads: list[str]) -> int:
    """Return the mtime of the latest of a session's heads."""
    return max(int(name.rpartition("/")[2][:13]) for name in heads)


def _quoted(text: str) -> str:
    """Return text as one part of an object's name."""
    return quote(text, safe="")
