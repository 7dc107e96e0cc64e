"""A permission request as lines of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .._text import exact, exact_line
from .._turns.diffs import heading_text, line_kinds
from .._turns.requests import PermissionRequest

#: Before each line of a text that may have several: so it cannot pass for what stands below it.
_MARGIN = "│ "
#: Before what goes on from the line above: so it cannot pass for a line of ours either.
_GOES_ON = "┆ "
_NARROWEST = 20
_TAB = 8


def lines_of_request(request: PermissionRequest) -> list[str]:
    """Return what a permission request shows, in the order in which all views show it.

    The reason of the CLI, the command or the path and the diff, the rest of the input, and what
    Claude says of it.
    """
    lines = [exact_line(request.reason)] if request.reason else []
    if request.command is not None:
        lines += _block(request.command)
    if request.path is not None:
        new = " (new file)" if request.new_file else ""
        lines.append(f"{exact_line(request.path)}{new}")
    if request.diff is not None:
        diff = line_kinds(request.diff)
        lines += _block(
            "\n".join(heading_text(line) if kind == "heading" else line for kind, line in diff)
        )
    for field in request.fields:
        name, value = exact_line(field["name"]), field["value"]
        lines += [f"{name}:", *_block(value)] if "\n" in value else [f"{name}: {exact(value)}"]
    if request.says:
        lines.append(f"Claude says: {exact_line(request.says)}")
    return lines


def pieces(line: str, width: int) -> Iterator[str]:
    """Yield a line in pieces that a terminal can show, each on a line of its own.

    A terminal, and what wraps words for it, would go on at the margin and drop spaces there.

    Parameters
    ----------
    line : str
        The line, its hidden characters marked.
    width : int
        How many cells the terminal has in a line.
    """
    width = max(width, _NARROWEST)
    piece, used = "", 0
    for char in line.expandtabs(_TAB):
        cells = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used + cells > width:
            yield piece
            piece, used = _GOES_ON, len(_GOES_ON)
        piece += char
        used += cells
    yield piece


def _block(text: str) -> list[str]:
    return [f"{_MARGIN}{line}" for line in exact(text).split("\n")]
