"""Makes pieces of what a page sends with a prompt: pasted pictures, dropped files, cells."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Literal, TypedDict

from .._text import exact_line
from .._turns.errors import ClaudeError
from .attachable import MOST, data_piece, text_piece
from .pieces import Piece

#: Characters of all that a page sends with one prompt. A Jupyter server takes messages of 10 MB.
_LARGEST = 8_000_000


class Given(TypedDict):
    """Something that the user attached to a prompt in a page."""

    name: str
    kind: Literal["picture", "file", "text"]
    data: str
    """A file's bytes in base64, or a text."""


def given_pieces(given: Sequence[Given]) -> list[Piece]:
    """Return the pieces of what a page sent.

    Raises
    ------
    ClaudeError
        If one of them cannot be attached.
    """
    if len(given) > MOST or sum(len(one["data"]) for one in given) > _LARGEST:
        raise ClaudeError(
            "Nothing was sent: too much is attached. Remove something, and send again"
        )
    return [_piece(one) for one in given]


def _piece(given: Given) -> Piece:
    name = exact_line(given["name"])[:200] or "file"
    if given["kind"] == "text":
        return text_piece(name, given["data"])
    try:
        return data_piece(name, base64.b64decode(given["data"], validate=True))
    except binascii.Error:
        raise ClaudeError(f"Nothing was sent: {name} arrived damaged. Attach it again") from None
