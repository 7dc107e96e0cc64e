"""Makes the events of a streamed Messages API answer of the steps of a reply."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._conversation import last_prompt
from ._script import Reply

_ID_LETTERS = string.digits + string.ascii_letters

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

ERROR_MESSAGES = {
    400: "messages: the request is not valid",
    401: "invalid x-api-key",
    403: "Your API key does not have permission to use the specified resource.",
    404: "model: not found",
    413: "Request exceeds the maximum size",
    429: "This request would exceed your account's rate limit. Please try again later.",
    500: "Internal server error",
    504: "Request timed out",
    529: "Overloaded",
}


def new_id(prefix: str) -> str:
    """Return an id in the API's form, such as ``msg_01…``."""
    return f"{prefix}_01" + "".join(secrets.choice(_ID_LETTERS) for _ in range(22))


def error_body(status: int, message: str | None) -> dict[str, Any]:
    """Return the JSON body of an API error."""
    kind = ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    text = message or ERROR_MESSAGES.get(status, f"HTTP status {status}")
    return {
        "type": "error",
        "error": {"type": kind, "message": text},
        "request_id": new_id("req"),
    }


def count_tokens(value: object) -> int:
    """Return a plausible number of tokens: one for four characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return max(1, len(text) // 4)


def usage_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plausible usage of the input. After the first call most of it is cached."""
    messages = body.get("messages") or []
    new = count_tokens(last_prompt(body))
    old = count_tokens(body.get("system") or "") + count_tokens(body.get("tools") or "")
    old += count_tokens(messages)
    cached = any(message.get("role") == "assistant" for message in messages)
    return {
        "input_tokens": new,
        "cache_creation_input_tokens": 0 if cached else old,
        "cache_read_input_tokens": old if cached else 0,
        "output_tokens": 1,
        "service_tier": "standard",
    }


@dataclass
class Answer:
    """The message of a reply so far.

    Its methods yield events. The server sends them, and may stop in between.
    """

    body: Mapping[str, Any]
    id: str = field(default_factory=lambda: new_id("msg"))
    content: list[dict[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    stop_reason: str | None = None
    _written: int = 0

    @classmethod
    def for_request(cls, body: Mapping[str, Any], steps: Reply) -> Answer:
        """Make the answer to a request. `steps` may set its usage."""
        usage = usage_of(body)
        for step in steps:
            usage.update(step.get("usage", {}))
        return cls(body=body, usage=usage)

    def message(self) -> dict[str, Any]:
        """Return the whole message, for an answer that is not streamed."""
        self._finish()
        return {**self._head(), "content": self.content, "stop_reason": self.stop_reason}

    def start_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events that open a stream."""
        yield {"type": "message_start", "message": self._head()}

    def end_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events that close a stream."""
        self._finish()
        yield {
            "type": "message_delta",
            "delta": {"stop_reason": self.stop_reason, "stop_sequence": None},
            "usage": self.usage,
        }
        yield {"type": "message_stop"}

    def block_events(self, step: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the events of one content block, its deltas included."""
        index = len(self.content)
        size = step.get("chunk", 24)
        if "text" in step:
            start: dict[str, Any] = {"type": "text", "text": ""}
            whole, delta, key = step["text"], "text_delta", "text"
            block = {"type": "text", "text": whole}
        elif "thinking" in step:
            start = {"type": "thinking", "thinking": "", "signature": ""}
            whole, delta, key = step["thinking"], "thinking_delta", "thinking"
            block = {"type": "thinking", "thinking": whole, "signature": new_id("sig")}
        else:
            identity = step.get("id") or new_id("toolu")
            start = {"type": "tool_use", "id": identity, "name": step["tool"], "input": {}}
            whole = json.dumps(step.get("input", {}), ensure_ascii=False)
            delta, key = "input_json_delta", "partial_json"
            block = {**start, "input": step.get("input", {})}
        self.content.append(block)
        self._written += count_tokens(whole)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for at in range(0, len(whole), size):
            yield _delta(index, {"type": delta, key: whole[at : at + size]})
        if "signature" in block:
            yield _delta(index, {"type": "signature_delta", "signature": block["signature"]})
        yield {"type": "content_block_stop", "index": index}

    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.body.get("model", "scripted"),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": dict(self.usage),
        }

    def _finish(self) -> None:
        if self.usage.get("output_tokens", 1) == 1:
            self.usage["output_tokens"] = max(1, self._written)
        if self.stop_reason is None:
            tools = any(block["type"] == "tool_use" for block in self.content)
            self.stop_reason = "tool_use" if tools else "end_turn"


def _delta(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}
