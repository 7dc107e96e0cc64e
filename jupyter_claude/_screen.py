"""`Screen`: the terminal's screen. It shows requests also while output is captured."""

from __future__ import annotations

import io
import sys
from typing import TextIO


class Screen:
    """Prints on the terminal, so that the user sees it.

    If standard output is a file or is captured, print on the terminal with which Python started, or
    on standard error. If there is no terminal, print on standard output.
    """

    def write(self, text: str, /) -> int:
        """Print text."""
        return _stream().write(text)

    def flush(self) -> None:
        """Flush the stream."""
        _stream().flush()

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        return _stream().fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return _is_terminal(_stream())

    @property
    def encoding(self) -> str:
        """The stream's encoding."""
        return _stream().encoding


SCREEN = Screen()


def somebody_there() -> bool:
    """Whether a user can read and answer on a terminal."""
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
