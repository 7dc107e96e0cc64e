"""Stores which folders the user trusts, in the user's data folder.

Each folder has a digest of its settings' bytes. If a file changes, the user is asked again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_claude_sdk.lowlevel import locked, whole_file

from .._paths import make_private, sessions_folder
from .findings import Found

_NAME = "trusted-folders.json"
_MOST = 1000  # folders


def trusted_since(found: Found) -> str | None:
    """Return since when a folder's present settings are trusted, in ISO 8601, or None."""
    entry = _read().get(str(found.folder))
    if not found.anything or found.too_much or not isinstance(entry, dict):
        return None
    return str(entry.get("since", "")) if entry.get("digest") == found.digest else None


def trust(found: Found) -> None:
    """Trust a folder with these settings.

    Raises
    ------
    OSError
        If that cannot be stored.
    """
    with _changing() as folders:
        folders.pop(str(found.folder), None)
        folders[str(found.folder)] = {"digest": found.digest, "since": now()}


def forget(folder: Path) -> bool:
    """Remove the trust in a folder; return whether it was trusted.

    Raises
    ------
    OSError
        If that cannot be stored.
    """
    with _changing() as folders:
        return folders.pop(str(folder), None) is not None


def now() -> str:
    """Return the present moment as ISO 8601, in the user's time zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


@contextlib.contextmanager
def _changing() -> Iterator[dict[str, Any]]:
    folder = sessions_folder()
    make_private(folder)
    with locked(folder / f"{_NAME}.lock"):
        folders = _read()
        yield folders
        kept = dict(list(folders.items())[-_MOST:])  # the newest are last
        with whole_file(folder / _NAME) as file:
            file.write(json.dumps({"folders": kept}, indent=1).encode())


def _read() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        data = json.loads((sessions_folder() / _NAME).read_bytes())
        folders = data.get("folders") if isinstance(data, dict) else None
        if isinstance(folders, dict):
            return folders
    return {}
