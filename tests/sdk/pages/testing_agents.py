"""What docs/testing-agents.md must print; it brings its own models."""

from __future__ import annotations

from typing import Any

SCRIPT: list[dict[str, Any]] = []

SAYS = [
    "It is in hello.txt.\nHello\n",
    "still there",
    "True",
    "12 lines",
    "Here I am.",
    "ended with 1",
]
