"""The terminal's screen, where requests stand also while something else takes what is printed."""

from __future__ import annotations

import io
import sys
from typing import TextIO


class Screen:
    """Prints on the terminal, where the user can see it.

    Standard output may be a file, or be captured: then the terminal that Python started with
    serves, or standard error. Where there is none, it is standard output all the same.
    """

    def write(self, text: str, /) -> int:
        """Print text."""
        return _stream().write(text)

    def flush(self) -> None:
        """Print what is left."""
        _stream().flush()

    def fileno(self) -> int:
        """Return the number of its file."""
        return _stream().fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return _is_terminal(_stream())

    @property
    def encoding(self) -> str:
        """The encoding of what is printed."""
        return _stream().encoding


SCREEN = Screen()


def somebody_there() -> bool:
    """Whether there is a terminal with somebody who can read there and answer."""
    return _is_terminal(sys.stdin) and SCREEN.isatty()


def _stream() -> TextIO:
    streams = (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__)
    terminals = (each for each in streams if each is not None and _is_terminal(each))
    return next(terminals, sys.stdout) or io.StringIO()  # a program without a console has none


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
