"""The turns that a notebook's earlier kernels had, so that its cells can say so."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .transcripts import Transcripts

_CONVERSATIONS = 10  # a notebook's cells are seldom of more
_TURNS = 500
_LARGEST = 50_000_000  # bytes of a transcript; to read a larger one takes too long


def earlier_turns(transcripts: Transcripts, ids: Sequence[str]) -> dict[str, str]:
    """Return the conversation of each turn, by the turn's id. It reads files.

    Parameters
    ----------
    transcripts : Transcripts
        The folder's transcripts.
    ids : sequence of str
        The conversations' ids, the last one first. A turn that a copy has too belongs to the first.
    """
    from .replay import prompt_ids_of

    found: dict[str, str] = {}
    for id in ids[:_CONVERSATIONS]:
        path = transcripts.path(id)
        # A file may be gone, and anybody may have written it.
        with contextlib.suppress(OSError, ValueError):
            if path is None or path.stat().st_size > _LARGEST:
                continue
            for turn in reversed(prompt_ids_of(path)):
                if len(found) == _TURNS:
                    return found
                found.setdefault(turn, id)
    return found
