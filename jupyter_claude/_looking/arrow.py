"""Shows pyarrow's tables and arrays, by its own C++ code; extension types by their name only."""

from __future__ import annotations

from typing import Any

from .._text import exact_line
from .arrays import MOST_READ, size_text
from .classes import full_name, known, member, words
from .sight import Sight
from .tables import MOST_COLUMNS, Column, common, describe
from .values import counted

_TABLES = ("pyarrow:Table", "pyarrow:RecordBatch")
_RANGES = words(
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 halffloat float double date32 date64"
)


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in _TABLES or (name.startswith("pyarrow:") and name.endswith("Array"))


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, shape, type and size."""
    kind = full_name(type(thing)).rpartition(".")[2]
    if known(thing) in _TABLES:
        rows, columns = counted(thing.num_rows, "row"), counted(thing.num_columns, "column")
        return f"pyarrow {kind}, {rows} × {columns}, {size_text(thing.nbytes)}"
    return f"pyarrow {kind} of {len(thing):,}, {type_name(thing.type)}, {size_text(thing.nbytes)}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the columns with their types, nulls and ranges, and the first rows."""
    if known(thing) not in _TABLES:
        return describe([_column("values", thing, sight, path)], 1, sight, path, rows)
    schema = thing.schema
    number = min(thing.num_columns, MOST_COLUMNS)
    columns = [_column(schema.field(i).name, thing.column(i), sight, path) for i in range(number)]
    return describe(columns, thing.num_columns, sight, path, rows)


def _column(label: str, array: Any, sight: Sight, path: str) -> Column:
    return Column(
        label,
        type_name(array.type),
        lambda: facts(array, sight, path),
        lambda rows: python_values(array, 0, rows),
    )


def is_own(array: Any) -> bool:
    """Whether an array, and its type, are of pyarrow's own classes."""
    return (
        known(array).startswith("pyarrow:")
        and "Extension" not in known(array)
        and "extension<" not in type_name(array.type)
    )


def type_name(kind: Any) -> str:
    """Return the name of a type; of an extension type only the class."""
    if not known(kind).startswith("pyarrow:") or _has_extension(kind):
        return f"extension<{exact_line(full_name(type(kind)))[:60]}>"
    return exact_line(str(kind))[:120]


def _has_extension(kind: Any, depth: int = 0) -> bool:
    """Whether a type, or one of its members, is an extension type, whose name may be code."""
    if not known(kind).startswith("pyarrow:") or known(kind) == "pyarrow:BaseExtensionType":
        return True
    if depth > 20:
        return True
    try:
        return any(_has_extension(kind.field(i).type, depth + 1) for i in range(kind.num_fields))
    except (AttributeError, TypeError):  # an old version, which does not tell
        return True


def python_values(array: Any, start: int, number: int) -> list[Any]:
    """Return values as Python's own objects."""
    return list(array.slice(start, max(number, 0)).to_pylist()) if is_own(array) else []


def facts(array: Any, sight: Sight, path: str) -> str:
    """Return how many values are missing, and the range or the different values."""
    if not is_own(array):
        return ""
    part = array.slice(0, MOST_READ)
    where = "" if len(part) == len(array) else f" in the first {len(part):,}"
    kind = type_name(array.type)
    if kind in ("string", "large_string", "bool", "string_view"):
        return common(part.to_pylist(), sight, path) + where
    parts = [f"{part.null_count:,} missing"] if part.null_count else []
    compute = member("pyarrow.compute", "min_max")
    if compute is not None and kind.partition("[")[0] in _RANGES | {"timestamp"}:
        found = compute(part)
        low, high = found["min"], found["max"]
        if low.is_valid:
            parts.append(f"min {low}, max {high}")
    return ", ".join(parts) + (where if parts else "")
