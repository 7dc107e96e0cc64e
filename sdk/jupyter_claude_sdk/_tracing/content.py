"""What was said, as attributes of spans: only if the user asks for it, and without secrets.

The names and forms are those of OpenTelemetry's conventions for generative AI.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from .._base.secrets import redacted, secrets_of
from .._options import ClaudeAgentOptions

#: The convention's switch, and its values that ask for content in spans.
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_ON = ("true", "1", "span_only", "span_and_event")


class Content:
    """Makes attributes of content.

    Parameters
    ----------
    options : ClaudeAgentOptions
        The values of these and of the environment that look like secrets are left out.
    """

    def __init__(self, options: ClaudeAgentOptions) -> None:
        self._secrets = secrets_of(options, os.environ)

    @classmethod
    def wanted(cls, options: ClaudeAgentOptions) -> Content | None:
        """Return an object that makes attributes, or None if the user does not ask for content."""
        return cls(options) if os.environ.get(CAPTURE, "").strip().lower() in _ON else None

    def _json(self, value: Any) -> str:
        # Only texts are searched: in JSON a secret could be spelt with escapes.
        return json.dumps(self._scrubbed(value), ensure_ascii=False, default=str)

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, str):
            return redacted(value, self._secrets)
        if isinstance(value, Mapping):
            return {key: self._scrubbed(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._scrubbed(each) for each in value]
        return value

    def prompt(self, content: Any) -> dict[str, str]:
        """Return the attribute with a prompt."""
        return {"gen_ai.input.messages": self._json([{"role": "user", "parts": _parts(content)}])}

    def answer(self, text: str, reason: str) -> dict[str, str]:
        """Return the attribute with the last text of a turn."""
        message = {"role": "assistant", "parts": _parts(text), "finish_reason": reason}
        return {"gen_ai.output.messages": self._json([message])}

    def arguments(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the attribute with a tool's input."""
        return {"gen_ai.tool.call.arguments": self._json(given)}

    def output(self, content: Any) -> dict[str, str]:
        """Return the attribute with a tool's output."""
        return {"gen_ai.tool.call.result": self._json(_parts(content))}


def _parts(content: Any) -> list[dict[str, Any]]:
    """Return a message's parts: texts, and of all else the kind."""
    if not isinstance(content, list):
        return [{"type": "text", "content": "" if content is None else str(content)}]
    return [
        {"type": "text", "content": str(block.get("text"))}
        if block.get("type") == "text"
        else {"type": str(block.get("type"))}
        for block in content
        if isinstance(block, Mapping)
    ]


def size_of(content: Any) -> int:
    """Return how many characters of text a message or an output has."""
    return sum(len(part.get("content", "")) for part in _parts(content))
