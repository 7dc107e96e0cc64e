"""Makes the model's Markdown harmless in every viewer.

Viewers read Markdown differently: the same text is code in one viewer and HTML in another. So the
result must not depend on the viewer. Outside of code blocks, and also between backticks, no
character can begin HTML, an image or an unchecked link. Code blocks are at the margin, between
empty lines, where all viewers read them alike.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING

from .._text import visible
from . import formulas
from .clock import Clock, TooSlow
from .silence import parser_silent

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: The most characters to parse; more would block the kernel for seconds.
LONGEST = 300_000

_LANGUAGE = re.compile(r"[\w+#.-]+", re.ASCII)
_TICKS = re.compile("`+")
_OPENING = re.compile(r"\\.|`+")
# Characters of an address that have no meaning in Markdown, HTML or formulas.
_PLAIN = r"[A-Za-z0-9\-._~:/?#@&+,;=%]"
_WEB = rf"https?://{_PLAIN}+(?:\({_PLAIN}*\){_PLAIN}*)*"
_URL = rf"(?:{_WEB}|mailto:[\w.+-]+@[\w.-]+)"
_DEFINITION = re.compile(rf" {{0,3}}\[[\w -]+\]: +{_URL}", re.IGNORECASE)
_AFTER_CODE = re.compile(rf"\]\(({_URL})\)", re.IGNORECASE)
# Markup that would become active if a viewer read the code as text.
_ACTIVE_CODE = re.compile(
    r"<[A-Za-z/!?]|!\[|\]\(|\]:|(?<!http)(?<!https)://|(?<![\w:])//\w|xmpp:|~~~",
    re.IGNORECASE,
)
_TEXT = re.compile(
    rf"""
    !?\[(?P<words>[^\[\]<>`\\$\n]{{0,300}})\]\((?P<to>{_URL})(?:[ ]"[^"\n]{{0,300}}")?\)
    | <(?P<auto>{_URL})>
    | (?P<kept>\\[!-/:-@\[-`{{-~]|\\(?=https?://))
    | (?P<command>{formulas.UNSAFE.pattern})
    | (?P<web>(?<![A-Za-z0-9+.\-/]){_WEB})
    | (?P<break><br[ ]?/?>)
    | \[\^(?P<note>[\w-]{{1,30}})\]
    | (?P<other><(?=[A-Za-z/!?])|\](?=[(:])|!(?=!?\[)|:(?=//)|(?<!:)/(?=/\w)
        |(?<=\w)@(?=\w)|(?<=www)\.|~{{3,}}|\$)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IN_WORDS = re.compile(r":(?=//)|/(?=/)|(?<=\w)@(?=\w)|(?<=www)\.|~~(?=~)", re.IGNORECASE)
_ALL_SPECIAL = re.compile(r"[\\`*_\[\]$~!|@<]|:(?=//)|/(?=/)|(?<=www)\.", re.IGNORECASE)
_IN_FORMULA = (
    (re.compile("<"), r"\\lt "),
    (re.compile(r"\](?=[(:])"), "] "),
    (re.compile(r"!(?=\[)"), "! "),
    (re.compile(r":(?=//)"), ": "),
    (re.compile(r"/(?=/)"), "/ "),
    (re.compile(r"(?<=www)\.|(?<=\w)@(?=\w)", re.IGNORECASE), r" \g<0>"),
)


def inert_markdown(text: str) -> str:
    """Return the model's Markdown with only text, code, formulas and checked links.

    A text that is too long, or takes too long, becomes a code block.
    """
    text = visible(text)
    try:
        literals = _literals(text) if len(text) <= LONGEST else None
    except TooSlow:
        literals = None
    if literals is None:
        return _code_block(text)
    lines = text.split("\n")
    made: list[str] = []
    done = 0
    for first, end, block in literals:
        made += map(_line, lines[done:first])
        if made and made[-1].strip():
            made.append("")
        made.append(block)
        if end < len(lines) and lines[end].strip():
            made.append("")
        _dedent(lines, end)
        done = end
    made += map(_line, lines[done:])
    return "\n".join(made)


def inert_text(text: str) -> str:
    """Return a line's words without markup."""
    return " ".join(_literal(visible(text)).split())


def inert_code(text: str) -> str:
    """Return a line of code between backticks, or as text if viewers could differ."""
    maybe_formula = "$" in text and "\\" in text
    if "`" in text or not text.strip() or maybe_formula or _ACTIVE_CODE.search(text):
        return f"\\`{_literal(text)}\\`" if text else ""
    return f"` {text} `" if text[0] == " " == text[-1] else f"`{text}`"


# --- blocks -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _parser() -> tuple[MarkdownIt, Clock]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False})
    parser.disable("reference")
    formulas.use(parser)
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser, Clock(parser)


def _literals(text: str) -> list[tuple[int, int, str]]:
    """Return the code blocks and formulas: first line, line after the end, Markdown."""
    parser, clock = _parser()
    clock.start()
    with parser_silent():
        tokens = parser.parse(text)
    found = []
    for token in tokens:
        block: str | None = None
        if token.type in ("fence", "code_block"):
            # JupyterLab puts the language into an attribute without escaping quotes.
            language = _LANGUAGE.match(token.info.strip())
            block = _code_block(token.content, language[0] if language else "")
        elif token.type == "formula_block" and not _OF_BLOCKS.search(token.content):
            block = _formula(token.content)
        if block is not None and token.map is not None:
            found.append((token.map[0], token.map[1], block))
    return found


# Marks that may be more than a formula: code, and a quote mark before a line.
_OF_BLOCKS = re.compile(r"`|~~~|\n\s*>")


def _code_block(content: str, language: str = "") -> str:
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(content)), default=0))
    end = "" if content.endswith("\n") or not content else "\n"
    return f"{fence}{language}\n{content}{end}{fence}"


def _formula(content: str) -> str:
    for pattern, instead in _IN_FORMULA:
        content = pattern.sub(instead, content)
    return content


def _dedent(lines: list[str], start: int) -> None:
    """Move the lines after a block to the left: a block at the margin ends all lists."""
    cut: int | None = None
    for number in range(start, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip(" \t"))
        if indent == len(line):
            continue
        cut = indent if cut is None else min(cut, indent)
        if cut == 0:
            return
        lines[number] = line[cut:]


# --- lines ------------------------------------------------------------------------------------


def _line(line: str) -> str:
    """Return a harmless line, for a line outside of code blocks."""
    if _DEFINITION.fullmatch(line.rstrip()):
        return line.rstrip()
    runs: dict[int, list[int]] = {}
    for run in _TICKS.finditer(line):
        runs.setdefault(len(run[0]), []).append(run.start())
    made = []
    done = position = 0
    while opening := _OPENING.search(line, position):
        position = opening.end()
        size = len(opening[0])
        if opening[0].startswith("\\"):
            continue
        made.append(_text(line[done : opening.start()]))
        ends = runs.get(size, [])
        index = bisect_left(ends, position)
        if index == len(ends):
            made.append("\\`" * size)
            done = position
            continue
        code = inert_code(line[position : ends[index]])
        made.append(code)
        done = position = ends[index] + size
        link = _AFTER_CODE.match(line, done)
        if link and code.startswith("`") and line[: opening.start()].endswith("["):
            made.append(f"]({_address(link[1])})")
            done = position = link.end()
    made.append(_text(line[done:]))
    return "".join(made)


def _text(text: str) -> str:
    """Return a harmless part of a line, for a part without code."""
    parts = []
    done = 0
    for found in formulas.FORMULA.finditer(text):
        if formulas.is_formula(found[0]) and "~~~" not in found[0]:
            parts += [_words(text[done : found.start()]), _formula(found[0])]
            done = found.end()
    return "".join(parts) + _words(text[done:])


def _words(text: str) -> str:
    return _TEXT.sub(_inert, text)


def _inert(found: re.Match[str]) -> str:
    if found["to"]:
        words = found["words"] or "link"
        return f"[{_IN_WORDS.sub(_escape, words)}]({_address(found['to'])})"
    if found["break"]:
        return " "  # a table row can have no line break, and elsewhere it might end a block
    if found["note"]:
        return f"\\[{found['note']}\\]"
    if found["auto"]:
        return f"<{found['auto']}>"
    if found["kept"]:
        return {"\\<": "&lt;", "\\": "\\\\"}.get(found[0], found[0])
    if found["command"]:
        return f"\\{found[0]}"
    if found["web"]:
        address = found["web"].rstrip(".,:;?_~")
        return f"<{address}>{found['web'][len(address) :]}"
    return _escape(found)


def _address(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def _literal(text: str) -> str:
    return _ALL_SPECIAL.sub(_escape, text.replace("&", "&amp;"))


def _escape(found: re.Match[str]) -> str:
    return "&lt;" if found[0] == "<" else "".join(f"\\{char}" for char in found[0])
