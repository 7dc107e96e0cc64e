"""Shows pyarrow's tables and arrays, by its own C++ code.

An extension type may be a class of the user's. pyarrow calls it as soon as Python asks for the
type or the size, even of a list of such values. So a table is asked for them only if its schema,
written by C++, has no extension.
"""

from __future__ import annotations

from typing import Any

from .._text import exact_line
from .arrays import size_text
from .classes import full_name, known, member, words
from .sight import Sight
from .tables import MOST_COLUMNS, Column, common, describe
from .values import counted

_TABLES = ("pyarrow:Table", "pyarrow:RecordBatch")
#: Arrays whose type is in their class, and has no other types in it.
_FLAT = words(
    "NullArray BooleanArray Int8Array Int16Array Int32Array Int64Array UInt8Array UInt16Array "
    "UInt32Array UInt64Array HalfFloatArray FloatArray DoubleArray BinaryArray StringArray "
    "LargeBinaryArray LargeStringArray BinaryViewArray StringViewArray FixedSizeBinaryArray "
    "Date32Array Date64Array TimestampArray Time32Array Time64Array DurationArray "
    "Decimal32Array Decimal64Array Decimal128Array Decimal256Array MonthDayNanoIntervalArray"
)
_RANGES = words(
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 halffloat float double date32 date64 "
    "timestamp"
)
_COUNTED = words("string large_string string_view bool")
_EXTENSION = b"ARROW:extension:name"


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in _TABLES or (name.startswith("pyarrow:") and name.endswith("Array"))


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, shape, type and size."""
    kind = full_name(type(thing)).rpartition(".")[2]
    if known(thing) in _TABLES:
        rows, columns = counted(thing.num_rows, "row"), counted(thing.num_columns, "column")
        size = "" if _has_extension(thing.schema) else f", {size_text(thing.nbytes)}"
        return f"pyarrow {kind}, {rows} × {columns}{size}"
    if not _is_flat(thing):
        return f"pyarrow {kind} of {len(thing):,}"
    return f"pyarrow {kind} of {len(thing):,}, {type_name(thing.type)}, {size_text(thing.nbytes)}"


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the columns with their types, nulls and ranges, and the first rows."""
    if known(thing) not in _TABLES:
        if not _is_flat(thing):
            return []
        return describe([_column("values", thing, thing.type, sight, path)], 1, sight, path, rows)
    schema, number = thing.schema, min(thing.num_columns, MOST_COLUMNS)
    names = schema.names[:number]
    if _has_extension(schema):
        columns = [Column(name, "not looked at") for name in names]
        lines = describe(columns, thing.num_columns, sight, path, 0)
        return [*lines, "(the table has an extension type, which may be the user's code)"]
    columns = [
        _column(name, thing.column(i), schema.field(i).type, sight, path)
        for i, name in enumerate(names)
    ]
    return describe(columns, thing.num_columns, sight, path, rows)


def _column(label: str, array: Any, kind: Any, sight: Sight, path: str) -> Column:
    return Column(
        label,
        type_name(kind),
        lambda read: facts(array, kind, read, sight, path),
        lambda rows: python_values(array, kind, 0, rows),
    )


def _is_flat(array: Any) -> bool:
    return known(array).partition(":")[2] in _FLAT


def _has_extension(schema: Any) -> bool:
    """Whether a schema has an extension type. C++ writes it, and calls nobody."""
    return _EXTENSION in schema.serialize().to_pybytes()


def is_own_type(kind: Any) -> bool:
    """Whether a type, and all types in it, are pyarrow's own."""
    name = known(kind)
    if not name.startswith("pyarrow:") or "Extension" in name:
        return False
    if kind.num_fields == 0 and name != "pyarrow:DictionaryType":
        return True
    make, field = member("pyarrow.lib", "schema"), member("pyarrow.lib", "field")
    if make is None or field is None:
        return False
    return not _has_extension(make([field("values", kind)]))


def type_name(kind: Any) -> str:
    """Return the name of a type; of an extension type only the class."""
    if not is_own_type(kind):
        return f"extension<{exact_line(full_name(type(kind)))[:60]}>"
    return exact_line(str(kind))[:120]


def python_values(array: Any, kind: Any, start: int, number: int) -> list[Any]:
    """Return values of an array, whose type is `kind`, as Python's own objects."""
    if not known(array).startswith("pyarrow:") or not is_own_type(kind):
        return []
    return list(array.slice(start, max(number, 0)).to_pylist())


def facts(array: Any, kind: Any, read: int, sight: Sight, path: str) -> str:
    """Return how many of the first values are missing, and their range or what they are."""
    if not known(array).startswith("pyarrow:") or not is_own_type(kind):
        return ""
    part = array.slice(0, read)
    where = "" if len(part) == len(array) else f" in the first {len(part):,}"
    name = type_name(kind).partition("[")[0]
    if name in _COUNTED:
        return common(part.to_pylist(), sight, path) + where
    parts = [f"{part.null_count:,} missing"] if part.null_count else []
    compute = member("pyarrow.compute", "min_max")
    if compute is not None and name in _RANGES:
        found = compute(part)
        low, high = found["min"], found["max"]
        if low.is_valid:
            parts.append(f"min {low}, max {high}")
    return ", ".join(parts) + (where if parts else "")
