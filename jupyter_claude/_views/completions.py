"""Answers what can follow an ``@`` in a prompt that the user types in the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._looking.mentions import Mentions

if TYPE_CHECKING:
    from .._protocol.panel import Complete, Completions

_TEXT = 4_000  # characters of a question; a page sends less
_ITEM = 1_000  # characters of a completion: a shortened one would name something else
_DETAIL = 120


def completions(mentions: Mentions | None, asked: Complete) -> Completions:
    """Return the answer to a page's question.

    Parameters
    ----------
    mentions : Mentions or None
        Knows what there is; None if Claude may not look into the kernel.
    asked : Complete
        The question. One with impossible numbers gets no completions.
    """
    answer: Completions = {"type": "completions", "id": asked["id"], "items": []}
    text, cursor = asked["text"], asked["cursor"]
    if mentions is None or len(text) > _TEXT or not 0 <= cursor <= len(text):
        return answer
    if "@" not in text[:cursor]:
        return answer
    from .._looking.completion import complete  # lazy: few prompts name anything

    answer["items"] = [
        {
            "text": found.text,
            "start": found.start,
            "kind": found.kind,
            "detail": found.detail[:_DETAIL],
        }
        for found in complete(mentions, text, cursor)
        if len(found.text) <= _ITEM
    ]
    return answer
