"""What the stores on servers share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from .._errors import ClaudeSDKError
from .._types.stores import SessionStoreEntry

__all__ = ["failure", "in_thread", "missing", "once", "uuid_of"]

_T = TypeVar("_T")


async def in_thread(work: Callable[[], _T]) -> _T:
    """Do work that waits for a server, in a thread. A cancelled caller does not wait for it.

    The thread may still finish the work. These stores keep an entry once, so that does no harm.
    """
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


def once(entries: list[SessionStoreEntry]) -> list[SessionStoreEntry]:
    """Return entries without those whose uuid an earlier one has."""
    kept = []
    seen: set[str] = set()
    for entry in entries:
        uuid = uuid_of(entry)
        if uuid is not None:
            if uuid in seen:
                continue
            seen.add(uuid)
        kept.append(entry)
    return kept


def uuid_of(entry: SessionStoreEntry) -> str | None:
    """Return an entry's uuid, or None."""
    uuid = entry.get("uuid")
    return uuid if isinstance(uuid, str) else None


def missing(store: str, module: str, extra: str) -> ModuleNotFoundError:
    """Return the error for a store whose package is not installed."""
    return ModuleNotFoundError(
        f"{store} needs {module}: run pip install 'jupyter-claude[{extra}]'", name=module
    )


def failure(place: str, error: object) -> ClaudeSDKError:
    """Return the error for a server that failed, in one line and without a URL's password."""
    text = re.sub(r"//[^/\s\"']*@", "//", " ".join(str(error).split()))
    return ClaudeSDKError(f"The session store {place} failed: {text or type(error).__name__}")
