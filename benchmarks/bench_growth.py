"""Reading what others write: four times the text takes about four times as long."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from unittest import mock

from jupyter_claude_sdk.lowlevel import between

from jupyter_claude._ipython.cells import _MAGIC, _REWIND
from jupyter_claude._looking.secrets import without_secrets
from jupyter_claude._text import exact, exact_line, visible
from jupyter_claude._turns.diffs import diff_counts
from jupyter_claude._turns.messages import _FRAME
from jupyter_claude._views import clock
from jupyter_claude._views.code import highlighted
from jupyter_claude._views.inert import inert_code, inert_markdown, inert_text
from jupyter_claude._views.static import diff_html, render_markdown
from jupyter_claude._views.terminal import FinishedPart

from ._figures import Figure

#: Each is repeated; together they begin and do not end all that Markdown, formulas, diffs and
#: transcripts know.
PIECES = [
    *[
        "\\[a\n",
        "\\(a ",
        "\\(",
        "$$a ",
        "$$\na\n",
        "$a ",
        "$a\\$",
        "$",
        "`",
        "`a ",
        "``a` ",
        "```a\n",
    ],
    *["~~~\n", "*", "*a ", "**a", "_a ", "***a** ", "*_", "~~a ", "[", "[a](", "[a](<b", '[a](b "'],
    *[
        "[a][b] ",
        "![a](",
        "[a]: b\n",
        "[a\n]: ",
        "](",
        "(",
        "((a)",
        "<",
        "<a ",
        '<a b="',
        "<!--",
        "&",
    ],
    *["\\", "\\\\", "> ", "- ", "  - ", "1. a\n", "# ", "|", "|a|b\n|-|-\n", "| a |\n", "    a\n"],
    *[
        "http://a ",
        "http://",
        "www.a.b ",
        "a@b.c ",
        "//a.b ",
        ":",
        "a\n\n",
        "a",
        "a ",
        " ",
        " \n",
        "\t",
    ],
    *["\u202e", "\U0001f469\u200d", "e\u0301", "@@ -1 +1 @@\n", "+++ \n", "\\", '"""', "'", "{{"],
    # Secrets begin in these ways.
    *["a.", "a:", "a-", "key=", 'x:"', "eyJ", "sk-", "://", "://a:", "a: b", "--password "],
    *["Bearer ", "?sig=", "-----BEGIN ", "password=", "token: '"],
    *[
        "<command-name>",
        "<tools-used-before-summary>",
        "%claude rewind ",
        "%%claude\n",
        "\r\n",
        "![",
    ],
]
#: A quadratic reader takes 16 times as long; a busy machine doubles what a linear one takes.
LIMIT = 9.0


def figures() -> Iterator[Figure]:
    with mock.patch.object(clock, "SECONDS", 60.0):  # the clock is not what holds
        for name, read, size in READERS:
            ratio, piece = max((growth(read, size, piece), piece) for piece in PIECES)
            which = f"longest for {piece!r}" if ratio else "each text in less than 10 ms"
            yield Figure(f"{name}: {which}", ratio, "times", LIMIT)


def growth(read: Callable[[str], object], size: int, piece: str) -> float:
    """Return how many times as long a reader takes for four times the text."""
    short, long = piece * (size // 4 // len(piece)), piece * (size // len(piece))
    first = second = float("inf")
    for _ in range(8):
        first, second = min(first, seconds(read, short)), min(second, seconds(read, long))
        if second < 0.01:
            return 0  # the machine's own steps would be measured
        if second <= LIMIT * first:
            break
    return second / first


def finished(text: str) -> None:
    """Read a text as it grows."""
    reader = FinishedPart()
    for end in range(0, len(text), 50):
        reader.of(text[:end])


def read_as_code(text: str) -> None:
    """Colour a text in some languages."""
    for language in ("python", "bash", "html", "markdown", "javascript"):
        highlighted(text, language)


def magics(text: str) -> None:
    """Look for a magic in a cell's text."""
    _MAGIC.match(text)
    _REWIND.match(text)
    _REWIND.match(text[1:])


#: Functions that read others' text, each with the characters of the longer text.
READERS: list[tuple[str, Callable[[str], object], int]] = [
    ("render_markdown", render_markdown, 8_000),
    ("inert_markdown", inert_markdown, 8_000),
    ("inert_text", inert_text, 40_000),
    ("inert_code", inert_code, 40_000),
    ("exact", exact, 40_000),
    ("exact_line", exact_line, 40_000),
    ("visible", visible, 40_000),
    ("diff_counts", diff_counts.__wrapped__, 40_000),
    ("diff_html", diff_html, 40_000),
    ("finished", finished, 40_000),
    ("read_as_code", read_as_code, 4_000),
    ("between", lambda text: between(text, "command-name"), 80_000),
    ("frame", _FRAME.match, 80_000),
    ("without_secrets", without_secrets, 48_000),
    (
        "magics",
        lambda text: (_MAGIC.match(text), _REWIND.match(text), _REWIND.match(text[1:])),
        80_000,
    ),
]


def seconds(read: Callable[[str], object], text: str) -> float:
    """Return the processor's time for reading a text."""
    gc.disable()
    try:
        start = time.thread_time()
        read(text)
        return time.thread_time() - start
    finally:
        gc.enable()
