"""Small tables, as text and as HTML without scripts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape


def as_text(lines: Sequence[Sequence[str]], left: Collection[int]) -> str:
    """Return lines of cells as columns. Columns with a number in `left` are left-aligned."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_html(lines: Sequence[Sequence[str]], left: Collection[int], label: str) -> str:
    """Return a table with the name `label`. The first line is its header."""
    head, *rest = lines
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{"left" if number in left else "right"}">{escape(cell)}</td>'
            for number, cell in enumerate(line)
        )
        + "</tr>"
        for line in rest
    )
    return (
        f'<table aria-label="{escape(label)}">'
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
    )
