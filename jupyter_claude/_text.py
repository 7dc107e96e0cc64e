"""Untrusted text made safe to show."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Zl", "Zp"}
#: Control characters that mean what they show.
_PLAIN = {"\n", "\t"}
#: Format characters that belong to visible emoji or scripts.
_JOINERS = {"\u200d", "\ufe0f"}


def visible(text: str) -> str:
    """Return `text` with control, bidi and zero-width characters shown as marks: ``⟨U+202E⟩``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟨U+{ord(char):04X}⟩"
        if char not in _PLAIN and char not in _JOINERS and unicodedata.category(char) in _HIDDEN
        else char
        for char in text
    )
