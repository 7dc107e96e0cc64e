"""Colours the code blocks of the static HTML, by the notebook's theme.

There is no style sheet, so the turn's element defines the colours as custom properties. Each
coloured word names one. `colours` has them.

We tried Pygments' `HtmlFormatter` (2.21, with a style of the same table) in place of the few lines
that join the words. It needed nine lines more, for the style and the time limit. It colours each
line of a docstring separately: the HTML of 164 Python files grew by 4 %, and so would notebook
files. And it ends each text with a line feed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from .colours import CODE

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_LONGEST = 20_000  # characters of one block; colours make its HTML several times larger
# A lexer may read the same text again and again, such as after an open quotation mark, and the
# kernel waits. A block over these limits gets no colours.
_LONGEST_LINE = 1_000
_MOST_BLANK = 50  # empty lines in a row; Markdown's lexer reads all of them again for each one
_SECONDS = 0.02
_SECONDS_EACH = 1e-5  # more for each character; a lexer usually needs much less
# The languages that the widget colours too. Pygments has hundreds, and some can block a kernel.
_LANGUAGES = frozenset(
    [
        *("bash", "sh", "shell", "zsh", "console", "c", "cpp", "c++", "css", "diff", "dockerfile"),
        *("docker", "go", "golang", "ini", "toml", "java", "javascript", "js", "json", "julia"),
        *("jl", "latex", "tex", "markdown", "md", "python", "py", "python3", "ipython"),
        *("ipython3", "pycon", "r", "rust", "rs", "sql", "typescript", "ts", "html", "xml"),
        *("yaml", "yml"),
    ]
)


def highlighted(text: str, language: str) -> str:
    """Return code as HTML, with coloured words if we know the language."""
    coloured = _pieces(text, language.lower())
    if coloured is None:
        return escape(text)
    parts = []
    for name, run in groupby(coloured, key=itemgetter(0)):
        shown = escape("".join(piece for _, piece in run))
        parts.append(f'<span style="color:var(--jc-{name})">{shown}</span>' if name else shown)
    return "".join(parts)


def _pieces(text: str, language: str) -> list[tuple[str, str]] | None:
    """Return the words with their colours; None if we cannot colour them quickly."""
    if language not in _LANGUAGES or len(text) > _LONGEST:
        return None
    lexer = _lexer(language)
    lines = text.split("\n")
    if lexer is None or max(map(len, lines)) > _LONGEST_LINE or _blank(lines) > _MOST_BLANK:
        return None
    # Time of the processor, so that a busy machine does not reach the limit.
    end = time.thread_time() + _SECONDS + _SECONDS_EACH * len(text)
    found = []
    for kind, piece in lexer.get_tokens(text):
        if time.thread_time() > end:
            return None
        found.append((_colour(str(kind)), piece))
    return found


def _blank(lines: Iterable[str]) -> int:
    """Return how many lines in a row are empty, at the most."""
    runs = groupby(lines, key=lambda line: not line.strip())
    return max((sum(1 for _ in run) for empty, run in runs if empty), default=0)


@lru_cache(maxsize=512)
def _colour(kind: str) -> str:
    return next((name for known, name in CODE if kind == known or kind.startswith(f"{known}.")), "")


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        # Keep the text: add and remove no line ends, and replace no tabs.
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
