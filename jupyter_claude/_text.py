"""Untrusted text made safe to show: characters that hide or turn text around become marks."""

from __future__ import annotations

import unicodedata

#: Layout, which is shown by obeying it.
_PLAIN = frozenset("\n\t")
#: Parts of words and pictures in prose: joiners, the soft hyphen and the emoji selector.
_IN_PROSE = frozenset("\u00ad\u200c\u200d\ufe0f")
_IN_EMOJI = frozenset("\u200d\ufe0f")
#: What Unicode lets a renderer leave out, beyond the categories below (Default_Ignorable).
_IGNORABLE = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0]
    + [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9)]
    + [*range(0xE0000, 0xE1000)]
)
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
    return category in _HIDDEN or category == "Zs" or ord(char) in _IGNORABLE


def _mark(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"
