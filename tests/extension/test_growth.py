"""No text of the model's holds up the kernel. `make bench ARGS=growth` has the times."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.bench_growth import PIECES, READERS
from jupyter_claude._views import clock
from jupyter_claude._views.static import render_markdown
from tests.hangs import HANG


@pytest.mark.parametrize(("name", "read", "size"), READERS)
def test_no_text_hangs(
    name: str, read: Callable[[str], object], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an answer, or a file that Claude read, holds up the kernel for ever."""
    monkeypatch.setattr(clock, "SECONDS", 10 * HANG)  # the clock is not what holds
    for piece in PIECES:
        read(piece * (size // len(piece)))


def test_a_clock_ends_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a trick that nobody thought of holds up the kernel, or text is lost."""
    monkeypatch.setattr(clock, "SECONDS", -1.0)
    text = "**a** <b>\n\n" * 200
    html = render_markdown(text)
    assert html.startswith("<pre")
    assert html.count("**a** &lt;b&gt;") == 200
