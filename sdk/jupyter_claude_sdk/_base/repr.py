"""Short ``repr``s of messages, blocks and options, as a notebook shows them.

The generated ``repr`` of a dataclass prints every field in full; one tool result can be thousands
of lines. This one leaves out fields that have their default, and fields that other messages repeat,
such as the session's id. It cuts long texts and containers, and the whole after a few hundred
characters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar

FIELD = 100  # characters of one field's value
WHOLE = 600  # characters of one object


def short(value: Any, room: int = FIELD, depth: int = 3) -> str:
    """Return a ``repr`` of about `room` characters. It never raises.

    Parameters
    ----------
    value : object
        The value to show.
    room : int, default 100
        After so many characters an ellipsis stands for the rest.
    depth : int, default 3
        How many levels of nested containers to show.
    """
    if isinstance(value, str):
        return repr(value) if len(value) <= room else repr(value[: room - 1] + "…")
    if isinstance(value, dict):
        return _filled(
            "{",
            "}",
            (
                lambda pair=pair: f"{short(pair[0], 40)}: {short(pair[1], room, depth - 1)}"
                for pair in value.items()
            ),
            room,
            depth,
        )
    if isinstance(value, (list, tuple)):
        opening, closing = "[]" if isinstance(value, list) else "()"
        return _filled(
            opening,
            closing,
            (lambda item=item: short(item, room, depth - 1) for item in value),
            room,
            depth,
        )
    if isinstance(value, ShortRepr):
        return repr(value)
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__} without a repr>"
    return text if len(text) <= room else text[: room - 1] + "…"


def _filled(opening: str, closing: str, parts: Any, room: int, depth: int) -> str:
    texts: list[str] = []
    length = 0
    for part in parts:
        if depth <= 0 or length > room:
            texts.append("…")
            break
        texts.append(part())
        length += len(texts[-1])
    return opening + ", ".join(texts) + closing


class ShortRepr:
    """A dataclass with a short ``repr``: ``@dataclass(repr=False) class X(ShortRepr)``."""

    __slots__ = ()

    #: Functions that show single fields, instead of `short`. If one returns "", the field is left
    #: out.
    _shown: ClassVar[dict[str, Callable[[Any], str]]] = {}

    def __repr__(self) -> str:
        parts = []
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name, None)
            if not item.repr or _is_default(item, value):
                continue
            text = self._shown.get(item.name, short)(value)
            if text:
                parts.append(f"{item.name}={text}")
        text = f"{type(self).__name__}({', '.join(parts)})"
        return text if len(text) <= WHOLE else text[: WHOLE - 2] + "…)"


def _is_default(item: Field[Any], value: Any) -> bool:
    if item.default is not MISSING:
        return value is item.default or (
            type(value) is type(item.default) and value == item.default
        )
    if item.default_factory is not MISSING:
        return not value and value is not None
    return False


def hidden(*names: str) -> dict[str, Callable[[Any], str]]:
    """Leave fields out of a ``repr``, because other messages have them too."""
    return dict.fromkeys(names, lambda _: "")
