"""The columns of an answer that is a list, and the data frame with these columns."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from .plain_classes import hints_of, is_named_tuple

Kind = Literal["integer", "number", "text", "truth", "date", "time", "choice", "other"]

#: The column of a list of single values.
SINGLE = "value"
_KINDS: dict[Any, Kind] = {
    bool: "truth",
    int: "integer",
    float: "number",
    str: "text",
    datetime: "time",
    date: "date",
}
_JSON_KINDS: dict[Any, Kind] = {
    "boolean": "truth",
    "integer": "integer",
    "number": "number",
    "string": "text",
}
_FORMATS: dict[Any, Kind] = {"date": "date", "date-time": "time"}


@dataclass(frozen=True)
class Column:
    """A column: its name, and what its cells are.

    Attributes
    ----------
    name : str
        Its name.
    kind : Kind
        What its cells are.
    optional : bool
        Whether a cell may be empty.
    choices : tuple
        All that its cells may be, for the kind "choice".
    """

    name: str
    kind: Kind
    optional: bool = False
    choices: tuple[Any, ...] = ()


def columns_of(wanted: Any) -> list[Column] | None:
    """Return the columns of a type or JSON Schema of lists; None for another type."""
    if isinstance(wanted, Mapping):
        return _of_json(wanted) if wanted.get("type") == "array" else None
    wanted = _plain(wanted)
    if get_origin(wanted) not in (list, Sequence, tuple):
        return None
    rows = [_plain(one) for one in get_args(wanted) if one is not ...]
    if len(rows) != 1:
        return None
    kinds = [_plain(one) for one in _members(rows[0])]
    columns: dict[str, Column] = {}
    for kind in kinds:
        hints = hints_of(kind)
        if not hints:
            return [_column(SINGLE, rows[0])]
        absent = getattr(get_origin(kind) or kind, "__optional_keys__", ())  # of a `TypedDict`
        for name, hint in hints.items():
            column = _column(name, hint)
            if name in absent:
                column = dataclasses.replace(column, optional=True)
            columns.setdefault(name, column)
    if len(kinds) > 1:  # not each row has each field
        return [dataclasses.replace(column, optional=True) for column in columns.values()]
    return list(columns.values())


def _column(name: str, hint: Any) -> Column:
    members = [_plain(one) for one in _members(_plain(hint))]
    some = [one for one in members if one is not NoneType and one is not None]
    optional = len(some) < len(members) or "NotRequired" in str(get_origin(hint))
    if len(some) == 1:
        (one,) = some
        if get_origin(one) is Literal:
            choices = get_args(one)
            return Column(name, "choice", optional or None in choices, choices)
        if isinstance(one, type) and issubclass(one, enum.Enum):
            return Column(name, "choice", optional, tuple(member.value for member in one))
        return Column(name, _KINDS.get(one, "other"), optional)
    return Column(name, "other", optional)


def _plain(hint: Any) -> Any:
    """Return a type without what only describes it."""
    while get_origin(hint) is Annotated or "Required" in str(get_origin(hint)):
        hint = get_args(hint)[0]
    return hint


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _of_json(schema: Mapping[str, Any]) -> list[Column]:
    row = schema.get("items")
    row = row if isinstance(row, Mapping) else {}
    required = row.get("required") or ()
    fields = row.get("properties")
    if not isinstance(fields, Mapping):
        return [_json_column(SINGLE, row, optional=False)]
    return [
        _json_column(name, field if isinstance(field, Mapping) else {}, name not in required)
        for name, field in fields.items()
    ]


def _json_column(name: str, field: Mapping[str, Any], optional: bool) -> Column:
    kind = field.get("type")
    if isinstance(kind, list):
        optional = optional or "null" in kind
        rest = [one for one in kind if one != "null"]
        kind = rest[0] if len(rest) == 1 else None
    if isinstance(choices := field.get("enum"), list):
        if any(isinstance(one, (list, dict)) for one in choices):
            return Column(name, "other", optional)
        choices = list(dict.fromkeys(choices))
        return Column(name, "choice", optional or None in choices, tuple(choices))
    if kind == "string" and field.get("format") in _FORMATS:
        return Column(name, _FORMATS[field["format"]], optional)
    return Column(name, _JSON_KINDS.get(kind, "other"), optional)


# --- rows -------------------------------------------------------------------------------------


def cells_of(value: Iterable[Any], columns: Sequence[Column]) -> dict[str, list[Any]]:
    """Return a list of rows as columns; an `Enum`'s member becomes its value."""
    made: dict[str, list[Any]] = {column.name: [] for column in columns}
    single = [column.name for column in columns] == [SINGLE]
    for row in value:
        fields = _fields(row)
        if fields is None or (single and SINGLE not in fields):
            fields = {SINGLE: row}
        for name, cells in made.items():
            cell = fields.get(name)
            cells.append(cell.value if isinstance(cell, enum.Enum) else cell)
    return made


def _fields(row: Any) -> Mapping[str, Any] | None:
    if isinstance(row, Mapping):
        return row
    if dataclasses.is_dataclass(row):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if is_named_tuple(type(row)):
        made: Mapping[str, Any] = row._asdict()
        return made
    fields = getattr(type(row), "model_fields", None)
    return None if fields is None else {name: getattr(row, name) for name in fields}


# --- frames -----------------------------------------------------------------------------------


def to_pandas(cells: Mapping[str, list[Any]], columns: Sequence[Column]) -> Any:
    """Return columns as a pandas DataFrame, with dtypes of their kinds.

    A column with a cell that does not fit its dtype is one of objects.
    """
    import pandas as pd

    def series(column: Column) -> Any:
        values = cells[column.name]
        missing = column.optional
        if column.kind == "choice":
            some = [one for one in column.choices if one is not None]
            return pd.Series(pd.Categorical(values, categories=some))
        if column.kind in ("date", "time"):
            zones = _zones(values)
            utc = len(zones) > 1 and None not in zones  # a column has one time zone
            return pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601", utc=utc)
        dtype = {
            "integer": "Int64" if missing else "int64",
            "number": "float64",
            "text": "string",
            "truth": "boolean" if missing else "bool",
        }.get(column.kind, "object")
        return pd.Series(values, dtype=dtype)

    def fitting(column: Column) -> Any:
        try:
            return series(column)
        except (TypeError, ValueError, OverflowError):  # pandas' own errors are such
            return pd.Series(cells[column.name], dtype="object")

    frame = pd.DataFrame({column.name: fitting(column) for column in columns})
    return frame.reset_index(drop=True)


def to_polars(cells: Mapping[str, list[Any]], columns: Sequence[Column]) -> Any:
    """Return columns as a polars DataFrame, with dtypes of their kinds.

    A column with a cell that does not fit its dtype has what polars finds. One with times both with
    and without a time zone is one of objects.
    """
    import polars as pl

    dtypes: dict[Kind, Any] = {
        "integer": pl.Int64,
        "number": pl.Float64,
        "text": pl.String,
        "truth": pl.Boolean,
        "date": pl.Date,
        "time": pl.Datetime("us"),
    }
    unfit = (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError)

    def series(column: Column) -> Any:
        values = cells[column.name]
        if column.kind == "choice":
            some = [one for one in column.choices if one is not None]
            if all(isinstance(one, str) for one in some):
                return pl.Series(column.name, values, dtype=pl.Enum(some))
            return pl.Series(column.name, values, strict=False)
        if column.kind == "other":
            # Nested values become structs and lists where polars can tell.
            return pl.Series(column.name, values)
        return pl.Series(column.name, values, dtype=dtypes[column.kind])

    def fitting(column: Column) -> Any:
        values = cells[column.name]
        zones = _zones(values)
        if None in zones and len(zones) > 1:  # polars would take one kind for the other
            return pl.Series(column.name, values, dtype=pl.Object)
        try:
            return series(column)
        except unfit:
            pass
        try:
            return pl.Series(column.name, values)
        except unfit:
            return pl.Series(column.name, values, dtype=pl.Object)

    return pl.DataFrame([fitting(column) for column in columns])


def _zones(values: Iterable[Any]) -> set[timedelta | None]:
    """Return the offsets of a column's times from UTC; None is that of one without a time zone."""
    return {one.utcoffset() for one in values if isinstance(one, datetime)}
