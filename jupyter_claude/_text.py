"""Untrusted text made safe to show: characters that hide or turn text around become marks."""

from __future__ import annotations

import re
import unicodedata

#: Parts of words and pictures in prose: joiners, the soft hyphen and the emoji selector.
_IN_PROSE = frozenset("\u00ad\u200c\u200d\ufe0f")
_IN_EMOJI = frozenset("\u200d\ufe0f")
#: What Unicode lets a renderer leave out, beyond the categories below (Default_Ignorable).
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0")
_IGNORABLE_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
_HIDDEN = frozenset(["Cc", "Cf", "Cs", "Co", "Zl", "Zp"])


# What may have to be marked; all other characters are shown as they are.
_SUSPECTS = re.compile(r"[^\n\t\x20-\x7e]+")


def visible(text: str) -> str:
    """Return prose with control and bidi characters shown as marks: ``⟨U+202E⟩``."""
    return _SUSPECTS.sub(lambda run: "".join(map(_in_prose, run[0])), text)


def exact(text: str) -> str:
    """Return a command, a path or a diff with every hidden character shown as a mark.

    That is more than `visible` marks: spaces that only look like one and invisible letters too, as
    in the widget. The joiner and the selector inside an emoji are part of its picture.
    """
    return _SUSPECTS.sub(lambda run: _exact_run(run[0]), text)


def exact_line(text: str) -> str:
    """Return a name in which line ends and tabs are marks too, so that it stays on its line."""
    return exact(text).replace("\n", _mark("\n")).replace("\t", _mark("\t"))


def _in_prose(char: str) -> str:
    return _mark(char) if unicodedata.category(char) in _HIDDEN and char not in _IN_PROSE else char


def _exact_run(run: str) -> str:
    shown = []
    before = ""
    for char in run:
        if char in _IN_EMOJI and before and _is_picture(before):
            shown.append(char)
            continue  # what follows still stands after that emoji
        shown.append(_mark(char) if _is_hidden(char) else char)
        before = char
    return "".join(shown)


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) == "So" or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones


def _is_hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return (
        category in _HIDDEN
        or category == "Zs"
        or char in _IGNORABLE
        or any(first <= ord(char) <= last for first, last in _IGNORABLE_RANGES)
    )


def _mark(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"
