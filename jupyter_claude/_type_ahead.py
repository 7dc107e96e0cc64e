"""Discards keys that the user typed before a question: they must not answer it."""

from __future__ import annotations

import os
import sys


def discard_typed() -> None:
    """Discard unread input on standard input."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
        return
    import select
    import termios

    try:
        number = sys.stdin.fileno()
        if os.isatty(number):
            termios.tcflush(number, termios.TCIFLUSH)
            return
        while select.select([number], [], [], 0)[0] and os.read(number, 65536):
            pass
    except (OSError, ValueError):
        return  # there is no standard input
