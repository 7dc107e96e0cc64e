"""Brings what the CLI writes into its transcript to a session store, beside the session.

The CLI sends each lot of entries with the path of the file that it wrote them to. They wait here
by transcript and one task hands them over, so that a store that is slow, fails or hangs costs the
session nothing but a bounded wait before a result. What could not be handed over stays and is tried
again with what comes next.
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

#: Seconds that one `append` may take, and the pauses before it is tried again.
APPEND_TIMEOUT = 30.0
RETRY_PAUSES = (0.2, 0.8)
#: Seconds that a result, and the end of the session, wait for the store at most.
RESULT_WAIT = 5.0
#: How much waits for a result at most when batched, and how much waits at all.
LOT_ENTRIES, LOT_BYTES = 500, 1 << 20
LIMIT_BYTES = 64 << 20

_FLAT = tuple[str, str, str]


class Mirror:
    """Hands one session's transcripts to a store.

    Parameters
    ----------
    store : SessionStore
        Where entries go.
    flush_mode : str
        ``"batched"`` or ``"eager"``.
    deliver : callable
        Takes the frames that were held back until the store had what came before them.
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
        self._flush = False  # everything is wanted, not only full lots
        self._idle = True  # nothing waits that has not been tried
        self._settled = Signal()  # `_idle` or `_held` changed
        self._failing: set[_FLAT] = set()  # whose last try failed: no result waits for them
        self._releasing = False  # what is delivered has waited already
        self._scope: anyio.CancelScope | None = None
        self._closed = False

    # --- frames -------------------------------------------------------------------------------

    def intercept(self, frame: Frame) -> bool:
        """Take a frame that is the mirror's, or has to wait for it; return whether that is so."""
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
        """Say whether anything waits that the store has not just refused."""
        return not self._waiting.keys() <= self._failing

    async def release(self) -> None:
        """Give out what is held when the store has what came before it, or had its time."""
        await self.flush(RESULT_WAIT)
        self._deliver_held()

    def _deliver_held(self) -> None:
        """Deliver what was held, up to a result that has to wait anew."""
        held, self._held = self._held, deque()
        self._releasing = True
        while held:
            frame = held.popleft()
            try:
                self._deliver(frame)
            except Exception:
                logger.exception("A message could not be given out")
            self._releasing = False
            if self._held:  # it was held again; so is all that follows it
                self._held.extend(held)
                return

    def _add_entries(self, data: dict[str, Any]) -> None:
        """Take the entries of a mirror frame."""
        entries = data.get("entries")
        path = data.get("filePath")
        if not isinstance(entries, list) or not entries:
            return
        key = transcript_key(str(path))
        if key is None:
            self._fail(None, f"the CLI wrote to a file that is no transcript: {path}", "")
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
            self._fail(
                key, f"{dropped} entries were dropped: too much waits for the store", flat[1]
            )
        if self._eager or self._entries >= LOT_ENTRIES or self._bytes >= LOT_BYTES:
            self._start_work(flush=False)

    # --- handing over -------------------------------------------------------------------------

    def _start_work(self, *, flush: bool) -> None:
        self._flush = self._flush or flush
        if self._closed:
            return
        if self._idle:
            self._idle = False
            spawn_owner(self._work)

    async def flush(self, seconds: float) -> bool:
        """Have all that waits handed over; return whether it was, within `seconds`."""
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
        """Hand over what waits, as far as that takes `seconds`, and stop."""
        # A store that hangs already has had its time.
        await self.flush(seconds if self._has_untried() else 1.0)
        if self._waiting:
            for flat, waiting in self._waiting.items():
                text = f"{len(waiting)} entries were not kept by the store"
                self._fail(_key(flat), text, flat[1])
        self._closed = True
        if self._scope is not None:
            self._scope.cancel()
        self._deliver_held()

    async def _work(self) -> None:
        """Try everything once, then rest. A task of its own, for a store may not let go of it."""
        try:
            with anyio.CancelScope() as self._scope:
                again = True
                while again:
                    self._flush = False
                    for flat in list(self._waiting):
                        await self._append_waiting(flat)
                    # What came meanwhile is due as well; what failed waits for the next time.
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
                if flat not in self._failing:  # once, until it works again
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
    """Return the key of the transcript that the CLI keeps at `path`, or None if it is none.

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
