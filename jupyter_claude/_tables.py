"""Small tables, as text and as HTML without scripts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple

Kind = Literal["text", "long", "name", "long name", "number", "parts", "code", "command"]


class Column(NamedTuple):
    """A column of a `Table`.

    Attributes
    ----------
    title : str
        Its heading.
    kind : {"text", "long", "name", "long name", "number", "parts", "code", "command"}
        How HTML shows it. long: text with long words, such as paths. name: its cells are the
        headings of the rows; long name: the same with long words. number: right-aligned. parts:
        numbers with words, one on each line of the text; they stand side by side if there is room.
        code: to be typed. command: a name to be typed.
    """

    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    caption : str
        What it shows. Only HTML has it.
    columns : sequence of Column
        Its columns.
    rows : sequence
        Rows of cells. A text in place of a row is the heading of the rows below it.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str] | str]

    def __repr__(self) -> str:
        head = tuple(column.title for column in self.columns)
        cells = [head, *(row for row in self.rows if not isinstance(row, str))]
        left = [number for number, one in enumerate(self.columns) if one.kind != "number"]
        lines = iter(as_text(cells, left).split("\n"))
        shown = [next(lines)]
        shown += [row if isinstance(row, str) else next(lines) for row in self.rows]
        return "\n".join(shown)

    def _repr_html_(self) -> str:
        return _framed(self.html())

    def html(self) -> str:
        """Return the table as an element."""
        head = "".join(_head(column) for column in self.columns)
        return (
            f'<table style="max-width:100%"><caption style="{_CAPTION}">{escape(self.caption)}'
            f"</caption><thead><tr>{head}</tr></thead>{self._bodies()}</table>"
        )

    def _bodies(self) -> str:
        bodies: list[list[str]] = [[]]
        for row in self.rows:
            if isinstance(row, str):
                width = len(self.columns)
                heading = (
                    f'<th scope="rowgroup" colspan="{width}" style="{_LEFT}">{escape(row)}</th>'
                )
                bodies.append([f"<tr>{heading}</tr>"])
            else:
                cells = map(_cell, self.columns, row)
                bodies[-1].append(f"<tr>{''.join(cells)}</tr>")
        return "".join(f"<tbody>{''.join(body)}</tbody>" for body in bodies if body)


class Report:
    """What a command tells: tables, and lines of text.

    A notebook shows the tables, a terminal the text.

    Parameters
    ----------
    *parts : Table or str
        What a notebook shows, one below the other.
    text : str, optional
        What a terminal shows. Default: the parts as text.
    """

    def __init__(self, *parts: Table | str, text: str | None = None) -> None:
        self._parts = parts
        self._text = text

    def __repr__(self) -> str:
        return "\n".join(map(str, self._parts)) if self._text is None else self._text

    def _repr_html_(self) -> str:
        shown = "".join(
            part.html() if isinstance(part, Table) else f"<p>{escape(part)}</p>"
            for part in self._parts
        )
        return _framed(shown)


# Only inline styles: GitHub and exported files have no others. They choose no colours, so a table
# has those of the page.
_LEFT = "text-align:left"
_CAPTION = f"caption-side:top;{_LEFT};padding:.3em .5em;font-weight:bold"
# In a wide window all parts are as wide, so that they line up with those of other rows.
_PART = "display:inline-block;white-space:nowrap;min-width:clamp(0px,(100vw - 600px)*99,8em)"
_STYLES: dict[Kind, str] = {
    "text": _LEFT,
    "long": f"{_LEFT};overflow-wrap:anywhere",
    "name": f"{_LEFT};font-weight:normal",
    "long name": f"{_LEFT};font-weight:normal;overflow-wrap:anywhere;min-width:6.5em",
    "number": "text-align:right;white-space:nowrap",
    "parts": "text-align:right",
    "code": _LEFT,
    "command": f"{_LEFT};font-weight:normal",
}


def _framed(html: str) -> str:
    """Return HTML in a box that scrolls if it is too wide, and in which a "$" is no formula."""
    return f'<div class="mathjax_ignore" style="overflow-x:auto">{html}</div>'


def _head(column: Column) -> str:
    align = "right" if column.kind in ("number", "parts") else "left"
    return f'<th scope="col" style="text-align:{align}">{escape(column.title)}</th>'


def _cell(column: Column, text: str) -> str:
    style, lines = _STYLES[column.kind], [escape(line) for line in text.split("\n")]
    shown = "<br>".join(lines)
    if column.kind == "parts":
        parts = [*(f"{line}," for line in lines[:-1]), lines[-1]]
        shown = " ".join(f'<span style="{_PART}">{part}</span>' for part in parts)
    if column.kind in ("code", "command") and text:
        shown = f"<code>{shown}</code>"
    if column.kind in ("name", "long name", "command"):
        return f'<th scope="row" style="{style}">{shown}</th>'
    return f'<td style="{style}">{shown}</td>'


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
