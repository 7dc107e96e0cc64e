"""Makes untrusted text safe to show: characters that hide or reorder text become marks.

Only characters that are known to draw something are shown. All others become marks. The table in
`_characters` lists them. ``labextension/src/text.ts`` follows the same rules.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Characters that prose may contain: spaces, joiners, soft hyphens, variation selectors, fillers of
#: old Korean.
_IN_PROSE = (
    (0x00A0, 0x00A0),
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x180B, 0x180D),
    (0x180F, 0x180F),
    (0x2000, 0x200A),
    (0x200C, 0x200D),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x2800, 0x2800),
    (0x3000, 0x3000),
    (0xFE00, 0xFE0F),
    (0xE0100, 0xE01EF),
)
#: Combining marks that belong to no script. ASCII letters and digits take only these.
_DIACRITICS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_MOST_MARKS = 4  # on one character; Hebrew and Vietnamese use up to three
_MOST_JOINERS = 3  # in one emoji, such as a family of four
_MOST_KNOWN = 20_000  # characters of prose
_JOINER, _SELECTOR, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
_KEYS = frozenset("0123456789#*")
_HIDDEN, _DRAWS, _PICTURE, _COMBINES = map(ord, "-+*^")

# The colours of terminal output, which are dropped.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# All escape sequences of terminal output: CSI, OSC, character sets, and those of two characters.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\-_])"
)

_HALVES = re.compile("[\ud800-\udfff]")

# Markdown: code, a link or an image, text between stars or waves, and a mark before a line's text.
# Stars of arithmetic, of file patterns and of `**kwargs` are no marks: words stand around them.
_MARKDOWN = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)(?:(?<=```)\w*\n)?(?P<code>.+?)(?P=ticks)(?!`)"
    r"|(?<!\w)!?\[(?P<link>[^\]\n]+)\]\([^)\s]+\)"
    r"|(?<![^\s(\[\"'“])(?P<marks>\*{1,3}|~~)(?=[\w`\"'(\[“])(?P<words>[^*~]*[^*~\s])(?P=marks)"
    r"(?![^\s.,;:!?)\]\"'”])"
    r"|^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+"
    r"|`{3,}\w*",
    re.DOTALL | re.MULTILINE,
)
_TITLE_READ = 1000  # characters of a prompt that names a conversation

# Characters that may become marks. All others are shown unchanged.
_SUSPECTS = re.compile(r"[^\n\t\x20-\x7e]+")
# The same, with the character before, which may be the base of a combining mark.
_SUSPECTS_AND_BASE = re.compile(r"[0-9A-Za-z#*]?[^\n\t\x20-\x7e]+")


def visible(text: str) -> str:
    """Return prose with control and bidi characters as marks: ``⟨U+202E⟩``."""
    return _SUSPECTS.sub(lambda run: run[0].translate(_prose()), text)


def one_line(text: str) -> str:
    """Return prose on one line, safe to print: escape sequences become marks."""
    return visible(" ".join(text.split()))


def plain_line(text: str, most: int = _TITLE_READ) -> str:
    """Return the beginning of a title or a prompt on one line, without the marks of Markdown."""
    start = text[:_TITLE_READ]
    line = one_line(_without_markdown(start)) or one_line(start)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _without_markdown(text: str) -> str:
    def words(found: re.Match[str]) -> str:
        if found["code"] is not None:
            return found["code"]
        return _without_markdown(found["link"] or found["words"] or "")

    return _MARKDOWN.sub(words, text)


def exact(text: str) -> str:
    """Return a command, a path or a diff with every hidden character as a mark.

    This also marks what `visible` keeps: unusual spaces, joiners and selectors outside an emoji,
    combining marks without a base letter or on top of many others.
    """
    return _SUSPECTS_AND_BASE.sub(lambda run: _exact_run(run[0]), text)


def exact_line(text: str) -> str:
    """Return a name in which line ends and tabs also become marks, so it stays on one line."""
    return exact(text).replace("\n", _mark("\n")).replace("\t", _mark("\t"))


def printed(text: str) -> str:
    """Return a program's output as `exact` does, but without its colours and CR LF."""
    return exact(_COLOURS.sub("", text.replace("\r\n", "\n")))


def without_escapes(text: str) -> str:
    """Return terminal output without its escape sequences, as the model gets it."""
    return _ESCAPES.sub("", text)


def without_halves(text: str) -> str:
    """Return text that UTF-8 can encode: lone surrogates become marks."""
    return _HALVES.sub(lambda half: _mark(half[0]), text)


def _exact_run(run: str) -> str:
    kinds = _kinds()
    if all(kinds[ord(char)] == _DRAWS for char in set(run)):
        return run
    shown = []
    base = ""  # what combining marks stand on
    picture = ""  # the last part of an emoji
    marks = joiners = 0
    for index, char in enumerate(run):
        kind = kinds[ord(char)]
        before, after = run[index - 1 : index], run[index + 1 : index + 2]
        if char == _SELECTOR:
            drawn = _takes_selector(picture) or (base in _KEYS and after == _KEYCAP)
            picture = picture and char
        elif char == _JOINER:
            joiners += 1
            drawn = picture != "" and joiners <= _MOST_JOINERS
            drawn = drawn and after != "" and kinds[ord(after)] == _PICTURE
        elif kind == _COMBINES:
            marks += 1
            drawn = _takes_mark(base, char) and marks <= _MOST_MARKS
            drawn = drawn or (char == _KEYCAP and base in _KEYS and before == _SELECTOR)
            picture = ""
        else:
            drawn = kind != _HIDDEN
            base, marks = char, 0
            if not (_is_tone(char) or before == _JOINER):
                joiners = 0
            picture = char if kind == _PICTURE else ""
        if not drawn:
            base = picture = ""
        shown.append(char if drawn else _mark(char))
    return "".join(shown)


def _takes_selector(picture: str) -> bool:
    return picture not in ("", _SELECTOR) and not _is_tone(picture)


def _takes_mark(base: str, mark: str) -> bool:
    if base < "\x80":
        return base.isalnum() and bool(_DIACRITICS.match(mark))
    return True


def _is_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def _mark(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


@lru_cache(maxsize=1)
def _kinds() -> bytes:
    """Return the kind of each code point."""
    from ._characters import TABLE

    runs = re.findall(r"([-+*^])([0-9a-z]+)", TABLE)
    return b"".join(kind.encode() * int(length, 36) for kind, length in runs)


class _Prose(dict[int, str]):
    """What prose shows for a character, by its code point."""

    def __missing__(self, code: int) -> str:
        if len(self) > _MOST_KNOWN:
            self.clear()
        char = chr(code)
        hidden = _kinds()[code] == _HIDDEN
        hidden = hidden and not any(first <= code <= last for first, last in _IN_PROSE)
        self[code] = shown = _mark(char) if hidden else char
        return shown


@lru_cache(maxsize=1)
def _prose() -> _Prose:
    return _Prose()
