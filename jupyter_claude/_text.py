"""Untrusted text made safe to show: characters that hide or turn text around become marks."""

from __future__ import annotations

import unicodedata

#: Layout, which is shown by obeying it.
_PLAIN = frozenset("\n\t")
#: Parts of words and pictures in prose: joiners, the soft hyphen and the emoji selector.
_IN_PROSE = frozenset("\u00ad\u200c\u200d\ufe0f")
_IN_EMOJI = frozenset("\u200d\ufe0f")
#: What Unicode lets a renderer leave out, beyond the categories below (Default_Ignorable).
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0")
_IGNORABLE_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
_HIDDEN = frozenset(["Cc", "Cf", "Cs", "Co", "Zl", "Zp"])


def visible(text: str) -> str:
    """Return prose with control and bidi characters shown as marks: ``⟨U+202E⟩``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _mark(char)
        if char not in _PLAIN and char not in _IN_PROSE and unicodedata.category(char) in _HIDDEN
        else char
        for char in text
    )


def exact(text: str) -> str:
    """Return a command, a path or a diff with every hidden character shown as a mark.

    That is more than `visible` marks: spaces that only look like one and invisible letters too, as
    in the widget. The joiner and the selector inside an emoji are part of its picture.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = []
    before = ""
    for char in text:
        if char in _IN_EMOJI and unicodedata.category(before or "a") in ("So", "Sk"):
            shown.append(char)
            continue  # what follows still stands after that emoji
        shown.append(_mark(char) if _is_hidden(char) else char)
        before = char
    return "".join(shown)


def _is_hidden(char: str) -> bool:
    if char in _PLAIN or char == " ":
        return False
    category = unicodedata.category(char)
    return (
        category in _HIDDEN
        or category == "Zs"
        or char in _IGNORABLE
        or any(first <= ord(char) <= last for first, last in _IGNORABLE_RANGES)
    )


def _mark(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"
