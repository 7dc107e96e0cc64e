"""`Heard`: makes steps of a script of what the Messages API answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._stream import ERROR_TYPES

_USAGE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
)
_STATUS = {kind: status for status, kind in ERROR_TYPES.items()}


class Heard:
    """What has come of an answer so far.

    Attributes
    ----------
    whole : bool
        Whether the answer is complete.
    """

    def __init__(self) -> None:
        self.whole = False
        self._blocks: dict[int, dict[str, Any]] = {}
        self._usage: dict[str, int] = {}
        self._stop_reason: str | None = None
        self._error: dict[str, Any] | None = None
        self._unread = b""

    def stream(self, data: bytes) -> None:
        """Take a piece of a stream of events."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._event(_object(line[5:]))

    def answer(self, status: int, data: bytes) -> None:
        """Take a whole answer that is not streamed."""
        found = _object(data)
        if status >= 400:
            self._fail(status, found)
        elif found.get("type") == "message":
            content = found.get("content")
            for at, block in enumerate(content if isinstance(content, list) else ()):
                if isinstance(block, dict):
                    self._blocks[at] = block
            self._ends(found)
            self.whole = True

    @property
    def failed(self) -> dict[str, Any] | None:
        """The error, as a step; None if there is none."""
        return self._error

    def steps(self) -> list[dict[str, Any]]:
        """Return what the model said, as steps of a script."""
        found = [step for _, block in sorted(self._blocks.items()) for step in _steps_of(block)]
        usual = "tool_use" if any("tool" in step for step in found) else "end_turn"
        if self._stop_reason not in (None, usual):
            found.append({"stop_reason": self._stop_reason})
        if self._usage and self.whole:
            found.append({"usage": self._usage})
        return found

    def _event(self, event: dict[str, Any]) -> None:
        kind, block = event.get("type"), self._blocks.get(_whole(event.get("index")))
        if kind == "message_start" and isinstance(event.get("message"), dict):
            self._ends(event["message"])
        elif kind == "content_block_start" and isinstance(event.get("content_block"), dict):
            self._blocks[_whole(event.get("index"))] = dict(event["content_block"])
        elif kind == "content_block_delta" and block is not None:
            delta = event.get("delta")
            for key in ("text", "thinking", "partial_json"):
                piece = delta.get(key) if isinstance(delta, dict) else None
                if isinstance(piece, str):
                    block[key] = str(block.get(key) or "") + piece
        elif kind == "message_delta":
            delta = event.get("delta")
            self._ends({**(delta if isinstance(delta, dict) else {}), "usage": event.get("usage")})
        elif kind == "message_stop":
            self.whole = True
        elif kind == "error":
            self._fail(None, event)

    def _ends(self, message: Mapping[str, Any]) -> None:
        usage, reason = message.get("usage"), message.get("stop_reason")
        if isinstance(usage, dict):
            self._usage.update({key: usage[key] for key in _USAGE if _is_count(usage.get(key))})
        if isinstance(reason, str):
            self._stop_reason = reason

    def _fail(self, status: int | None, body: Mapping[str, Any]) -> None:
        error = body.get("error")
        error = error if isinstance(error, dict) else {}
        if status is None:
            status = _STATUS.get(str(error.get("type")), 500)
        self._error = {"error": min(status, 599)}
        if isinstance(error.get("message"), str):
            self._error["message"] = error["message"]


def _steps_of(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    kind = block.get("type")
    if kind in ("text", "thinking"):
        text = block.get(kind)
        return [{kind: text}] if isinstance(text, str) and text else []
    if kind == "tool_use" and isinstance(block.get("name"), str):
        given = block.get("input")
        if "partial_json" in block:
            try:
                given = json.loads(block["partial_json"])
            except (ValueError, TypeError, RecursionError):
                return []  # the stream was cut in it
        return [{"tool": block["name"], "input": given if isinstance(given, dict) else {}}]
    return []


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _whole(number: object) -> int:
    return number if isinstance(number, int) else 0


def _is_count(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
