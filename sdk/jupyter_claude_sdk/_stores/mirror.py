"""`Mirror`: copies the CLI's transcript to a session store while the session runs.

The CLI sends its new entries in lots, each with the path of the file that it wrote them to. The
mirror keeps them by transcript, and one task appends them to the store. So a store that is slow,
fails or hangs only delays a result, by a bounded time. Entries that the store did not take stay,
and the mirror appends them again with the next ones.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import anyio
import orjson

from .._base.loops import spawn_owner
from .._base.signal import Signal
from .._sessions.entries import is_uuid
from .._types.notices import MirrorErrorMessage
from .._types.stores import (
    SessionKey,
    SessionStore,
    SessionStoreEntry,
    SessionStoreFlushMode,
    flat_key,
)
from .._wire.protocol import Frame, MessagesFrame, TurnBegun, TurnClosed

logger = logging.getLogger("jupyter_claude_sdk")

#: Seconds that one `append` may take, and the pauses before each retry.
APPEND_TIMEOUT = 30.0
RETRY_PAUSES = (0.2, 0.8)
#: Seconds that a result, and the end of the connection, wait for the store at most.
RESULT_WAIT = 5.0
#: A batch of this size does not wait for a result. More than the limit is dropped.
LOT_ENTRIES, LOT_BYTES = 500, 1 << 20
LIMIT_BYTES = 64 << 20

_FLAT = tuple[str, str, str]


class Mirror:
    """Copies one session's transcripts to a store.

    Parameters
    ----------
    store : SessionStore
        The store.
    flush_mode : str
        ``"batched"`` or ``"eager"``.
    deliver : callable
        Takes the frames that the mirror held back until the store had the entries before them.
    report : callable
        Takes a `MirrorErrorMessage`.
    """

    def __init__(
        self,
        store: SessionStore,
        flush_mode: SessionStoreFlushMode,
        deliver: Callable[[Frame], None],
        report: Callable[[MirrorErrorMessage], None],
    ) -> None:
        self._store = store
        self._eager = flush_mode == "eager"
        self._deliver = deliver
        self._report = report
        self._waiting: dict[_FLAT, list[tuple[SessionStoreEntry, int]]] = {}
        self._bytes = 0
        self._entries = 0
        self._held: deque[Frame] = deque()
        self._flush = False  # whether to append small lots too
        self._idle = True  # whether the task has ended
        self._settled = Signal()  # `_idle` or `_held` changed
        self._failing: set[_FLAT] = set()  # whose last append failed; no result waits for them
        self._releasing = False  # whether the frame being delivered has waited already
        self._scope: anyio.CancelScope | None = None
        self._closed = False

    # --- frames -------------------------------------------------------------------------------

    def intercept(self, frame: Frame) -> bool:
        """Take the mirror's lines out of a frame; hold the frame back if it has to wait.

        Returns
        -------
        bool
            Whether there is nothing to deliver now.
        """
        if isinstance(frame, MessagesFrame):
            result = False
            others = []
            for data in frame.data:
                kind = data.get("type")
                if kind == "transcript_mirror":
                    self._add_entries(data)
                else:
                    others.append(data)
                    result = result or kind == "result"
            frame.data = others
            if not others:
                return True
            if self._held:
                self._held.append(frame)
                return True
            if result and self._waiting and not self._releasing and not self._closed:
                if self._has_untried():
                    self._held.append(frame)
                    spawn_owner(self.release)
                    return True
                self._start_work(flush=True)
            return False
        if self._held and isinstance(frame, (TurnBegun, TurnClosed)):
            self._held.append(frame)
            return True
        return False

    def _has_untried(self) -> bool:
        """Return whether entries wait whose last append did not fail."""
        return not self._waiting.keys() <= self._failing

    async def release(self) -> None:
        """Deliver what is held, once the store has the entries before it or its time is over."""
        await self.flush(RESULT_WAIT)
        self._deliver_held()

    def _deliver_held(self) -> None:
        """Deliver what was held, up to the next result that has to wait."""
        held, self._held = self._held, deque()
        self._releasing = True
        while held:
            frame = held.popleft()
            try:
                self._deliver(frame)
            except Exception:
                logger.exception("A message could not be delivered")
            self._releasing = False
            if self._held:  # `intercept` held it back again, and so all that follows it
                self._held.extend(held)
                return

    def _add_entries(self, data: dict[str, Any]) -> None:
        """Add the entries of one of the mirror's lines."""
        entries = data.get("entries")
        path = data.get("filePath")
        if not isinstance(entries, list) or not entries:
            return
        key = transcript_key(str(path))
        if key is None:
            self._fail(None, f"the CLI wrote to a file that is not a transcript: {path}", "")
            return
        flat = flat_key(key)
        waiting = self._waiting.setdefault(flat, [])
        dropped = 0
        for entry in entries:
            size = _size(entry)
            if self._bytes + size > LIMIT_BYTES:
                dropped += 1
                continue
            waiting.append((entry, size))
            self._bytes += size
            self._entries += 1
        if dropped:
            self._fail(key, f"{dropped} entries were dropped: too many wait for the store", flat[1])
        if self._eager or self._entries >= LOT_ENTRIES or self._bytes >= LOT_BYTES:
            self._start_work(flush=False)

    # --- appending ----------------------------------------------------------------------------

    def _start_work(self, *, flush: bool) -> None:
        self._flush = self._flush or flush
        if self._closed:
            return
        if self._idle:
            self._idle = False
            spawn_owner(self._work)

    async def flush(self, seconds: float) -> bool:
        """Append all that waits; return whether the store has it within `seconds`."""
        if self._waiting:
            self._start_work(flush=True)
        with anyio.move_on_after(seconds):
            while not self._idle:
                await self._settled.wait()
        if not self._idle and self._has_untried():
            flat = next(flat for flat in self._waiting if flat not in self._failing)
            self._failing.update(self._waiting)
            self._fail(_key(flat), f"the store did not answer within {seconds:g} s", flat[1])
        return not self._waiting

    async def close(self, seconds: float = RESULT_WAIT) -> None:
        """Append what waits, within `seconds`, and stop."""
        # A store that hangs has already had its time.
        await self.flush(seconds if self._has_untried() else 1.0)
        if self._waiting:
            for flat, waiting in self._waiting.items():
                text = f"the store did not take {len(waiting)} entries"
                self._fail(_key(flat), text, flat[1])
        self._closed = True
        if self._scope is not None:
            self._scope.cancel()
        self._deliver_held()

    async def _work(self) -> None:
        """Append each transcript's entries once, then end.

        It runs in a task of its own, since a store may never return.
        """
        try:
            with anyio.CancelScope() as self._scope:
                again = True
                while again:
                    self._flush = False
                    for flat in list(self._waiting):
                        await self._append_waiting(flat)
                    # Entries that came meanwhile are due too. Those that failed wait.
                    due = self._flush or self._eager or self._entries >= LOT_ENTRIES
                    again = due and self._has_untried()
        finally:
            self._scope = None
            self._idle = True
            self._settled.notify()

    async def _append_waiting(self, flat: _FLAT) -> None:
        pauses = () if flat in self._failing else RETRY_PAUSES
        for pause in (*pauses, None):
            waiting = self._waiting[flat]
            count = len(waiting)
            error = await self._append(flat, [entry for entry, _ in waiting])
            if error is None:
                self._failing.discard(flat)
                self._bytes -= sum(size for _, size in waiting[:count])
                self._entries -= count
                del waiting[:count]
                if not waiting:
                    del self._waiting[flat]
                return
            if pause is None or isinstance(error, TimeoutError):
                if flat not in self._failing:  # report it once, until an append works again
                    self._failing.add(flat)
                    text = " ".join(str(error).split()) or type(error).__name__
                    self._fail(_key(flat), text, flat[1])
                return
            await anyio.sleep(pause)

    async def _append(self, flat: _FLAT, entries: list[SessionStoreEntry]) -> Exception | None:
        key = _key(flat)
        assert key is not None
        with anyio.move_on_after(APPEND_TIMEOUT):
            try:
                await self._store.append(key, entries)
            except Exception as error:
                return error
            return None
        return TimeoutError(f"append took longer than {APPEND_TIMEOUT:g} s")

    def _fail(self, key: SessionKey | None, text: str, session_id: str) -> None:
        logger.warning("The session store failed for %s: %s", key, text)
        data = {
            "type": "system",
            "subtype": "mirror_error",
            "error": text,
            "key": key,
            "uuid": str(uuid.uuid4()),
            "session_id": session_id,
        }
        message = MirrorErrorMessage(subtype="mirror_error", data=data, key=key, error=text)
        try:
            self._report(message)
        except Exception:
            logger.exception("An error of the session store could not be reported")


def transcript_key(path: str) -> SessionKey | None:
    """Return the key of the transcript at `path`, or None if the path is not a transcript's.

    ``…/projects/FOLDER/SESSION.jsonl`` is a session, ``…/FOLDER/SESSION/subagents/agent-1.jsonl``
    a subagent of it.
    """
    parts = path.replace("\\", "/").split("/")
    for at in range(len(parts) - 3, -1, -1):
        if parts[at] != "projects":
            continue
        session_id = parts[at + 2].removesuffix(".jsonl")
        if not is_uuid(session_id):
            continue
        key: SessionKey = {"project_key": parts[at + 1], "session_id": session_id}
        if len(parts) > at + 3:
            key["subpath"] = "/".join(parts[at + 3 :]).removesuffix(".jsonl")
        return key
    return None


def _key(flat: _FLAT | None) -> SessionKey | None:
    if flat is None:
        return None
    key: SessionKey = {"project_key": flat[0], "session_id": flat[1]}
    if flat[2]:
        key["subpath"] = flat[2]
    return key


def _size(entry: object) -> int:
    try:
        return len(orjson.dumps(entry))
    except TypeError:  # numbers beyond 64 bits
        return len(repr(entry))
