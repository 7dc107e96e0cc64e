"""Writes columns and first rows of tables, whatever library they are of."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._text import exact_line
from .arrays import MOST_READ
from .classes import full_name
from .look import WITHHELD
from .secrets import without_secrets
from .sight import Sight, key_path
from .values import counted, is_missing, short

MOST_COLUMNS = 50
MOST_ROWS = 50
_MOST_IN_ROWS = 20  # columns of which values are shown
_MOST_CELLS = 1_000_000  # of all columns, of which ranges are computed
_WIDTH = 40  # characters of a cell
_MOST_SEARCHED = 100  # texts of a column that are searched for secrets
_MOST_CATEGORIES = 12
#: What can be counted: a date may have a time zone of the user's, which its hash asks.
_COUNTED = frozenset(map(id, (str, bytes, bool, int, float, datetime.date, datetime.timedelta)))


@dataclass
class Column:
    """A column of a table.

    Attributes
    ----------
    label : object
        Its label, which may be anything.
    kind : str
        Its type, such as "int64".
    facts : callable
        Returns what else is to be said, such as its range, by this many of the first rows. It is
        called only if the column is not withheld.
    head : callable
        Returns the first values, as Python's own where that is possible.
    """

    label: Any
    kind: str
    facts: Callable[[int], str] = field(default=lambda read: "")
    head: Callable[[int], Sequence[Any]] = field(default=lambda rows: ())


def describe(
    columns: Sequence[Column], total: int, sight: Sight, path: str, rows: int
) -> list[str]:
    """Return a line for each column, and the first rows."""
    shown = [_Shown(column, sight, path) for column in columns[:MOST_COLUMNS]]
    lines = ["columns:"]
    read = rows_read(len(shown))
    lines += [f"  {one.name}: {one.column.kind}{one.facts(read)}" for one in shown]
    if total > len(shown):
        lines.append(f"  … {counted(total - len(shown), 'more column')}")
    if rows > 0:
        lines += _head(shown[:_MOST_IN_ROWS], total, min(rows, MOST_ROWS))
    return lines


def rows_read(columns: int) -> int:
    """Return how many of the first rows are looked at, for ranges and counts."""
    return min(MOST_READ, _MOST_CELLS // max(min(columns, MOST_COLUMNS), 1))


class _Shown:
    """A column, and whether its values are withheld."""

    def __init__(self, column: Column, sight: Sight, path: str) -> None:
        self.column, self.sight = column, sight
        self.path = key_path(path, column.label)
        self.name = short(column.label, sight, self.path, depth=1, most=60)
        if type(column.label) is str:
            self.name = sight.line(column.label, self.path, 60)
        self.withheld = sight.keeps_back_name(column.label, column, self.path) or any(
            _is_secret(value, sight) for value in column.head(_MOST_SEARCHED)
        )
        if self.withheld:
            sight.withhold(self.path)

    def facts(self, read: int) -> str:
        if self.withheld:
            return f", values {WITHHELD}"
        text = self.column.facts(read)
        return f", {self.sight.line(text, self.path, 400)}" if text else ""

    def cell(self, value: Any) -> str:
        return WITHHELD if self.withheld else cell(value, self.sight, self.path)


def cell(value: Any, sight: Sight, path: str) -> str:
    """Return the value of a cell on one line."""
    if type(value) is str:
        return sight.line(value, path, _WIDTH)
    if type(value) is float:
        return f"{value:.6g}"
    return short(value, sight, path, depth=1, most=_WIDTH)[: 2 * _WIDTH]


def _is_secret(value: Any, sight: Sight) -> bool:
    if sight.marks.marks(value):
        return True
    if type(value) is not str:
        return False
    return sight.marks.without(value[:1000])[1] + without_secrets(value[:1000])[1] > 0


def _head(shown: Sequence[_Shown], total: int, rows: int) -> list[str]:
    columns = [[one.cell(value) for value in one.column.head(rows)] for one in shown]
    number = max(map(len, columns), default=0)
    if not number:
        return []
    lines = [f"first {counted(number, 'row')}:"]
    names = [one.name for one in shown] + (["…"] if total > len(shown) else [])
    lines.append("  " + " | ".join(names))
    for index in range(number):
        cells = [column[index] if index < len(column) else "" for column in columns]
        lines.append("  " + " | ".join(cells + (["…"] if total > len(shown) else [])))
    return lines


def common(values: Iterable[Any], sight: Sight, path: str) -> str:
    """Return the different values if they are few and plain; else how many there are.

    Only Python's own values are compared: others would be asked for their hash.
    """
    counts: dict[Any, int] = {}
    others: dict[str, int] = {}
    kinds: dict[int, tuple[type, str]] = {}  # by the class's id; "" if its things mean "missing"
    empty = 0
    for value in values:
        cls = type(value)
        if id(cls) in _COUNTED and value == value:
            key = (id(cls), value)
            counts[key] = counts.get(key, 0) + 1
            continue
        if id(cls) not in kinds:
            name = "" if is_missing(value) else f"‹{exact_line(full_name(cls))[:80]}›"
            kinds[id(cls)] = (cls, name)
        kind = kinds[id(cls)][1]
        if kind:
            others[kind] = others.get(kind, 0) + 1
        else:
            empty += 1
    parts = []
    if empty:
        parts.append(f"{empty:,} missing")
    if others:
        names = sorted(others, key=lambda kind: -others[kind])[:3]
        parts.append("holds " + ", ".join(names) + (" …" if len(others) > 3 else ""))
    if counts:
        parts.append(f"{len(counts):,} different")
        if len(counts) <= _MOST_CATEGORIES:
            ordered = sorted(counts.items(), key=lambda item: -item[1])
            texts = [f"{cell(key[1], sight, path)} ({n:,})" for key, n in ordered]
            parts[-1] += ": " + ", ".join(texts)
    return ", ".join(parts)
