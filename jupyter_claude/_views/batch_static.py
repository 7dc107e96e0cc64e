"""Shows batches, their rows and estimates as static HTML and as text.

What a row says is somebody else's text: its hidden characters are marks, and nothing in it is
markup or a formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .._tables import Column, Table
from .._text import exact_line, without_escapes
from .._turns.items import dollars
from .batch_words import duration, error, note, summary

if TYPE_CHECKING:
    from jupyter_claude_sdk import Estimate, Row, Rows

    from .._core.host import StoppableBatch

_MOST_ROWS = 20
_MOST_FAILED = 10  # below a batch
_TEXT = 60  # characters of a prompt or an answer
_FAILED = (
    Column("row", "name"),
    Column("prompt", "long"),
    Column("error", "long"),
    Column("attempts", "number"),
    Column("cost", "number"),
)
_ROWS = (
    Column("row", "name"),
    Column("prompt", "long"),
    Column("answer", "long"),
    Column("attempts", "number"),
    Column("cost", "number"),
)


def batch_parts(batch: StoppableBatch) -> list[Table | str]:
    """Return a batch: what it has done, and the failures to look into."""
    parts: list[Table | str] = [f"Batch: {summary(batch.progress)}"]
    if said := note(batch.progress):
        parts.append(said)
    if failed := batch.failed:
        parts.append(_failures(failed, _MOST_FAILED))
        if len(failed) > _MOST_FAILED:
            parts.append(f"… and {len(failed) - _MOST_FAILED} more in batch.failed")
    return parts


def rows_parts(rows: Rows[Any]) -> list[Table | str]:
    """Return rows: the failures to look into, or all rows with their answers."""
    several = f"{len(rows):,} row{'s' * (len(rows) != 1)}"
    if not rows:
        return ["No rows"]
    waiting = sum(row.kind == "waiting" for row in rows)
    failed = sum(row.error is not None for row in rows) - waiting
    shown = rows[:_MOST_ROWS]
    if failed == len(rows):
        parts: list[Table | str] = [_failures(shown, _MOST_ROWS)]
    else:
        caption = ", ".join(
            [
                several,
                *([f"{failed} failed"] if failed else ()),
                *([f"{waiting} not asked yet"] if waiting else ()),
            ]
        )
        parts = [Table(caption, _ROWS, [_row(row, _answer(row)) for row in shown])]
    if len(rows) > _MOST_ROWS:
        parts.append(f"… and {len(rows) - _MOST_ROWS:,} more")
    return parts


def estimate_parts(estimate: Estimate) -> list[Table | str]:
    """Return an estimate."""
    columns = (Column("", "name"), Column("for all", "number"))
    rows = [
        ("rows to ask", f"{estimate.to_ask:,} of {estimate.rows:,}"),
        ("dollars", f"about {dollars(estimate.usd)}"),
        ("input tokens", f"about {estimate.input_tokens:,}"),
        ("output tokens", f"about {estimate.output_tokens:,}"),
        ("time", f"about {duration(estimate.minutes * 60)}"),
    ]
    failed = f", of which {estimate.failed} failed" if estimate.failed else ""
    rows_asked = f"{estimate.asked} row{'s' * (estimate.asked != 1)}"
    return [Table(f"Estimate, from {rows_asked}{failed}", columns, rows)]


def as_html(parts: Sequence[Table | str], *, name: str = "") -> str:
    """Return parts as HTML without scripts, in which a "$" is no formula."""
    label = f' role="group" aria-label="{escape(name)}"' if name else ""
    shown = "".join(
        part.html() if isinstance(part, Table) else f'<p style="margin:.3em 0">{escape(part)}</p>'
        for part in parts
    )
    return f'<div class="mathjax_ignore"{label} style="overflow-x:auto">{shown}</div>'


def as_text(parts: Sequence[Table | str]) -> str:
    """Return parts as text."""
    return "\n".join(
        f"{part.caption}\n{part}" if isinstance(part, Table) else part for part in parts
    )


def bundle(batch: StoppableBatch) -> dict[str, str]:
    """Return a batch as a MIME bundle."""
    parts = batch_parts(batch)
    return {"text/html": as_html(parts, name="Batch"), "text/plain": as_text(parts)}


def _failures(rows: Sequence[Row[Any]], most: int) -> Table:
    cells = [_row(row, error(row.error or "")) for row in rows[:most]]
    return Table("Failures to look into", _FAILED, cells)


def _row(row: Row[Any], said: str) -> tuple[str, ...]:
    index = _short(str(row.index), _TEXT)
    return index, _short(row.prompt), said, str(row.attempts), dollars(row.cost_usd)


def _answer(row: Row[Any]) -> str:
    if row.kind == "waiting":
        return row.error or ""
    if row.error is not None:
        return f"✗ {error(row.error)}"
    return _short(row.value if isinstance(row.value, str) else row.text or repr(row.value))


def _short(text: str, most: int = _TEXT) -> str:
    # Cut before the characters are looked at: an answer can be long.
    shown = " ".join(without_escapes(text[: most * 4]).split())
    whole = len(shown) <= most and len(text) <= most * 4
    return exact_line(shown if whole else shown[: most - 1] + "…")
