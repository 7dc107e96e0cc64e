"""Shows a permission request as lines of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .._text import exact, exact_line
from .._turns.diffs import heading_text, line_kinds
from .._turns.requests import PermissionRequest

#: Before each line of a longer text, so that it does not look like a line of the request.
_MARGIN = "│ "
#: Before the rest of a wrapped line, so that it does not look like a line of the request either.
_GOES_ON = "┆ "
_NARROWEST = 20
_TAB = 8


def lines_of_request(request: PermissionRequest) -> list[str]:
    """Return the lines of a permission request, in the order of all views.

    The order: the CLI's reason; the plan, the command, the code with its effects, or the path with
    the diff; the rest of the input; Claude's description.
    """
    lines = [exact_line(request.reason)] if request.reason else []
    if request.plan is not None:
        lines += _block(request.plan)
    if request.command is not None:
        lines += _block(request.command)
    if request.code is not None:
        lines += [*_block(request.code), *map(exact_line, request.effects)]
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
    """Yield a line in pieces that each fit on one line of a terminal.

    A terminal, or a library that wraps words, would continue at the margin and drop spaces there.

    Parameters
    ----------
    line : str
        The line, with hidden characters as marks.
    width : int
        How many columns the terminal has.
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
