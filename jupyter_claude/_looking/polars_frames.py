"""Shows polars' frames and series. A lazy frame is never collected: that may run user code."""

from __future__ import annotations

from typing import Any

from .._text import exact_line
from .arrays import size_text
from .classes import full_name, known, member
from .sight import Sight
from .tables import MOST_COLUMNS, Column, common, describe
from .values import counted

FRAME, SERIES, LAZY = "polars:DataFrame", "polars:Series", "polars:LazyFrame"
_RANGES = ("Int", "UInt", "Float", "Date", "Datetime", "Time", "Duration")


def _may_ask_types() -> bool:
    """Whether no extension type of the user's is registered: polars would call it for a type."""
    registered = member("polars.datatypes.extension", "_REGISTRY")
    if registered is None:
        return True  # an older version, without extensions
    return type(registered) is dict and all(type(each) is str for each in registered.values())


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in (FRAME, SERIES, LAZY)


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, shape, type and size."""
    name = known(thing)
    if name == LAZY:
        return "polars LazyFrame, not collected"
    if name == SERIES:
        kind = f", {_kind(thing)}" if _may_ask_types() else ""
        return f"polars Series of {_length(thing):,}{kind}"
    rows, columns = counted(thing.height, "row"), counted(thing.width, "column")
    # Older versions panic, and say so on stderr, if there are objects of Python's.
    if not _may_ask_types() or any(known(kind) == "polars:Object" for kind in thing.dtypes):
        return f"polars DataFrame, {rows} × {columns}"
    return f"polars DataFrame, {rows} × {columns}, {size_text(int(thing.estimated_size()))}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the columns with their types, nulls and ranges, and the first rows."""
    name = known(thing)
    if name == LAZY:
        return ["Call .collect() to get its rows."]
    if not _may_ask_types():
        names = [thing.name] if name == SERIES else thing.columns
        columns = [Column(each, "not looked at") for each in names[:MOST_COLUMNS]]
        lines = describe(columns, len(names), sight, path, 0)
        return [*lines, "(an extension type is registered, which may be the user's code)"]
    if name == SERIES:
        return describe([_column(thing, sight, path)], 1, sight, path, rows)
    columns = [_column(each, sight, path) for each in thing.get_columns()[:MOST_COLUMNS]]
    return describe(columns, thing.width, sight, path, rows)


def _length(series: Any) -> int:
    return int(series.len())


def _kind(series: Any) -> str:
    return exact_line(str(series.dtype))[:120] if _is_own(series) else "extension type"


def _is_own(series: Any) -> bool:
    """Whether a series' type, and the types in it, are polars' own."""
    return _is_own_type(series.dtype)


def _is_own_type(kind: Any, depth: int = 0) -> bool:
    if not known(kind).startswith("polars:") or depth > 20:
        return False
    inner = [kind.inner] if known(kind) in ("polars:List", "polars:Array") else []
    if known(kind) == "polars:Struct":
        inner = [field.dtype for field in kind.fields]
    return all(_is_own_type(each, depth + 1) for each in inner)


def _column(series: Any, sight: Sight, path: str) -> Column:
    return Column(
        series.name,
        _kind(series),
        lambda read: _facts(series, read, sight, path),
        lambda rows: _values(series, rows),
    )


def _values(series: Any, rows: int) -> list[Any]:
    return list(series.head(rows).to_list()) if _is_own(series) else []


def _facts(series: Any, read: int, sight: Sight, path: str) -> str:
    if not _is_own(series):
        return ""
    part = series.head(read)
    where = "" if _length(part) == _length(series) else f" in the first {read:,}"
    kind = full_name(type(series.dtype)).rpartition(".")[2]
    if kind in ("String", "Utf8", "Boolean", "Categorical", "Enum", "Object"):
        return common(part.to_list(), sight, path) + where
    missing = int(part.null_count())
    parts = [f"{missing:,} missing"] if missing else []
    if kind.startswith(_RANGES) and missing < _length(part):
        parts.append(f"min {part.min()}, max {part.max()}")
    return ", ".join(parts) + (where if parts else "")
