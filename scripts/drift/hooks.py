"""Lists the events of hooks, as the CLI answers ``get_hooks_listing``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def listing(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the events, and whether a matcher chooses among the calls of each."""
    return {
        event["name"]: "with matcher" if event["supportsMatcher"] else "without matcher"
        for event in answer["eventCatalog"]
    }
