"""Makes a `Transport` of an object that carries messages, a `MessageTransport`."""

from __future__ import annotations

import json
import logging
from collections import deque
from typing import Any, cast

import anyio

from .._base.signal import Signal
from .._errors import ClaudeSDKError
from .base import MessageTransport, Transport, carries_messages

logger = logging.getLogger("jupyter_claude_sdk")

#: The most seconds that `end_input` may take.
END_INPUT = 5.0


def as_transport(given: Transport | MessageTransport) -> Transport:
    """Return a transport of either interface as a `Transport`.

    Raises
    ------
    TypeError
        If it has neither interface.
    """
    if not isinstance(given, type):
        if isinstance(given, Transport) and not carries_messages(type(given)):
            return given
        if all(callable(getattr(given, name, None)) for name in _NEEDED):
            return _Carrier(cast(MessageTransport, given))
    raise TypeError(
        "transport must be an object with connect, send, receive and close, derived from "
        "Transport, or with connect, write, read_messages, end_input, is_ready and close; "
        f"it is {given!r:.60}"
    )


#: Older ones lack `end_input` and `is_ready`.
_NEEDED = ("connect", "write", "read_messages", "close")


class _Carrier(Transport):
    def __init__(self, inner: MessageTransport) -> None:
        self._inner = inner
        self._opened = self._connected = False
        self._lines: deque[bytes] = deque()
        self._over = False
        self._error: Exception | None = None
        self._changed = Signal()

    async def connect(self) -> None:
        self._lines.clear()
        self._over, self._error = False, None
        self._opened = True
        await self._inner.connect()
        self._connected = True

    async def send(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            if line:
                await self._inner.write(line.decode() + "\n")

    async def attend(self) -> None:
        # One task reads all messages: an asynchronous generator may hold scopes of its task.
        messages = self._inner.read_messages()
        try:
            async for message in messages:
                self._lines.append(json.dumps(message).encode() + b"\n")
                self._changed.notify()
        except Exception as error:
            self._error = error
        finally:
            self._over = True
            self._changed.notify()
            end: Any = getattr(messages, "aclose", None)  # an asynchronous generator's
            if end is not None:
                with anyio.CancelScope(shield=True):
                    await end()

    async def receive(self) -> bytes:
        while not self._lines:
            if self._over:
                if self._error is not None and not isinstance(self._error, ClaudeSDKError):
                    raise self._error
                return b""
            await self._changed.wait()
        data = b"".join(self._lines)
        self._lines.clear()
        return data

    async def ended(self) -> Exception | None:
        return self._error if isinstance(self._error, ClaudeSDKError) else None

    async def close(self, *, busy: bool = False) -> None:
        if not self._opened:
            return
        connected = self._connected
        self._opened = self._connected = False
        if connected:
            await self._end_input()
        await self._inner.close()

    async def _end_input(self) -> None:
        end: Any = getattr(self._inner, "end_input", None)
        if end is None:
            return
        try:
            with anyio.move_on_after(END_INPUT):
                await end()
        except Exception as error:  # it is closed all the same
            logger.debug("The transport's end_input() failed: %r", error)

    def is_ready(self) -> bool:
        ready: Any = getattr(self._inner, "is_ready", None)
        return self._connected and (ready is None or bool(ready()))
