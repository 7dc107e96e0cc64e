"""Joins the hooks of several parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_claude_sdk import HookMatcher


def joined(*parts: Mapping[Any, list[HookMatcher]]) -> dict[Any, list[HookMatcher]]:
    """Return the hooks of all parts, by event, in this order."""
    hooks: dict[Any, list[HookMatcher]] = {}
    for part in parts:
        for event, matchers in part.items():
            hooks.setdefault(event, []).extend(matchers)
    return hooks
