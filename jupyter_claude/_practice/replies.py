"""What the scripts of the practice model share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk.testing import Reply, tool_results

#: Deltas as from a quick model: an answer takes a second or two.
PACE: dict[str, Any] = {"chunk": 9, "every": 0.02}


def say(text: str) -> Reply:
    """Return a reply that is only a text."""
    return [{"text": text, **PACE}]


def failed(body: Mapping[str, Any]) -> bool:
    """Whether the last tool call was denied or failed."""
    results = tool_results(body)
    return not results or results[-1].is_error
