"""Reading what the model writes takes as long as the text is, however it is made."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest
from jupyter_claude_sdk.lowlevel import between

from jupyter_claude._ipython.cells import _MAGIC, _REWIND
from jupyter_claude._text import exact, exact_line, visible
from jupyter_claude._turns.diffs import diff_counts
from jupyter_claude._turns.messages import _FRAME
from jupyter_claude._views import clock
from jupyter_claude._views.code import highlighted
from jupyter_claude._views.inert import inert_code, inert_markdown, inert_text
from jupyter_claude._views.static import diff_html, render_markdown
from jupyter_claude._views.terminal import FinishedPart

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
    *[
        "<command-name>",
        "<tools-used-before-summary>",
        "%claude rewind ",
        "%%claude\n",
        "\r\n",
        "![",
    ],
]
#: Four times the text may take this many times as long. A quadratic reader takes 16 times; a busy
#: machine doubles what a linear one takes.
LIMIT = 9.0


def finished(text: str) -> None:
    """Read a text as it grows."""
    reader = FinishedPart()
    for end in range(0, len(text), 50):
        reader.of(text[:end])


def read_as_code(text: str) -> None:
    """Colour a text in some languages."""
    for language in ("python", "bash", "html", "markdown", "javascript"):
        highlighted(text, language)


READERS: list[tuple[Callable[[str], object], int]] = [
    (render_markdown, 4_000),
    (inert_markdown, 4_000),
    (inert_text, 20_000),
    (inert_code, 20_000),
    (exact, 20_000),
    (exact_line, 20_000),
    (visible, 20_000),
    (diff_counts.__wrapped__, 20_000),
    (diff_html, 20_000),
    (finished, 20_000),
    (read_as_code, 2_000),
    (lambda text: between(text, "command-name"), 40_000),
    (_FRAME.match, 40_000),
    (lambda text: (_MAGIC.match(text), _REWIND.match(text), _REWIND.match(text[1:])), 40_000),
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


@pytest.mark.parametrize(("read", "size"), READERS)
def test_four_times_the_text_takes_four_times_as_long(
    read: Callable[[str], object], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an answer, or a file that Claude read, holds up the kernel for minutes."""
    monkeypatch.setattr(clock, "SECONDS", 60.0)  # the clock is not what holds
    slow = {}
    for piece in PIECES:
        short, long = piece * (size // 2 // len(piece)), piece * (2 * size // len(piece))
        first = second = float("inf")
        for _ in range(8):
            first = min(first, seconds(read, short))
            second = min(second, seconds(read, long))
            # So little that the machine's own steps would be measured.
            if second < 0.01 or second <= LIMIT * first:
                break
        else:
            slow[piece] = (first, second)
    assert slow == {}


def test_a_clock_ends_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a trick that nobody thought of holds up the kernel, or text is lost."""
    monkeypatch.setattr(clock, "SECONDS", -1.0)
    text = "**a** <b>\n\n" * 200
    html = render_markdown(text)
    assert html.startswith("<pre")
    assert html.count("**a** &lt;b&gt;") == 200
