"""Code blocks of the static HTML: their language above them, and the theme's colours.

There is no style sheet, so the colours are custom properties of the turn's element, and each
coloured word names one; `colours` has them.

Pygments' `HtmlFormatter` was tried in place of the few lines that join the words (2.21, its style
made of the same table). It took nine lines more, for the style and the limit of time. It colours
each line of a docstring anew: 164 Python files became 4 % larger, a notebook file with them. And it
ends each text with a line feed.
"""

from __future__ import annotations

import time
from functools import lru_cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from .colours import CODE

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_LONGEST = 20_000  # characters of one block; the colours make a notebook file several times larger
# Lexers look again and again at what is never closed, and the kernel waits: beyond these a block
# has no colours.
_LONGEST_LINE = 1_000
_SECONDS = 0.02
_SECONDS_EACH = 1e-5  # for a character, several times what it usually takes
# Those that the widget colours, too; of the hundreds that there are some can hold up a kernel.
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
    """Return code as HTML, its words coloured if the language is known."""
    coloured = _pieces(text, language.lower())
    if coloured is None:
        return escape(text)
    parts = []
    for name, run in groupby(coloured, key=itemgetter(0)):
        shown = escape("".join(piece for _, piece in run))
        parts.append(f'<span style="color:var(--jc-{name})">{shown}</span>' if name else shown)
    return "".join(parts)


def _pieces(text: str, language: str) -> list[tuple[str, str]] | None:
    """Return the words with their colours; None if the language is unknown, or it takes long."""
    if language not in _LANGUAGES or len(text) > _LONGEST:
        return None
    lexer = _lexer(language)
    if lexer is None or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return None
    # The processor's time: a busy machine takes no colours away.
    end = time.thread_time() + _SECONDS + _SECONDS_EACH * len(text)
    found = []
    for kind, piece in lexer.get_tokens(text):
        if time.thread_time() > end:
            return None
        found.append((_colour(str(kind)), piece))
    return found


@lru_cache(maxsize=512)
def _colour(kind: str) -> str:
    return next((name for known, name in CODE if kind == known or kind.startswith(f"{known}.")), "")


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        # As it was written: no line end less or more, and no tab made spaces.
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
