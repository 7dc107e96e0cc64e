"""Stores which lists of effects the user has approved, in the user's data folder.

A list is known by its digest. If a recording changes, its digest does too, and the user is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from jupyter_claude_sdk.lowlevel import locked, whole_file

from .._paths import make_private, sessions_folder
from .effect_files import Overwrite

_NAME = "approved-replays.json"
_MOST = 1000  # lists


def approved(digest: str) -> set[Overwrite] | None:
    """Return the user's own contents that an approved list may overwrite; None: not approved."""
    entry = _read().get(digest)
    if not isinstance(entry, dict):
        return None
    pairs = entry.get("overwrites")
    return {
        (pair[0], pair[1], pair[2])
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, list) and len(pair) == 3 and all(isinstance(one, str) for one in pair)
    }


def approve(digest: str, overwrites: Iterable[Overwrite]) -> None:
    """Store that the user approved a list.

    Raises
    ------
    OSError
        If that cannot be stored.
    """
    folder = sessions_folder()
    make_private(folder)
    with locked(folder / f"{_NAME}.lock"):
        lists = _read()
        lists.pop(digest, None)
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        lists[digest] = {"since": since, "overwrites": sorted(overwrites)}
        kept = dict(list(lists.items())[-_MOST:])  # the newest are last
        with whole_file(folder / _NAME) as file:
            file.write(json.dumps({"replays": kept}, indent=1).encode())


def _read() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        data = json.loads((sessions_folder() / _NAME).read_bytes())
        lists = data.get("replays") if isinstance(data, dict) else None
        if isinstance(lists, dict):
            return lists
    return {}
